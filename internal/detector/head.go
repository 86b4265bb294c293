package detector

import (
	"fmt"
	"strconv"

	"github.com/gosight/vision/internal/card"
	"github.com/gosight/vision/internal/engine"
	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/postprocess"
	"github.com/gosight/vision/internal/session"
)

// A head reads the outputs of a detector.
type head struct {
	fetch []string // keys of the outputs, in the order in which read takes them
	// read returns the candidates of the outputs of one picture, in pixels of the network's
	// input of w x h.
	read func(outs []array, w, h float32) ([]postprocess.Candidate, error)

	anchors *anchors   // that its boxes are relative to; nil: none
	points  *landmarks // nil: none are read

	rule   postprocess.Scores
	nms    string
	shares bool // boxes are shares of the picture, before they are scaled
	iou    float32
	max    int
}

// newHead builds the head that the card names and checks it against the graph. names are
// those of the classes, nil if the card names none; points says whether landmarks are read.
func newHead(e *engine.Engine, names []string, points bool) (*head, error) {
	c := e.Card
	d := c.Detect
	h := &head{nms: d.NMS, shares: d.Units == "normalized", iou: float32(d.IoU), max: d.Max, rule: postprocess.Scores{
		Logits: c.Output.Scores == "logits", MultiLabel: c.Output.MultiLabel, Min: float32(d.Score)}}
	b := &builder{engine: e, card: c, detect: d, names: names, outputs: outputs(e)}
	build, ok := map[string]func(*builder, *head) error{
		"tf-od": (*builder).api, "separate": (*builder).separate, "rows": (*builder).rows,
		"yolo": (*builder).yolo, "centernet": (*builder).centernet,
	}[d.Head]
	if !ok {
		return nil, &fault.ModelError{What: "card", Want: "detect.head to be tf-od, separate, rows, yolo or centernet", Got: strconv.Quote(d.Head)}
	}
	if points {
		if err := b.canHaveLandmarks(); err != nil {
			return nil, err
		}
	}
	if err := build(b, h); err != nil {
		return nil, err
	}
	if points {
		return h, b.landmarks(h)
	}
	return h, nil
}

// A proposal is a candidate and what belongs to it, in pixels of the network's input.
type proposal struct {
	postprocess.Candidate
	points [][2]float32 // x, y
}

// plausible refuses boxes in pixels of which the card says that they are shares of the picture: all
// would lie outside of it, and nothing be found.
func (h *head) plausible(found []postprocess.Candidate, w, ht float32) error {
	const most = 10 // a share that no box has, even one far over the edge
	for _, c := range found {
		if b := c.Box; h.shares && (max(b.X0, b.X1) > most*w && min(b.X0, b.X1) > w || max(b.Y0, b.Y1) > most*ht && min(b.Y0, b.Y1) > ht) {
			return &fault.ModelError{What: "boxes", Want: "shares of the picture, 0..1, as the card says in detect.units",
				Got: fmt.Sprintf("%.4g, %.4g; are they \"pixels\"?", b.X1/w, b.Y1/ht)}
		}
	}
	return nil
}

// find returns what a picture's outputs hold, suppressed, best first.
func (h *head) find(outs []session.Tensor, w, ht float32) ([]proposal, error) {
	arrays := make([]array, len(outs))
	for i, t := range outs {
		values, err := numbers(t)
		if err != nil {
			return nil, &fault.ModelError{What: "output " + h.fetch[i], Err: err}
		}
		arrays[i] = array{values, t.Shape}
	}
	found, err := h.read(arrays, w, ht)
	if err != nil {
		return nil, err
	}
	if err := h.plausible(found, w, ht); err != nil {
		return nil, err
	}
	if found, err = h.suppress(found); err != nil {
		return nil, err
	}
	proposals := make([]proposal, len(found))
	for i, c := range found {
		proposals[i].Candidate = c
	}
	if h.points == nil {
		return proposals, nil
	}
	a := arrays[h.points.fetched]
	if err := h.points.check(a, len(arrays[0].v)/4); err != nil {
		return nil, err
	}
	for i := range proposals {
		proposals[i].points = h.points.of(a, proposals[i].Row, w, ht)
	}
	return proposals, nil
}

