package detect_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gosight/vision"
	"github.com/gosight/vision/detect"
)

// headCard is a card of detect_heads, which takes 16 x 16 pixels and gives the numbers of
// reference/detect/make_tiny.py, scores multiplied by the mean of the picture.
func headCard(output, detect string) string {
	return `{"task": "detect",
		"input": {"channels": "RGB", "range": [0, 1], "resize": {"mode": "squash", "resampler": "tf-nearest"}},
		"output": {` + output + `}, "detect": {` + detect + `}}`
}

const (
	ab   = `"scores": "probabilities", "label_names": ["a", "b"]`
	cols = `"columns": ["x1", "y1", "x2", "y2", "score", "class"], "units": "pixels"`
)

// grey is a picture of 16 x 16 pixels whose mean is v/255.
func grey(v uint8) image.Image {
	m := image.NewGray(image.Rect(0, 0, 16, 16))
	for i := range m.Pix {
		m.Pix[i] = v
	}
	return m
}

func box(name string, index int, score float64, x0, y0, x1, y1 int) detect.Object {
	return detect.Object{Name: name, Index: index, Score: float32(score), Box: image.Rect(x0, y0, x1, y1)}
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// differ says how got is not want; scores may be off by rounding.
func differ(got, want detect.Objects) string {
	if len(got) != len(want) {
		return fmt.Sprintf("%d objects, want %d:\n%v\nwant\n%v", len(got), len(want), got, want)
	}
	for i := range got {
		g, w := got[i], want[i]
		if math.Abs(float64(g.Score-w.Score)) > 1e-5 {
			return fmt.Sprintf("%v, want %v", g, w)
		}
		if g.Score = w.Score; g != w {
			return fmt.Sprintf("%v, want %v", g, w)
		}
	}
	return ""
}

// Each head on numbers that are worked out here by hand, for a white picture.
func TestHeadsByHand(t *testing.T) {
	yolo := func(more string) string {
		return `"head": "yolo", "boxes": "cxcywh", "units": "pixels", ` + more
	}
	for _, c := range []struct {
		why, output, detect string
		want                detect.Objects
	}{
		// Boxes 0 and 1 overlap by 48/80 = 0.6, box 2 is box 0.
		{"yolo in columns, nothing suppressed", ab + `, "name": "yolo_columns"`, yolo(`"nms": "none"`),
			detect.Objects{box("a", 0, 0.75, 2, 2, 10, 10), box("b", 1, 0.625, 2, 2, 10, 10), box("a", 0, 0.5, 4, 2, 12, 10), box("b", 1, 0.375, 11, 10, 15, 16)}},
		{"per class: b stays on a", ab + `, "name": "yolo_columns"`, yolo(`"nms": "per-class", "iou": 0.5`),
			detect.Objects{box("a", 0, 0.75, 2, 2, 10, 10), box("b", 1, 0.625, 2, 2, 10, 10), box("b", 1, 0.375, 11, 10, 15, 16)}},
		{"per class, more overlap allowed", ab + `, "name": "yolo_columns"`, yolo(`"nms": "per-class", "iou": 0.7`),
			detect.Objects{box("a", 0, 0.75, 2, 2, 10, 10), box("b", 1, 0.625, 2, 2, 10, 10), box("a", 0, 0.5, 4, 2, 12, 10), box("b", 1, 0.375, 11, 10, 15, 16)}},
		{"agnostic", ab + `, "name": "yolo_columns"`, yolo(`"nms": "agnostic", "iou": 0.5`),
			detect.Objects{box("a", 0, 0.75, 2, 2, 10, 10), box("b", 1, 0.375, 11, 10, 15, 16)}},
		{"a least score and a most", ab + `, "name": "yolo_columns"`, yolo(`"nms": "none", "score": 0.4, "max": 2`),
			detect.Objects{box("a", 0, 0.75, 2, 2, 10, 10), box("b", 1, 0.625, 2, 2, 10, 10)}},
		{"every class from the least", ab + `, "multi_label": true, "name": "yolo_columns"`, yolo(`"nms": "agnostic", "iou": 0.5, "score": 0.25`),
			detect.Objects{box("a", 0, 0.75, 2, 2, 10, 10), box("b", 1, 0.375, 11, 10, 15, 16)}},
		{"yolo in rows with objectness", ab + `, "name": "yolo_rows"`, yolo(`"nms": "per-class", "iou": 0.5, "objectness": true`),
			detect.Objects{box("a", 0, 0.75, 2, 2, 10, 10), box("b", 1, 0.625, 2, 2, 10, 10), box("b", 1, 0.1875, 11, 10, 15, 16)}},
		{"without names classes have numbers, and the side that can hold a class is that of the numbers", `"scores": "probabilities", "name": "yolo_rows"`, yolo(`"nms": "agnostic", "iou": 0.5, "objectness": true`),
			detect.Objects{box("0", 0, 0.75, 2, 2, 10, 10), box("1", 1, 0.1875, 11, 10, 15, 16)}},
		{"over the edges, beside the picture, without width, thinner than a pixel", ab + `, "name": "edge_rows"`, `"head": "rows", ` + cols,
			detect.Objects{box("a", 0, 0.875, 0, 0, 8, 8), box("b", 1, 0.75, 12, 12, 16, 16), box("b", 1, 0.375, 4, 4, 5, 12)}},
		// A cell is 4 pixels: the peak of cell (1, 1) is at (4, 4), 4 wide and 6 high.
		{"heat map", ab, `"head": "centernet", "outputs": {"heatmap": "heat", "sizes": "sizes"}, "units": "pixels"`,
			detect.Objects{box("a", 0, 0.75, 2, 1, 6, 7), box("b", 1, 0.625, 2, 1, 6, 7), box("a", 0, 0.25, 10, 9, 14, 15)}},
		{"heat map with distances to the sides", ab, `"head": "centernet", "outputs": {"heatmap": "heat", "sizes": "sides"}, "boxes": "xyxy", "units": "pixels"`,
			detect.Objects{box("a", 0, 0.75, 3, 2, 7, 8), box("b", 1, 0.625, 3, 2, 7, 8), box("a", 0, 0.25, 11, 10, 15, 16)}},
		{"heat map with offsets of half and a quarter of a cell", ab, `"head": "centernet", "outputs": {"heatmap": "heat", "sizes": "shifted"}, "boxes": "cxcywh", "units": "pixels", "max": 2`,
			detect.Objects{box("a", 0, 0.75, 4, 2, 8, 8), box("b", 1, 0.625, 4, 2, 8, 8)}},
		// The maps of the classes stand in for offsets: 0.75 and 0.625 of a cell, 3 and 2.5 pixels.
		{"heat map with offsets in an output of their own", ab, `"head": "centernet", "outputs": {"heatmap": "heat", "sizes": "sizes", "offsets": "heat"}, "units": "pixels", "max": 2`,
			detect.Objects{box("a", 0, 0.75, 5, 4, 9, 10), box("b", 1, 0.625, 5, 4, 9, 10)}},
		{"heat map with offsets and distances", ab, `"head": "centernet", "outputs": {"heatmap": "heat", "sizes": "sides", "offsets": "heat"}, "boxes": "xyxy", "units": "pixels", "max": 1`,
			detect.Objects{box("a", 0, 0.75, 6, 5, 10, 11)}},
		{"boxes, scores and whole-number classes", ab, `"head": "separate", "outputs": {"boxes": "boxes", "scores": "scores", "classes": "box_classes"}, "boxes": "cxcywh", "units": "pixels", "nms": "per-class", "iou": 0.5`,
			detect.Objects{box("b", 1, 0.75, 2, 2, 10, 10), box("a", 0, 0.5, 4, 2, 12, 10), box("b", 1, 0.25, 11, 10, 15, 16)}},
		{"boxes and scores of one class", `"scores": "probabilities"`, `"head": "separate", "outputs": {"boxes": "boxes", "scores": "scores"}, "boxes": "cxcywh", "units": "pixels", "nms": "agnostic", "iou": 0.5`,
			detect.Objects{box("0", 0, 0.75, 2, 2, 10, 10), box("0", 0, 0.25, 11, 10, 15, 16)}},
		{"boxes and a score a class", ab, `"head": "separate", "outputs": {"boxes": "boxes", "scores": "two_scores"}, "boxes": "cxcywh", "units": "pixels", "nms": "agnostic", "iou": 0.5`,
			detect.Objects{box("a", 0, 0.75, 2, 2, 10, 10), box("b", 1, 0.375, 11, 10, 15, 16)}},
		{"logits of classes of their own", `"scores": "logits", "multi_label": true, "label_names": ["a", "b"]`, `"head": "separate", "outputs": {"boxes": "boxes", "scores": "two_scores"}, "boxes": "cxcywh", "units": "pixels", "nms": "agnostic", "iou": 0.5`,
			detect.Objects{box("a", 0, sigmoid(0.75), 2, 2, 10, 10), box("b", 1, sigmoid(0.375), 11, 10, 15, 16)}},
		{"logits of classes that exclude each other", `"scores": "logits", "label_names": ["a", "b"]`, `"head": "separate", "outputs": {"boxes": "boxes", "scores": "two_scores"}, "boxes": "cxcywh", "units": "pixels", "nms": "agnostic", "iou": 0.5`,
			// The difference of the two logits decides: 0.625, 0.25, 0.5 and 0.125.
			detect.Objects{box("a", 0, sigmoid(0.625), 2, 2, 10, 10), box("b", 1, sigmoid(0.125), 11, 10, 15, 16)}},
	} {
		t.Run(c.why, func(t *testing.T) {
			m := open(t, "detect_heads", headCard(c.output, c.detect))
			if d := differ(find(t, m, grey(255)), c.want); d != "" {
				t.Error(d)
			}
			if strings.Contains(c.output, "logits") {
				return // 0 is a probability of a half there
			}
			if objs := find(t, m, grey(0)); len(objs) != 0 {
				t.Errorf("of a black picture: %v", objs)
			}
		})
	}
}

// A raw SSD: two anchors, TensorFlow's order and scales, a background class.
func TestAnchors(t *testing.T) {
	card := func(anchors string) string {
		return headCard(`"scores": "probabilities", "label_names": ["a", "b"], "label_offset": 1`,
			`"head": "separate", "outputs": {"boxes": "codes", "scores": "class_scores"}, "units": "normalized", "nms": "per-class", "iou": 0.6, "anchors": `+anchors)
	}
	const list = `{"order": "cycxhw", "scales": [10, 10, 5, 5], "list": [[0.25, 0.5, 0.25, 0.5], [0.5, 0.5, 0.25, 0.25]]}`
	// The first is the anchor itself: y 0.125..0.375, x 0.25..0.75 of 16 pixels. The second moves
	// by 10/10 of its height down, 5/10 of its width left, and doubles its height.
	for _, c := range []struct {
		why, text string
		want      detect.Objects
	}{
		{"a list", list, detect.Objects{box("b", 2, 0.75, 4, 8, 8, 16), box("a", 1, 0.5, 4, 2, 12, 6)}},
		{"x before y: the second moves right and up, and doubles its width",
			`{"order": "cxcywh", "scales": [10, 10, 5, 5], "list": [[0.5, 0.25, 0.5, 0.25], [0.5, 0.5, 0.25, 0.25]]}`,
			detect.Objects{box("b", 2, 0.75, 8, 4, 16, 8), box("a", 1, 0.5, 4, 2, 12, 6)}},
		// Sides 0.5*sqrt(2) and 0.5/sqrt(2), 11.31 and 5.66 pixels, at (0.25, 0.5) and (0.75, 0.5).
		{"a rule", `{"order": "cycxhw", "scales": [10, 10, 5, 5], "ssd": {"min_scale": 0.5, "max_scale": 0.5, "aspect_ratios": [2], "grids": [[1, 2]]}}`,
			detect.Objects{box("b", 2, 0.75, 1, 8, 12, 16), box("a", 1, 0.5, 0, 5, 10, 11)}},
	} {
		m := open(t, "detect_heads", card(c.text))
		if d := differ(find(t, m, grey(255)), c.want); d != "" {
			t.Errorf("%s: %s", c.why, d)
		}
	}
	for _, c := range []struct{ why, text, want string }{
		{"one anchor too few", `{"order": "cycxhw", "scales": [10, 10, 5, 5], "list": [[0.5, 0.5, 1, 1]]}`, "output codes"},
		{"no order", strings.Replace(list, "cycxhw", "", 1), "detect.anchors.order"},
		{"three scales", strings.Replace(list, "10, 10", "10", 1), "detect.anchors.scales"},
		{"a scale of zero", strings.Replace(list, "10, 10", "10, 0", 1), "detect.anchors.scales"},
		{"an anchor without height", strings.Replace(list, "0.25, 0.5]", "0, 0.5]", 1), "detect.anchors.list[0]"},
		{"an anchor of three numbers", strings.Replace(list, "0.25, 0.5]", "0.5]", 1), "detect.anchors.list[0]"},
		{"neither list nor rule", `{"order": "cycxhw", "scales": [10, 10, 5, 5]}`, "one of list and ssd"},
		{"more anchors than there can be", `{"order": "cycxhw", "scales": [10, 10, 5, 5], "ssd": {"min_scale": 0.2, "max_scale": 0.9, "aspect_ratios": [1], "grids": [[2000000, 2000000]]}}`, "grids"},
		{"a ratio of zero", `{"order": "cycxhw", "scales": [10, 10, 5, 5], "ssd": {"min_scale": 0.2, "max_scale": 0.9, "aspect_ratios": [0], "grids": [[1, 1]]}}`, "aspect_ratios"},
		{"scales out of order", `{"order": "cycxhw", "scales": [10, 10, 5, 5], "ssd": {"min_scale": 0.9, "max_scale": 0.2, "aspect_ratios": [1], "grids": [[1, 1]]}}`, "min_scale"},
		{"an unknown field", strings.Replace(list, "order", "ordre", 1), `did you mean "detect.anchors.order"?`},
		{"a text", `"anchors.json"`, "want an object"},
	} {
		m, err := tryOpen(t, "detect_heads", card(c.text))
		if err == nil {
			_ = m.Close()
			t.Errorf("%s: opened", c.why)
		} else if !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %q does not say %q", c.why, err, c.want)
		}
	}
}

