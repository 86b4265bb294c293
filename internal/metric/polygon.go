package metric

import (
	"math"
	"slices"

	"github.com/gosight/vision/internal/geom"
)

// A polygon is a quad as one or two triangles, each turning so that its area is
// positive. Every quad that does not cross itself can be cut so, along a diagonal from
// its reflex corner if it has one, and triangles are clipped exactly.
type polygon struct {
	triangles [][]geom.Point
	area      float64
}

// newPolygon reports false for a quad that crosses or touches itself, turns back on
// itself, has no area or a corner that is not finite: what GEOS calls invalid.
func newPolygon(q geom.Quad) (polygon, bool) {
	for _, p := range q {
		if math.IsNaN(p.X+p.Y) || math.IsInf(p.X+p.Y, 0) {
			return polygon{}, false
		}
	}
	ring := slices.Compact(slices.Clone(q[:]))
	if len(ring) > 1 && ring[0] == ring[len(ring)-1] {
		ring = ring[:len(ring)-1]
	}
	n := len(ring)
	if n < 3 {
		return polygon{}, false
	}
	area := 0.
	for i := 1; i+1 < n; i++ {
		area += cross(ring[0], ring[i], ring[i+1]) / 2
	}
	if area == 0 {
		return polygon{}, false
	}
	if area < 0 {
		slices.Reverse(ring)
		area = -area
	}
	reflex := 0
	for i := range n {
		a, b, c := ring[(i+n-1)%n], ring[i], ring[(i+1)%n]
		turn := cross(a, b, c)
		if turn == 0 && (b.X-a.X)*(c.X-b.X)+(b.Y-a.Y)*(c.Y-b.Y) < 0 {
			return polygon{}, false // a spike
		}
		if turn < 0 {
			reflex = i
		}
	}
	if n == 4 && (meet(ring[0], ring[1], ring[2], ring[3]) || meet(ring[1], ring[2], ring[3], ring[0])) {
		return polygon{}, false
	}
	p := polygon{area: area}
	for i := 1; i+1 < n; i++ {
		p.triangles = append(p.triangles, []geom.Point{ring[reflex], ring[(reflex+i)%n], ring[(reflex+i+1)%n]})
	}
	return p, true
}

func (p polygon) iou(o polygon) float64 {
	inter := p.intersection(o)
	return inter / (p.area + o.area - inter)
}

// intersection is the area that p and o share.
func (p polygon) intersection(o polygon) float64 {
	sum := 0.
	for _, a := range p.triangles {
		for _, b := range o.triangles {
			sum += clip(a, b)
		}
	}
	return sum
}

// clip is the area of a inside b, by Sutherland and Hodgman's algorithm.
func clip(a, b []geom.Point) float64 {
	rest := a
	for i := range b {
		from, to := b[i], b[(i+1)%len(b)]
		var next []geom.Point
		for j := range rest {
			p, q := rest[j], rest[(j+1)%len(rest)]
			dp, dq := cross(from, to, p), cross(from, to, q)
			if dp >= 0 {
				next = append(next, p)
			}
			if dp > 0 && dq < 0 || dp < 0 && dq > 0 {
				t := dp / (dp - dq)
				next = append(next, geom.Point{X: p.X + t*(q.X-p.X), Y: p.Y + t*(q.Y-p.Y)})
			}
		}
		rest = next
	}
	sum := 0.
	for i := 1; i+1 < len(rest); i++ {
		sum += cross(rest[0], rest[i], rest[i+1]) / 2
	}
	return max(sum, 0)
}

// cross is twice the area of the triangle a b c, negative if it turns the other way.
func cross(a, b, c geom.Point) float64 {
	return (b.X-a.X)*(c.Y-a.Y) - (b.Y-a.Y)*(c.X-a.X)
}

// meet reports whether the segments ab and cd share a point, their ends included.
func meet(a, b, c, d geom.Point) bool {
	within := func(p, q, r geom.Point) bool { // r, on the line pq, lies between
		return min(p.X, q.X) <= r.X && r.X <= max(p.X, q.X) && min(p.Y, q.Y) <= r.Y && r.Y <= max(p.Y, q.Y)
	}
	c1, c2, c3, c4 := cross(a, b, c), cross(a, b, d), cross(c, d, a), cross(c, d, b)
	if (c1 > 0) != (c2 > 0) && (c3 > 0) != (c4 > 0) && c1 != 0 && c2 != 0 && c3 != 0 && c4 != 0 {
		return true
	}
	return c1 == 0 && within(a, b, c) || c2 == 0 && within(a, b, d) || c3 == 0 && within(c, d, a) || c4 == 0 && within(c, d, b)
}
