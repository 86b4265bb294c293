package postprocess

import (
	"errors"
	"math"
	"testing"

	"github.com/gosight/vision/internal/fault"
)

func near(a, b float32) bool { return math.Abs(float64(a-b)) < 1e-5 }

// The formula by hand: an anchor of 4 x 2 at (10, 20).
func TestBoxCoder(t *testing.T) {
	c := BoxCoder{10, 10, 5, 5}
	a := Anchor{CX: 10, CY: 20, W: 4, H: 2}
	if got := c.Box(0, 0, 0, 0, a); got != (Box{8, 19, 12, 21}) {
		t.Errorf("no shift: %v, want the anchor", got)
	}
	// 5/10 of the width to the right, 10/10 of the height up, twice as wide.
	got := c.Box(5, -10, float32(5*math.Log(2)), 0, a)
	want := Box{8, 17, 16, 19}
	if !near(got.X0, want.X0) || !near(got.X1, want.X1) || !near(got.Y0, want.Y0) || !near(got.Y1, want.Y1) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// The settings of SSD MobileNet v1 (ssd_mobilenet_v1_coco.config): 1917 anchors.
func TestSSDAnchors(t *testing.T) {
	s := SSDAnchors{MinScale: 0.2, MaxScale: 0.95, AspectRatios: []float64{1, 2, 0.5, 3, 1.0 / 3}, Interpolated: 1, Reduce: true,
		Grids: [][2]int{{19, 19}, {10, 10}, {5, 5}, {3, 3}, {2, 2}, {1, 1}}}
	all := s.Anchors()
	if len(all) != 1917 {
		t.Fatalf("%d anchors, want 19*19*3 + 6*(100+25+9+4+1) = 1917", len(all))
	}
	root2 := float32(math.Sqrt2)
	for _, c := range []struct {
		i    int
		why  string
		want Anchor
	}{
		{0, "first cell, fixed scale", Anchor{0.5 / 19, 0.5 / 19, 0.1, 0.1}},
		{1, "min_scale, ratio 2", Anchor{0.5 / 19, 0.5 / 19, 0.2 * root2, 0.2 / root2}},
		{2, "min_scale, ratio 1/2", Anchor{0.5 / 19, 0.5 / 19, 0.2 / root2, 0.2 * root2}},
		{3, "second cell is to the right", Anchor{1.5 / 19, 0.5 / 19, 0.1, 0.1}},
		{19*19*3 + 0, "second grid, 0.2 + 0.75/5", Anchor{0.05, 0.05, 0.35, 0.35}},
		{19*19*3 + 5, "between 0.35 and 0.5", Anchor{0.05, 0.05, float32(math.Sqrt(0.175)), float32(math.Sqrt(0.175))}},
		{1916, "last, between 0.95 and 1", Anchor{0.5, 0.5, float32(math.Sqrt(0.95)), float32(math.Sqrt(0.95))}},
		{1911, "last grid, max_scale", Anchor{0.5, 0.5, 0.95, 0.95}},
	} {
		if g := all[c.i]; !near(g.CX, c.want.CX) || !near(g.CY, c.want.CY) || !near(g.W, c.want.W) || !near(g.H, c.want.H) {
			t.Errorf("%s: anchor %d is %v, want %v", c.why, c.i, g, c.want)
		}
	}
}

func TestScoresAreRefusedIfTheyAreNoProbabilities(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	box := []Box{{0, 0, 1, 1}}
	for _, c := range []struct {
		why   string
		score float32
		rule  Scores
		want  float32 // -1: refused, -2: left out
	}{
		{"plain", 0.5, Scores{}, 0.5},
		{"NaN", nan, Scores{}, -1},
		{"infinite", inf, Scores{}, -1},
		{"a logit that is called a probability", 3, Scores{}, -1},
		{"a negative one", -3, Scores{}, -1},
		{"rounding beyond 1", 1.004, Scores{}, 1},
		{"rounding below 0", -0.004, Scores{}, -2},
		{"nothing", 0, Scores{}, -2},
		{"below the least", 0.2, Scores{Min: 0.25}, -2},
		{"the least itself", 0.25, Scores{Min: 0.25}, 0.25},
		{"logit", 0, Scores{Logits: true}, 0.5},
		{"large logit", 200, Scores{Logits: true}, 1},
		{"NaN logit", nan, Scores{Logits: true}, -1},
		{"infinite logit", inf, Scores{Logits: true}, -1},
	} {
		for _, how := range []string{"ready", "by class", "heat map"} {
			var got []Candidate
			var err error
			switch how {
			case "ready":
				got, err = Ready(box, []float32{c.score}, nil, c.rule)
			case "by class":
				got, err = ByClass(func(int) Box { return box[0] }, Grid{[]float32{c.score}, 1, 1, 1, 1}, nil, c.rule)
			case "heat map":
				n := CentreNet{Heat: NewPlane([]float32{c.score}, 1, 1, 1, false), Sizes: NewPlane([]float32{1, 1}, 1, 1, 2, false)}
				got, err = n.Candidates(c.rule, 0)
			}
			var me *fault.ModelError
			switch {
			case c.want == -1 && !errors.As(err, &me):
				t.Errorf("%s, %s: got %v, %v, want a ModelError", c.why, how, got, err)
			case c.want == -2 && (err != nil || len(got) != 0):
				t.Errorf("%s, %s: got %v, %v, want nothing", c.why, how, got, err)
			case c.want >= 0 && (err != nil || len(got) != 1 || got[0].Score != c.want):
				t.Errorf("%s, %s: got %v, %v, want %v", c.why, how, got, err, c.want)
			}
		}
	}
}

func TestReadyRefusesWhatDoesNotFit(t *testing.T) {
	boxes := make([]Box, 2)
	for _, c := range []struct {
		why             string
		scores, classes []float32
	}{
		{"a score too few", []float32{1}, nil},
		{"a class too many", []float32{1, 1}, []float32{0, 0, 0}},
		{"half a class", []float32{1, 1}, []float32{0, 1.5}},
		{"a negative class", []float32{1, 1}, []float32{-1, 0}},
		{"no class", []float32{1, 1}, []float32{float32(math.NaN()), 0}},
		{"a class beyond all", []float32{1, 1}, []float32{1e12, 0}},
	} {
		if got, err := Ready(boxes, c.scores, c.classes, Scores{}); err == nil {
			t.Errorf("%s: got %v", c.why, got)
		}
	}
	// What is dropped may have any class: rows beyond the last object are filled with anything.
	if got, err := Ready(boxes, []float32{0, 0.5}, []float32{-7, 1}, Scores{}); err != nil || len(got) != 1 || got[0].Class != 1 {
		t.Errorf("a filled row: %v, %v", got, err)
	}
}

func TestByClassChooses(t *testing.T) {
	box := func(row int) Box { return Box{float32(row), 0, 9, 9} }
	g := Grid{[]float32{0.5, 0.25, 0.75, 0.125, 0.0625, 0}, 2, 3, 3, 1}
	turned := Grid{[]float32{0.5, 0.125, 0.25, 0.0625, 0.75, 0}, 2, 3, 1, 2}
	half := func(int) float32 { return 0.5 }
	for _, c := range []struct {
		why    string
		rule   Scores
		factor func(int) float32
		want   []Candidate
	}{
		{"the best of each box", Scores{}, nil, []Candidate{{box(0), 0.75, 2, 0}, {box(1), 0.125, 0, 1}}},
		{"not the background", Scores{Background: true}, nil, []Candidate{{box(0), 0.75, 2, 0}, {box(1), 0.0625, 1, 1}}},
		{"each from the least", Scores{MultiLabel: true, Min: 0.25}, nil, []Candidate{{box(0), 0.5, 0, 0}, {box(0), 0.25, 1, 0}, {box(0), 0.75, 2, 0}}},
		{"with objectness", Scores{Min: 0.25}, half, []Candidate{{box(0), 0.375, 2, 0}}},
	} {
		for _, grid := range []Grid{g, turned} {
			got, err := ByClass(box, grid, c.factor, c.rule)
			if err != nil || len(got) != len(c.want) {
				t.Errorf("%s: %v, %v, want %v", c.why, got, err, c.want)
				continue
			}
			for i := range got {
				if got[i] != c.want[i] {
					t.Errorf("%s: %v, want %v", c.why, got[i], c.want[i])
				}
			}
		}
	}
	// Logits of classes that exclude each other: a softmax over log 1, log 3.
	got, err := ByClass(box, Grid{[]float32{0, float32(math.Log(3))}, 1, 2, 2, 1}, nil, Scores{Logits: true})
	if err != nil || len(got) != 1 || !near(got[0].Score, 0.75) || got[0].Class != 1 {
		t.Errorf("softmax: %v, %v", got, err)
	}
	if got, err := ByClass(box, Grid{[]float32{0, float32(math.NaN())}, 1, 2, 2, 1}, nil, Scores{Logits: true}); err == nil {
		t.Errorf("NaN among logits: %v", got)
	}
	if got, err := ByClass(box, g, func(int) float32 { return 7 }, Scores{}); err == nil {
		t.Errorf("an objectness of 7: %v", got)
	}
}
