// Package scene recognises surroundings: what kind of place a picture shows, and
// whether that is indoors, with any TensorFlow SavedModel that classifies places.
//
//	m, err := scene.Open("models/resnet18_places365", vision.Preset("places365-torch"))
//	if err != nil { ... }
//	defer m.Close()
//	s, err := m.Describe(ctx, img)
//	fmt.Println(s.Places.Best().Name, s.Indoor)
//
// The package-level Describe uses a small model that is embedded in the program and
// knows fifteen kinds of places.
//
// # Indoors or outdoors
//
// The card says which classes lie indoors and which outdoors (section scene): by a table
// of the form of Places365, by builtin:places365, or by lists of names. These vote:
//
//   - with scene.vote, which is 10 unless said otherwise where there is a table, that many
//     of the best places have one voice each. This is the rule of Places365 (Zhou and others,
//     2017; run_placesCNN_unified.py): with indoor 0 and outdoor 1, a mean below 0.5 is indoors.
//   - else every class counts by its score.
//
// Classes that the card gives no side have no say.
package scene

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

// A Model is an open classifier of places. It is safe for any number of goroutines;
// calls that come together share runs of the network.
type Model struct {
	engine *engine.Engine
	head   *classify.Head
	jury   *jury
}

// tasks are the kinds of card that describe a classifier of places.
var tasks = [...]string{"scene"}

// Open opens the SavedModel in folder dir. What the network needs, and which classes
// are indoors, is said by card.json in the folder, by vision.Card or by vision.Preset.
//
// The errors are *vision.ModelError, *vision.FormatError and *vision.DeviceError.
func Open(dir string, opts ...vision.Option) (*Model, error) {
	return engine.Open(engine.Dir(dir), tasks[:], newModel, opts...)
}

// OpenFS is Open for a model in folder dir of fsys, an embedded one for instance.
func OpenFS(fsys fs.FS, dir string, opts ...vision.Option) (*Model, error) {
	return engine.Open(engine.FS(fsys, dir), tasks[:], newModel, opts...)
}

// newModel checks what a scene model needs beyond the engine, and warms up.
func newModel(e *engine.Engine) (*Model, error) {
	head, err := classify.New(e)
	if err != nil {
		return nil, err
	}
	jury, err := newJury(e, head.Names())
	if err != nil {
		return nil, err
	}
	return &Model{e, head, jury}, e.WarmUp(head.Output)
}

// Describe tells where a picture was taken: every kind of place that the model knows,
// best first, with probabilities in [0, 1] (of a multi-label model each on its own, else with
// sum 1), and whether that is indoors.
//
// A picture that cannot be decoded gives a *vision.FormatError,
// *vision.UnsupportedError or *vision.LimitError, scores that are no probabilities a
// *vision.ModelError. When ctx ends, Describe returns its error
// at once. After Close it returns vision.ErrClosed.
func (m *Model) Describe(ctx context.Context, img image.Image) (Scene, error) {
	places, err := m.head.Labels(ctx, img)
	if err != nil {
		return Scene{}, err
	}
	return m.jury.sum(places), nil
}

// DescribeAll describes many pictures, batched. The answers have the pictures' order.
// If some fail, theirs are zero and the error is a *vision.BatchError with the failures by
// index.
func (m *Model) DescribeAll(ctx context.Context, imgs []image.Image) ([]Scene, error) {
	out, errs := batch.All(ctx, imgs, m.engine.InFlight(), m.Describe)
	return out, fault.Batch(errs)
}

// DescribeSeq describes a stream of pictures of any length in bounded memory. It
// yields the answer or the error of each, in order; an error stops nothing. When ctx ends,
// its error is the last that is yielded. imgs runs on the caller's goroutine, ahead of the
// answers by as many pictures as keep the network busy.
func (m *Model) DescribeSeq(ctx context.Context, imgs iter.Seq[image.Image]) iter.Seq2[Scene, error] {
	return batch.Ordered(ctx, imgs, m.engine.InFlight(), m.Describe)
}

// Info says what is in force: signature, device, precision, preprocessing, whether the
// graph is frozen and if not why.
func (m *Model) Info() Info { return m.engine.Info() }

// Names returns the names of the places by output row. The caller must not change it.
func (m *Model) Names() []string { return m.head.Names() }

// Close waits for running calls and frees the model. It may be called more than once.
func (m *Model) Close() error { return m.engine.Close() }
