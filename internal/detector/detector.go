// Package detector is what the tasks that find things have in common: an open detection model
// that gives candidates in the pixels of the picture, with sub-pixel boxes and, where the card names them,
// the five points of a face.
//
// A head reads the outputs of the network; the card names it, and New checks it against
// the graph. The doc of package detect tells of the heads.
package detector

import (
	"context"
	"errors"
	"fmt"
	"image"
	"strconv"

	"github.com/gosight/vision/internal/engine"
	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/geom"
)

// Tasks are the kinds of card that describe a detector.
func Tasks() []string { return []string{"detect", "face-detect"} }

// Points is how many landmarks a face has: eyes, nose, corners of the mouth.
const Points = 5

// A Model is an open detector. It is safe for any number of goroutines.
type Model struct {
	Engine *engine.Engine
	names  []string // of the classes; nil: called by their numbers
	faces  bool     // every class is a face, by whatever number
	head   *head
}

// A Found is one thing in a picture. Coordinates are pixels of the upright picture that
// was passed, whose bounds may start anywhere.
type Found struct {
	Class    int     // the model's number
	Score    float32 // probability in [0, 1]
	Min, Max geom.Point
	Pixels   image.Rectangle // Min to Max in whole pixels, cut at the picture's edge; not empty
	Points   []geom.Point    // Points of them, which may lie outside of the picture; nil without landmarks
}

// New makes a detector of an open model, and warms it up. With landmarks those that the card
// names are read, else they are left alone. It does not close the engine.
func New(e *engine.Engine, landmarks bool) (*Model, error) {
	m := &Model{Engine: e}
	if err := m.checkInput(); err != nil {
		return nil, err
	}
	names, err := e.Labels(0)
	if err != nil {
		return nil, err
	}
	if len(names) == 0 && e.Card.Task == "face-detect" {
		names, m.faces = []string{"face"}, true
	}
	if len(names) > 0 {
		m.names = names
	}
	if m.head, err = newHead(e, m.names, landmarks); err != nil {
		return nil, m.named(err)
	}
	return m, e.WarmUp(m.head.fetch...)
}

// Find returns what is in a picture, best first; equal scores stand in the model's
// order. What lies outside of the picture is left out.
func (m *Model) Find(ctx context.Context, img image.Image) ([]Found, error) {
	outs, to, err := m.Engine.Run(ctx, img, m.head.fetch...)
	if err != nil {
		return nil, err
	}
	v := m.view(img.Bounds(), to)
	proposals, err := m.head.find(outs, v.w, v.h)
	if err != nil {
		return nil, m.named(err)
	}
	found := make([]Found, 0, len(proposals))
	for _, c := range proposals {
		f, err := v.place(c)
		if err != nil {
			return nil, m.named(err)
		}
		if !f.Pixels.Empty() {
			found = append(found, f)
		}
	}
	return found, nil
}

// Landmarks reports whether what is found has Points.
func (m *Model) Landmarks() bool { return m.head.points != nil }

// Names returns the class names by the model's number, nil if the card names none. They must
// not be changed.
func (m *Model) Names() []string { return m.names }

// AllFaces reports whether every class is a face: the card's task is face-detect and it names no
// classes. The graph may number its one class from 0 or from 1.
func (m *Model) AllFaces() bool { return m.faces }

// Name returns the name of a class.
func (m *Model) Name(class int) (string, error) {
	switch {
	case m.faces:
		return m.names[0], nil
	case m.names == nil:
		return strconv.Itoa(class), nil
	case class < len(m.names):
		return m.names[class], nil
	}
	return "", m.named(&fault.ModelError{What: "labels", Want: fmt.Sprintf("a name for class %d", class),
		Got: fmt.Sprintf("%d names, of which the first is that of class 0", len(m.names))})
}

// named puts the model's name into an error of its outputs.
func (m *Model) named(err error) error {
	var me *fault.ModelError
	if errors.As(err, &me) && me.Model == "" {
		me.Model = m.Engine.Info().Name
	}
	return err
}
