package scene_test

import (
	"context"
	"image"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/gosight/vision"
	"github.com/gosight/vision/internal/leaktest"
	"github.com/gosight/vision/scene"
)

const (
	models = "../testdata/models"
	images = "../testdata/images"
)

// At the end nothing may be left: no model, no native tensor, no goroutine.
func TestMain(m *testing.M) {
	os.Exit(leaktest.Run(m, func() error { // examples may have left it open
		std, err := scene.Default()
		if err != nil {
			return err
		}
		return std.Close()
	}))
}

// open opens a model with a card given as JSON, and closes it at the end.
func open(t testing.TB, model, card string, opts ...vision.Option) *scene.Model {
	t.Helper()
	m, err := tryOpen(t, model, card, nil, opts...)
	if err != nil {
		t.Fatal(err)
	}
	closeAtEnd(t, m)
	return m
}

// tryOpen opens a model with a card given as JSON, and further files beside the card.
func tryOpen(t testing.TB, model, card string, beside map[string]string, opts ...vision.Option) (*scene.Model, error) {
	t.Helper()
	dir := t.TempDir()
	put := func(name, text string) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	for name, text := range beside {
		put(name, text)
	}
	return scene.Open(filepath.Join(models, model), append([]vision.Option{vision.Card(put("this.json", card))}, opts...)...)
}

// places opens the tiny model in the shape of Places365 as any such model is opened.
func places(t testing.TB, opts ...vision.Option) *scene.Model {
	t.Helper()
	m, err := scene.Open(filepath.Join(models, "scene_places365"), append([]vision.Option{vision.Preset("places365-torch")}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	closeAtEnd(t, m)
	return m
}

func closeAtEnd(t testing.TB, m *scene.Model) {
	t.Helper()
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
}

func describe(t testing.TB, m *scene.Model, img image.Image) scene.Scene {
	t.Helper()
	s, err := m.Describe(context.Background(), img)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// plain is a picture of one colour.
func plain(r, g, b uint8) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, 8, 8))
	for i := 0; i < len(m.Pix); i += 4 {
		m.Pix[i], m.Pix[i+1], m.Pix[i+2], m.Pix[i+3] = r, g, b, 255
	}
	return m
}

func photo(t testing.TB, name string) *vision.Photo {
	t.Helper()
	p, err := vision.ReadFile(filepath.Join(images, name))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// apart is the largest difference of two answers, place by place, and infinite where
// one says indoors and the other does not.
func apart(a, b scene.Scene) float64 {
	if len(a.Places) != len(b.Places) || a.Indoor != b.Indoor {
		return math.Inf(1)
	}
	byIndex := make(map[int]float32, len(a.Places))
	for _, l := range a.Places {
		byIndex[l.Index] = l.Score
	}
	worst := math.Abs(float64(a.IndoorScore - b.IndoorScore))
	for _, l := range b.Places {
		worst = max(worst, math.Abs(float64(l.Score-byIndex[l.Index])))
	}
	return worst
}
