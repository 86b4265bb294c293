package face_test

import (
	"context"
	"errors"
	"image"
	"io/fs"
	"os"
	"testing"

	"github.com/gosight/vision/dataset"
	"github.com/gosight/vision/face"
	"github.com/gosight/vision/internal/metric"
	"github.com/gosight/vision/internal/sharedtest"
)

// TestLFW is the protocol of reference/face/lfw.py, word for word: largest face, else the whole picture;
// squared L2; folds 1 to 5. It takes minutes, so it has to be asked for.
func TestLFW(t *testing.T) {
	if os.Getenv("VISION_LFW") == "" {
		t.Skip("SKIPPED, nothing was tested: takes minutes; VISION_LFW=1 runs it")
	}
	m := real(t)
	pairs, err := dataset.LFW(sharedtest.Path(t, "data", "lfw90", "pairs.txt"), sharedtest.Path(t, "data", "lfw90", "images.tar.gz"))
	if err != nil {
		t.Fatal(err)
	}
	vectors, nothing := map[string]face.Embedding{}, 0
	var names []string
	pictures := func(yield func(image.Image) bool) {
		for ex, err := range pairs.All() {
			if errors.Is(err, fs.ErrNotExist) {
				continue // its pairs are left out
			}
			if err != nil {
				t.Error(err)
				return
			}
			names = append(names, ex.Name)
			if !yield(ex.Image) {
				return
			}
		}
	}
	i := 0
	for faces, err := range m.FindSeq(context.Background(), pictures) {
		if err != nil {
			t.Fatal(err)
		}
		if f, ok := faces.Largest(); ok {
			vectors[names[i]] = f.Embedding
		}
		i++
	}
	for ex, err := range pairs.All() {
		if err != nil || vectors[ex.Name].Vector != nil {
			continue
		}
		nothing++
		if vectors[ex.Name], err = m.EmbedAligned(context.Background(), ex.Image); err != nil {
			t.Fatal(err)
		}
	}
	var distance []float64
	var same []bool
	missing := 0
	for _, p := range pairs.Pairs {
		a, b := vectors[p.A], vectors[p.B]
		if a.Vector == nil || b.Vector == nil {
			missing++
			continue
		}
		d, err := metric.SquaredL2(a.Vector, b.Vector)
		if err != nil {
			t.Fatal(err)
		}
		distance, same = append(distance, d), append(same, p.Same)
	}
	v, err := metric.Verify(distance, same, pairs.Folds)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("pictures %d, without a face %d; pairs %d, missing %d; folds %d", len(vectors), nothing, v.Pairs, missing, v.Folds)
	t.Logf("accuracy %.5f +- %.5f, threshold %.4f (cosine %.4f), by fold %.4f", v.Accuracy, v.AccuracyStd, v.Threshold, 1-v.Threshold/2, v.Accuracies)
	const python = 0.93433 // reference/face/lfw.py
	if v.Accuracy < python-0.003 {
		t.Errorf("accuracy %.5f, Python has %.5f", v.Accuracy, python)
	}
}
