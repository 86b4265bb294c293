package session

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/jpegscale"
	"github.com/gosight/vision/internal/sharedtest"
)

func glob(t testing.TB, patterns ...string) []string {
	t.Helper()
	var all []string
	for _, p := range patterns {
		m, err := filepath.Glob(p)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m...)
	}
	return all
}

// scaledBoth decodes a file by package jpegscale on one to eight processors, and by TensorFlow, and reports
// whether jpegscale takes it.
func scaledBoth(t *testing.T, d *JPEG, name string) bool {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, ratio := range []int{4, 8} {
		got, err := jpegscale.Decode(context.Background(), data, ratio, 1)
		if err != nil {
			if !refusal(err) {
				t.Errorf("%s: %v, want an error about the data", name, err)
			}
			return false
		}
		want, err := d.DecodeJPEG(context.Background(), data, ratio)
		if err != nil {
			t.Errorf("%s: TensorFlow says %v", name, err)
			return true
		}
		if diff := apart(got, want); diff != 0 {
			t.Errorf("%s at 1:%d: %d x %d, libjpeg %d x %d, %d levels apart", name, ratio, got.W, got.H, want.W, want.H, diff)
		}
		for _, n := range []int{2, 3, 8} {
			if m, err := jpegscale.Decode(context.Background(), data, ratio, n); err != nil || apart(m, got) != 0 {
				t.Errorf("%s at 1:%d on %d processors: %v, or other pixels", name, ratio, n, err)
			}
		}
	}
	return true
}

func refusal(err error) bool {
	var f *fault.FormatError
	var u *fault.UnsupportedError
	return errors.As(err, &f) || errors.As(err, &u)
}

// The two decoders give the same to the bit; see package jpegscale for what it leaves to others.
func TestScaledInGoEqualsLibjpeg(t *testing.T) {
	d := newJPEG(t)
	left := map[string]string{
		"kinds/411.jpg": "chroma of a quarter", "kinds/cmyk.jpg": "four components", "kinds/cmyk-noadobe.jpg": "four components",
		"kinds/ycck.jpg": "four components", "kinds/rgb.jpg": "RGB", "kinds/progressive.jpg": "progressive", "kinds/junk.jpg": "bytes between segments",
		"hostile/cut.jpg": "cut off", "hostile/cut-header.jpg": "cut off", "hostile/empty.jpg": "no bytes", "hostile/huge.jpg": "fewer bytes than its size needs",
		"hostile/no-eoi.jpg": "no end", "hostile/text.jpg": "no JPEG", "hostile/zero.jpg": "no pixels",
	}
	files := glob(t, pictures+"/*.jpg", pictures+"/[koh]*/*.jpg", pictures+"/scaled/*.jpg")
	if len(files) < 50 {
		t.Fatalf("%d files, want 50 or more", len(files))
	}
	for _, f := range files {
		name := filepath.Base(filepath.Dir(f)) + "/" + filepath.Base(f)
		why, isLeft := left[name]
		if took := scaledBoth(t, d, f); took == isLeft {
			t.Errorf("%s: taken: %v; listed as left to others: %v %s", name, took, isLeft, why)
		}
	}
}

func TestScaledInGoEqualsLibjpegOnPhotos(t *testing.T) {
	root := sharedtest.Root(t)
	files := glob(t, root+"/data/photos/*.jpg", root+"/data/imagenet/*.JPEG", root+"/data/coco/*/*.jpg", root+"/data/ocr/*/*.jp*g")
	if len(files) == 0 {
		t.Skipf("SKIPPED, nothing was tested: no pictures in %s (VISION_SHARED names its root)", root)
	}
	d := newJPEG(t)
	taken := 0
	for _, f := range files {
		if scaledBoth(t, d, f) {
			taken++
		}
	}
	t.Logf("%d of %d files are decoded in Go", taken, len(files))
	if taken < len(files)*3/4 {
		t.Errorf("%d of %d files are decoded in Go, want three in four", taken, len(files))
	}
}

// both says what is wrong if package jpegscale takes data that TensorFlow refuses or decodes otherwise.
func both(d *JPEG, data []byte, ratio int) (took bool, wrong string) {
	got, err := jpegscale.Decode(context.Background(), data, ratio, 2)
	if err != nil {
		if !refusal(err) {
			return false, err.Error()
		}
		return false, ""
	}
	want, err := d.DecodeJPEG(context.Background(), data, ratio)
	if err != nil {
		return true, ""
	}
	if diff := apart(got, want); diff != 0 {
		return true, fmt.Sprintf("%d x %d, libjpeg %d x %d, %d levels apart", got.W, got.H, want.W, want.H, diff)
	}
	return true, ""
}

// Damaged files are refused, or come out as libjpeg has them.
func TestScaledInGoOnDamagedFiles(t *testing.T) {
	d := newJPEG(t)
	r := rand.New(rand.NewPCG(1, 2))
	for _, f := range glob(t, pictures+"/scaled/*.jpg", pictures+"/orient/1.jpg") {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		took := 0
		for i := range 150 {
			broken := append([]byte(nil), data...)
			for range 1 + i%3 {
				broken[r.IntN(len(broken))] ^= 1 << r.IntN(8)
			}
			if i%10 == 0 {
				broken = broken[:r.IntN(len(broken))]
			}
			ok, wrong := both(d, broken, []int{4, 8}[i%2])
			if ok {
				took++
			}
			if wrong != "" {
				t.Errorf("%s, damage %d: %s", f, i, wrong)
			}
		}
		t.Logf("%s: %d of 150 taken", filepath.Base(f), took)
	}
}

func FuzzScaledInGo(f *testing.F) {
	d := newJPEG(f)
	for _, name := range glob(f, pictures+"/scaled/*.jpg", pictures+"/orient/1.jpg", pictures+"/kinds/*.jpg") {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, ratio := range []int{4, 8} {
			if _, wrong := both(d, data, ratio); wrong != "" {
				t.Errorf("at 1:%d: %s", ratio, wrong)
			}
		}
	})
}

func BenchmarkScaled(b *testing.B) {
	d := newJPEG(b)
	for _, name := range []string{"street_10mp.jpg", "kite_and_cold.jpg", "people_sample1.jpg", "cat_1080p.jpg"} {
		data, err := os.ReadFile(sharedtest.Path(b, "data", "photos", name))
		if err != nil {
			b.Fatal(err)
		}
		for _, ratio := range []int{4, 8} {
			b.Run(fmt.Sprintf("%s/%d/libjpeg", name, ratio), func(b *testing.B) {
				for b.Loop() {
					if _, err := d.DecodeJPEG(context.Background(), data, ratio); err != nil {
						b.Fatal(err)
					}
				}
			})
			for _, n := range []int{1, 2} {
				b.Run(fmt.Sprintf("%s/%d/go-%d", name, ratio, n), func(b *testing.B) {
					for b.Loop() {
						if _, err := jpegscale.Decode(context.Background(), data, ratio, n); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		}
	}
}
