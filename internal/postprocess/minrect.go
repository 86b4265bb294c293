package postprocess

import (
	"cmp"
	"math"
	"slices"

	"github.com/gosight/vision/internal/geom"
)

// A TurnedRect is a rectangle at any angle.
type TurnedRect struct {
	Center geom.Point
	W, H   float64    // along Axis and across it
	Axis   geom.Point // of length 1
}

// MinAreaRect returns the smallest rectangle around points, one side of which lies along an edge of
// their hull, as cv2.minAreaRect does. Of no points it is empty.
func MinAreaRect(points []geom.Point) TurnedRect {
	hull := convexHull(points)
	switch len(hull) {
	case 0:
		return TurnedRect{Axis: geom.Point{X: 1}}
	case 1:
		return TurnedRect{Center: hull[0], Axis: geom.Point{X: 1}}
	}
	best, area := TurnedRect{}, math.Inf(1)
	for i, p := range hull {
		q := hull[(i+1)%len(hull)]
		n := math.Hypot(q.X-p.X, q.Y-p.Y)
		u := geom.Point{X: (q.X - p.X) / n, Y: (q.Y - p.Y) / n}
		minU, maxU, minV, maxV := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
		for _, o := range hull {
			a, b := o.X*u.X+o.Y*u.Y, o.Y*u.X-o.X*u.Y
			minU, maxU, minV, maxV = min(minU, a), max(maxU, a), min(minV, b), max(maxV, b)
		}
		// Equal but for rounding is no smaller: the first edge decides.
		if s := (maxU - minU) * (maxV - minV); s < area-1e-9 {
			area = s
			a, b := (minU+maxU)/2, (minV+maxV)/2
			best = TurnedRect{geom.Point{X: a*u.X - b*u.Y, Y: a*u.Y + b*u.X}, maxU - minU, maxV - minV, u}
		}
	}
	return best
}

// Grow returns r with each side d further out.
func (r TurnedRect) Grow(d float64) TurnedRect {
	r.W, r.H = max(r.W+2*d, 0), max(r.H+2*d, 0)
	return r
}

// Quad returns the corners, clockwise from the top left by PaddleOCR's rule (get_mini_boxes): of the
// two leftmost corners the upper, of the two rightmost the upper and the lower, the lower leftmost.
func (r TurnedRect) Quad() geom.Quad {
	x, y := geom.Point{X: r.Axis.X * r.W / 2, Y: r.Axis.Y * r.W / 2}, geom.Point{X: -r.Axis.Y * r.H / 2, Y: r.Axis.X * r.H / 2}
	q := geom.Quad{
		{X: r.Center.X - x.X - y.X, Y: r.Center.Y - x.Y - y.Y}, {X: r.Center.X + x.X - y.X, Y: r.Center.Y + x.Y - y.Y},
		{X: r.Center.X + x.X + y.X, Y: r.Center.Y + x.Y + y.Y}, {X: r.Center.X - x.X + y.X, Y: r.Center.Y - x.Y + y.Y},
	}
	slices.SortStableFunc(q[:], func(a, b geom.Point) int { return cmp.Compare(a.X, b.X) })
	if q[0].Y > q[1].Y {
		q[0], q[1] = q[1], q[0]
	}
	if q[2].Y > q[3].Y {
		q[2], q[3] = q[3], q[2]
	}
	return geom.Quad{q[0], q[2], q[3], q[1]}
}

// convexHull returns the corners of the hull of points, turning one way, none on a straight edge
// (Andrew's monotone chain).
func convexHull(points []geom.Point) []geom.Point {
	p := slices.Clone(points)
	slices.SortFunc(p, func(a, b geom.Point) int {
		if c := cmp.Compare(a.X, b.X); c != 0 {
			return c
		}
		return cmp.Compare(a.Y, b.Y)
	})
	p = slices.Compact(p)
	if len(p) < 3 {
		return p
	}
	turn := func(a, b, c geom.Point) float64 { return (b.X-a.X)*(c.Y-a.Y) - (b.Y-a.Y)*(c.X-a.X) }
	var hull []geom.Point
	chain := func(points func(func(geom.Point) bool)) {
		base := len(hull)
		for c := range points {
			for n := len(hull); n >= base+2 && turn(hull[n-2], hull[n-1], c) <= 0; n = len(hull) {
				hull = hull[:n-1]
			}
			hull = append(hull, c)
		}
		hull = hull[:len(hull)-1] // the first of the other chain
	}
	chain(slices.Values(p))
	chain(func(yield func(geom.Point) bool) {
		for _, c := range slices.Backward(p) {
			if !yield(c) {
				return
			}
		}
	})
	return hull
}
