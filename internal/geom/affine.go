package geom

import "math"

// An Affine map takes (x, y) to (A*x + B*y + C, D*x + E*y + F).
type Affine struct {
	A, B, C float64
	D, E, F float64
}

// Apply maps p.
func (m Affine) Apply(p Point) Point {
	return Point{m.A*p.X + m.B*p.Y + m.C, m.D*p.X + m.E*p.Y + m.F}
}

// Inverse returns the map back; ok is false if there is none. It computes in the order of
// OpenCV's invertAffineTransform.
func (m Affine) Inverse() (inv Affine, ok bool) {
	det := m.A*m.E - m.B*m.D
	if det == 0 || math.IsNaN(det) || math.IsInf(det, 0) {
		return Affine{}, false
	}
	d := 1 / det
	inv = Affine{A: m.E * d, B: m.B * -d, D: m.D * -d, E: m.A * d}
	inv.C = -inv.A*m.C - inv.B*m.F
	inv.F = -inv.D*m.C - inv.E*m.F
	return inv, true
}

// Similarity returns the rotation, scale and shift, without a mirror, that bring the points
// of from nearest to those of to, in the sum of squared distances. It is what Umeyama, "Least-squares
// estimation of transformation parameters between two point patterns" (1991), gives
// for two dimensions, where the decomposition has a closed form. ok is false if the points
// of one list are all the same, fewer than two, not as many in both, or not finite.
func Similarity(from, to []Point) (m Affine, ok bool) {
	n := float64(len(from))
	if len(from) != len(to) || len(from) < 2 {
		return Affine{}, false
	}
	var f, t Point
	for i := range from {
		f, t = f.Add(from[i]), t.Add(to[i])
	}
	f, t = Point{f.X / n, f.Y / n}, Point{t.X / n, t.Y / n}
	var spread, along, across float64
	for i := range from {
		p, q := from[i].Sub(f), to[i].Sub(t)
		spread += p.X*p.X + p.Y*p.Y
		along += p.X*q.X + p.Y*q.Y
		across += p.X*q.Y - p.Y*q.X
	}
	c, s := along/spread, across/spread
	if size := c*c + s*s; !(size > 0) || math.IsInf(size, 0) {
		return Affine{}, false
	}
	return Affine{A: c, B: -s, C: t.X - c*f.X + s*f.Y, D: s, E: c, F: t.Y - s*f.X - c*f.Y}, true
}
