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
	"image"
	"io/fs"
	"iter"

	"github.com/gosight/vision"
	"github.com/gosight/vision/internal/batch"
	"github.com/gosight/vision/internal/classify"
	"github.com/gosight/vision/internal/engine"
	"github.com/gosight/vision/internal/fault"
)

// Info says what is in force for an open model.
type Info = vision.Info

// A Model is an open classifier. It is safe for any number of goroutines; calls that
// come together share runs of the network.
type Model struct {
	engine *engine.Engine
	head   *classify.Head
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
	head, err := classify.New(e)
	if err != nil {
		return nil, err
	}
	return &Model{e, head}, e.WarmUp(head.Output)
}

// Classify returns every class of the model for one picture, best first, with
// probabilities in [0, 1]: of a multi-label model each on its own, else with sum 1.
//
// A picture that cannot be decoded gives a *vision.FormatError,
// *vision.UnsupportedError or *vision.LimitError, scores that are no probabilities a
// *vision.ModelError. When ctx ends, Classify returns its error
// at once. After Close it returns vision.ErrClosed.
func (m *Model) Classify(ctx context.Context, img image.Image) (vision.Labels, error) {
	return m.head.Labels(ctx, img)
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
func (m *Model) Names() []string { return m.head.Names() }

// Close waits for running calls and frees the model. It may be called more than once.
func (m *Model) Close() error { return m.engine.Close() }
