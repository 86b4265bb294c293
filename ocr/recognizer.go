package ocr

import (
	"context"
	"fmt"

	"github.com/gosight/vision/internal/engine"
	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/postprocess"
	"github.com/gosight/vision/internal/raster"
	"github.com/gosight/vision/internal/session"
)

// A recognizer reads lines.
type recognizer struct {
	engine  *engine.Engine
	output  string
	names   []string // what the output's rows stand for
	blank   int
	space   int // row of the space; -1: none
	beams   int
	logits  bool
	reverse bool
	cases   bool    // letters' case is told by their height
	least   float32 // score of a line of a page
	longest float64 // width by height of what is read at once
	cuts    chan struct{}
}

// longest is the width of what is read at once, in heights, where the card says nothing: some 80
// letters.
const longest = 40

// newRecognizer checks what a recogniser needs beyond the engine, and warms up.
func newRecognizer(e *engine.Engine) (*recognizer, error) {
	c := e.Card
	in := c.Input
	r := &recognizer{engine: e, output: c.Output.Name, logits: c.Output.Scores == "logits", space: -1,
		beams: c.OCR.Beam, reverse: c.OCR.Reverse, cases: c.OCR.CaseByHeight, least: float32(c.OCR.Score), longest: longest,
		cuts: make(chan struct{}, 2*e.InFlight())} // those of one page, and as many of others that run with its last ones
	rows := 0
	for _, p := range e.Info().Outputs {
		if p.Key != r.output || p.Shape == nil {
			continue
		}
		if n := len(p.Shape); n > 0 && p.Shape[n-1] > 0 {
			rows = int(p.Shape[n-1])
		}
	}
	names, err := e.Labels(rows)
	if err != nil {
		return nil, err
	}
	r.names = names
	if c.OCR.Blank == "last" {
		r.blank = len(names) - 1
	}
	for i, n := range names {
		if n == " " {
			r.space = i
		}
	}
	switch in.Resize.Mode {
	case "height":
		if in.Resize.MaxSide > 0 {
			r.longest = float64(in.Resize.MaxSide) / float64(in.Height)
		}
	case "letterbox", "squash":
		r.longest = 1.5 * float64(in.Width) / float64(in.Height)
	default:
		return nil, r.refuse("card", "input.resize.mode height, letterbox or squash, by which all of a line is seen", fmt.Sprintf("%q", in.Resize.Mode))
	}
	if in.Encoded {
		return nil, r.refuse("card", "a recogniser of text that takes pixels", "input.encoded")
	}
	return r, e.WarmUp(r.output)
}

func (r *recognizer) refuse(what, want, got string) error {
	return &fault.ModelError{Model: r.engine.Info().Name, What: what, Want: want, Got: got}
}

// A symbol is a character and where it stands: from and to in pixels of the piece it was read in, along the
// line.
type symbol struct {
	text       string
	from, to   float64
	confidence float32
}

// A reading is what a piece is read as.
type reading struct {
	symbols []symbol // from the left
	score   float32
	reverse bool // they are of a script that is written from the right
}

// read reads an upright piece. A long one is read in parts.
func (r *recognizer) read(ctx context.Context, pic *raster.Image) (reading, error) {
	var all []symbol
	for _, part := range partsOf(pic, r.longest) {
		found, err := r.run(ctx, part.pic)
		if err != nil {
			return reading{}, err
		}
		if len(all) > 0 && len(found) > 0 && part.gap && r.space >= 0 && all[len(all)-1].text != " " && found[0].text != " " {
			x := float64(part.at)
			all = append(all, symbol{" ", x, x, all[len(all)-1].confidence})
		}
		for _, s := range found {
			s.from, s.to = s.from+float64(part.at), s.to+float64(part.at)
			all = append(all, s)
		}
	}
	if r.cases {
		settleCase(pic, all)
	}
	sum := 0.0
	for _, s := range all {
		sum += float64(s.confidence)
	}
	score := float32(0)
	if len(all) > 0 {
		score = float32(sum / float64(len(all)))
	}
	return reading{all, score, r.reverse}, nil
}

// run takes one piece through the network.
func (r *recognizer) run(ctx context.Context, pic *raster.Image) ([]symbol, error) {
	outs, to, err := r.engine.Run(ctx, pic, r.output)
	if err != nil {
		return nil, err
	}
	probs, steps, err := r.probabilities(outs[0])
	if err != nil {
		return nil, err
	}
	w, _ := r.engine.InputSize(pic.W, pic.H)
	step := float64(w) / float64(steps) * to.ScaleX // pixels of the piece
	at := func(t int) float64 { return min(max(float64(t)*step+to.OffsetX, 0), float64(pic.W)) }
	found := postprocess.CTCBeam(probs, len(r.names), r.blank, r.beams)
	symbols := make([]symbol, len(found))
	for i, s := range found {
		symbols[i] = symbol{r.names[s.Row], at(s.From), at(s.To), min(max(s.Confidence, 0), 1)}
	}
	return symbols, nil
}

// probabilities returns the rows of one piece and how many time steps there are.
func (r *recognizer) probabilities(t session.Tensor) ([]float32, int, error) {
	probs, err := t.Floats()
	if err != nil {
		return nil, 0, &fault.ModelError{Model: r.engine.Info().Name, What: "output " + r.output, Err: err}
	}
	classes := len(r.names)
	n := len(t.Shape)
	if n < 2 || t.Shape[n-1] != int64(classes) || t.Shape[n-2] < 1 || int64(len(probs)) != t.Shape[n-1]*t.Shape[n-2] {
		return nil, 0, r.refuse("output "+r.output, fmt.Sprintf("time steps of %d probabilities, one for each character and the blank", classes), session.ShapeString(t.Shape))
	}
	if r.logits {
		for i := 0; i < len(probs); i += classes {
			postprocess.Softmax(probs[i : i+classes])
		}
	}
	if !probable(probs) {
		return nil, 0, r.refuse("output "+r.output, "probabilities in [0, 1]", "others, or NaN; if they are logits, say \"scores\": \"logits\" in the card's output")
	}
	return probs, int(t.Shape[n-2]), nil
}
