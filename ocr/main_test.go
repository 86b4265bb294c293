package ocr_test

import (
	"context"
	"image"
	"image/color"
	"image/draw"
	"os"
	"path/filepath"
	"testing"

	"github.com/gosight/vision"
	"github.com/gosight/vision/internal/leaktest"
	"github.com/gosight/vision/ocr"
)

const models = "../testdata/models"

// At the end nothing may be left: no model, no native tensor, no goroutine.
func TestMain(m *testing.M) { os.Exit(leaktest.Run(m)) }

// The cards of text_bright, which sees light on dark, and of text_colours, which reads colours.
const (
	brightCard = `{"task": "ocr-detect",
		"input": {"channels": "RGB", "range": [0, 1], "resize": {"mode": "none", "max_side": 512, "multiple": 2, "resampler": "opencv-linear"}},
		"output": {"name": "prob_map", "scores": "probabilities"}, "ocr": {"unclip": 0.1}}`
	coloursCard = `{"task": "ocr-recognize",
		"input": {"channels": "RGB", "range": [0, 1], "resize": {"mode": "height", "multiple": 32, "pad": [0], "resampler": "opencv-linear"}},
		"output": {"name": "prob", "scores": "probabilities"}, "ocr": {"blank": "first", "alphabet": "abcd", "space": true, "score": 0.3}}`
)

// tryOpen opens the tiny models with cards given as JSON.
func tryOpen(t testing.TB, detector, recognizer string, opts ...vision.Option) (*ocr.Model, error) {
	t.Helper()
	dir := t.TempDir()
	card := func(name, text string) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	r := card("r.json", recognizer)
	if detector == "" {
		return ocr.Open("", models+"/text_colours", append([]vision.Option{vision.Card(r)}, opts...)...)
	}
	return ocr.Open(models+"/text_bright", models+"/text_colours", append([]vision.Option{vision.Card(card("d.json", detector), r)}, opts...)...)
}

func open(t testing.TB, detector, recognizer string, opts ...vision.Option) *ocr.Model {
	t.Helper()
	m, err := tryOpen(t, detector, recognizer, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

func read(t testing.TB, m *ocr.Model, img image.Image) *ocr.Page {
	t.Helper()
	p, err := m.Read(context.Background(), img)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var inks = map[rune]color.NRGBA{'a': {255, 0, 0, 255}, 'b': {0, 255, 0, 255}, 'c': {0, 0, 255, 255}, 'd': {255, 255, 0, 255}, ' ': {0, 255, 255, 255}}

// width is how long a text of height h is: a letter is h wide, of which the first half is in its
// colour, and half of h stands before the first.
func width(text string, h int) int { return len(text)*h + h/2 }

// put writes a text into a picture: white, the letters in the upper half.
func put(m draw.Image, x, y, h int, text string) image.Rectangle {
	r := image.Rect(x, y, x+width(text, h), y+h)
	draw.Draw(m, r, image.White, image.Point{}, draw.Src)
	for i, c := range text {
		at := x + h/2 + i*h
		draw.Draw(m, image.Rect(at, y, at+h/2, y+h/2), image.NewUniform(inks[c]), image.Point{}, draw.Src)
	}
	return r
}

// sheet is a dark page.
func sheet(bounds image.Rectangle) *image.NRGBA {
	m := image.NewNRGBA(bounds)
	draw.Draw(m, bounds, image.NewUniform(color.NRGBA{20, 20, 20, 255}), image.Point{}, draw.Src)
	return m
}

// strip is a ready-cut line.
func strip(h int, text string) *image.NRGBA {
	m := sheet(image.Rect(0, 0, width(text, h), h))
	put(m, 0, 0, h, text)
	return m
}
