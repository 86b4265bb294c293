package scene_test

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gosight/vision"
)

// The tiny model gives row k the logit -|k - p|/2, p being 364 times the mean of red: the
// ten best are the ten rows about p. What of these is indoors was counted in
// IO_places365.txt by hand.
func TestPlaces365Rule(t *testing.T) {
	m := places(t)
	for _, c := range []struct {
		red    uint8
		best   []string
		indoor bool
		score  float32
		why    string
	}{
		{0, []string{"airfield", "airplane_cabin", "airport_terminal", "alcove"}, false, .5, "five of rows 0 to 9: half and half is outdoors"},
		{8, []string{"arcade", "arch", "aqueduct", "archaelogical_excavation"}, true, .6, "six of rows 7 to 16"},
		{51, []string{"butte", "butchers_shop", "cabin/outdoor", "bus_station/indoor"}, false, .4, "four of rows 68 to 77"},
		{255, []string{"zen_garden", "youth_hostel", "yard", "windmill"}, false, .2, "wet_bar and youth_hostel of rows 355 to 364"},
	} {
		s := describe(t, m, plain(c.red, 100, 200))
		var got []string
		for _, l := range s.Places.Top(4) {
			got = append(got, l.Name)
		}
		if !slices.Equal(got, c.best) || s.Indoor != c.indoor || s.IndoorScore != c.score {
			t.Errorf("red %d: %v, want %v, %v: %s", c.red, s, c.best, c.score, c.why)
		}
		if len(s.Places) != 365 {
			t.Fatalf("%d places", len(s.Places))
		}
		p, sum := 364*float64(c.red)/255, 0.0
		for k := range 365 {
			sum += math.Exp(-math.Abs(float64(k)-p) / 2)
		}
		for _, l := range s.Places {
			if want := math.Exp(-math.Abs(float64(l.Index)-p)/2) / sum; math.Abs(float64(l.Score)-want) > 1e-5 {
				t.Errorf("red %d: %v, want %.5f", c.red, l, want)
				break
			}
		}
	}
	if n := m.Names(); len(n) != 365 || n[8] != "apartment_building/outdoor" {
		t.Errorf("names %v", n)
	}
	if i := m.Info(); i.Task != "scene" || !i.Frozen {
		t.Errorf("%+v", i)
	}
}

// A table of one's own, and another number of voices.
func TestTableOfTheCard(t *testing.T) {
	var table strings.Builder
	for i, n := range places(t).Names() {
		side := " 2\r\n"
		if i < 3 {
			side = " 1\r\n"
		}
		table.WriteString("/x/" + n + side)
	}
	m, err := tryOpen(t, "scene_places365", `{"task": "scene", "preset": "places365-torch", "scene": {"table": "io.txt", "vote": 5}}`, map[string]string{"io.txt": table.String()})
	if err != nil {
		t.Fatal(err)
	}
	closeAtEnd(t, m)
	if s := describe(t, m, plain(0, 0, 0)); s.IndoorScore != .6 || !s.Indoor {
		t.Errorf("%v, want 3 of 5 indoors", s)
	}
}

// Of classifiers with few classes, lists say what is indoors, and scores weigh.
func TestLists(t *testing.T) {
	card := func(section string) string {
		return `{"task": "scene", "input": {"channels": "RGB", "range": [0, 1], "resize": {"mode": "squash", "resampler": "pillow-box"}},
			"output": {"scores": "probabilities", "label_names": ["red", "green", "blue"], "multi_label": true}, "scene": ` + section + `}`
	}
	for _, c := range []struct {
		why, section string
		score        float64
	}{
		{"all others are outdoors: 0.2 of 1.4", `{"indoor": ["red"]}`, .2 / 1.4},
		{"all others are indoors: 1.2 of 1.4", `{"outdoor": ["red"]}`, 1.2 / 1.4},
		{"green has no say: 0.2 of 1", `{"indoor": ["red"], "outdoor": ["blue"]}`, .2},
		{"the best one alone: blue", `{"indoor": ["blue"], "vote": 1}`, 1},
		{"the best one alone, and it has no say: then the next", `{"indoor": ["red"], "outdoor": ["green"], "vote": 1}`, 0},
		{"the best two have one voice each: blue and green", `{"indoor": ["blue"], "vote": 2}`, .5},
	} {
		m := open(t, "mean_rgb", card(c.section))
		s := describe(t, m, plain(51, 102, 204)) // 0.2, 0.4, 0.8
		if math.Abs(float64(s.IndoorScore)-c.score) > 1e-5 || s.Indoor != (c.score > .5) || s.Places.Best().Name != "blue" {
			t.Errorf("%s: %v, want %v", c.why, s, c.score)
		}
		if black := describe(t, m, plain(0, 0, 0)); !(black.IndoorScore >= 0 && black.IndoorScore <= 1) {
			t.Errorf("%s: of scores that are all 0: %v", c.why, black)
		}
	}
}

func TestSceneIsWrittenAsTheCommandSays(t *testing.T) {
	m := open(t, "mean_rgb", `{"task": "scene", "input": {"channels": "RGB", "range": [0, 1], "resize": {"mode": "squash", "resampler": "pillow-box"}},
		"output": {"scores": "probabilities", "label_names": ["hall", "beach", "wood"], "multi_label": true}, "scene": {"indoor": ["hall"]}}`)
	s := describe(t, m, plain(255, 0, 255))
	b, err := json.Marshal(s)
	if want := `{"places":[{"name":"hall","index":0,"score":1},{"name":"wood","index":2,"score":1},{"name":"beach","index":1,"score":0}],"indoor":false,"indoor_score":0.5}`; err != nil || string(b) != want {
		t.Errorf("%s, %v, want %s", b, err, want)
	}
	if want := "outdoor 0.500: hall 1.000, wood 1.000, beach 0.000"; s.String() != want {
		t.Errorf("%q, want %q", s, want)
	}
	if got := describe(t, m, plain(255, 0, 51)).String(); got != "indoor 0.833: hall 1.000, wood 0.200, beach 0.000" {
		t.Errorf("%q", got)
	}
	if side, share := s.Side(); side != "outdoor" || share != .5 {
		t.Errorf("%s %v", side, share)
	}
}

// Logits become probabilities, and these weigh.
func TestLogits(t *testing.T) {
	m := open(t, "mean_rgb", `{"task": "scene", "input": {"channels": "RGB", "range": [0, 1], "resize": {"mode": "squash", "resampler": "pillow-box"}},
		"output": {"scores": "logits", "label_names": ["hall", "beach", "wood"]}, "scene": {"indoor": ["hall"]}}`, vision.Batch(2, 0))
	s := describe(t, m, plain(255, 0, 0))
	want := math.E / (math.E + 2)
	if math.Abs(float64(s.IndoorScore)-want) > 1e-5 || math.Abs(float64(s.Places.Best().Score)-want) > 1e-5 || !s.Indoor {
		t.Errorf("%v, want %.4f", s, want)
	}
}
