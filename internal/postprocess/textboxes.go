package postprocess

import (
	"cmp"
	"math"
	"slices"

	"github.com/gosight/vision/internal/geom"
)

// A TextRule says how text is found in the probability map of a DB detector.
type TextRule struct {
	Threshold    float32 // a pixel is text above this probability
	BoxThreshold float32 // a box is kept from this mean probability
	Unclip       float64 // a box grows by area * Unclip / perimeter on each side
	MinSize      int     // boxes with a shorter side are dropped; pixels of the map
	Max          int     // boxes at most, the best; 0: no limit
}

// A TextBox is a piece of text in a probability map.
type TextBox struct {
	Quad  geom.Quad // pixels of the map; may pass its edge
	Score float32   // mean probability inside
}

// TextBoxes finds the text in a probability map of rows of w values, from the top down, as
// PaddleOCR's DBPostProcess does ("fast" score, boxes not polygons): connected pixels above the
// threshold, the smallest turned rectangle around them, its mean probability, the rectangle grown by
// area * unclip / perimeter (Real-time Scene Text Detection with Differentiable Binarization,
// 2019). Two things differ: holes in text are no text, and positions are those of package geom, in which
// a pixel's centre lies half a pixel from its corner.
func TextBoxes(probs []float32, w int, rule TextRule) []TextBox {
	var found []TextBox
	for _, points := range components(probs, w, rule.Threshold) {
		r := MinAreaRect(points)
		if min(r.W, r.H) < float64(rule.MinSize) {
			continue
		}
		score := meanInside(probs, w, r.Quad())
		if !(score >= rule.BoxThreshold) { // NaN too
			continue
		}
		if r.W+r.H > 0 {
			r = r.Grow(r.W * r.H * rule.Unclip / (2 * (r.W + r.H)))
		}
		if min(r.W, r.H) < float64(rule.MinSize)+2 {
			continue
		}
		r.Center.X, r.Center.Y = r.Center.X+0.5, r.Center.Y+0.5
		found = append(found, TextBox{r.Quad(), score})
	}
	if rule.Max > 0 && len(found) > rule.Max {
		slices.SortStableFunc(found, func(a, b TextBox) int { return cmp.Compare(b.Score, a.Score) })
		found = found[:rule.Max]
	}
	return found
}

// meanInside returns the mean of the values whose pixels the quad covers, its edge included, the
// corners cut to whole pixels as cv2.fillPoly is given them.
func meanInside(values []float32, w int, q geom.Quad) float32 {
	h := len(values) / w
	for i := range q {
		q[i].X, q[i].Y = math.Trunc(q[i].X+1e-4), math.Trunc(q[i].Y+1e-4) // whole but for rounding is whole
	}
	top, bottom := h-1, 0
	for _, p := range q {
		top, bottom = min(top, int(p.Y)), max(bottom, int(p.Y))
	}
	top, bottom = max(top, 0), min(bottom, h-1)
	var sum float64
	n := 0
	for y := top; y <= bottom; y++ {
		lo, hi := w, -1
		for i, a := range q {
			b := q[(i+1)%4]
			if a.Y > b.Y {
				a, b = b, a
			}
			from, to := edgeIn(a, b, float64(y))
			lo, hi = min(lo, from), max(hi, to)
		}
		for x := max(lo, 0); x <= min(hi, w-1); x++ {
			sum += float64(values[y*w+x])
			n++
		}
	}
	if n == 0 {
		return 0
	}
	return float32(sum / float64(n))
}

// edgeIn returns the first and the last pixel that the edge from a down to b has in row y, as a line
// of Bresenham's has them; none is an empty range.
func edgeIn(a, b geom.Point, y float64) (int, int) {
	if y < a.Y || y > b.Y {
		return math.MaxInt, -1
	}
	dx, dy := b.X-a.X, b.Y-a.Y
	if math.Abs(dx) <= dy {
		x := a.X
		if dy > 0 {
			x += dx * (y - a.Y) / dy
		}
		return int(math.Round(x)), int(math.Round(x))
	}
	// Flat: all columns in which it is nearest to this row.
	x0, x1 := a.X, b.X
	if dy > 0 {
		x0, x1 = a.X+dx*(max(y-0.5, a.Y)-a.Y)/dy, a.X+dx*(min(y+0.5, b.Y)-a.Y)/dy
	}
	return int(math.Ceil(min(x0, x1))), int(math.Floor(max(x0, x1)))
}
