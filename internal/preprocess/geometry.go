package preprocess

import (
	"fmt"
	"math"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/geom"
)

// An axis is the geometry of one direction, in pixels: the part [Lo, Hi) of the
// picture becomes Virtual pixels, of which Keep from Skip on are fed, at At of
// Out.
type axis struct {
	full    int // the picture's side
	lo, hi  int // the part that is resized
	virtual int // its size after resizing
	skip    int // first pixel of it that is fed
	keep    int // number of pixels that are fed
	at      int // where they stand in the input
	out     int // the input's side
}

// scale is picture pixels per output pixel.
func (a axis) scale() float64 { return float64(a.hi-a.lo) / float64(a.virtual) }

// back returns factor and offset from a position in the input to the picture.
func (a axis) back() (scale, offset float64) {
	s := a.scale()
	return s, float64(a.lo) + float64(a.skip-a.at)*s
}

func mapOf(x, y axis) geom.Map {
	var m geom.Map
	m.ScaleX, m.OffsetX = x.back()
	m.ScaleY, m.OffsetY = y.back()
	return m
}

// Size returns the size in pixels of the network's input for a picture of
// w x h; it depends on the picture in mode none only. It is 0, 0 if such a
// picture cannot be fed, for the reason that Float32 and Uint8 give.
func (p *Plan) Size(w, h int) (outW, outH int) {
	x, y, err := p.axes(w, h)
	if err != nil {
		return 0, 0
	}
	return x.out, y.out
}

// RowLen returns the number of values of the network's input for a picture of
// w x h: pixels times channels. It is 0 where Size is.
func (p *Plan) RowLen(w, h int) int {
	outW, outH := p.Size(w, h)
	return outW * outH * p.nch
}

// Factor returns how many pixels of an upright w x h picture one pixel of the
// input covers, the smaller of both directions. A decode reduced by less loses
// no detail that the input could show. It is 1 where Size is 0.
func (p *Plan) Factor(w, h int) float64 {
	x, y, err := p.axes(w, h)
	if err != nil {
		return 1
	}
	return min(x.scale(), y.scale())
}

// axes lays out a w x h picture.
func (p *Plan) axes(w, h int) (x, y axis, err error) {
	if w < 1 || h < 1 {
		return x, y, &fault.FormatError{Reason: fmt.Sprintf("picture of %d x %d pixels", w, h)}
	}
	if w > maxPicture {
		return x, y, &fault.LimitError{What: "width", Got: int64(w), Max: maxPicture}
	}
	if h > maxPicture {
		return x, y, &fault.LimitError{What: "height", Got: int64(h), Max: maxPicture}
	}
	switch p.mode {
	case "crop":
		x, y = p.cropped(w, p.width, min(w, h)), p.cropped(h, p.height, min(w, h))
	case "central":
		x, y = p.central(w, p.width), p.central(h, p.height)
	case "squash":
		x, y = whole(w, p.width), whole(h, p.height)
	case "letterbox":
		x, y = p.letterbox(w, h)
	case "height":
		x, y = p.line(w, h), whole(h, p.height)
	default:
		nw, nh := p.own(w, h)
		x, y = whole(w, nw), whole(h, nh)
	}
	if p.width > 0 {
		return x, y, nil
	}
	if limit := max(maxGrown, 2*int64(w)*int64(h)); int64(x.out) > limit/int64(y.out) {
		return x, y, &fault.LimitError{What: "pixels", Got: satMul(x.out, y.out), Max: limit}
	}
	return x, y, nil
}

// whole is the axis of a side n stretched to size.
func whole(n, size int) axis {
	return axis{full: n, hi: n, virtual: size, keep: size, out: size}
}

// cropped is the axis of a side n, where short is the shorter side.
func (p *Plan) cropped(n, size, short int) axis {
	a := whole(n, size)
	a.virtual = p.resize.Shorter
	if n != short {
		prod := a.virtual * n
		a.virtual = prod / short
		if p.resize.Rounding == "round" {
			a.virtual = int(float64(prod)/float64(short) + 0.5)
		}
	}
	a.skip = (a.virtual - size) / 2
	if p.resize.Rounding == "" || p.resize.Rounding == "torchvision" {
		a.skip = int(math.RoundToEven(float64(a.virtual-size) / 2))
	}
	return a
}

// central is the axis of a side n of which the middle is used.
func (p *Plan) central(n, size int) axis {
	a := whole(n, size)
	f := float64(n)
	cut := int((f - float64(f*p.resize.Fraction)) / 2)
	a.lo, a.hi = cut, n-cut
	return a
}

func (p *Plan) letterbox(w, h int) (x, y axis) {
	x, y = whole(w, p.width), whole(h, p.height)
	topLeft := p.resize.Anchor == "top-left"
	switch {
	case p.resize.Rounding != "floor":
		r := min(float64(p.width)/float64(w), float64(p.height)/float64(h))
		for _, a := range []*axis{&x, &y} {
			a.virtual = min(max(int(math.RoundToEven(float64(a.full)*r)), 1), a.out)
			a.at = max(int(math.RoundToEven(float64(a.out-a.virtual)/2-0.1)), 0)
		}
	case topLeft:
		ratio := float64(h) / float64(w)
		if ratio > float64(p.height)/float64(p.width) {
			x.virtual = min(max(int(float64(p.height)/ratio), 1), x.out)
		} else {
			y.virtual = min(max(int(float64(p.width)*ratio), 1), y.out)
		}
	default:
		// In float32, as TensorFlow, so that the same sides come a pixel short.
		r := max(float32(w)/float32(p.width), float32(h)/float32(p.height))
		for _, a := range []*axis{&x, &y} {
			side := float32(a.full) / r
			a.virtual = min(max(int(side), 1), a.out)
			a.at = min(max(int((float32(a.out)-side)/2), 0), a.out-a.virtual)
		}
	}
	x.keep, y.keep = x.virtual, y.virtual
	if topLeft {
		x.at, y.at = 0, 0
	}
	return x, y
}

// line is the horizontal axis of mode height.
func (p *Plan) line(w, h int) axis {
	r := p.resize
	side := max(int(math.Ceil(float64(p.height)*(float64(w)/float64(h)))), 1)
	if r.MaxSide > 0 {
		side = min(side, r.MaxSide)
	}
	a := whole(w, side)
	a.out = max(side, r.MinSide)
	if m := r.Multiple; m > 0 {
		a.out = (a.out + m - 1) / m * m
	}
	return a
}

// own is the size of mode none. The products are truncated in the reference's
// order, so that they are equal to the last pixel.
func (p *Plan) own(w, h int) (nw, nh int) {
	r := p.resize
	nw, nh = w, h
	if s := min(nw, nh); r.MinSide > 0 && s < r.MinSide {
		nw, nh = stretch(nw, nh, float64(r.MinSide)/float64(s))
	}
	if s := max(nw, nh); r.MaxSide > 0 && s > r.MaxSide {
		nw, nh = stretch(nw, nh, float64(r.MaxSide)/float64(s))
	}
	if m := r.Multiple; m > 0 {
		nw = max(int(math.RoundToEven(float64(nw)/float64(m)))*m, m)
		nh = max(int(math.RoundToEven(float64(nh)/float64(m)))*m, m)
	}
	return nw, nh
}

func stretch(w, h int, ratio float64) (int, int) {
	return max(int(float64(w)*ratio), 1), max(int(float64(h)*ratio), 1)
}

// satMul is a*b, or the largest int64 if that is more.
func satMul(a, b int) int64 {
	if int64(a) > math.MaxInt64/int64(b) {
		return math.MaxInt64
	}
	return int64(a) * int64(b)
}
