package engine

import (
	"fmt"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/session"
)

// runBatch runs prepared pictures and splits the outputs.
func (e *Engine) runBatch(replica int, rs []*row, fetch []string) ([][]session.Tensor, error) {
	n := len(rs)
	for e.fixed > len(rs) { // the graph wants a full batch: the last picture fills it
		rs = append(rs, rs[len(rs)-1])
	}
	outs, err := e.model.Run(replica, map[string]session.Tensor{e.input.Key: e.stack(rs)}, fetch...)
	if err != nil {
		return nil, err
	}
	res := make([][]session.Tensor, n)
	for i := range res {
		res[i] = make([]session.Tensor, len(outs))
	}
	for j, out := range outs {
		if !e.batched {
			res[0][j] = out
			continue
		}
		if len(out.Shape) == 0 || out.Shape[0] != int64(len(rs)) {
			return nil, &fault.ModelError{Model: e.info.Name, What: "output " + fetch[j],
				Want: fmt.Sprintf("one row for each of %d pictures", len(rs)), Got: "shape " + session.ShapeString(out.Shape)}
		}
		for i := range res {
			if res[i][j], err = out.Row(i); err != nil {
				return nil, err
			}
		}
	}
	return res, nil
}

// stack joins rows into one input tensor. Every row has the same size: the queue sees to it.
func (e *Engine) stack(rs []*row) session.Tensor {
	n := int64(len(rs))
	if e.plan == nil {
		files := make([]string, n)
		for i, r := range rs {
			files[i] = r.file
		}
		if !e.batched {
			return session.Tensor{Shape: []int64{}, Data: files}
		}
		return session.Tensor{Shape: []int64{n}, Data: files}
	}
	shape := e.pictureShape(rs[0].w, rs[0].h)
	if e.batched {
		shape = append([]int64{n}, shape...)
	}
	if e.input.DType == "uint8" {
		parts := make([][]uint8, n)
		for i, r := range rs {
			parts[i] = r.bytes
		}
		return session.Tensor{Shape: shape, Data: parts}
	}
	parts := make([][]float32, n)
	for i, r := range rs {
		parts[i] = r.floats
	}
	return session.Tensor{Shape: shape, Data: parts}
}

func (e *Engine) pictureShape(w, h int) []int64 {
	c := int64(3)
	if e.Card.Input.Channels == "GRAY" {
		c = 1
	}
	switch e.Card.Input.Layout {
	case "NCHW":
		return []int64{c, int64(h), int64(w)}
	case "NHW":
		return []int64{int64(h), int64(w)}
	}
	return []int64{int64(h), int64(w), c}
}

// WarmUp runs one blank picture, so that the first caller does not wait for
// TensorFlow's first run. Networks that take pictures of any size, or files, are not
// warmed up: TensorFlow would learn the wrong shape.
func (e *Engine) WarmUp(fetch ...string) error {
	if e.opts.NoWarmUp || e.plan == nil || e.Card.Input.Width == 0 || e.Card.Input.Height == 0 {
		return nil
	}
	w, h := e.Card.Input.Width, e.Card.Input.Height
	n := session.Elements(e.pictureShape(w, h))
	blank := &row{w: w, h: h}
	if e.input.DType == "uint8" {
		blank.bytes = make([]uint8, n)
	} else {
		blank.floats = make([]float32, n)
	}
	for r := range e.model.Replicas() {
		if _, err := e.runBatch(r, []*row{blank}, fetch); err != nil {
			return err
		}
	}
	return nil
}
