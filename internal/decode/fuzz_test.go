package decode

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

// few keeps the fuzzer from spending its time on large allocations.
const few = 1 << 16

func seed(f *testing.F) {
	files, err := filepath.Glob(images + "/[koh]*/*.*")
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		if len(data) < 8<<10 {
			f.Add(data)
		}
	}
}

// FuzzNew: a header is refused with a typed error, or its Photo is sane.
func FuzzNew(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := New(data, Limits{MaxPixels: few})
		if err != nil {
			switch kind(err) {
			case formatError, unsupportedError, limitError:
				return
			}
			t.Fatalf("untyped error: %v", err)
		}
		w, h := p.Stored()
		if w <= 0 || h <= 0 || w*h > few || p.Orientation() < 1 || p.Orientation() > 8 || p.Bounds().Empty() {
			t.Fatalf("%s of %d x %d, orientation %d, bounds %v", p.Format(), w, h, p.Orientation(), p.Bounds())
		}
	})
}

// FuzzLoad: a Photo decodes to the size that its header told, or fails with a
// typed error.
func FuzzLoad(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := New(data, Limits{MaxPixels: few})
		if err != nil {
			return
		}
		pic, err := Load(context.Background(), p, Need{}, nil, false)
		if err != nil {
			switch kind(err) {
			case formatError, unsupportedError:
				return
			}
			t.Fatalf("untyped error: %v", err)
		}
		b := p.Bounds()
		if pic.Raster.W != b.Dx() || pic.Raster.H != b.Dy() || len(pic.Raster.Pix) != 3*b.Dx()*b.Dy() {
			t.Fatalf("raster of %d x %d for bounds %v", pic.Raster.W, pic.Raster.H, b)
		}
	})
}