func TestHundredsFound(t *testing.T) {
	m := open(t, "detect_heads", headCard(ab+`, "name": "many_rows"`, `"head": "rows", `+cols))
	objs := find(t, m, grey(255))
	if len(objs) != 299 { // row 0 has score 0
		t.Fatalf("%d objects, want 299", len(objs))
	}
	if !slices.IsSortedFunc(objs, func(a, b detect.Object) int {
		if a.Score > b.Score {
			return -1
		}
		return 1
	}) {
		t.Error("not the best first")
	}
	if o, want := objs[0], box("b", 1, 299.0/512, 0, 10, 4, 14); o != want { // 299 = 23*13: column 0, row 23 % 13
		t.Errorf("best is %v, want %v", o, want)
	}
	few := open(t, "detect_heads", headCard(ab+`, "name": "many_rows"`, `"head": "rows", "nms": "agnostic", "iou": 0.001, "max": 5, `+cols))
	got := find(t, few, grey(255))
	if len(got) != 5 {
		t.Fatalf("%d objects, want 5", len(got))
	}
	for i, a := range got {
		for _, b := range got[:i] {
			if !a.Box.Intersect(b.Box).Empty() {
				t.Errorf("%v and %v overlap", a, b)
			}
		}
	}
}

func TestBrokenAnswersAreErrors(t *testing.T) {
	for _, c := range []struct{ why, output, more, want string }{
		{"NaN score", "nan_rows", "", "finite"},
		{"NaN box", "nan_box", "", "finite"},
		{"NaN box, suppressed", "nan_box", `"nms": "agnostic", "iou": 0.5, `, "finite"},
		{"half a class", "odd_class", "", "whole"},
	} {
		m := open(t, "detect_heads", headCard(ab+`, "name": "`+c.output+`"`, `"head": "rows", `+c.more+cols))
		objs, err := m.Detect(context.Background(), grey(255))
		var me *vision.ModelError
		if !errors.As(err, &me) || objs != nil || me.Model == "" || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, %v", c.why, objs, err)
		}
		// One broken answer spoils nothing else in its batch.
		_, err = m.DetectAll(context.Background(), []image.Image{grey(255), grey(255)})
		var be *vision.BatchError
		if !errors.As(err, &be) || len(be.Failures) != 2 {
			t.Errorf("%s: %v", c.why, err)
		}
	}
}

