package postprocess

import (
	"testing"

	"github.com/gosight/vision/internal/label"
)

func TestShare(t *testing.T) {
	ranked := label.Labels{{Index: 2, Score: .5}, {Index: 0, Score: .25}, {Index: 1, Score: .125}, {Index: 3, Score: .125}}
	for _, c := range []struct {
		why    string
		side   []int8
		voters int
		want   float32
	}{
		{"the best alone", []int8{-1, 1, 1, -1}, 1, 1},
		{"one voice each, whatever the score: one of two", []int8{-1, 1, 1, -1}, 2, .5},
		{"two of three", []int8{-1, 1, 1, -1}, 3, float32(2) / 3},
		{"more voters than classes", []int8{-1, 1, 1, -1}, 10, .5},
		{"by score: 0.5 + 0.125", []int8{-1, 1, 1, -1}, 0, .625},
		{"who has no say leaves the voice to the next", []int8{-1, 1, 0, -1}, 2, .5},
		{"who has no say has no score either: 0.125 of 0.5", []int8{-1, 1, 0, -1}, 0, .25},
		{"nobody has a say", []int8{0, 0, 0, 0}, 0, .5},
		{"nobody has a say among voters", []int8{0, 0, 0, 0}, 3, .5},
	} {
		if got := Share(ranked, c.side, c.voters); got != c.want {
			t.Errorf("%s: %v, want %v", c.why, got, c.want)
		}
	}
	zeros := label.Labels{{Index: 0}, {Index: 1}, {Index: 2}}
	if got := Share(zeros, []int8{1, 1, -1}, 0); got != float32(2)/3 {
		t.Errorf("of scores that are all 0: %v, want 2/3", got)
	}
	if got := Share(nil, nil, 0); got != .5 {
		t.Errorf("of nothing: %v", got)
	}
}
