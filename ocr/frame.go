package ocr

import (
	"math"

	"github.com/gosight/vision/internal/geom"
)

// A frame is a turned system of coordinates: x along the lines of text.
type frame struct{ cos, sin float64 }

// frameAlong is the frame in which the text of q runs to the right.
func frameAlong(q geom.Quad) frame {
	dx, dy := q[1].X-q[0].X+q[2].X-q[3].X, q[1].Y-q[0].Y+q[2].Y-q[3].Y
	n := math.Hypot(dx, dy)
	if n == 0 {
		return frame{1, 0}
	}
	return frame{dx / n, dy / n}
}

// A box is an upright rectangle in a frame.
type box struct{ x0, y0, x1, y1 float64 }

func (b box) w() float64 { return b.x1 - b.x0 }
func (b box) h() float64 { return b.y1 - b.y0 }

// join returns the box around both.
func (b box) join(o box) box {
	return box{min(b.x0, o.x0), min(b.y0, o.y0), max(b.x1, o.x1), max(b.y1, o.y1)}
}

func (f frame) into(p geom.Point) geom.Point {
	return geom.Point{X: p.X*f.cos + p.Y*f.sin, Y: p.Y*f.cos - p.X*f.sin}
}

func (f frame) out(p geom.Point) geom.Point {
	return geom.Point{X: p.X*f.cos - p.Y*f.sin, Y: p.Y*f.cos + p.X*f.sin}
}

// box returns the middle of q's slanted sides as a box of the frame: a quad that is turned by a little more or less
// than the frame keeps its height.
func (f frame) box(q geom.Quad) box {
	var p [4]geom.Point
	for i := range q {
		p[i] = f.into(q[i])
	}
	b := box{(p[0].X + p[3].X) / 2, (p[0].Y + p[1].Y) / 2, (p[1].X + p[2].X) / 2, (p[2].Y + p[3].Y) / 2}
	if b.x0 > b.x1 {
		b.x0, b.x1 = b.x1, b.x0
	}
	if b.y0 > b.y1 {
		b.y0, b.y1 = b.y1, b.y0
	}
	// A piece that lies across the frame.
	if w, h := distance(q[0], q[1]), distance(q[0], q[3]); b.w() < 0.5*min(w, h) || b.h() < 0.5*min(w, h) {
		b = box{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
		for _, c := range p {
			b = b.join(box{c.X, c.Y, c.X, c.Y})
		}
	}
	return b
}

// quad returns a box of the frame as a quad of the picture.
func (f frame) quad(b box) geom.Quad {
	return geom.Quad{f.out(geom.Point{X: b.x0, Y: b.y0}), f.out(geom.Point{X: b.x1, Y: b.y0}), f.out(geom.Point{X: b.x1, Y: b.y1}), f.out(geom.Point{X: b.x0, Y: b.y1})}
}

// around returns the rectangle around quads, along the first one's text.
func around(quads ...geom.Quad) geom.Quad {
	if len(quads) == 1 {
		return quads[0]
	}
	// The direction from the first to the last says more than that of the first alone, which may be short.
	f := frameAlong(geom.Quad{quads[0][0], quads[len(quads)-1][1], quads[len(quads)-1][2], quads[0][3]})
	b := box{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	for _, q := range quads {
		for _, p := range q {
			c := f.into(p)
			b = b.join(box{c.X, c.Y, c.X, c.Y})
		}
	}
	return f.quad(b)
}

// pageFrame is the frame of most of the text: the direction, to a quarter turn, of most letters, and
// within it the median angle.
func pageFrame(pieces []piece) frame {
	var votes [4]float64
	angle := func(q geom.Quad) float64 { f := frameAlong(q); return math.Atan2(f.sin, f.cos) }
	for _, p := range pieces {
		votes[quarterOf(p.quad)] += float64(len(p.symbols))
	}
	best := 0
	for i, v := range votes {
		if v > votes[best] {
			best = i
		}
	}
	// Of short pieces the angle says little: the longer a piece, the more it counts.
	type weighed struct{ angle, weight float64 }
	var list []weighed
	total := 0.0
	for _, p := range pieces {
		if a := angle(p.quad); quarterOf(p.quad) == best {
			d := math.Remainder(a-float64(best)*math.Pi/2, 2*math.Pi)
			w := distance(p.quad[0], p.quad[1])
			list, total = append(list, weighed{d, w}), total+w
		}
	}
	sortBy(list, func(w weighed) float64 { return w.angle })
	mid, sum := 0.0, 0.0
	for _, w := range list {
		if sum += w.weight; sum >= total/2 {
			mid = w.angle
			break
		}
	}
	a := float64(best)*math.Pi/2 + mid
	return frame{math.Cos(a), math.Sin(a)}
}
