package postprocess

import "math"

// An Anchor is a box that a network's numbers are relative to: centre and size.
type Anchor struct {
	CX, CY, W, H float32
}

// A BoxCoder turns what an SSD-like network says of an anchor into a box: the
// FasterRcnnBoxCoder of the TensorFlow Object Detection API. Each number is divided by its
// scale; 10, 10, 5, 5 are usual (variances 0.1 and 0.2 elsewhere).
type BoxCoder struct {
	CX, CY, W, H float32
}

// Box returns the box that the numbers mean at anchor a:
//
//	cx = x/CX * a.W + a.CX    w = exp(w/W) * a.W    and so for y and h
func (c BoxCoder) Box(x, y, w, h float32, a Anchor) Box {
	cx := float32(x/c.CX*a.W) + a.CX
	cy := float32(y/c.CY*a.H) + a.CY
	half := func(v, scale, side float32) float32 {
		return float32(math.Exp(float64(v/scale))) * side / 2
	}
	hw, hh := half(w, c.W, a.W), half(h, c.H, a.H)
	return Box{cx - hw, cy - hh, cx + hw, cy + hh}
}

// SSDAnchors are the settings of the ssd_anchor_generator of the TensorFlow Object
// Detection API (anchor_generators/multiple_grid_anchor_generator.py). Anchors are in 0..1 of the
// input.
type SSDAnchors struct {
	MinScale     float64
	MaxScale     float64
	AspectRatios []float64 // width / height
	Interpolated float64   // of one further anchor between two scales; 0: none
	Reduce       bool      // three fixed anchors in the first grid
	Grids        [][2]int  // rows and columns of each feature map, finest first
}

// Anchors returns the anchors, grid by grid, row by row, cell by cell.
func (s SSDAnchors) Anchors() []Anchor {
	n := len(s.Grids)
	scale := func(i int) float64 {
		switch {
		case i == n:
			return 1
		case n == 1:
			return s.MinScale
		}
		return s.MinScale + (s.MaxScale-s.MinScale)*float64(i)/float64(n-1)
	}
	var all []Anchor
	for i, grid := range s.Grids {
		sides := s.sides(i, scale(i), scale(i+1))
		for y := range grid[0] {
			for x := range grid[1] {
				for _, side := range sides {
					all = append(all, Anchor{
						CX: float32((float64(x) + 0.5) / float64(grid[1])),
						CY: float32((float64(y) + 0.5) / float64(grid[0])),
						W:  float32(side[0]), H: float32(side[1]),
					})
				}
			}
		}
	}
	return all
}

// sides returns width and height of the anchors of each cell of grid i.
func (s SSDAnchors) sides(i int, scale, next float64) [][2]float64 {
	var sides [][2]float64
	add := func(scale, ratio float64) {
		r := math.Sqrt(ratio)
		sides = append(sides, [2]float64{scale * r, scale / r})
	}
	if i == 0 && s.Reduce {
		add(0.1, 1)
		add(scale, 2)
		add(scale, 0.5)
		return sides
	}
	for _, r := range s.AspectRatios {
		add(scale, r)
	}
	if s.Interpolated > 0 {
		add(math.Sqrt(scale*next), s.Interpolated)
	}
	return sides
}
