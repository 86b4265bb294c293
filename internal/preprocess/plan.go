package preprocess

import (
	"fmt"
	"math"
	"strings"
	"sync"

	"github.com/gosight/vision/internal/card"
	"github.com/gosight/vision/internal/fault"
)

// An Element is the type of the values that a network is fed.
type Element int

const (
	// Float is float32, normalised as the card says.
	Float Element = iota
	// Byte is uint8, 0..255.
	Byte
)

// maxSide bounds the sides that a card may ask for, maxPicture those of a
// picture, so that products stay exact. maxGrown is the number of output pixels
// that mode none may reach by enlarging a picture: a 1 x 5000 one whose shorter
// side shall be 736 would take gigabytes.
const (
	maxSide    = 1 << 16
	maxPicture = 1 << 30
	maxGrown   = 1 << 25
)

// A Plan says how every picture for one model input is prepared. It does not
// change after New and is safe for concurrent use.
type Plan struct {
	elem        Element
	mode        string
	width       int // of the network's input; 0 in mode none
	height      int
	resize      card.Resize
	channels    string // RGB, BGR, GRAY
	planar      bool   // NCHW
	standardize bool
	sampler     resampler
	workers     int // most goroutines for one picture; 0: GOMAXPROCS

	nch  int              // 3 or 1
	lut  [3]*[256]float32 // of an 8-bit value, in the order of channels
	mul  [3]float32       // of a float value: v*mul + add
	add  [3]float32
	padF [3]float32 // letterbox filling, ready to be fed, in the order of channels
	pad8 [3]uint8
	desc string
	pool sync.Pool // of *state
}

// New compiles in, completed by what the graph says, for a network that takes
// elements of type e. What is missing and cannot be inferred, unknown or
// contradictory is a *fault.ModelError that names the field.
func New(in card.Input, e Element) (*Plan, error) {
	p := &Plan{elem: e, mode: in.Resize.Mode, width: in.Width, height: in.Height, resize: in.Resize, channels: in.Channels}
	p.resize.Pad = nil // the caller's slice; kept as padF and pad8
	if in.Encoded {
		return nil, wrong("encoded", "a network that takes pixels", "true")
	}
	switch in.Channels {
	case "RGB", "BGR":
		p.nch = 3
	case "GRAY":
		p.nch = 1
	default:
		return nil, wrong("channels", "RGB, BGR or GRAY", in.Channels)
	}
	switch in.Layout {
	case "NHWC", "HWC", "":
	case "NHW":
		if p.nch > 1 {
			return nil, wrong("channels", "GRAY with layout NHW", in.Channels)
		}
	case "NCHW":
		p.planar = p.nch > 1
	default:
		return nil, wrong("layout", "NHWC, NCHW, HWC or NHW", in.Layout)
	}
	if err := p.checkResize(); err != nil {
		return nil, err
	}
	if err := p.normalise(in); err != nil {
		return nil, err
	}
	p.desc = p.describe(in)
	return p, nil
}

// wrong returns the error of a field of the card's input.
func wrong(field, want, got string) error {
	if got == "" {
		got = "nothing"
	}
	return &fault.ModelError{What: "card", Want: "input." + field + ": " + want, Got: got}
}

func (p *Plan) checkResize() error {
	r := &p.resize
	switch p.mode {
	case "crop", "central", "squash", "letterbox":
		if p.width < 1 || p.width > maxSide {
			return wrong("width", fmt.Sprintf("1 to %d pixels", maxSide), fmt.Sprint(p.width))
		}
		if p.height < 1 || p.height > maxSide {
			return wrong("height", fmt.Sprintf("1 to %d pixels", maxSide), fmt.Sprint(p.height))
		}
	case "none", "height":
		p.width = 0
		if p.mode == "none" {
			p.height = 0
		} else if p.height < 1 || p.height > maxSide {
			return wrong("height", fmt.Sprintf("1 to %d pixels", maxSide), fmt.Sprint(p.height))
		}
		for _, f := range []struct {
			name string
			v    int
		}{{"max_side", r.MaxSide}, {"min_side", r.MinSide}, {"multiple", r.Multiple}} {
			if f.v < 0 || f.v > maxSide {
				return wrong("resize."+f.name, fmt.Sprintf("0 to %d pixels", maxSide), fmt.Sprint(f.v))
			}
		}
	default:
		return wrong("resize.mode", "crop, central, squash, letterbox, height or none", p.mode)
	}
	switch p.mode {
	case "crop":
		if r.Shorter < max(p.width, p.height) || r.Shorter > maxSide {
			return wrong("resize.shorter", fmt.Sprintf("%d to %d pixels, so that %dx%d can be cut out", max(p.width, p.height), maxSide, p.width, p.height), fmt.Sprint(r.Shorter))
		}
		switch r.Rounding {
		case "", "torchvision", "round", "floor":
		default:
			return wrong("resize.rounding", "torchvision, round or floor", r.Rounding)
		}
	case "central":
		if !(r.Fraction > 0 && r.Fraction <= 1) {
			return wrong("resize.fraction", "more than 0, at most 1", fmt.Sprint(r.Fraction))
		}
	case "letterbox":
		switch r.Anchor {
		case "", "center", "top-left":
		default:
			return wrong("resize.anchor", "center or top-left", r.Anchor)
		}
		switch r.Rounding {
		case "", "round", "floor":
		default:
			return wrong("resize.rounding", "round or floor in mode letterbox", r.Rounding)
		}
	}
	if p.mode == "none" && r.MaxSide == 0 && r.MinSide == 0 && r.Multiple == 0 && r.Resampler == "" {
		p.sampler = resampler{method: methodNearest, family: pillow} // never resizes
		return nil
	}
	s, ok := samplers[r.Resampler]
	if !ok {
		return wrong("resize.resampler", "one of "+strings.Join(Resamplers(), ", "), r.Resampler)
	}
	p.sampler = s
	return nil
}

