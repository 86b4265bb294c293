package detector

import (
	"fmt"

	"github.com/gosight/vision/internal/card"
	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/postprocess"
)

// anchors are those of the card, ready.
type anchors struct {
	swap  bool // y before x
	coder postprocess.BoxCoder
	list  []postprocess.Anchor
}

// newAnchors returns the anchors of the card, which has checked them; nil if there are none.
func newAnchors(c *card.BoxAnchors) *anchors {
	if c == nil {
		return nil
	}
	a := &anchors{swap: c.Order == "cycxhw"}
	four := func(v []float64) [4]float32 {
		if a.swap {
			return [4]float32{float32(v[1]), float32(v[0]), float32(v[3]), float32(v[2])}
		}
		return [4]float32{float32(v[0]), float32(v[1]), float32(v[2]), float32(v[3])}
	}
	s := four(c.Scales)
	a.coder = postprocess.BoxCoder{CX: s[0], CY: s[1], W: s[2], H: s[3]}
	for _, v := range c.List {
		n := four(v)
		a.list = append(a.list, postprocess.Anchor{CX: n[0], CY: n[1], W: n[2], H: n[3]})
	}
	if g := c.SSD; g != nil {
		rule := postprocess.SSDAnchors{MinScale: g.MinScale, MaxScale: g.MaxScale, AspectRatios: g.AspectRatios, Interpolated: g.Interpolated, Reduce: g.Reduce}
		for _, grid := range g.Grids {
			rule.Grids = append(rule.Grids, [2]int{grid[0], grid[1]})
		}
		a.list = rule.Anchors()
	}
	return a
}

// boxes decodes the network's numbers and scales the boxes.
func (a *anchors) boxes(out array, sx, sy float32) ([]postprocess.Box, error) {
	if len(out.v) != 4*len(a.list) {
		return nil, &fault.ModelError{What: "boxes", Want: fmt.Sprintf("one for each of the %d anchors of the card", len(a.list)), Got: fmt.Sprintf("shape %v", out.shape)}
	}
	boxes := make([]postprocess.Box, len(a.list))
	for i, n := range a.list {
		v := out.v[4*i : 4*i+4 : 4*i+4]
		x, y, w, h := v[0], v[1], v[2], v[3]
		if a.swap {
			x, y, w, h = v[1], v[0], v[3], v[2]
		}
		boxes[i] = a.coder.Box(x, y, w, h, n).Scale(sx, sy)
	}
	return boxes, nil
}

// point decodes a position that is relative to the anchor of a row, in units of the anchors.
func (a *anchors) point(x, y float32, row int) (float32, float32) {
	n := a.list[row]
	return x/a.coder.CX*n.W + n.CX, y/a.coder.CY*n.H + n.CY
}
