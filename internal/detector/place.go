package detector

import (
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
	if mode := m.Engine.Card.Input.Resize.Mode; mode == "height" {
		return &fault.ModelError{Model: m.Engine.Info().Name, What: "card",
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
	in := &m.Engine.Card.Input
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

// place maps a proposal from the network's input to the picture. Its Pixels are empty if
// nothing of it is in the picture.
func (v view) place(p proposal) (Found, error) {
	b := p.Box
	if !postprocess.Finite([]float32{b.X0, b.Y0, b.X1, b.Y1}) {
		return Found{}, &fault.ModelError{What: "boxes", Want: "finite numbers", Got: fmt.Sprint(b)}
	}
	lo, hi := v.point(b.X0, b.Y0), v.point(b.X1, b.Y1)
	corner := geom.Point{X: float64(v.bounds.Min.X), Y: float64(v.bounds.Min.Y)}
	f := Found{Class: p.Class, Score: p.Score, Min: lo.Add(corner), Max: hi.Add(corner)}
	x0, x1 := side(lo.X, hi.X, v.bounds.Dx())
	y0, y1 := side(lo.Y, hi.Y, v.bounds.Dy())
	if x0 == x1 || y0 == y1 {
		return f, nil
	}
	f.Pixels = image.Rect(x0, y0, x1, y1).Add(v.bounds.Min)
	for _, xy := range p.points {
		if !postprocess.Finite(xy[:]) {
			return Found{}, &fault.ModelError{What: "landmarks", Want: "finite numbers", Got: fmt.Sprint(xy)}
		}
		f.Points = append(f.Points, v.point(xy[0], xy[1]).Add(corner))
	}
	return f, nil
}

func (v view) point(x, y float32) geom.Point {
	return v.to.Apply(geom.Point{X: float64(x), Y: float64(y)})
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