// normalise checks range, mean, std and pad, and tabulates what they do.
func (p *Plan) normalise(in card.Input) error {
	lo, hi := 0.0, 255.0
	switch {
	case len(in.Range) == 2:
		lo, hi = in.Range[0], in.Range[1]
		if !finite(in.Range) || lo == hi {
			return wrong("range", "two different numbers", fmt.Sprint(in.Range))
		}
	case in.Range != nil:
		return wrong("range", "two numbers, lo and hi", fmt.Sprint(in.Range))
	case p.elem == Float:
		return wrong("range", "the values of black and white, such as [0, 1], [-1, 1] or [0, 255]", "")
	}
	for _, f := range []struct {
		name string
		v    []float64
	}{{"mean", in.Mean}, {"std", in.Std}} {
		if n := len(f.v); n > 1 && n != p.nch || !finite(f.v) {
			return wrong(f.name, fmt.Sprintf("one number, or %d in the order of %s", p.nch, p.channels), fmt.Sprint(f.v))
		}
	}
	if p.elem == Byte && (lo != 0 || hi != 255 || any0(in.Mean, 0) || any0(in.Std, 1)) {
		return wrong("range", "0 to 255 without mean and std for a uint8 input", fmt.Sprintf("%v, mean %v, std %v", in.Range, in.Mean, in.Std))
	}
	if p.elem == Byte && in.Standardize || in.Standardize && (in.Mean != nil || in.Std != nil) {
		return wrong("standardize", "a float input without mean and std", "true")
	}
	p.standardize = in.Standardize
	if p.mode == "letterbox" || p.mode == "height" {
		if n := len(in.Resize.Pad); n != 1 && n != 3 || !finite(in.Resize.Pad) {
			return wrong("resize.pad", "one value in 0..255, or three", list(in.Resize.Pad))
		}
	}
	for c := range p.nch {
		mean, std := pick(in.Mean, c, 0), pick(in.Std, c, 1)
		if std == 0 {
			return wrong("std", "numbers other than 0", fmt.Sprint(in.Std))
		}
		feed := func(v float64) float32 { return float32((lo + v/255*(hi-lo) - mean) / std) }
		p.lut[c] = new([256]float32)
		for v := range 256 {
			p.lut[c][v] = feed(float64(v))
		}
		p.mul[c], p.add[c] = float32((hi-lo)/255/std), float32((lo-mean)/std)
		pad := p.padding(in.Resize.Pad, c)
		if pad < 0 || pad > 255 {
			return wrong("resize.pad", "values in 0..255", list(in.Resize.Pad))
		}
		p.padF[c], p.pad8[c] = feed(pad), uint8(math.RoundToEven(pad))
	}
	return nil
}

// padding is the filling of channel c, in 0..255. The card gives it as R, G, B
// whatever the order of channels.
func (p *Plan) padding(pad []float64, c int) float64 {
	if p.nch == 1 && len(pad) == 3 {
		return (19595*pad[0] + 38470*pad[1] + 7471*pad[2]) / 65536
	}
	return pick(pad, p.from(c), 0)
}

func pick(v []float64, c int, none float64) float64 {
	switch len(v) {
	case 0:
		return none
	case 1:
		return v[0]
	}
	return v[c]
}

func finite(v []float64) bool {
	for _, x := range v {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return false
		}
	}
	return true
}

// any0 reports whether v holds anything but x.
func any0(v []float64, x float64) bool {
	for _, y := range v {
		if y != x {
			return true
		}
	}
	return false
}

func list(v []float64) string {
	if len(v) == 0 {
		return ""
	}
	return fmt.Sprint(v)
}
