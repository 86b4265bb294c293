// Package geom holds the geometry that all tasks share. Coordinates are
// pixels; x grows to the right, y down; the centre of the first pixel is at
// (0.5, 0.5).
package geom

import (
	"image"
	"math"
)

// A Point is a position in pixels, with sub-pixel precision.
type Point struct {
	X, Y float64
}

// Add returns p moved by q.
func (p Point) Add(q Point) Point { return Point{p.X + q.X, p.Y + q.Y} }

// Sub returns p moved by -q.
func (p Point) Sub(q Point) Point { return Point{p.X - q.X, p.Y - q.Y} }

// A Quad is a quadrilateral in pixels: the corners of a piece of text or a
// turned box, clockwise from the corner that is top left when the content is
// upright.
type Quad [4]Point

// Bounds returns the smallest rectangle of whole pixels that holds q.
func (q Quad) Bounds() image.Rectangle {
	minX, minY := math.Inf(1), math.Inf(1)
	maxX, maxY := math.Inf(-1), math.Inf(-1)
	for _, p := range q {
		minX, maxX = min(minX, p.X), max(maxX, p.X)
		minY, maxY = min(minY, p.Y), max(maxY, p.Y)
	}
	return image.Rect(int(math.Floor(minX)), int(math.Floor(minY)), int(math.Ceil(maxX)), int(math.Ceil(maxY)))
}

// A Map takes a position in the network's input to the upright picture of the
// caller: X = ScaleX*x + OffsetX, Y = ScaleY*y + OffsetY.
type Map struct {
	ScaleX, ScaleY   float64
	OffsetX, OffsetY float64
}

// Identity is the map that changes nothing.
var Identity = Map{ScaleX: 1, ScaleY: 1} //nolint:gochecknoglobals // a constant, for which Go has no word

// Apply maps p from the network's input to the picture.
func (m Map) Apply(p Point) Point {
	return Point{m.ScaleX*p.X + m.OffsetX, m.ScaleY*p.Y + m.OffsetY}
}

// Inverse returns the map from the picture to the network's input.
func (m Map) Inverse() Map {
	return Map{
		ScaleX: 1 / m.ScaleX, ScaleY: 1 / m.ScaleY,
		OffsetX: -m.OffsetX / m.ScaleX, OffsetY: -m.OffsetY / m.ScaleY,
	}
}
