// Package detect finds objects in pictures, with boxes, by any TensorFlow
// SavedModel.
//
//	m, err := detect.Open("models/ssd", vision.Card("cards/ssd.json"))
//	if err != nil { ... }
//	defer m.Close()
//	objects, err := m.Detect(ctx, img)
//	for _, o := range objects.Above(0.5).Of("cat", "dog") { ... }
//
// # Heads
//
// The card's detect.head says what the outputs of the network mean; doc/cards.md has the
// fields. Open checks them against the graph.
//
//   - tf-od: the TensorFlow Object Detection API: detection_boxes, detection_scores,
//     detection_classes and, if there, num_detections.
//   - separate: boxes and scores in outputs of their own. With scores [K] there may be
//     an output of classes; with scores [K, classes] each box has its best class, or
//     with output.multi_label every class, and a class called "background" in row 0 is no object.
//   - rows: one output [K, columns] of finished objects.
//   - yolo: one output [4 + classes, K] or [K, 4 + classes] of raw candidates, or with
//     detect.objectness one column more.
//   - centernet: a heat map [h, w, classes], and sizes [h, w, 2] of width and height; or
//     [h, w, 4], which with detect.boxes "xyxy" are the distances from the centre to the four
//     sides, and with "cxcywh" the offset of the centre in cells, then width and height. Offsets of
//     the centre in cells may also be an output of their own, offsets [h, w, 2]. The
//     best 100 peaks are taken unless detect.max says otherwise.
//
// Boxes of head separate may be relative to anchors, as raw SSD networks give them:
// detect.anchors has a list of them or the rule that makes it.
//
// # Suppression
//
// Where the card asks for suppression (detect.nms), it is the greedy one of
// tf.image.non_max_suppression and torchvision.
package detect

import (
	"context"
	"image"
	"io/fs"
	"iter"

	"github.com/gosight/vision"
	"github.com/gosight/vision/internal/batch"
	"github.com/gosight/vision/internal/detector"
	"github.com/gosight/vision/internal/engine"
	"github.com/gosight/vision/internal/fault"
)

// Info says what is in force for an open model.
type Info = vision.Info

// A Model is an open detector. It is safe for any number of goroutines; calls that come
// together share runs of the network where the graph takes more than one picture.
type Model struct {
	found *detector.Model
}

// Open opens the SavedModel in folder dir. What the network needs and gives is said by
// card.json in the folder, by vision.Card or by vision.Preset. Of a face detector the boxes
// are found; package face finds the rest.
//
// The errors are *vision.ModelError, *vision.FormatError and *vision.DeviceError.
func Open(dir string, opts ...vision.Option) (*Model, error) {
	return engine.Open(engine.Dir(dir), detector.Tasks(), newModel, opts...)
}

// OpenFS is Open for a model in folder dir of fsys, an embedded one for instance.
func OpenFS(fsys fs.FS, dir string, opts ...vision.Option) (*Model, error) {
	return engine.Open(engine.FS(fsys, dir), detector.Tasks(), newModel, opts...)
}

// newModel checks what a detector needs beyond the engine, and warms up.
func newModel(e *engine.Engine) (*Model, error) {
	d, err := detector.New(e, false)
	if err != nil {
		return nil, err
	}
	return &Model{d}, nil
}

// Detect returns the objects of one picture, best first, with probabilities in [0, 1];
// none is no error. All that the model gives come back, down to the card's detect.score:
// cut with Above. Boxes are cut at the picture's edge; what lies outside of it is left out.
//
// A picture that cannot be decoded gives a *vision.FormatError,
// *vision.UnsupportedError or *vision.LimitError; boxes that are not finite and scores that are
// no probabilities a *vision.ModelError. When ctx ends, Detect returns its error at
// once. After Close it returns vision.ErrClosed.
func (m *Model) Detect(ctx context.Context, img image.Image) (Objects, error) {
	found, err := m.found.Find(ctx, img)
	if err != nil {
		return nil, err
	}
	objs := make(Objects, len(found))
	for i, f := range found {
		name, err := m.found.Name(f.Class)
		if err != nil {
			return nil, err
		}
		objs[i] = Object{name, f.Class, f.Score, f.Pixels}
	}
	return objs, nil
}

// DetectAll finds the objects of many pictures, batched where the graph allows. The
// answers have the pictures' order. If some fail, theirs are nil and the error is a
// *vision.BatchError with the failures by index.
func (m *Model) DetectAll(ctx context.Context, imgs []image.Image) ([]Objects, error) {
	out, errs := batch.All(ctx, imgs, m.found.Engine.InFlight(), m.Detect)
	return out, fault.Batch(errs)
}

// DetectSeq finds the objects of a stream of pictures of any length in bounded memory.
// It yields the answer or the error of each, in order; an error stops nothing.
func (m *Model) DetectSeq(ctx context.Context, imgs iter.Seq[image.Image]) iter.Seq2[Objects, error] {
	return batch.Ordered(ctx, imgs, m.found.Engine.InFlight(), m.Detect)
}

// Info says what is in force: signature, device, precision, preprocessing, whether the
// graph is frozen and if not why.
func (m *Model) Info() Info { return m.found.Engine.Info() }

// Names returns the class names by the model's number, nil if the card names none; a
// class is then called by its number. The caller must not change it.
func (m *Model) Names() []string { return m.found.Names() }

// Close waits for running calls and frees the model. It may be called more than once.
func (m *Model) Close() error { return m.found.Engine.Close() }
