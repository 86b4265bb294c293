package eval_test

import (
	"context"
	"math"
	"testing"

	"github.com/gosight/vision/dataset"
	"github.com/gosight/vision/eval"
)

// faces is a list of two folds with two pairs of each kind, of pictures 1 to 6 of people A to F.
func faces(t *testing.T) *dataset.Pairs {
	t.Helper()
	dir := t.TempDir()
	for i, n := range []string{"A_0001", "A_0002", "B_0001", "B_0002", "C_0001", "D_0001"} {
		numbered(t, uint8(i+1), 2, 2, dir, "img", n+".png")
	}
	list := put(t, "2\t2\nA\t1\t2\nB\t1\t2\nA\t1\tC\t1\nB\t1\tD\t1\nA\t2\t1\nB\t2\t1\nA\t2\tD\t1\nB\t2\tC\t1\n", dir, "pairs.txt")
	p, err := dataset.LFW(list, dir+"/img")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// at is a vector of the given length at an angle in degrees.
func at(degrees, length float64) []float32 {
	s, c := math.Sincos(degrees * math.Pi / 180)
	return []float32{float32(length * c), float32(length * s)}
}

func TestVerificationByHand(t *testing.T) {
	// Two pictures of one person stand 20 degrees apart, 2 - 2 cos 20 = 0.1206; of two people 80
	// degrees or more, 1.6527. The lengths do not matter.
	vectors := map[uint8][]float32{1: at(0, 1), 2: at(20, 7), 3: at(180, 1), 4: at(200, .5), 5: at(100, 3), 6: at(280, 1)}
	r, err := eval.Verification(context.Background(), faces(t), fake(vectors))
	if err != nil {
		t.Fatal(err)
	}
	if r.Pictures != 6 || r.Pairs != 8 || r.PairsLeftOut != 0 || len(r.Folds) != 2 {
		t.Errorf("%+v", r)
	}
	near(t, "accuracy", r.Accuracy, 1)
	near(t, "threshold", r.Threshold, .13) // the first of the steps above 0.1206
	near(t, "VAL", r.VAL, 1)

	// D's picture as far from B's as B's own: its pair is taken for one person.
	vectors[6] = at(200, 1)
	if r, err = eval.Verification(context.Background(), faces(t), fake(vectors)); err != nil {
		t.Fatal(err)
	}
	near(t, "accuracy with a look-alike", r.Accuracy, (.75+1)/2)

	// Without C its two pairs are left out.
	delete(vectors, 5)
	r, err = eval.Verification(context.Background(), faces(t), fake(vectors))
	if err != nil || r.Pairs != 6 || r.PairsLeftOut != 2 || r.LeftOut != 1 || r.Failures[0].Name != "C_0001" {
		t.Errorf("%v, %+v", err, r)
	}
}

func TestVectorsThatAreNone(t *testing.T) {
	vectors := map[uint8][]float32{1: at(0, 1), 2: at(20, 1), 3: at(180, 1), 4: at(200, 1), 5: at(100, 1), 6: {}}
	r, err := eval.Verification(context.Background(), faces(t), fake(vectors))
	if err != nil || r.LeftOut != 1 || r.PairsLeftOut != 2 {
		t.Errorf("an empty vector: %v, %+v", err, r)
	}
	nan := float32(math.NaN())
	for why, v := range map[string][]float32{"zeros": {0, 0}, "NaN": {1, nan}} {
		vectors[6] = v
		if r, err := eval.Verification(context.Background(), faces(t), fake(vectors)); err != nil || r.LeftOut != 1 {
			t.Errorf("%s: %v, %+v", why, err, r)
		}
	}
	vectors[6] = []float32{1, 2, 3}
	if _, err := eval.Verification(context.Background(), faces(t), fake(vectors)); err == nil {
		t.Error("vectors of two lengths were compared")
	}
}
