package eval_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gosight/vision/dataset"
	"github.com/gosight/vision/eval"
	"github.com/gosight/vision/internal/card"
)

// builtin returns a list of names that cards may use.
func builtin(t *testing.T, name string) []string {
	t.Helper()
	c := &card.Card{Output: card.Output{Labels: "builtin:" + name}}
	names, err := c.Labels(nil, "", 0)
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// spelt returns names with some of COCO's in the spelling of Darknet.
func spelt(names []string) []string {
	names = slices.Clone(names)
	for from, to := range map[string]string{"motorcycle": "motorbike", "airplane": "aeroplane", "couch": "sofa", "potted plant": "pottedplant", "dining table": "diningtable", "tv": "tvmonitor"} {
		i := slices.Index(names, from)
		names[i] = to
	}
	return names
}

// yolo is a set of three pictures of 100 x 100 pixels: one with an object of class a, one with one of class b, one
// with none.
func yolo(t *testing.T, a, b int) *dataset.Set {
	t.Helper()
	dir := t.TempDir()
	for i := range 3 {
		numbered(t, uint8(i+1), 100, 100, dir, "images", fmt.Sprintf("%d.png", i+1))
	}
	put(t, fmt.Sprintf("%d 0.2 0.2 0.2 0.2\n", a), dir, "labels", "1.txt")   // 10..30, area 400: small
	put(t, fmt.Sprintf("%d 0.25 0.25 0.5 0.5\n", b), dir, "labels", "2.txt") // 0..50, area 2500: medium
	set, err := dataset.YOLO(dir+"/images", dir+"/labels")
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// answers finds a and b of yolo, b too narrow by 9 of 50 pixels, and before both an a where nothing is.
func answers(a, b int) map[uint8][]eval.Box {
	return map[uint8][]eval.Box{
		1: {{a, 0.5, [4]float64{10, 10, 30, 30}}, {9999, 1, [4]float64{10, 10, 30, 30}}},
		2: {{b, 0.5, [4]float64{0, 0, 41, 50}}},
		3: {{a, 0.75, [4]float64{0, 0, 50, 50}}},
	}
}

// Class a: a wrong box before the right one, so that its precision is a half at every
// recall. Class b: an overlap of 0.82, enough for 7 of the 10 thresholds.
func checkByHand(t *testing.T, why string, r *eval.DetectionResult, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", why, err)
		return
	}
	near(t, why+": AP", r.AP, (.5+.7)/2)
	near(t, why+": AP50", r.AP50, .75)
	near(t, why+": AP75", r.AP75, .75)
	near(t, why+": small", r.APSmall, 1) // the wrong box is of medium size
	near(t, why+": medium", r.APMedium, .7)
	near(t, why+": large", r.APLarge, -1)
	near(t, why+": AR1", r.AR1, (1+.7)/2)
	if r.Pictures != 3 || r.Objects != 2 || len(r.Classes) != 2 || r.Classes[0].Objects != 1 {
		t.Errorf("%s: %+v", why, r)
		return
	}
	near(t, why+": AP of both", r.Classes[0].AP+r.Classes[1].AP, 1.2)
}

func TestDetectionByHand(t *testing.T) {
	ninety, eighty := builtin(t, "coco-90"), builtin(t, "coco-80")
	const person, tv = 0, 62 // of the 80; 1 and 72 of the 90
	for _, c := range []struct {
		why        string
		truth      [2]int
		names      []string
		found      [2]int
		how, first string
	}{
		{"80 classes", [2]int{person, tv}, eighty, [2]int{person, tv}, "COCO", "person"},
		{"80 classes in another spelling", [2]int{person, tv}, spelt(eighty), [2]int{person, tv}, "COCO", "person"},
		{"80 classes after a background", [2]int{person, tv}, append([]string{"background"}, eighty...), [2]int{1, 63}, "COCO", "person"},
		{"the numbers 1 to 90", [2]int{person, tv}, ninety, [2]int{1, 72}, "COCO", "person"},
		{"the numbers 1 to 90 in another spelling", [2]int{person, tv}, spelt(ninety), [2]int{1, 72}, "COCO", "person"},
		{"the 90 from 0", [2]int{person, tv}, ninety[1:], [2]int{0, 71}, "COCO", "person"},
		{"a detector of one's own", [2]int{0, 1}, []string{"cat", "dog"}, [2]int{0, 1}, "by number", "cat"},
		{"with a background row", [2]int{0, 1}, []string{"background", "cat", "dog"}, [2]int{1, 2}, "by number", "cat"},
		{"without names", [2]int{4, 7}, nil, [2]int{4, 7}, "by number", "4"},
	} {
		r, err := eval.Detection(context.Background(), yolo(t, c.truth[0], c.truth[1]), c.names, fake(answers(c.found[0], c.found[1])), same)
		checkByHand(t, c.why, r, err)
		if err == nil && (r.Classes[0].Name != c.first || !strings.Contains(r.Protocol, c.how)) {
			t.Errorf("%s: %v, %s", c.why, r.Classes, r.Protocol)
		}
	}
	for _, c := range []struct {
		why   string
		class int
		names []string
		want  string
	}{
		{"an 81st class of COCO", 80, eighty, `2.png: eval: a class of the set is not among the model's 80: "80"; the model has "person"`},
		{"a third of two classes", 2, []string{"cat", "dog"}, `2.png: eval: a class of the set is not among the model's 2: "2"; the model has "cat", "dog"`},
	} {
		if _, err := eval.Detection(context.Background(), yolo(t, 0, c.class), c.names, fake(answers(0, 1)), same); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.why, err, c.want)
		}
	}
}

