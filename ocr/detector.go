package ocr

import (
	"context"
	"fmt"
	"math"

	"github.com/gosight/vision/internal/batch"
	"github.com/gosight/vision/internal/engine"
	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/geom"
	"github.com/gosight/vision/internal/postprocess"
	"github.com/gosight/vision/internal/raster"
	"github.com/gosight/vision/internal/session"
)

// A detector finds pieces of text.
type detector struct {
	engine *engine.Engine
	output string
	rule   postprocess.TextRule
	logits bool
	side   int // longest side of its input in pixels; 0: any
}

// newDetector checks what a detector of text needs beyond the engine, and warms up.
func newDetector(e *engine.Engine) (*detector, error) {
	c := e.Card
	in := c.Input
	d := &detector{engine: e, output: c.Output.Name, logits: c.Output.Scores == "logits", rule: postprocess.TextRule{
		Threshold: float32(c.OCR.Threshold), BoxThreshold: float32(c.OCR.BoxThreshold), Unclip: c.OCR.Unclip, MinSize: c.OCR.MinSize, Max: c.OCR.Max,
	}}
	switch in.Resize.Mode {
	case "none":
		d.side = in.Resize.MaxSide
	case "squash", "letterbox":
		d.side = max(in.Width, in.Height)
	default:
		return nil, d.refuse("card", "input.resize.mode none, squash or letterbox, by which all of the picture is seen", fmt.Sprintf("%q", in.Resize.Mode))
	}
	if in.Encoded {
		return nil, d.refuse("card", "a detector of text that takes pixels", "input.encoded")
	}
	return d, e.WarmUp(d.output)
}

func (d *detector) refuse(what, want, got string) error {
	return &fault.ModelError{Model: d.engine.Info().Name, What: what, Want: want, Got: got}
}

// find returns the pieces of text of a picture, in its pixels.
func (d *detector) find(ctx context.Context, pic *raster.Image) ([]postprocess.TextBox, error) {
	bands := bandsOf(pic.W, pic.H, d.side)
	if len(bands) == 1 {
		return d.look(ctx, pic)
	}
	found, errs := batch.All(ctx, bands, d.engine.InFlight(), func(ctx context.Context, b band) ([]postprocess.TextBox, error) {
		return d.look(ctx, b.cut(pic))
	})
	if err := first(errs); err != nil {
		return nil, err
	}
	return joinBands(bands, found), nil
}

// look runs the network on one picture or band.
func (d *detector) look(ctx context.Context, pic *raster.Image) ([]postprocess.TextBox, error) {
	outs, to, err := d.engine.Run(ctx, pic, d.output)
	if err != nil {
		return nil, err
	}
	probs, w, h, err := d.probabilities(outs[0])
	if err != nil {
		return nil, err
	}
	// The map may be smaller than the network's input.
	inW, inH := d.engine.InputSize(pic.W, pic.H)
	sx, sy := float64(inW)/float64(w)*to.ScaleX, float64(inH)/float64(h)*to.ScaleY
	found := postprocess.TextBoxes(probs, w, d.rule)
	kept := found[:0]
	for _, b := range found {
		for i, p := range b.Quad {
			b.Quad[i] = geom.Point{
				X: min(max(math.Round(p.X*sx+to.OffsetX), 0), float64(pic.W)),
				Y: min(max(math.Round(p.Y*sy+to.OffsetY), 0), float64(pic.H)),
			}
		}
		if sides(b.Quad) > 0 {
			kept = append(kept, b)
		}
	}
	return kept, nil
}

// probabilities returns the map of one picture and its size.
func (d *detector) probabilities(t session.Tensor) (probs []float32, w, h int, err error) {
	probs, err = t.Floats()
	if err != nil {
		return nil, 0, 0, &fault.ModelError{Model: d.engine.Info().Name, What: "output " + d.output, Err: err}
	}
	s := t.Shape
	switch {
	case len(s) == 3 && s[2] == 1:
		h, w = int(s[0]), int(s[1])
	case len(s) == 3 && s[0] == 1:
		h, w = int(s[1]), int(s[2])
	case len(s) == 2:
		h, w = int(s[0]), int(s[1])
	}
	if w < 1 || h < 1 || w*h != len(probs) {
		return nil, 0, 0, d.refuse("output "+d.output, "one probability map, [height, width, 1] for each picture", session.ShapeString(s))
	}
	if d.logits {
		postprocess.Sigmoid(probs)
	}
	if !probable(probs) {
		return nil, 0, 0, d.refuse("output "+d.output, "probabilities in [0, 1]", "others, or NaN; if they are logits, say \"scores\": \"logits\" in the card's output")
	}
	return probs, w, h, nil
}

// probable reports whether all of v are probabilities. Rounding may pass 0 and 1.
func probable(v []float32) bool {
	const slack = 0.01
	for _, p := range v {
		if !(p >= -slack && p <= 1+slack) {
			return false
		}
	}
	return true
}

// sides returns the shorter side of a quad.
func sides(q geom.Quad) float64 {
	return min(distance(q[0], q[1]), distance(q[0], q[3]))
}

func distance(a, b geom.Point) float64 { return math.Hypot(a.X-b.X, a.Y-b.Y) }
