package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/gosight/vision/internal/decode"
	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/option"
	"github.com/gosight/vision/internal/raster"
)

const pictures = "../../testdata/images"

func newJPEG(t testing.TB) *JPEG {
	t.Helper()
	d, err := NewJPEG(option.Process{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func readPicture(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(pictures, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func readPhoto(t testing.TB, name string) *decode.Photo {
	t.Helper()
	p, err := decode.New(readPicture(t, name), decode.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// pillow is what Pillow makes of a file, upright; see testdata/images.
func pillow(t testing.TB, name string) *raster.Image {
	t.Helper()
	m, err := png.Decode(bytes.NewReader(readPicture(t, "golden/"+strings.Replace(name, "/", "-", 1)+".png")))
	if err != nil {
		t.Fatal(err)
	}
	return raster.From(m)
}

// apart is the largest difference of two pictures, in levels, -1 if their sizes differ.
func apart(a, b *raster.Image) int {
	if a.W != b.W || a.H != b.H {
		return -1
	}
	d := 0
	for i, v := range a.Pix {
		d = max(d, int(v)-int(b.Pix[i]), int(b.Pix[i])-int(v))
	}
	return d
}

// Exact decoding is libjpeg's "islow" transform with fancy upsampling, as Pillow's: the
// same to the bit.
func TestExactJPEGEqualsPillow(t *testing.T) {
	d := newJPEG(t)
	goldens, err := filepath.Glob(pictures + "/golden/*.jpg.png")
	if err != nil || len(goldens) < 20 {
		t.Fatalf("%d golden pictures, want 20 or more (%v)", len(goldens), err)
	}
	for _, g := range goldens {
		name := strings.Replace(strings.TrimSuffix(filepath.Base(g), ".png"), "-", "/", 1)
		pic, err := decode.Load(context.Background(), readPhoto(t, name), decode.Need{}, d, true)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		most := 0
		if strings.Contains(name, "cmyk") || strings.Contains(name, "ycck") {
			most = 3 // four channels are left to Go's decoder
		}
		if diff := apart(pic.Raster, pillow(t, name)); diff < 0 || diff > most {
			t.Errorf("%s: apart from Pillow by %d levels, want %d at most", name, diff, most)
		}
	}
}

func TestScaledJPEGSizes(t *testing.T) {
	d := newJPEG(t)
	for _, name := range []string{"orient/1.jpg", "kinds/420.jpg", "kinds/411.jpg", "kinds/440.jpg", "kinds/grey.jpg", "kinds/progressive.jpg", "hostile/one.jpg", "cat.jpg", "astronaut.jpg"} {
		w, h := readPhoto(t, name).Stored()
		for _, ratio := range []int{1, 2, 4, 8} {
			m, err := d.DecodeJPEG(context.Background(), readPicture(t, name), ratio)
			if err != nil {
				t.Errorf("%s at 1:%d: %v", name, ratio, err)
				continue
			}
			if m.W != (w+ratio-1)/ratio || m.H != (h+ratio-1)/ratio || len(m.Pix) != 3*m.W*m.H {
				t.Errorf("%s of %d x %d at 1:%d has %d x %d pixels and %d bytes, want both rounded up", name, w, h, ratio, m.W, m.H, len(m.Pix))
			}
		}
	}
	if _, err := d.DecodeJPEG(context.Background(), readPicture(t, "cat.jpg"), 3); err == nil || !strings.Contains(err.Error(), "1, 2, 4 or 8") {
		t.Errorf("ratio 3: %v", err)
	}
}

// A scaled decode shows the same picture: each pixel is about the mean of those that
// it stands for.
func TestScaledJPEGIsTheMeanOfItsPixels(t *testing.T) {
	d := newJPEG(t)
	whole, err := d.DecodeJPEG(context.Background(), readPicture(t, "astronaut.jpg"), 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, ratio := range []int{2, 4, 8} {
		small, err := d.DecodeJPEG(context.Background(), readPicture(t, "astronaut.jpg"), ratio)
		if err != nil {
			t.Fatal(err)
		}
		var off float64
		for i, v := range small.Pix {
			x, y, c := i/3%small.W, i/3/small.W, i%3
			sum := 0
			for dy := range ratio {
				for dx := range ratio {
					sum += int(whole.Pix[3*((y*ratio+dy)*whole.W+x*ratio+dx)+c])
				}
			}
			diff := float64(v) - float64(sum)/float64(ratio*ratio)
			off += diff * diff
		}
		if off /= float64(len(small.Pix)); off > 4*4 {
			t.Errorf("1:%d is off by a mean square of %.1f levels, want 16 at most", ratio, off)
		}
	}
}

// The eight files show one picture, each compressed by itself: upright they agree
// but for that, at any scale.
func TestOrientationsAgreeAtAnyScale(t *testing.T) {
	d := newJPEG(t)
	for _, ratio := range []int{1, 2, 4, 8} {
		need := decode.Need{Factor: func(int, int) float64 { return float64(ratio) }, Headroom: 1}
		for o := 1; o <= 8; o++ {
			pic, err := decode.Load(context.Background(), readPhoto(t, fmt.Sprintf("orient/%d.jpg", o)), need, d, false)
			if err != nil {
				t.Fatal(err)
			}
			if pic.W != 37 || pic.H != 22 || pic.ScaleX != float64(ratio) || pic.ScaleY != float64(ratio) {
				t.Fatalf("orientation %d at 1:%d: %d x %d, scale %v x %v", o, ratio, pic.W, pic.H, pic.ScaleX, pic.ScaleY)
			}
			// Sampled where the pixels lie in the full picture, since a turned one begins before it.
			want := pillow(t, "orient/1.jpg")
			var off, n float64
			for i := range pic.Raster.W * pic.Raster.H {
				x0 := float64(i%pic.Raster.W)*pic.ScaleX + pic.OffsetX
				y0 := float64(i/pic.Raster.W)*pic.ScaleY + pic.OffsetY
				for c := range 3 {
					mean, ok := meanOf(want, int(x0), int(y0), ratio, c)
					if !ok {
						continue // partly outside of the picture
					}
					diff := float64(pic.Raster.Pix[3*i+c]) - mean
					off, n = off+diff*diff, n+1
				}
			}
			if n == 0 || off/n > 12*12 {
				t.Errorf("orientation %d at 1:%d is off by a mean square of %.0f levels over %.0f samples, want 144 at most", o, ratio, off/n, n)
			}
		}
	}
}

// meanOf is the mean of channel c over size x size pixels; false if they are not all there.
func meanOf(m *raster.Image, x, y, size, c int) (float64, bool) {
	if x < 0 || y < 0 || x+size > m.W || y+size > m.H {
		return 0, false
	}
	sum := 0
	for dy := range size {
		for dx := range size {
			sum += int(m.Pix[3*((y+dy)*m.W+x+dx)+c])
		}
	}
	return float64(sum) / float64(size*size), true
}

func TestBrokenJPEG(t *testing.T) {
	d := newJPEG(t)
	cat := readPicture(t, "cat.jpg")
	for _, c := range []struct {
		why  string
		data []byte
	}{
		{"nothing", nil},
		{"a text", []byte("no picture at all")},
		{"the first half", cat[:len(cat)/2]},
		{"the header alone", cat[:300]},
		{"the mark alone", cat[:2]},
		{"a mark and noise", append([]byte{0xff, 0xd8, 0xff}, bytes.Repeat([]byte{0xa5}, 2000)...)},
		{"zero width", readPicture(t, "hostile/zero.jpg")},
	} {
		for _, ratio := range []int{1, 8} {
			var fe *fault.FormatError
			m, err := d.DecodeJPEG(context.Background(), c.data, ratio)
			if !errors.As(err, &fe) || fe.Format != "jpeg" || strings.Contains(err.Error(), "[[{{") || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s at 1:%d: %v, %v, want a FormatError in one line", c.why, ratio, m, err)
			}
		}
	}
	if _, err := d.DecodeJPEG(context.Background(), cat, 1); err != nil {
		t.Errorf("after all that, a good file: %v", err)
	}
}

func TestJPEGClosedAndCancelled(t *testing.T) {
	d, err := NewJPEG(option.Process{})
	if err != nil {
		t.Fatal(err)
	}
	cat := readPicture(t, "cat.jpg")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := d.DecodeJPEG(ctx, cat, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	var running sync.WaitGroup
	for range 16 {
		running.Go(func() {
			if m, err := d.DecodeJPEG(context.Background(), cat, 4); err != nil && !errors.Is(err, fault.ErrClosed) || err == nil && m.W != 113 {
				t.Errorf("%v, %v", m, err)
			}
		})
	}
	for range 3 {
		running.Go(func() {
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	running.Wait()
	if _, err := d.DecodeJPEG(context.Background(), cat, 1); !errors.Is(err, fault.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}

func TestJPEGFromManyGoroutines(t *testing.T) {
	d := newJPEG(t)
	names := []string{"cat.jpg", "coffee.jpg", "clock.jpg", "orient/3.jpg"}
	want := make([]*raster.Image, len(names))
	for i, n := range names {
		var err error
		if want[i], err = d.DecodeJPEG(context.Background(), readPicture(t, n), 2); err != nil {
			t.Fatal(err)
		}
	}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range names {
				i = (i + g) % len(names)
				got, err := d.DecodeJPEG(context.Background(), readPicture(t, names[i]), 2)
				if err != nil || apart(got, want[i]) != 0 {
					t.Errorf("%s: %v", names[i], err)
				}
			}
		})
	}
	wg.Wait()
}

// TestJPEGMemoryIsFlat decodes good and bad files many times: native memory is freed by
// its owner, not when the collector comes by. Resident memory may move by what
// allocators keep; 2000 decodes of 0.4 MB that leaked would be 800 MB.
func TestJPEGMemoryIsFlat(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED, nothing was tested: 2000 decodes are left out with -short")
	}
	d := newJPEG(t)
	cat, cut := readPicture(t, "cat.jpg"), readPicture(t, "hostile/cut.jpg")
	decodeBoth := func(n int) {
		for range n {
			if _, err := d.DecodeJPEG(context.Background(), cat, 1); err != nil {
				t.Fatal(err)
			}
			if _, err := d.DecodeJPEG(context.Background(), cut, 1); err == nil {
				t.Fatal("half a file was decoded")
			}
		}
	}
	decodeBoth(200)
	_, before := Live()
	rss := residentMiB(t)
	decodeBoth(2000)
	if _, after := Live(); after != before {
		t.Errorf("%d native tensors more than before", after-before)
	}
	if grown := residentMiB(t) - rss; grown > 100 {
		t.Errorf("resident memory grew by %d MiB over 2000 decodes, want 100 at most", grown)
	}
}

// residentMiB reads the process' resident memory where Linux tells it.
func residentMiB(t *testing.T) int {
	t.Helper()
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skipf("SKIPPED, nothing was tested: this system does not tell resident memory: %v", err)
	}
	var size, resident int
	if _, err := fmt.Sscan(string(b), &size, &resident); err != nil {
		t.Fatal(err)
	}
	return resident * os.Getpagesize() >> 20
}
