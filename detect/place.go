package detect

import (
	"errors"
	"fmt"
	"image"
	"math"
	"strconv"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/geom"
	"github.com/gosight/vision/internal/postprocess"
)

// checkInput refuses a way in from which boxes cannot be mapped back.
func (m *Model) checkInput() error {
	if mode := m.engine.Card.Input.Resize.Mode; mode == "height" {
		return &fault.ModelError{Model: m.engine.Info().Name, What: "card",
			Want: "input.resize.mode to be one for pictures, such as letterbox", Got: strconv.Quote(mode) + ", which is for lines of text"}
	}
	return nil
}

// A view is how a picture stands in the network's input.
type view struct {
	bounds image.Rectangle // of the picture
	w, h   float32         // of the network's input
	to     geom.Map        // from the input to the picture, without the corner of its bounds
}

func (m *Model) view(bounds image.Rectangle, to geom.Map) view {
	in := &m.engine.Card.Input
	w, h := float64(bounds.Dx()), float64(bounds.Dy())
	switch {
	case in.Encoded: // the network decodes by itself, and speaks of the picture
		return view{bounds, float32(w), float32(h), geom.Identity}
	case in.Resize.Mode == "none":
		w, h = math.Round(w/to.ScaleX), math.Round(h/to.ScaleY)
	default:
		w, h = float64(in.Width), float64(in.Height)
	}
	return view{bounds, float32(w), float32(h), to}
}

// objects names what was found and brings it to the picture. found is sorted.
func (m *Model) objects(found []postprocess.Candidate, v view) (Objects, error) {
	objs := make(Objects, 0, len(found))
	for _, c := range found {
		box, err := v.place(c.Box)
		if err != nil {
			return nil, err
		}
		if box.Empty() {
			continue
		}
		name, err := m.name(c.Class)
		if err != nil {
			return nil, err
		}
		objs = append(objs, Object{name, c.Class, c.Score, box})
	}
	return objs, nil
}

// place maps a box of the network's input to the picture, cut at its edge; it is
// empty if nothing of it is in the picture.
func (v view) place(b postprocess.Box) (image.Rectangle, error) {
	if !postprocess.Finite([]float32{b.X0, b.Y0, b.X1, b.Y1}) {
		return image.Rectangle{}, &fault.ModelError{What: "boxes", Want: "finite numbers", Got: fmt.Sprint(b)}
	}
	lo := v.to.Apply(geom.Point{X: float64(b.X0), Y: float64(b.Y0)})
	hi := v.to.Apply(geom.Point{X: float64(b.X1), Y: float64(b.Y1)})
	x0, x1 := side(lo.X, hi.X, v.bounds.Dx())
	y0, y1 := side(lo.Y, hi.Y, v.bounds.Dy())
	if x0 == x1 || y0 == y1 {
		return image.Rectangle{}, nil
	}
	return image.Rect(x0, y0, x1, y1).Add(v.bounds.Min), nil
}

// side returns the pixels from lo to hi within [0, n), to the nearest edges of pixels;
// what is thinner than a pixel has one. Nothing is 0, 0.
func side(lo, hi float64, n int) (int, int) {
	lo, hi = max(lo, 0), min(hi, float64(n))
	if !(lo < hi) {
		return 0, 0
	}
	a, b := int(math.Round(lo)), int(math.Round(hi))
	if a == b {
		a = int((lo + hi) / 2)
		b = a + 1
	}
	return a, b
}

// name returns the name of a class.
func (m *Model) name(class int) (string, error) {
	switch {
	case m.names == nil:
		return strconv.Itoa(class), nil
	case class < len(m.names):
		return m.names[class], nil
	}
	return "", &fault.ModelError{What: "labels", Want: fmt.Sprintf("a name for class %d", class),
		Got: fmt.Sprintf("%d names, of which the first is that of class 0", len(m.names))}
}

// named puts the model's name into an error of its outputs.
func (m *Model) named(err error) error {
	var me *fault.ModelError
	if errors.As(err, &me) && me.Model == "" {
		me.Model = m.engine.Info().Name
	}
	return err
}
