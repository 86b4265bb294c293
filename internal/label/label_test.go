package label

import (
	"encoding/json"
	"math"
	"testing"
)

var three = Labels{{"cat", 3, .7}, {"dog", 5, .2}, {"frog", 6, .1}}

func TestAboveAndTop(t *testing.T) {
	for _, c := range []struct {
		why  string
		got  Labels
		want int
	}{
		{"cut between", three.Above(.15), 2},
		{"the bound itself is in", three.Above(.2), 2},
		{"all", three.Above(0), 3},
		{"none", three.Above(.9), 0},
		{"NaN is above nothing", Labels{{Score: float32(math.NaN())}}.Above(0), 0},
		{"top two", three.Top(2), 2},
		{"more than there are", three.Top(9), 3},
		{"negative", three.Top(-1), 0},
		{"of nothing", Labels(nil).Top(2), 0},
	} {
		if len(c.got) != c.want {
			t.Errorf("%s: %d labels, want %d", c.why, len(c.got), c.want)
		}
	}
	_ = append(three.Top(1), Label{Name: "x"})
	if three[1].Name != "dog" {
		t.Error("appending to a cut list wrote into the full one")
	}
}

func TestBestStringAndJSON(t *testing.T) {
	if three.Best().Name != "cat" || Labels(nil).Best() != (Label{}) {
		t.Error("Best is not the first, or not zero of nothing")
	}
	if got := three.Top(2).String(); got != "cat 0.700\ndog 0.200" {
		t.Errorf("String %q", got)
	}
	b, err := json.Marshal(three[0])
	if err != nil || string(b) != `{"name":"cat","index":3,"score":0.7}` {
		t.Errorf("JSON %s, %v", b, err)
	}
}
