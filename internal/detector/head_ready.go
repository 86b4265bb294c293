package detector

import (
	"fmt"
	"slices"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/postprocess"
)

// api is the head of the TensorFlow Object Detection API (exporter_lib_v2.py).
func (b *builder) api(h *head) error {
	return b.ready(h, "detection_boxes", "detection_scores", "detection_classes", "num_detections")
}

// separate is the head of boxes and scores in outputs of their own.
func (b *builder) separate(h *head) error {
	anchors := newAnchors(b.detect.Anchors)
	scores, err := b.need("scores", "")
	if err != nil {
		return err
	}
	_, classes := b.port("classes", "")
	if anchors != nil || !classes && len(scores.Shape) > 1 && scores.Shape[len(scores.Shape)-1] != 1 {
		return b.columns(h, anchors)
	}
	return b.ready(h, "", "", "", "")
}

// ready reads one score and, where there are classes, one class a box.
func (b *builder) ready(h *head, boxesKey, scoresKey, classesKey, countKey string) error {
	boxes, err := b.need("boxes", boxesKey)
	if err != nil {
		return err
	}
	scores, err := b.need("scores", scoresKey)
	if err != nil {
		return err
	}
	k := int64(-1)
	if len(boxes.Shape) > 0 {
		k = boxes.Shape[0]
	}
	line := [][]int64{{k}, {k, 1}}
	if err := b.fits(boxes, "boxes", []int64{-1, 4}, []int64{-1, 1, 4}); err != nil {
		return err
	}
	if err := b.fits(scores, "scores", line...); err != nil {
		return err
	}
	h.fetch = []string{boxes.Key, scores.Key}
	classes, hasClasses := b.port("classes", classesKey)
	if hasClasses {
		if err := b.fits(classes, "classes", line...); err != nil {
			return err
		}
		h.fetch = append(h.fetch, classes.Key)
	}
	count, hasCount := b.port("count", countKey)
	countAt := len(h.fetch)
	if hasCount {
		if err := b.fits(count, "a count", []int64{}, []int64{1}); err != nil {
			return err
		}
		h.fetch = append(h.fetch, count.Key)
	}
	order := postprocess.Order(b.detect.Boxes)
	h.read = func(outs []array, w, ht float32) ([]postprocess.Candidate, error) {
		sx, sy := b.scale(w, ht)
		all, err := boxesOf(outs[0], order, sx, sy)
		if err != nil {
			return nil, err
		}
		sc := outs[1].v
		var cl []float32
		if hasClasses {
			cl = outs[2].v
		}
		if hasCount && len(sc) == len(all) && (cl == nil || len(cl) == len(all)) {
			n, err := counted(outs[countAt], len(all))
			if err != nil {
				return nil, err
			}
			all, sc = all[:n], sc[:n]
			if cl != nil {
				cl = cl[:n]
			}
		}
		return postprocess.Ready(all, sc, cl, h.rule)
	}
	return nil
}

// counted returns how many of so many rows are filled.
func counted(a array, rows int) (int, error) {
	if len(a.v) != 1 || !(a.v[0] >= 0) {
		return 0, &fault.ModelError{What: "count", Want: "one number from 0", Got: fmt.Sprint(a.v)}
	}
	return int(min(a.v[0], float32(rows))), nil
}

// boxesOf returns the boxes of an array of shape [..., 4], scaled.
func boxesOf(a array, order postprocess.Order, sx, sy float32) ([]postprocess.Box, error) {
	if len(a.v)%4 != 0 || len(a.v) > 0 && a.dim(1) != 4 {
		return nil, &fault.ModelError{What: "boxes", Want: "four numbers each", Got: fmt.Sprintf("shape %v", a.shape)}
	}
	boxes := make([]postprocess.Box, len(a.v)/4)
	for i := range boxes {
		v := a.v[4*i : 4*i+4 : 4*i+4]
		boxes[i] = order.Box(v[0], v[1], v[2], v[3]).Scale(sx, sy)
	}
	return boxes, nil
}

// rows is the head of one output of finished objects.
func (b *builder) rows(h *head) error {
	cols := b.detect.Columns
	out, err := b.need("rows", b.card.Output.Name)
	if err != nil {
		return err
	}
	n := int64(len(cols))
	if err := b.fits(out, "rows", []int64{-1, n}, []int64{1, -1, n}); err != nil {
		return err
	}
	h.fetch = []string{out.Key}
	at := func(name string) int { return slices.Index(cols, name) }
	order, box := postprocess.XYWH, [4]int{at("x1"), at("y1"), at("w"), at("h")}
	switch {
	case at("x2") >= 0 && at("y2") >= 0 && at("x1") >= 0 && at("y1") >= 0:
		order, box = postprocess.XYXY, [4]int{at("x1"), at("y1"), at("x2"), at("y2")}
	case at("cx") >= 0:
		order, box[0], box[1] = postprocess.CXCYWH, at("cx"), at("cy")
	}
	if slices.Contains(box[:], -1) || at("score") < 0 {
		return b.refuse("card", "detect.columns to name a box and a score", fmt.Sprint(cols))
	}
	h.read = func(outs []array, w, ht float32) ([]postprocess.Candidate, error) {
		v, n := outs[0].v, len(cols)
		if len(v) > 0 && outs[0].dim(1) != n {
			return nil, &fault.ModelError{What: "output " + out.Key, Want: fmt.Sprintf("rows of %d columns", n), Got: fmt.Sprintf("shape %v", outs[0].shape)}
		}
		sx, sy := b.scale(w, ht)
		k := len(v) / n
		boxes, scores := make([]postprocess.Box, k), make([]float32, k)
		var classes []float32
		if at("class") >= 0 {
			classes = make([]float32, k)
		}
		for i := range k {
			r := v[i*n : (i+1)*n]
			boxes[i] = order.Box(r[box[0]], r[box[1]], r[box[2]], r[box[3]]).Scale(sx, sy)
			scores[i] = r[at("score")]
			if classes != nil {
				classes[i] = r[at("class")]
			}
		}
		return postprocess.Ready(boxes, scores, classes, h.rule)
	}
	return nil
}
