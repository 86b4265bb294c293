package metric

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/gosight/vision/internal/fault"
)

type verifyGolden struct {
	Accuracies, Thresholds, VALs []float64
	Accuracy, VAL, FAR           float64
	AccuracyStd                  float64   `json:"accuracy_std"`
	VALStd                       float64   `json:"val_std"`
	VALThresholds                []float64 `json:"val_thresholds"`
}

func (g verifyGolden) check(t *testing.T, what string, v Verification) {
	t.Helper()
	nearAll(t, what+", accuracy of fold", v.Accuracies, g.Accuracies, 1e-12)
	nearAll(t, what+", threshold of fold", v.Thresholds, g.Thresholds, 0)
	nearAll(t, what+", VAL of fold", v.VALs, g.VALs, 1e-12)
	nearAll(t, what+", VAL threshold of fold", v.VALAt, g.VALThresholds, 1e-12)
	nearAll(t, what, []float64{v.Accuracy, v.AccuracyStd, v.VAL, v.VALStd, v.FAR}, []float64{g.Accuracy, g.AccuracyStd, g.VAL, g.VALStd, g.FAR}, 1e-12)
}

func bools(v []int) []bool {
	b := make([]bool, len(v))
	for i := range v {
		b[i] = v[i] == 1
	}
	return b
}

type verifyFile struct {
	Sets []struct {
		Folds    int
		Distance []float64
		Same     []int
		verifyGolden
	}
	Vectors struct {
		A, B       [][]float32
		Same       []int
		Cosine, L2 []float64
		Result     verifyGolden
	}
}

func TestVerifyEqualsTheProtocol(t *testing.T) {
	var g verifyFile
	load(t, "verify.json.gz", &g)
	never := false
	for i, s := range g.Sets {
		v, err := Verify(s.Distance, bools(s.Same), s.Folds)
		if err != nil {
			t.Fatal(err)
		}
		s.check(t, fmt.Sprintf("set %d", i), v)
		never = never || s.VAL == 0
	}
	if !never {
		t.Error("no set in which the rate is never reached")
	}
}

func TestVerifyOfCosineDistances(t *testing.T) {
	var g verifyFile
	load(t, "verify.json.gz", &g)
	var distance []float64
	for i := range g.Vectors.A {
		c, err := CosineDistance(g.Vectors.A[i], g.Vectors.B[i])
		if err != nil {
			t.Fatal(err)
		}
		l, err := SquaredL2(g.Vectors.A[i], g.Vectors.B[i])
		if err != nil {
			t.Fatal(err)
		}
		near(t, "cosine", c, g.Vectors.Cosine[i], 1e-12)
		near(t, "squared L2", l, g.Vectors.L2[i], 1e-9)
		distance = append(distance, c)
	}
	v, err := Verify(distance, bools(g.Vectors.Same), 10)
	if err != nil {
		t.Fatal(err)
	}
	// The VAL threshold may fall on either side of a pair that numpy sums in another order.
	g.Vectors.Result.check(t, "cosine", v)
}

func TestVerifyByHand(t *testing.T) {
	// All are right from 0.21 on, the first threshold above 0.2. The rate of 0.001 lies
	// between the thresholds 0.800, where it is 0, and 0.801, where 0.8 is below: of the
	// two different pairs of the fold one is accepted.
	distance := []float64{.1, .9, .2, .8, .1, .9, .2, .8}
	same := []bool{true, false, true, false, true, false, true, false}
	v, err := Verify(distance, same, 2)
	if err != nil {
		t.Fatal(err)
	}
	if v.Accuracy != 1 || v.AccuracyStd != 0 || math.Abs(v.Threshold-.21) > 1e-12 || v.VAL != 1 || v.FAR != .5 {
		t.Errorf("got %+v", v)
	}
}

func TestVerifyRefusals(t *testing.T) {
	ok := []bool{true, false, true, false}
	for why, err := range map[string]error{
		"one fold":               verifyError([]float64{0, 1, 0, 1}, ok, 1),
		"more folds than pairs":  verifyError([]float64{0, 1, 0, 1}, ok, 5),
		"an answer too few":      verifyError([]float64{0, 1, 0, 1}, ok[:3], 2),
		"NaN":                    verifyError([]float64{0, 1, math.NaN(), 1}, ok, 2),
		"a fold of one kind":     verifyError([]float64{0, 1, 0, 1}, []bool{true, true, true, false}, 2),
		"nothing":                verifyError(nil, nil, 10),
		"vectors of two lengths": second(SquaredL2([]float32{1}, []float32{1, 2})),
		"cosine of two lengths":  second(CosineDistance([]float32{1}, []float32{1, 2})),
		"a vector of zeros":      second(CosineDistance([]float32{0}, []float32{1})),
	} {
		var fe *fault.FormatError
		if !errors.As(err, &fe) {
			t.Errorf("%s: got %v, want a FormatError", why, err)
		}
	}
}

func verifyError(d []float64, same []bool, folds int) error {
	_, err := Verify(d, same, folds)
	return err
}

func second(_ float64, err error) error { return err }
