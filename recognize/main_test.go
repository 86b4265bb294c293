package recognize_test

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/gosight/vision"
	"github.com/gosight/vision/internal/leaktest"
	"github.com/gosight/vision/recognize"
)

const (
	models = "../testdata/models"
	images = "../testdata/images"
)

// The tests see the CPU as four devices, so that replicas show without GPUs. At the
// end nothing may be left: no model, no native tensor, no goroutine.
func TestMain(m *testing.M) {
	if _, err := vision.Devices(vision.VirtualCPUs(4)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(leaktest.Run(m, func() error { // examples may have left it open
		std, err := recognize.Default()
		if err != nil {
			return err
		}
		return std.Close()
	}))
}

func card(name string) vision.Option { return vision.Card("testdata/cards/" + name + ".json") }

// open opens a tiny model with a card of testdata/cards.
func open(t testing.TB, model, cardName string, opts ...vision.Option) *recognize.Model {
	t.Helper()
	m, err := recognize.Open(filepath.Join(models, model), append([]vision.Option{card(cardName)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	closeAtEnd(t, m)
	return m
}

func closeAtEnd(t testing.TB, m *recognize.Model) {
	t.Helper()
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
}

func classify(t testing.TB, m *recognize.Model, img image.Image) vision.Labels {
	t.Helper()
	ls, err := m.Classify(context.Background(), img)
	if err != nil {
		t.Fatal(err)
	}
	return ls
}

// plain is a picture of one colour.
func plain(r, g, b uint8) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, 8, 8))
	for i := 0; i < len(m.Pix); i += 4 {
		m.Pix[i], m.Pix[i+1], m.Pix[i+2], m.Pix[i+3] = r, g, b, 255
	}
	return m
}

// pattern is a picture of w x h pixels that are all different, by seed.
func pattern(w, h, seed int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetNRGBA(x, y, color.NRGBA{uint8(7*x + 3*y + 31*seed), uint8(5*x*seed + y), uint8(x*y + 11*seed), 255})
		}
	}
	return m
}

func photo(t testing.TB, name string, opts ...vision.Option) *vision.Photo {
	t.Helper()
	p, err := vision.ReadFile(filepath.Join(images, name), opts...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A score is a label as a test expects it.
type score struct {
	name  string
	index int
	p     float64
}

// same reports whether got is want, in order, within tol.
func same(got vision.Labels, want []score, tol float64) bool {
	if len(got) != len(want) {
		return false
	}
	for i, w := range want {
		if got[i].Name != w.name || got[i].Index != w.index || math.Abs(float64(got[i].Score)-w.p) > tol {
			return false
		}
	}
	return true
}

// apart is the largest difference of two answers, class by class.
func apart(a, b vision.Labels) float64 {
	if len(a) != len(b) {
		return math.Inf(1)
	}
	byIndex := make(map[int]float32, len(a))
	for _, l := range a {
		byIndex[l.Index] = l.Score
	}
	worst := 0.0
	for _, l := range b {
		worst = max(worst, math.Abs(float64(l.Score-byIndex[l.Index])))
	}
	return worst
}
