package detect_test

import (
	"context"
	"image"
	"os"
	"path/filepath"
	"testing"

	"github.com/gosight/vision"
	"github.com/gosight/vision/detect"
	"github.com/gosight/vision/internal/leaktest"
)

const models = "../testdata/models"

// At the end nothing may be left: no model, no native tensor, no goroutine.
func TestMain(m *testing.M) { os.Exit(leaktest.Run(m)) }

// open opens a model with a card given as JSON.
func open(t testing.TB, model, card string, opts ...vision.Option) *detect.Model {
	t.Helper()
	m, err := tryOpen(t, model, card, opts...)
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

// tryOpen opens a model with a card given as JSON.
func tryOpen(t testing.TB, model, card string, opts ...vision.Option) (*detect.Model, error) {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "this.json"), card)
	return detect.Open(filepath.Join(models, model), append([]vision.Option{vision.Card(filepath.Join(dir, "this.json"))}, opts...)...)
}

func write(t testing.TB, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func find(t testing.TB, m *detect.Model, img image.Image) detect.Objects {
	t.Helper()
	objs, err := m.Detect(context.Background(), img)
	if err != nil {
		t.Fatal(err)
	}
	return objs
}
