// Package recognize tells what a picture shows: image classification with any
// TensorFlow SavedModel.
//
//	m, err := recognize.Open("models/resnet50", vision.Card("cards/resnet50.json"))
//	if err != nil { ... }
//	defer m.Close()
//	labels, err := m.Classify(ctx, img)
//
// The package-level Classify uses a small model that is embedded in the program and
// knows the ten classes of CIFAR-10.
package recognize

import (
	"context"
	"fmt"
	"image"
	"io/fs"
	"iter"
	"strconv"
	"sync/atomic"

	"github.com/gosight/vision"
	"github.com/gosight/vision/internal/batch"
	"github.com/gosight/vision/internal/engine"
	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/postprocess"
)

// Info says what is in force for an open model.
type Info = vision.Info

// A Model is an open classifier. It is safe for any number of goroutines; calls that
// come together share runs of the network.
type Model struct {
	engine *engine.Engine
	names  []string // of the output's rows; nil if the graph does not say how many
	output string   // key in the signature

	found atomic.Pointer[[]string] // names, once an answer has told how many rows there are
}

// tasks are the kinds of card that describe a classifier.
var tasks = [...]string{"recognize"}

// Open opens the SavedModel in folder dir. What the network needs is said by
// card.json in the folder, by vision.Card or by vision.Preset.
//
// The errors are *vision.ModelError, *vision.FormatError and *vision.DeviceError.
func Open(dir string, opts ...vision.Option) (*Model, error) {
	return engine.Open(engine.Dir(dir), tasks[:], newModel, opts...)
}

// OpenFS is Open for a model in folder dir of fsys, an embedded one for instance.
func OpenFS(fsys fs.FS, dir string, opts ...vision.Option) (*Model, error) {
	return engine.Open(engine.FS(fsys, dir), tasks[:], newModel, opts...)
}

// newModel checks what a classifier needs beyond the engine, and warms up.
func newModel(e *engine.Engine) (*Model, error) {
	m := &Model{engine: e, output: e.Card.Output.Name}
	rows := m.engine.Rows()
	names, err := m.engine.Labels(rows) // with 0 rows it still reads the file
	if err != nil {
		return nil, err
	}
	if rows > 0 {
		m.names = names
	}
	return m, m.engine.WarmUp(m.output)
}

// Classify returns every class of the model for one picture, best first, with
// probabilities in [0, 1]: of a multi-label model each on its own, else with sum 1.
//
// A picture that cannot be decoded gives a *vision.FormatError,
// *vision.UnsupportedError or *vision.LimitError, scores that are no probabilities a
// *vision.ModelError. When ctx ends, Classify returns its error
// at once. After Close it returns vision.ErrClosed.
func (m *Model) Classify(ctx context.Context, img image.Image) (vision.Labels, error) {
	row, err := m.run(ctx, img, m.output)
	if err != nil {
		return nil, err
	}
	if out := &m.engine.Card.Output; out.Scores == "logits" {
		if out.MultiLabel {
			postprocess.Sigmoid(row)
		} else {
			postprocess.Softmax(row)
		}
	}
	if err := m.check(row); err != nil {
		return nil, err
	}
	names, err := m.namesOf(len(row))
	if err != nil {
		return nil, err
	}
	return postprocess.Rank(row, names), nil
}

// check refuses scores that are no probabilities, as NaN is, and as logits are of
// which the card says "probabilities". Rounding may pass 0 and 1, in bfloat16 by a
// hundredth, and is cut off.
func (m *Model) check(row []float32) error {
	const slack = 0.01
	e := &fault.ModelError{Model: m.engine.Info().Name, What: "output " + m.output}
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
func (m *Model) namesOf(rows int) ([]string, error) {
	names := m.names
	if found := m.found.Load(); names == nil && found != nil {
		names = *found
	}
	if names == nil {
		var err error
		if names, err = m.engine.Labels(rows); err != nil {
			return nil, err
		}
		m.found.Store(&names)
	}
	if len(names) != rows {
		return nil, &fault.ModelError{Model: m.engine.Info().Name, What: "output " + m.output,
			Want: fmt.Sprintf("%d scores, one a class", len(names)), Got: strconv.Itoa(rows)}
	}
	return names, nil
}

// ClassifyAll classifies many pictures, batched. The answers have the pictures'
// order. If some fail, theirs are nil and the error is a *vision.BatchError with the
// failures by index.
func (m *Model) ClassifyAll(ctx context.Context, imgs []image.Image) ([]vision.Labels, error) {
	out, errs := batch.All(ctx, imgs, m.engine.InFlight(), m.Classify)
	return out, fault.Batch(errs)
}

// ClassifySeq classifies a stream of pictures of any length in bounded memory. It
// yields the answer or the error of each, in order; an error stops nothing. When ctx ends,
// its error is the last that is yielded. imgs runs on the caller's goroutine, ahead of the
// answers by as many pictures as keep the network busy.
func (m *Model) ClassifySeq(ctx context.Context, imgs iter.Seq[image.Image]) iter.Seq2[vision.Labels, error] {
	return batch.Ordered(ctx, imgs, m.engine.InFlight(), m.Classify)
}

// Info says what is in force: signature, device, precision, preprocessing, whether the
// graph is frozen and if not why.
func (m *Model) Info() Info { return m.engine.Info() }

// Names returns the class names by output row, nil if the graph does not say how many
// there are. The caller must not change it.
func (m *Model) Names() []string { return m.names }

// Close waits for running calls and frees the model. It may be called more than once.
func (m *Model) Close() error { return m.engine.Close() }

// run returns the row of one output, flat.
func (m *Model) run(ctx context.Context, img image.Image, fetch string) ([]float32, error) {
	outs, _, err := m.engine.Run(ctx, img, fetch)
	if err != nil {
		return nil, err
	}
	return outs[0].Floats()
}
