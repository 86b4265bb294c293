package detector

import (
	"fmt"
	"strconv"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/postprocess"
	"github.com/gosight/vision/internal/session"
)

// columns reads boxes with one score a class, relative to anchors if there are any.
func (b *builder) columns(h *head, anchors *anchors) error {
	boxes, err := b.need("boxes", "")
	if err != nil {
		return err
	}
	scores, err := b.need("scores", "")
	if err != nil {
		return err
	}
	k := int64(-1)
	if anchors != nil {
		k = int64(len(anchors.list))
	}
	classes := int64(-1)
	if b.names != nil {
		classes = int64(len(b.names))
	}
	if err := b.fits(boxes, "boxes", []int64{k, 4}, []int64{k, 1, 4}); err != nil {
		return err
	}
	if k < 0 && len(boxes.Shape) > 0 {
		k = boxes.Shape[0]
	}
	if err := b.fits(scores, "scores", []int64{k, classes}); err != nil {
		return err
	}
	h.fetch, h.anchors = []string{boxes.Key, scores.Key}, anchors
	h.rule.Background = b.names != nil && b.names[0] == "background"
	order := postprocess.Order(b.detect.Boxes)
	h.read = func(outs []array, w, ht float32) ([]postprocess.Candidate, error) {
		sx, sy := b.scale(w, ht)
		var all []postprocess.Box
		var err error
		if anchors != nil {
			all, err = anchors.boxes(outs[0], sx, sy)
		} else {
			all, err = boxesOf(outs[0], order, sx, sy)
		}
		if err != nil {
			return nil, err
		}
		n := outs[1].dim(1)
		if n == 0 || len(outs[1].v) != len(all)*n || b.names != nil && n != len(b.names) {
			want := fmt.Sprintf("a row for each of %d boxes", len(all))
			if b.names != nil {
				want += fmt.Sprintf(", a column for each of %d classes", len(b.names))
			}
			return nil, &fault.ModelError{What: "scores", Want: want, Got: fmt.Sprintf("shape %v", outs[1].shape)}
		}
		grid := postprocess.Grid{Data: outs[1].v, Rows: len(all), Cols: n, RowStep: n, ColStep: 1}
		return postprocess.ByClass(func(i int) postprocess.Box { return all[i] }, grid, nil, h.rule)
	}
	return nil
}

// yolo reads raw candidates, in columns (v8, 11) or in rows (v5 and before).
func (b *builder) yolo(h *head) error {
	out, err := b.need("rows", b.card.Output.Name)
	if err != nil {
		return err
	}
	first := 4 // column of the first class
	if b.detect.Objectness {
		first = 5
	}
	if err := b.fits(out, "candidates", []int64{-1, -1}); err != nil {
		return err
	}
	if out.Shape != nil {
		if _, _, err := b.lie(out, first, out.Shape); err != nil {
			return err
		}
	}
	h.fetch = []string{out.Key}
	order := postprocess.Order(b.detect.Boxes)
	h.read = func(outs []array, w, ht float32) ([]postprocess.Candidate, error) {
		rows, _, err := b.lie(out, first, outs[0].shape)
		if err != nil || len(outs[0].v) == 0 {
			return nil, err
		}
		g := postprocess.Grid{Data: outs[0].v, Rows: outs[0].dim(2), Cols: outs[0].dim(1), RowStep: outs[0].dim(1), ColStep: 1}
		if !rows {
			g.Rows, g.Cols, g.RowStep, g.ColStep = g.Cols, g.Rows, g.ColStep, g.RowStep
		}
		sx, sy := b.scale(w, ht)
		box := func(i int) postprocess.Box {
			return order.Box(g.At(i, 0), g.At(i, 1), g.At(i, 2), g.At(i, 3)).Scale(sx, sy)
		}
		var factor func(int) float32
		if b.detect.Objectness {
			factor = func(i int) float32 { return g.At(i, 4) }
		}
		scores := g
		scores.Data, scores.Cols = g.Data[first*g.ColStep:], g.Cols-first
		return postprocess.ByClass(box, scores, factor, h.rule)
	}
	return nil
}

