package decode

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"strings"
	"sync"
	"testing"
)

func TestOrientationsAgree(t *testing.T) {
	want := golden(t, "orient/1.png")
	for o := 1; o <= 8; o++ {
		p := photo(t, fmt.Sprintf("orient/%d.png", o))
		if p.Orientation() != o {
			t.Errorf("orientation %d read as %d", o, p.Orientation())
		}
		w, h := p.Stored()
		if turned := w == 22 && h == 37; turned != (o >= 5) {
			t.Errorf("orientation %d: stored as %d x %d", o, w, h)
		}
		if d := worst(t, load(t, p).Raster, want); d != 0 {
			t.Errorf("orientation %d: differs from 1 by %d levels", o, d)
		}
		// The JPEGs were coded turned, so their blocks differ.
		if d := worst(t, load(t, photo(t, fmt.Sprintf("orient/%d.jpg", o))).Raster, want); d > 40 {
			t.Errorf("orientation %d in JPEG: differs by %d levels", o, d)
		}
	}
}

func TestAsStored(t *testing.T) {
	p, err := New(read(t, "orient/6.png"), Limits{AsStored: true})
	if err != nil {
		t.Fatal(err)
	}
	if p.Orientation() != 6 || p.Bounds() != image.Rect(0, 0, 22, 37) {
		t.Errorf("got orientation %d, bounds %v; want 6, 22 x 37", p.Orientation(), p.Bounds())
	}
	up := load(t, photo(t, "orient/6.png")).Raster
	if d := worst(t, load(t, p).Raster.Orient(6), up); d != 0 {
		t.Errorf("turned by hand it differs by %d levels", d)
	}
}

func TestBrokenExifMeansUpright(t *testing.T) {
	for exif, why := range map[string]string{
		"":                        "empty",
		"II*\x00":                 "no offset",
		"II*\x00\xff\xff\xff\xff": "offset beyond the end",
		"II*\x00\x08\x00\x00\x00\xff\xff\x12\x01":             "a cut entry",
		"MM*\x00\x08\x00\x00\x00\x01\x00":                     "mixed byte order",
		"II*\x00\x08\x00\x00\x00\x01\x00" + tag(3, 9) + "end": "value 9",
		"II*\x00\x08\x00\x00\x00\x01\x00" + tag(3, 0) + "end": "value 0",
		"II*\x00\x08\x00\x00\x00\x01\x00" + tag(5, 6) + "end": "a fraction",
	} {
		if o := orientation([]byte(exif)); o != 1 {
			t.Errorf("%s: got %d, want 1", why, o)
		}
	}
	for _, typ := range []byte{1, 3, 4, 6, 8, 9} { // writers use all integer types
		if o := orientation([]byte("Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00" + tag(typ, 6))); o != 6 {
			t.Errorf("integer type %d: got %d, want 6", typ, o)
		}
	}
}

// tag is a little-endian orientation entry.
func tag(typ, value byte) string {
	return string([]byte{0x12, 0x01, typ, 0, 1, 0, 0, 0, value, 0, 0, 0})
}

func TestPhotoKeepsTheFile(t *testing.T) {
	data := read(t, "kinds/rgba8.png")
	p, err := New(data, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Bytes(); &got[0] != &data[0] || len(got) != len(data) || p.Format() != "png" {
		t.Errorf("got %d bytes of %s, want the slice that was given", len(got), p.Format())
	}
	if p.ColorModel() != color.NRGBAModel {
		t.Errorf("the colour model is not the file's")
	}
	if c := p.At(-1, 0); c != (color.RGBA{}) {
		t.Errorf("outside: got %v", c)
	}
	if c := p.RGBA64At(0, 99); c != (color.RGBA64{}) {
		t.Errorf("outside: got %v", c)
	}
}

func TestManyGoroutinesSeeOnePicture(t *testing.T) {
	p := photo(t, "orient/6.png")
	want := golden(t, "orient/6.png")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for y := range want.H {
				for x := range want.W {
					r, g, b, _ := p.At(x, y).RGBA()
					got := []byte{byte(r >> 8), byte(g >> 8), byte(b >> 8)}
					if !bytes.Equal(got, want.Pix[3*(y*want.W+x):][:3]) {
						t.Errorf("(%d, %d): got %v", x, y, got)
						return
					}
				}
			}
		})
	}
	wg.Wait()
}

func TestHeaderCostDoesNotGrowWithTheFile(t *testing.T) {
	cat := read(t, "cat.jpg")
	long := append(bytes.Clone(cat), strings.Repeat("x", 10<<20)...)
	small := testing.AllocsPerRun(20, func() { mustNew(t, cat) })
	large := testing.AllocsPerRun(20, func() { mustNew(t, long) })
	if small > 3 || large > small {
		t.Errorf("%v allocations for a small JPEG, %v for a large one; want 3 at most for both", small, large)
	}
}

func mustNew(t testing.TB, data []byte) *Photo {
	p, err := New(data, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}
