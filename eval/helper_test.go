package eval_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/png"
	"iter"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// put writes a file and the folders above it.
func put(t *testing.T, content string, path ...string) string {
	t.Helper()
	name := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

// numbered writes a grey picture of w x h pixels whose value is n, by which a fake model
// tells it.
func numbered(t *testing.T, n uint8, w, h int, path ...string) {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = n
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	put(t, b.String(), path...)
}

var errFake = errors.New("the fake model fails")

// fake answers the picture of value n with answers[n]; one that is not there is an error.
func fake[A any](answers map[uint8]A) func(context.Context, iter.Seq[image.Image]) iter.Seq2[A, error] {
	return func(ctx context.Context, imgs iter.Seq[image.Image]) iter.Seq2[A, error] {
		return func(yield func(A, error) bool) {
			for img := range imgs {
				a, ok := answers[number(img)]
				var err error
				if !ok {
					err = errFake
				}
				if !yield(a, err) {
					return
				}
			}
		}
	}
}

func number(img image.Image) uint8 {
	return color.GrayModel.Convert(img.At(img.Bounds().Min.X, img.Bounds().Min.Y)).(color.Gray).Y
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 1e-9) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// same is the answer of fake models that give what they get.
func same[A any](a A) A { return a }
