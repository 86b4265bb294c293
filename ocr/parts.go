package ocr

import (
	"math"

	"github.com/gosight/vision/internal/raster"
)

// A part is a stretch of a line.
type part struct {
	pic *raster.Image
	at  int  // where it begins in the line
	gap bool // a gap as wide as a space is before it
}

// partsOf cuts a line longer than longest times its height into equal parts, where the cut meets least
// of the letters.
func partsOf(pic *raster.Image, longest float64) []part {
	n := int(math.Ceil(float64(pic.W) / (float64(pic.H) * longest)))
	if n < 2 {
		return []part{{pic: pic}}
	}
	ink := columnInk(pic)
	reach := max(int(float64(pic.H)*1.5), 1)
	reach = min(reach, pic.W/n/4)
	parts := make([]part, 0, n)
	from, gap := 0, false
	for i := 1; i <= n; i++ {
		to := pic.W
		nextGap := false
		if i < n {
			to, nextGap = quietest(ink, i*pic.W/n, reach, max(pic.H/4, 1))
		}
		if to > from {
			parts = append(parts, part{columns(pic, from, to), from, gap})
			from, gap = to, nextGap
		}
	}
	return parts
}

// columnInk returns for each column how much its pixels differ from those above and beside them, 0 to 1: nothing
// in a gap between letters, whatever the paper's colour.
func columnInk(pic *raster.Image) []float32 {
	ink := make([]float32, pic.W)
	for y := 1; y < pic.H; y++ {
		above, row := pic.Pix[3*(y-1)*pic.W:], pic.Pix[3*y*pic.W:]
		for x := range pic.W {
			g := grey(row[3*x:])
			d := abs(g - grey(above[3*x:]))
			if x > 0 {
				d = max(d, abs(g-grey(row[3*x-3:])))
			}
			ink[x] = max(ink[x], float32(d)/(255*8))
		}
	}
	return ink
}

func grey(p []uint8) int { return 2*int(p[0]) + 5*int(p[1]) + int(p[2]) }

func abs(v int) int {
	if v < 0 {
		return -v
	}
	return v
}

// quietest returns the middle of the stretch of width columns with the least ink that is near at,
// and whether it is free of it.
func quietest(ink []float32, at, reach, width int) (int, bool) {
	best, least, peak := at, float32(math.Inf(1)), float32(0)
	for x := max(at-reach, 0); x+width <= min(at+reach, len(ink)); x++ {
		sum, top := float32(0), float32(0)
		for _, v := range ink[x : x+width] {
			sum, top = sum+v, max(top, v)
		}
		if sum < least {
			best, least, peak = x+width/2, sum, top
		}
	}
	return best, !math.IsInf(float64(least), 1) && peak < 0.2
}

// columns copies columns out of a picture.
func columns(pic *raster.Image, from, to int) *raster.Image {
	p := raster.New(to-from, pic.H)
	for y := range pic.H {
		copy(p.Pix[3*y*p.W:3*(y+1)*p.W], pic.Pix[3*(y*pic.W+from):])
	}
	return p
}