// coco is the set of yolo in COCO's form, with a category more and, if crowd is not 0, a
// group of a where the wrong box is.
func coco(t *testing.T, categories string, a, b, crowd int) *dataset.Set {
	t.Helper()
	dir := t.TempDir()
	for i := range 3 {
		numbered(t, uint8(i+1), 100, 100, dir, fmt.Sprintf("%d.png", i+1))
	}
	more := ""
	if crowd != 0 {
		more = fmt.Sprintf(`, {"id": 0, "image_id": 30, "category_id": %d, "bbox": [0, 0, 90, 90], "area": 8100, "iscrowd": 1}`, crowd)
	}
	file := put(t, fmt.Sprintf(`{"images": [{"id": 10, "file_name": "1.png"}, {"id": 20, "file_name": "2.png"}, {"id": 30, "file_name": "3.png"}],
		"annotations": [{"id": 1, "image_id": 10, "category_id": %d, "bbox": [10, 10, 20, 20], "area": 400, "iscrowd": 0},
			{"id": 2, "image_id": 20, "category_id": %d, "bbox": [0, 0, 50, 50], "area": 2500, "iscrowd": 0}%s],
		"categories": [%s]}`, a, b, more, categories), dir, "instances.json")
	set, err := dataset.COCO(file, dir)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestDetectionOfCOCOFiles(t *testing.T) {
	ninety, eighty := builtin(t, "coco-90"), builtin(t, "coco-80")
	const published = `{"id": 72, "name": "tv"}, {"id": 1, "name": "person"}, {"id": 90, "name": "toothbrush"}`
	for _, c := range []struct {
		why, categories string
		ids             [2]int
		names           []string
		found           [2]int
		how             string
	}{
		{"the 90 by number", published, [2]int{1, 72}, ninety, [2]int{1, 72}, "by COCO's numbers"},
		{"the 80 by number", published, [2]int{1, 72}, eighty, [2]int{0, 62}, "by COCO's numbers"},
		{"whatever the spelling", published, [2]int{1, 72}, spelt(eighty), [2]int{0, 62}, "by COCO's numbers"},
		{"names of the model's under other numbers", `{"id": 5, "name": "tv"}, {"id": 6, "name": "person"}`, [2]int{6, 5}, eighty, [2]int{0, 62}, "by name"},
		{"a detector of one's own", `{"id": 3, "name": "Guide_dog"}, {"id": 2, "name": "cat"}`, [2]int{2, 3}, []string{"background", "cat", "cow", "guide dog"}, [2]int{1, 3}, "regardless"},
	} {
		r, err := eval.Detection(context.Background(), coco(t, c.categories, c.ids[0], c.ids[1], 0), c.names, fake(answers(c.found[0], c.found[1])), same)
		checkByHand(t, c.why, r, err)
		if err == nil && !strings.Contains(r.Protocol, c.how) {
			t.Errorf("%s: %s", c.why, r.Protocol)
		}
	}
	if _, err := eval.Detection(context.Background(), coco(t, `{"id": 1, "name": "cow"}, {"id": 2, "name": "cat"}`, 1, 2, 0), []string{"dog", "cat"}, fake(answers(0, 1)), same); err == nil || !strings.Contains(err.Error(), `"cow"`) {
		t.Errorf("a class the model has not: %v", err)
	}
	// In a group nothing is wrong, and a group is no object.
	r, err := eval.Detection(context.Background(), coco(t, published, 1, 72, 1), ninety, fake(answers(1, 72)), same)
	if err != nil || r.Objects != 2 {
		t.Fatalf("%v, %+v", err, r)
	}
	near(t, "AP with a crowd", r.AP, (1+.7)/2)
}

// Broken boxes leave their picture out, with what is there.
func TestBrokenBoxes(t *testing.T) {
	set := yolo(t, 0, 1)
	all := answers(0, 1)
	all[3] = []eval.Box{{0, math.NaN(), [4]float64{0, 0, 1, 1}}}
	r, err := eval.Detection(context.Background(), set, []string{"a", "b"}, fake(all), same)
	if err != nil || r.LeftOut != 1 || r.Failures[0].Name != "3.png" || r.Pictures != 2 {
		t.Fatalf("%v, %+v", err, r)
	}
	near(t, "AP without the wrong box", r.AP, (1+.7)/2)
	for _, sides := range [][4]float64{{0, 0, math.Inf(1), 1}, {2, 0, 1, 1}, {0, 2, 1, 1}} {
		all[3] = []eval.Box{{0, 0.5, sides}}
		if r, err := eval.Detection(context.Background(), set, []string{"a", "b"}, fake(all), same); err != nil || r.LeftOut != 1 {
			t.Errorf("%v: %v", sides, err)
		}
	}
	none := map[uint8][]eval.Box{1: nil, 2: {}, 3: nil}
	if r, err := eval.Detection(context.Background(), set, []string{"a", "b"}, fake(none), same); err != nil || r.AP != 0 || r.LeftOut != 0 {
		t.Errorf("nothing found: %v, %+v", err, r)
	}
}
