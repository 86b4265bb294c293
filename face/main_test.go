package face_test

import (
	"context"
	"fmt"
	"image"
	"log"
	"os"
	"path/filepath"
	"testing"

	"github.com/gosight/vision"
	"github.com/gosight/vision/face"
	"github.com/gosight/vision/internal/leaktest"
	"github.com/gosight/vision/internal/sharedtest"
)

const models = "../testdata/models"

// At the end nothing may be left: no model, no native tensor, no goroutine.
func TestMain(m *testing.M) {
	os.Exit(leaktest.Run(m, func() error { return os.RemoveAll(temporary) }))
}

// temporary is the folder of tempFile.
var temporary = filepath.Join(os.TempDir(), fmt.Sprintf("vision-face-%d", os.Getpid()))

// tempFile names a new file, for examples, which have no testing.T.
func tempFile() string {
	if err := os.MkdirAll(temporary, 0o700); err != nil {
		log.Fatal(err)
	}
	return filepath.Join(temporary, "example.gallery")
}

// open opens models with cards given as JSON; embedder may be "".
func open(t testing.TB, detector, detectorCard, embedder, embedderCard string, opts ...vision.Option) *face.Model {
	t.Helper()
	m, err := tryOpen(t, detector, detectorCard, embedder, embedderCard, opts...)
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

func tryOpen(t testing.TB, detector, detectorCard, embedder, embedderCard string, opts ...vision.Option) (*face.Model, error) {
	t.Helper()
	dir := t.TempDir()
	one, two := filepath.Join(dir, "detector.json"), filepath.Join(dir, "embedder.json")
	write(t, one, detectorCard)
	cards := []string{one} // one for each model that is named
	if embedder != "" {
		write(t, two, embedderCard)
		embedder, cards = filepath.Join(models, embedder), append(cards, two)
	}
	return face.Open(filepath.Join(models, detector), embedder, append([]vision.Option{vision.Card(cards...)}, opts...)...)
}

func write(t testing.TB, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// real opens MTCNN and MobileFaceNet, which are not part of the project.
func real(t testing.TB, opts ...vision.Option) *face.Model {
	t.Helper()
	m, err := face.Open(sharedtest.Path(t, "models", "mtcnn"), sharedtest.Path(t, "models", "mobilefacenet"), append([]vision.Option{vision.Card("../testdata/cards")}, opts...)...)
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

func find(t testing.TB, m *face.Model, img image.Image) face.Faces {
	t.Helper()
	faces, err := m.Find(context.Background(), img)
	if err != nil {
		t.Fatal(err)
	}
	return faces
}

func photo(t testing.TB, name string) *vision.Photo {
	t.Helper()
	p, err := vision.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
