package metric

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gosight/vision/internal/fault"
)

type cocoSet struct {
	Truth []struct {
		ImageID    int64 `json:"image_id"`
		CategoryID int64 `json:"category_id"`
		BBox       [4]float64
		Area       float64
		IsCrowd    int
		Ignore     int
	}
	Found []struct {
		ImageID    int64 `json:"image_id"`
		CategoryID int64 `json:"category_id"`
		BBox       [4]float64
		Score      float64
	}
	Stats      []float64
	Categories [][3]float64
}

func (s cocoSet) values() (truth []COCOTruth, found []COCODetection) {
	for _, a := range s.Truth {
		truth = append(truth, COCOTruth{a.ImageID, a.CategoryID, Box{a.BBox[0], a.BBox[1], a.BBox[2], a.BBox[3]}, a.Area, a.IsCrowd == 1})
	}
	for _, d := range s.Found {
		found = append(found, COCODetection{d.ImageID, d.CategoryID, Box{d.BBox[0], d.BBox[1], d.BBox[2], d.BBox[3]}, d.Score})
	}
	return truth, found
}

func (r COCOResult) stats() []float64 {
	return []float64{r.AP, r.AP50, r.AP75, r.APSmall, r.APMedium, r.APLarge, r.AR1, r.AR10, r.AR100, r.ARSmall, r.ARMedium, r.ARLarge}
}

type cocoGolden struct {
	Sets       []cocoSet
	Zero       map[string]cocoSet
	Thresholds []float64
	Recalls    []float64
}

func TestCOCOEqualsPycocotools(t *testing.T) {
	var g cocoGolden
	load(t, "coco.json.gz", &g)
	if len(g.Sets) != 10 {
		t.Fatalf("%d sets, want ten", len(g.Sets))
	}
	crowds, ignores, empty := 0, 0, 0
	for i, s := range g.Sets {
		truth, found := s.values()
		r, err := COCO(truth, found)
		if err != nil {
			t.Fatal(err)
		}
		nearAll(t, fmt.Sprintf("set %d, number", i), r.stats(), s.Stats, 1e-9)
		per := map[int64]COCOCategory{}
		for _, c := range r.Categories {
			per[c.Category] = c
		}
		for _, want := range s.Categories {
			got, ok := per[int64(want[0])]
			if !ok {
				got = COCOCategory{AP: -1, AP50: -1}
				empty++
			}
			near(t, fmt.Sprintf("set %d, category %v, AP", i, want[0]), got.AP, want[1], 1e-9)
			near(t, fmt.Sprintf("set %d, category %v, AP50", i, want[0]), got.AP50, want[2], 1e-9)
		}
		for _, a := range s.Truth {
			crowds += a.IsCrowd
			ignores += a.Ignore
		}
	}
	if crowds == 0 || ignores == 0 || empty == 0 {
		t.Errorf("the sets hold %d crowds, %d ignore flags, %d categories without objects: want some of each", crowds, ignores, empty)
	}
}

// COCOeval reads the id 0 of an annotation as "no match".
func TestCOCOIsNotTrappedByIDZero(t *testing.T) {
	var g cocoGolden
	load(t, "coco.json.gz", &g)
	if slices.Equal(g.Zero["0"].Stats, g.Zero["1"].Stats) {
		t.Fatal("the golden no longer shows the trap")
	}
	truth, found := g.Zero["0"].values()
	r, err := COCO(truth, found)
	if err != nil {
		t.Fatal(err)
	}
	nearAll(t, "number", r.stats(), g.Zero["1"].Stats, 1e-9)
}

func TestCOCOThresholdsAreNumpys(t *testing.T) {
	var g cocoGolden
	load(t, "coco.json.gz", &g)
	for i, want := range g.Thresholds {
		if got := cocoThreshold(i); got != want {
			t.Errorf("threshold %d: got %v, want %v", i, got, want)
		}
	}
	for i, want := range g.Recalls {
		if got := float64(i) * .01; got != want {
			t.Errorf("recall %d: got %v, want %v", i, got, want)
		}
	}
}

func TestCOCOByHand(t *testing.T) {
	box := Box{0, 0, 50, 50}
	truth := []COCOTruth{{Image: 1, Category: 7, Box: box, Area: 2500}}
	hit := COCODetection{Image: 1, Category: 7, Box: box, Score: .9}
	for _, c := range []struct {
		why    string
		truth  []COCOTruth
		found  []COCODetection
		ap, ar float64
	}{
		{"nothing at all", nil, nil, -1, -1},
		{"nothing there, something found", nil, []COCODetection{hit}, -1, -1},
		{"nothing found", truth, nil, 0, 0},
		{"found", truth, []COCODetection{hit}, 1, 1},
		{"found twice: the second comes after full recall", truth, []COCODetection{hit, hit}, 1, 1},
		{"another category's detections do not count", truth, []COCODetection{hit, {Image: 1, Category: 8, Box: box, Score: 1}}, 1, 1},
		{"a better-scored mistake on another picture halves precision", truth, []COCODetection{hit, {Image: 2, Category: 7, Box: box, Score: 1}}, .5, 1},
		{"only a crowd", []COCOTruth{{Image: 1, Category: 7, Box: box, Area: 2500, Crowd: true}}, []COCODetection{hit}, -1, -1},
	} {
		r, err := COCO(c.truth, c.found)
		if err != nil {
			t.Fatal(err)
		}
		near(t, c.why+", AP", r.AP, c.ap, 1e-12)
		near(t, c.why+", AR", r.AR100, c.ar, 1e-12)
	}
}

func TestCOCORefusals(t *testing.T) {
	good := Box{1, 2, 3, 4}
	for why, c := range map[string]struct {
		t COCOTruth
		d COCODetection
	}{
		"NaN box":        {COCOTruth{Box: Box{math.NaN(), 0, 1, 1}}, COCODetection{Box: good}},
		"negative width": {COCOTruth{Box: Box{0, 0, -1, 1}}, COCODetection{Box: good}},
		"NaN area":       {COCOTruth{Box: good, Area: math.NaN()}, COCODetection{Box: good}},
		"negative area":  {COCOTruth{Box: good, Area: -1}, COCODetection{Box: good}},
		"NaN score":      {COCOTruth{Box: good}, COCODetection{Box: good, Score: math.NaN()}},
		"infinite box":   {COCOTruth{Box: good}, COCODetection{Box: Box{0, 0, math.Inf(1), 1}}},
	} {
		_, err := COCO([]COCOTruth{c.t}, []COCODetection{c.d})
		var fe *fault.FormatError
		if !errors.As(err, &fe) {
			t.Errorf("%s: got %v, want a FormatError", why, err)
		}
	}
}

func TestCOCOLeavesItsInputAlone(t *testing.T) {
	found := []COCODetection{{Score: .1, Box: Box{W: 1, H: 1}}, {Score: .9, Box: Box{W: 1, H: 1}}}
	before := slices.Clone(found)
	if _, err := COCO([]COCOTruth{{Box: Box{W: 1, H: 1}}}, found); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(before, found) {
		t.Error("the caller's detections were sorted")
	}
}

func BenchmarkCOCO(b *testing.B) {
	var g cocoGolden
	load(b, "coco.json.gz", &g)
	truth, found := g.Sets[9].values()
	for b.Loop() {
		if _, err := COCO(truth, found); err != nil {
			b.Fatal(err)
		}
	}
}
