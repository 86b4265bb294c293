// Package classify is what the tasks share whose network gives a score for each class:
// the output's scores are made probabilities, checked, named and ranked.
package classify

import (
	"context"
	"fmt"
	"image"
	"strconv"
	"sync/atomic"

	"github.com/gosight/vision/internal/engine"
	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/label"
	"github.com/gosight/vision/internal/postprocess"
)

// A Head reads the scores of an open model. It is safe for any number of goroutines.
type Head struct {
	Output string // key in the signature

	engine *engine.Engine
	names  []string // of the output's rows; nil if the graph does not say how many

	found atomic.Pointer[[]string] // names, once an answer has told how many rows there are
}

// New checks the names of the classes against the graph.
func New(e *engine.Engine) (*Head, error) {
	h := &Head{engine: e, Output: e.Card.Output.Name}
	rows := e.Rows()
	names, err := e.Labels(rows) // with 0 rows it still reads the file
	if err != nil {
		return nil, err
	}
	if rows > 0 {
		h.names = names
	}
	return h, nil
}

// Names returns the class names by output row, nil if the graph does not say how many
// there are.
func (h *Head) Names() []string { return h.names }

// Labels returns every class for one picture, best first, with probabilities in [0, 1]:
// of a multi-label model each on its own, else with sum 1. Scores that are no
// probabilities are a *fault.ModelError.
func (h *Head) Labels(ctx context.Context, img image.Image) (label.Labels, error) {
	outs, _, err := h.engine.Run(ctx, img, h.Output)
	if err != nil {
		return nil, err
	}
	row, err := outs[0].Floats()
	if err != nil {
		return nil, err
	}
	if out := &h.engine.Card.Output; out.Scores == "logits" {
		if out.MultiLabel {
			postprocess.Sigmoid(row)
		} else {
			postprocess.Softmax(row)
		}
	}
	if err := h.check(row); err != nil {
		return nil, err
	}
	names, err := h.namesOf(len(row))
	if err != nil {
		return nil, err
	}
	return postprocess.Rank(row, names), nil
}

// check refuses scores that are no probabilities, as NaN is, and as logits are of
// which the card says "probabilities". Rounding may pass 0 and 1, in bfloat16 by a
// hundredth, and is cut off.
func (h *Head) check(row []float32) error {
	const slack = 0.01
	e := &fault.ModelError{Model: h.engine.Info().Name, What: "output " + h.Output}
	if !postprocess.Finite(row) {
		e.Want, e.Got = "finite scores", "NaN or infinite ones"
		return e
	}
	for i, s := range row {
		if s < -slack || s > 1+slack {
			e.Want, e.Got = "probabilities in [0, 1], as the card says in output.scores", fmt.Sprintf("%g; is it \"logits\"?", s)
			return e
		}
		row[i] = min(max(s, 0), 1)
	}
	return nil
}

// namesOf returns the names of so many rows. Where the graph does not say how many
// classes there are, the first answer does.
func (h *Head) namesOf(rows int) ([]string, error) {
	names := h.names
	if found := h.found.Load(); names == nil && found != nil {
		names = *found
	}
	if names == nil {
		var err error
		if names, err = h.engine.Labels(rows); err != nil {
			return nil, err
		}
		h.found.Store(&names)
	}
	if len(names) != rows {
		return nil, &fault.ModelError{Model: h.engine.Info().Name, What: "output " + h.Output,
			Want: fmt.Sprintf("%d scores, one a class", len(names)), Got: strconv.Itoa(rows)}
	}
	return names, nil
}
