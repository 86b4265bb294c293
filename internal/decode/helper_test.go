package decode

import (
	"bytes"
	"context"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/gosight/vision/internal/raster"
)

const images = "../../testdata/images"

func read(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(images, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func photo(t testing.TB, name string) *Photo {
	t.Helper()
	p, err := New(read(t, name), Limits{})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return p
}

// golden is what Pillow makes of the file: upright, convert("RGB").
func golden(t testing.TB, name string) *raster.Image {
	t.Helper()
	dir, file := filepath.Split(name)
	data := read(t, "golden/"+filepath.Base(dir)+"-"+file+".png")
	m, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return raster.From(m)
}

func load(t testing.TB, p *Photo) *Picture {
	t.Helper()
	pic, err := Load(context.Background(), p, Need{}, nil, true)
	if err != nil {
		t.Fatal(err)
	}
	return pic
}

// worst is the largest difference of two pictures of one size, in levels.
func worst(t testing.TB, got, want *raster.Image) int {
	t.Helper()
	if got.W != want.W || got.H != want.H {
		t.Fatalf("got %d x %d, want %d x %d", got.W, got.H, want.W, want.H)
	}
	d := 0
	for i, v := range want.Pix {
		d = max(d, int(got.Pix[i])-int(v), int(v)-int(got.Pix[i]))
	}
	return d
}