func TestHeadsAreCheckedAgainstTheGraph(t *testing.T) {
	centre := `"head": "centernet", "units": "pixels", `
	for _, c := range []struct{ why, output, detect, want string }{
		{"sizes of two maps are no distances", ab, centre + `"boxes": "xyxy", "outputs": {"heatmap": "heat", "sizes": "sizes"}`, "output sizes"},
		{"sizes of four maps need an order", ab, centre + `"outputs": {"heatmap": "heat", "sizes": "sides"}`, "output sides"},
		{"an order no heat map has", ab, centre + `"boxes": "yxyx", "outputs": {"heatmap": "heat", "sizes": "sides"}`, "xywh"},
		{"offsets twice", ab, centre + `"boxes": "cxcywh", "outputs": {"heatmap": "heat", "sizes": "shifted", "offsets": "heat"}`, "offsets among the sizes"},
		{"offsets of four maps", ab, centre + `"outputs": {"heatmap": "heat", "sizes": "sizes", "offsets": "sides"}`, "output sides"},
		{"anchors for rows", ab + `, "name": "many_rows"`, `"head": "rows", ` + cols + `, "anchors": {"order": "cxcywh", "scales": [1, 1, 1, 1], "list": [[0, 0, 1, 1]]}`, "belongs to head separate"},
		{"anchors and classes", ab, `"head": "separate", "boxes": "cxcywh", "units": "pixels", "outputs": {"boxes": "boxes", "scores": "scores", "classes": "box_classes"}, "anchors": {"order": "cxcywh", "scales": [1, 1, 1, 1], "list": [[0, 0, 1, 1]]}`, "no place beside detect.anchors"},
		{"anchors that make other boxes", ab, `"head": "separate", "boxes": "xyxy", "units": "pixels", "outputs": {"boxes": "boxes", "scores": "two_scores"}, "anchors": {"order": "cxcywh", "scales": [1, 1, 1, 1], "list": [[0, 0, 1, 1]]}`, "cxcywh, since detect.anchors"},
		{"no heat map", ab, centre + `"outputs": {"heatmap": "boxes", "sizes": "sizes"}`, "output boxes"},
		{"three names for two maps", `"scores": "probabilities", "label_names": ["a", "b", "c"]`, centre + `"outputs": {"heatmap": "heat", "sizes": "sizes"}`, "output heat"},
		{"three names for two columns", `"scores": "probabilities", "label_names": ["a", "b", "c"]`,
			`"head": "separate", "boxes": "xyxy", "units": "pixels", "outputs": {"boxes": "boxes", "scores": "two_scores"}`, "output two_scores"},
		{"boxes of two numbers", ab, `"head": "separate", "boxes": "xyxy", "units": "pixels", "outputs": {"boxes": "two_scores", "scores": "scores"}`, "output two_scores"},
		{"classes that are boxes", ab, `"head": "separate", "boxes": "xyxy", "units": "pixels", "outputs": {"boxes": "boxes", "scores": "scores", "classes": "boxes"}`, "output boxes"},
		{"rows of other columns", ab + `, "name": "many_rows"`, `"head": "rows", "units": "pixels", "columns": ["cx", "cy", "w", "h", "score"]`, "output many_rows"},
		{"yolo of another class count", `"scores": "probabilities", "label_names": ["a", "b", "c", "d"], "name": "yolo_columns"`,
			`"head": "yolo", "units": "pixels", "nms": "none"`, "[8,?]"},
		{"an output that is not there", ab, centre + `"outputs": {"heatmap": "warmth", "sizes": "sizes"}`, "warmth"},
	} {
		m, err := tryOpen(t, "detect_heads", headCard(c.output, c.detect))
		var me *vision.ModelError
		if err == nil {
			_ = m.Close()
		}
		if !errors.As(err, &me) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q in a ModelError", c.why, err, c.want)
		}
	}
}

