package geom

import (
	"image"
	"testing"
)

func TestMap(t *testing.T) {
	m := Map{ScaleX: 2, ScaleY: 4, OffsetX: 10, OffsetY: -3}
	p := Point{5, 1}
	if got := m.Apply(p); got != (Point{20, 1}) {
		t.Errorf("Apply = %v, want {20 1}", got)
	}
	if got := m.Inverse().Apply(m.Apply(p)); got != p {
		t.Errorf("there and back = %v, want %v", got, p)
	}
	if Identity.Apply(p) != p {
		t.Error("the identity moves points")
	}
}

func TestQuadBounds(t *testing.T) {
	q := Quad{{1.5, 0.2}, {9, 3}, {8, 7.1}, {-0.5, 4}}
	if got, want := q.Bounds(), image.Rect(-1, 0, 9, 8); got != want {
		t.Errorf("Bounds = %v, want %v", got, want)
	}
}
