package train_test

import (
	"compress/gzip"
	"encoding/json"
	"image"
	"image/color"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/gosight/vision/recognize"
	"github.com/gosight/vision/train"
)

// A whole weight file of Keras becomes a model that answers as Keras does with it. Both are of reference/import/small.py.
func TestImportKeras(t *testing.T) {
	packed, err := os.Open("testdata/mobilenet_v2.h5.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	z, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	file, out := filepath.Join(t.TempDir(), "mobilenet_v2.h5"), filepath.Join(t.TempDir(), "model")
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	net, err := train.ByName("mobilenet_v2")
	if err != nil {
		t.Fatal(err)
	}
	im, err := train.Import(t.Context(), file, net, out)
	if err != nil {
		t.Fatal(err)
	}
	if im.Classes != 1000 || im.Layout != "keras-h5" || im.Parameters != 3538984 {
		t.Errorf("got %+v", im)
	}

	text, err := os.ReadFile("testdata/mobilenet_v2.json")
	if err != nil {
		t.Fatal(err)
	}
	var want []float64
	if err := json.Unmarshal(text, &want); err != nil || len(want) != 1000 {
		t.Fatalf("%d probabilities, %v", len(want), err)
	}
	m, err := recognize.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	picture := image.NewNRGBA(image.Rect(0, 0, 256, 256))
	for y := range 256 {
		for x := range 256 {
			picture.SetNRGBA(x, y, color.NRGBA{uint8(x*x/97 + 3*y), uint8(2*x + y*y/61), uint8(x * y / 53), 255})
		}
	}
	labels, err := m.Classify(t.Context(), picture)
	if err != nil || len(labels) != 1000 {
		t.Fatalf("%d labels, %v", len(labels), err)
	}
	for _, l := range labels {
		if d := math.Abs(float64(l.Score) - want[l.Index]); !(d < 2e-5) {
			t.Errorf("class %d: %g, want %g", l.Index, l.Score, want[l.Index])
		}
	}
	if first := labels[0]; float64(first.Score) < 0.01 {
		t.Errorf("the first is %+v: all alike would say nothing", first)
	}
}
