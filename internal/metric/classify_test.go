package metric

import (
	"errors"
	"math"
	"testing"

	"github.com/gosight/vision/internal/fault"
)

func TestClassificationEqualsScikitLearn(t *testing.T) {
	var sets []struct {
		Truth         []int
		Scores        [][]float32
		Top           []float64
		Confusion     [][]int
		Balanced, ECE float64
	}
	load(t, "classify.json.gz", &sets)
	if len(sets) < 5 {
		t.Fatalf("%d sets", len(sets))
	}
	for _, s := range sets {
		classes := len(s.Confusion)
		c, err := NewClassification(classes)
		if err != nil {
			t.Fatal(err)
		}
		for i, truth := range s.Truth {
			if err := c.Add(truth, s.Scores[i]); err != nil {
				t.Fatal(err)
			}
		}
		r := c.Result()
		near(t, "top-1", r.Top1, s.Top[0], 1e-12)
		near(t, "top-5", r.Top5, s.Top[4], 1e-12)
		near(t, "balanced accuracy", r.MeanPerClass, s.Balanced, 1e-12)
		near(t, "calibration error", r.ECE, s.ECE, 1e-12)
		for k, want := range s.Top {
			got, err := TopK(s.Truth, s.Scores, k+1)
			if err != nil {
				t.Fatal(err)
			}
			near(t, "top-k", got, want, 1e-12)
		}
		for i, row := range s.Confusion {
			for j, want := range row {
				if got := c.Confusion(i, j); got != want {
					t.Errorf("truth %d, answer %d: got %d, want %d", i, j, got, want)
				}
			}
		}
		for _, k := range r.Classes {
			sum := 0
			for _, n := range s.Confusion[k.Class] {
				sum += n
			}
			if k.Truth != sum || k.Correct != s.Confusion[k.Class][k.Class] {
				t.Errorf("class %d: got %+v, want %d pictures, %d right", k.Class, k, sum, s.Confusion[k.Class][k.Class])
			}
		}
	}
}

func TestRankedAnswersCountLikeScores(t *testing.T) {
	a, _ := NewClassification(6)
	b, _ := NewClassification(6)
	scores := []float32{.1, .4, .2, .05, .06, .19}
	for truth := range 6 {
		if err := a.Add(truth, scores); err != nil {
			t.Fatal(err)
		}
		if err := b.AddRanked(truth, []int{1, 2, 5, 0, 4, 3}, float64(scores[1])); err != nil {
			t.Fatal(err)
		}
	}
	ra, rb := a.Result(), b.Result()
	if ra.Top1 != 1./6 || ra.Top5 != 5./6 || ra.Top1 != rb.Top1 || ra.Top5 != rb.Top5 || ra.ECE != rb.ECE || a.Confusion(3, 1) != b.Confusion(3, 1) {
		t.Errorf("scores gave %+v, the ranking %+v", ra, rb)
	}
	short, _ := NewClassification(6)
	if err := short.AddRanked(3, []int{1, 2}, .4); err != nil {
		t.Fatal(err)
	}
	if r := short.Result(); r.Top5 != 0 {
		t.Errorf("a class that is not in the ranking counted as found: %+v", r)
	}
}

func TestClassificationRefusals(t *testing.T) {
	nan := float32(math.NaN())
	c, err := NewClassification(2)
	if err != nil {
		t.Fatal(err)
	}
	_, none := NewClassification(0)
	_, noRows := TopK(nil, nil, 1)
	_, outside := TopK([]int{2}, [][]float32{{1, 0}}, 1)
	_, topNaN := TopK([]int{0}, [][]float32{{1, nan}}, 1)
	for why, err := range map[string]error{
		"no class":               none,
		"truth below":            c.Add(-1, []float32{1, 0}),
		"truth above":            c.Add(2, []float32{1, 0}),
		"a score too few":        c.Add(0, []float32{1}),
		"NaN":                    c.Add(0, []float32{1, nan}),
		"empty ranking":          c.AddRanked(0, nil, 1),
		"rank outside":           c.AddRanked(0, []int{2}, 1),
		"NaN confidence":         c.AddRanked(0, []int{1}, math.NaN()),
		"no rows":                noRows,
		"truth outside its row":  outside,
		"NaN in a row of scores": topNaN,
	} {
		var fe *fault.FormatError
		if !errors.As(err, &fe) {
			t.Errorf("%s: got %v, want a FormatError", why, err)
		}
	}
	if r := c.Result(); r.Pictures != 0 || r.MeanPerClass != 0 {
		t.Errorf("what was refused was counted: %+v", r)
	}
}
