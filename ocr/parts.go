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
			to, nextGap = quietest(ink, i*pic.W/n, reach, 0.3*float64(pic.H))
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

// blank is the ink of paper with its noise.
const blank = 0.2

// quietest returns a column near at where a line is best cut: the middle of the widest stretch without ink, or
// the column with the least; and whether the stretch is as wide as gap.
func quietest(ink []float32, at, reach int, gap float64) (int, bool) {
	lo, hi := max(at-reach, 0), min(at+reach, len(ink))
	best, width, run := -1, 0, 0
	least := lo
	for x := lo; x < hi; x++ {
		if ink[x] < ink[least] {
			least = x
		}
		if run++; ink[x] >= blank {
			run = 0
		}
		if run > width {
			best, width = x-run/2, run
		}
	}
	if best < 0 {
		return least, false
	}
	return best, float64(width) >= gap
}

// columns copies columns out of a picture.
func columns(pic *raster.Image, from, to int) *raster.Image {
	p := raster.New(to-from, pic.H)
	for y := range pic.H {
		copy(p.Pix[3*y*p.W:3*(y+1)*p.W], pic.Pix[3*(y*pic.W+from):])
	}
	return p
}