func TestBatchesEqualSingles(t *testing.T) {
	m := open(t, "detect_heads", headCard(ab+`, "name": "yolo_columns"`, `"head": "yolo", "units": "pixels", "nms": "agnostic", "iou": 0.5`))
	var imgs []image.Image
	for i := range 20 {
		p := image.NewNRGBA(image.Rect(0, 0, 16, 16))
		for j := range 256 {
			p.SetNRGBA(j%16, j/16, color.NRGBA{uint8(i * 12), uint8(j), uint8(i * j), 255})
		}
		imgs = append(imgs, p)
	}
	all, err := m.DetectAll(context.Background(), imgs)
	if err != nil {
		t.Fatal(err)
	}
	for i, img := range imgs {
		if d := differ(all[i], find(t, m, img)); d != "" {
			t.Errorf("picture %d: %s", i, d)
		}
	}
}

// Numbers of pixels that the card calls shares would all lie outside of the picture.
func TestPixelsThatAreCalledShares(t *testing.T) {
	pixels := brightCard(squash)
	card := strings.Replace(pixels, `"pixels"`, `"normalized"`, 1)
	if card == pixels {
		t.Fatal("the card names no pixels")
	}
	m := open(t, "detect_bright", card)
	_, err := m.Detect(t.Context(), scene(image.Rect(0, 0, 64, 64), image.Rect(30, 34, 50, 60), yellow))
	var model *vision.ModelError
	if !errors.As(err, &model) || !strings.Contains(err.Error(), `are they "pixels"?`) {
		t.Errorf("got %v", err)
	}
}