// suppress sorts candidates and drops those that the card does not want.
func (h *head) suppress(found []postprocess.Candidate) ([]postprocess.Candidate, error) {
	if h.nms == "per-class" || h.nms == "agnostic" {
		for _, c := range found {
			if b := c.Box; !postprocess.Finite([]float32{b.X0, b.Y0, b.X1, b.Y1}) {
				return nil, &fault.ModelError{What: "boxes", Want: "finite numbers", Got: fmt.Sprint(b)}
			}
		}
		return postprocess.NMS(found, h.iou, h.nms == "per-class", h.max), nil
	}
	postprocess.Sort(found)
	if h.max > 0 && len(found) > h.max {
		found = found[:h.max]
	}
	return found, nil
}

// An array is an output of one picture.
type array struct {
	v     []float32
	shape []int64
}

// dim returns dimension i counted from the end, 1 being the last; 1 if there is none.
func (a array) dim(i int) int {
	if i > len(a.shape) {
		return 1
	}
	return int(a.shape[len(a.shape)-i])
}

// numbers returns the elements of a tensor of any type of number as float32.
func numbers(t session.Tensor) ([]float32, error) {
	switch d := t.Data.(type) {
	case []int32:
		return convert(d), nil
	case []int64:
		return convert(d), nil
	}
	return t.Floats()
}

func convert[T int32 | int64](d []T) []float32 {
	f := make([]float32, len(d))
	for i, v := range d {
		f[i] = float32(v)
	}
	return f
}

// A builder joins a card and a graph to a head.
type builder struct {
	engine  *engine.Engine
	card    *card.Card
	detect  *card.Detect
	names   []string
	outputs []session.Port // without their batch dimension
}

// outputs returns the outputs of the signature as one picture's, without the batch.
func outputs(e *engine.Engine) []session.Port {
	info, in := e.Info(), e.Card.Input
	single := in.Layout == "HWC"
	for _, p := range info.Inputs {
		if p.Key == in.Name && in.Encoded {
			single = p.Shape != nil && len(p.Shape) == 0
		}
	}
	list := make([]session.Port, len(info.Outputs))
	for i, p := range info.Outputs {
		if !single && len(p.Shape) > 0 {
			p.Shape = p.Shape[1:]
		}
		list[i] = p
	}
	return list
}

// port returns the output of a role: the one that the card names, or else key.
func (b *builder) port(role, key string) (session.Port, bool) {
	if k := b.detect.Outputs[role]; k != "" {
		key = k
	}
	for _, p := range b.outputs {
		if p.Key == key && key != "" {
			return p, true
		}
	}
	return session.Port{}, false
}

// need is port for a role that must be there.
func (b *builder) need(role, key string) (session.Port, error) {
	p, ok := b.port(role, key)
	if !ok {
		return p, b.refuse("card", "detect.outputs."+role+" to be the key of an output", "nothing")
	}
	return p, nil
}

// refuse is an error that lists the outputs there are.
func (b *builder) refuse(what, want, got string) error {
	e := &fault.ModelError{What: what, Want: want, Got: got}
	for _, p := range b.engine.Info().Outputs {
		e.Have = append(e.Have, p.String())
	}
	return e
}

// fits refuses an output whose shape, without the batch, cannot be one of forms: -1 in a
// form is any size, and unknown sizes of the graph fit all.
func (b *builder) fits(p session.Port, role string, forms ...[]int64) error {
	if p.Shape == nil {
		return nil
	}
	for _, form := range forms {
		ok := len(form) == len(p.Shape)
		for i := 0; ok && i < len(form); i++ {
			ok = form[i] < 0 || p.Shape[i] < 0 || form[i] == p.Shape[i]
		}
		if ok {
			return nil
		}
	}
	want := fmt.Sprintf("%s of shape %s a picture, as head %s has them", role, session.ShapeString(forms[0]), b.detect.Head)
	for _, form := range forms[1:] {
		want += " or " + session.ShapeString(form)
	}
	return b.refuse("output "+p.Key, want, "shape "+session.ShapeString(p.Shape)+" without the batch")
}

// scale returns what takes a box of the card's units to pixels of the input.
func (b *builder) scale(w, h float32) (sx, sy float32) {
	if b.detect.Units == "normalized" {
		return w, h
	}
	return 1, 1
}
