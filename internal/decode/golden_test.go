package decode

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gosight/vision/internal/raster"
)

// tolerance is how many levels a format may differ from Pillow. JPEG alone may:
// image/jpeg's inverse transform is not libjpeg's "islow", and YCCK rounds once
// more on its way through CMYK. WebP and the rest are exact.
func tolerance(name string) int {
	switch {
	case strings.HasSuffix(name, "ycck.jpg"):
		return 3
	case strings.HasSuffix(name, ".jpg"):
		return 2
	}
	return 0
}

func TestLoadEqualsPillow(t *testing.T) {
	goldens, err := filepath.Glob(images + "/golden/*.png")
	if err != nil || len(goldens) < 70 {
		t.Fatalf("%d golden pictures, want 70 or more (%v)", len(goldens), err)
	}
	for _, g := range goldens {
		name := strings.Replace(strings.TrimSuffix(filepath.Base(g), ".png"), "-", "/", 1)
		t.Run(name, func(t *testing.T) {
			p := photo(t, name)
			pic := load(t, p)
			want := golden(t, name)
			if d := worst(t, pic.Raster, want); d > tolerance(name) {
				t.Errorf("differs from Pillow by %d levels, want %d at most", d, tolerance(name))
			}
			if b := p.Bounds(); b.Min.X != 0 || b.Min.Y != 0 || b.Dx() != want.W || b.Dy() != want.H {
				t.Errorf("bounds %v, want %d x %d from the origin", b, want.W, want.H)
			}
			if pic.W != want.W || pic.H != want.H || pic.ScaleX != 1 || pic.ScaleY != 1 || pic.OffsetX != 0 || pic.OffsetY != 0 {
				t.Errorf("not at full size: %+v", pic.Map())
			}
		})
	}
}

func TestPhotoShowsWhatLoadGives(t *testing.T) {
	// Not the lossy ones: there Load interpolates chroma and At cannot.
	for _, name := range []string{
		"orient/1.png", "orient/2.png", "orient/3.png", "orient/4.png", "orient/5.png", "orient/6.png", "orient/7.png", "orient/8.png",
		"orient/6.tif", "orient/6.webp", "kinds/offset.gif", "kinds/offset-transparent.gif", "kinds/rgba8.png", "kinds/rgba16.png",
		"kinds/palettetrns.png", "kinds/grey16.png", "kinds/32.bmp", "kinds/lossy.webp", "kinds/rgb.jpg", "kinds/grey.jpg",
	} {
		p := photo(t, name)
		got, want := raster.From(struct{ *Photo }{p}), load(t, p).Raster
		for i := range want.W * want.H {
			if p.RGBA64At(i%want.W, i/want.W).A == 0 { // has no colour there
				clear(got.Pix[3*i:][:3])
				clear(want.Pix[3*i:][:3])
			}
		}
		// Premultiplied and back, a colour may lose a level.
		if d := worst(t, got, want); d > 1 {
			t.Errorf("%s: At and Load differ by %d levels", name, d)
		}
	}
}

func TestEveryTestPictureIsAccountedFor(t *testing.T) {
	// A picture without a golden is one that Load refuses.
	files, err := filepath.Glob(images + "/[koh]*/*.*")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, f := range files {
		name := filepath.Base(filepath.Dir(f)) + "/" + filepath.Base(f)
		_, err := os.Stat(filepath.Join(images, "golden", strings.Replace(name, "/", "-", 1)+".png"))
		if _, listed := refusals[name]; (err == nil) == listed {
			t.Errorf("%s: has a golden: %v, is listed as refused: %v", name, err == nil, listed)
		}
	}
}