// lie says whether candidates lie in rows of an output, else they lie in columns. It is
// told by the number of classes that the card names, or else by the shorter side. known is
// false if the shape leaves it open.
func (b *builder) lie(out session.Port, first int, shape []int64) (rows, known bool, err error) {
	if len(shape) != 2 {
		return false, false, b.refuse("output "+out.Key, "two dimensions a picture", fmt.Sprintf("shape %v", shape))
	}
	down, across := shape[0], shape[1]
	if b.names == nil {
		few, many := min(down, across), max(down, across)
		switch {
		case few < 0:
			return false, false, nil
		case down == across || many <= int64(first):
			return false, false, b.refuse("output "+out.Key, fmt.Sprintf("%d numbers and a score a class each", first), "shape "+session.ShapeString(shape))
		case few <= int64(first): // fewer candidates than numbers
			return down == few, true, nil
		}
		return across == few, true, nil
	}
	want := int64(first + len(b.names))
	switch inRows, inColumns := across == want, down == want; {
	case inRows && inColumns:
		return false, false, b.refuse("output "+out.Key, "one side that is no class count", "shape "+session.ShapeString(shape))
	case inRows, inColumns:
		return inRows, true, nil
	case across < 0 || down < 0:
		return false, false, nil
	}
	return false, false, b.refuse("output "+out.Key,
		fmt.Sprintf("shape [%d,?] or [?,%d] a picture: %d numbers and a score for each of the %d names", want, want, first, len(b.names)),
		"shape "+session.ShapeString(shape))
}

// peaks is how many objects are taken from a heat map, as in the reference.
const peaks = 100

// centernet reads a heat map of centres.
func (b *builder) centernet(h *head) error {
	heat, err := b.need("heatmap", "")
	if err != nil {
		return err
	}
	sizes, err := b.need("sizes", "")
	if err != nil {
		return err
	}
	planar := b.card.Input.Layout == "NCHW"
	maps := func(c int64) []int64 {
		if planar {
			return []int64{c, -1, -1}
		}
		return []int64{-1, -1, c}
	}
	classes := int64(-1)
	if b.names != nil {
		classes = int64(len(b.names))
	}
	extent, n := postprocess.Size, int64(2)
	switch postprocess.Order(b.detect.Boxes) {
	case postprocess.XYXY:
		extent, n = postprocess.Distances, 4
	case postprocess.CXCYWH:
		extent, n = postprocess.OffsetSize, 4
	case postprocess.YXYX:
		return b.refuse("card", "detect.boxes to be xywh, cxcywh or xyxy for head centernet", string(postprocess.YXYX))
	}
	if err := b.fits(heat, "a heat map", maps(classes)); err != nil {
		return err
	}
	if err := b.fits(sizes, "sizes", maps(n)); err != nil {
		return err
	}
	h.fetch = []string{heat.Key, sizes.Key}
	offsets, hasOffsets := b.port("offsets", "")
	if hasOffsets {
		if extent == postprocess.OffsetSize {
			return b.refuse("card", "no detect.outputs.offsets where detect.boxes is cxcywh, which has the offsets among the sizes", strconv.Quote(offsets.Key))
		}
		if err := b.fits(offsets, "offsets", maps(2)); err != nil {
			return err
		}
		h.fetch = append(h.fetch, offsets.Key)
	}
	most := b.detect.Max
	if most == 0 {
		most = peaks
	}
	h.read = func(outs []array, w, ht float32) ([]postprocess.Candidate, error) {
		net := postprocess.CentreNet{Heat: plane(outs[0], planar), Sizes: plane(outs[1], planar), Extent: extent}
		if hasOffsets {
			p := plane(outs[2], planar)
			net.Offsets = &p
		}
		if err := net.Check(); err != nil {
			return nil, err
		}
		if b.names != nil && net.Heat.C != len(b.names) {
			return nil, &fault.ModelError{What: "output " + heat.Key, Want: fmt.Sprintf("%d maps, one a class", len(b.names)), Got: fmt.Sprint(net.Heat.C)}
		}
		net.CellX, net.CellY = w/float32(net.Heat.W), ht/float32(net.Heat.H)
		net.SizeX, net.SizeY = b.scale(w, ht)
		return net.Candidates(h.rule, most)
	}
	return nil
}

func plane(a array, planar bool) postprocess.Plane {
	if planar {
		return postprocess.NewPlane(a.v, a.dim(2), a.dim(1), a.dim(3), true)
	}
	return postprocess.NewPlane(a.v, a.dim(3), a.dim(2), a.dim(1), false)
}
