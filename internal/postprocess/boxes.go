package postprocess

import (
	"cmp"
	"slices"
)

// A Box is an upright box: left, top, right, bottom, in any unit that is the same
// along an axis. A box whose right is not beyond its left, or whose bottom is not
// beyond its top, is empty.
type Box struct {
	X0, Y0, X1, Y1 float32
}

// Area returns the area of b, 0 if it is empty.
func (b Box) Area() float32 {
	if !(b.X1 > b.X0 && b.Y1 > b.Y0) {
		return 0
	}
	return (b.X1 - b.X0) * (b.Y1 - b.Y0)
}

// Scale returns b with x multiplied by sx and y by sy.
func (b Box) Scale(sx, sy float32) Box {
	return Box{b.X0 * sx, b.Y0 * sy, b.X1 * sx, b.Y1 * sy}
}

// IoU returns the area that b and c share, divided by the area that they cover
// together, in [0, 1]; 0 if one of them is empty. It is computed in float32 in the order of
// TensorFlow's NonMaxSuppression, so that ties fall alike.
func IoU(b, c Box) float32 {
	areaB, areaC := b.Area(), c.Area()
	if areaB <= 0 || areaC <= 0 {
		return 0
	}
	w := max(min(b.X1, c.X1)-max(b.X0, c.X0), 0)
	h := max(min(b.Y1, c.Y1)-max(b.Y0, c.Y0), 0)
	// The conversion keeps the product from being fused with the sum on machines that
	// could.
	inter := float32(w * h)
	return inter / (float32(areaB+areaC) - inter)
}

// An Order says what the four numbers of a box are.
type Order string

// The orders of a box.
const (
	XYXY   Order = "xyxy"   // left, top, right, bottom
	YXYX   Order = "yxyx"   // top, left, bottom, right
	XYWH   Order = "xywh"   // left, top, width, height
	CXCYWH Order = "cxcywh" // centre x, centre y, width, height
)

// Box returns the box that the four numbers mean.
func (o Order) Box(a, b, c, d float32) Box {
	switch o {
	case YXYX:
		return Box{b, a, d, c}
	case XYWH:
		return Box{a, b, a + c, b + d}
	case CXCYWH:
		return Box{a - c/2, b - d/2, a + c/2, b + d/2}
	}
	return Box{a, b, c, d}
}

// A Candidate is a box that a network proposes for one class.
type Candidate struct {
	Box   Box
	Score float32 // probability in [0, 1]
	Class int     // the model's number
	Row   int     // where it stands among the model's boxes, for what belongs to it, such as landmarks
}

// Sort puts the best candidates first; equal scores stay in their order.
func Sort(cs []Candidate) {
	slices.SortStableFunc(cs, func(a, b Candidate) int { return cmp.Compare(b.Score, a.Score) })
}
