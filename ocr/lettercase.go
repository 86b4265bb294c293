package ocr

import (
	"slices"
	"strings"

	"github.com/gosight/vision/internal/raster"
)

// Letters by how high they stand. Small, those of short are lower than capitals; those of long are as
// high, whatever their case.
const (
	short = "acegmnopqrsuvwxyz"
	long  = "bdfhkl"
	below = "gjpqy" // small, they reach under the line
)

// Heights of a letter in those of a capital: from big on it is one, up to small it is none; a
// typeface's x-height is 0.45 to 0.75 of its capitals'.
const (
	small = 0.80
	big   = 0.90
	sure  = 8 // pixels that capitals must be high for a measurement to mean something
)

// settleCase gives Latin letters the case that their height in the picture says: some recognisers, those
// trained with texts of one case among them, tell letters but not their case. Letters whose height says
// nothing follow the others of their word. A line without a letter or digit that is as high as a capital
// stays as it is.
func settleCase(pic *raster.Image, symbols []symbol) {
	heights, unit := letterHeights(pic, symbols)
	if unit < sure {
		return
	}
	for _, r := range wordRuns(symbols) {
		word := symbols[r[0]:r[1]]
		settled := make([]int, len(word)) // 1: capital, -1: small
		lower, upper := 0, 0
		for i, s := range word {
			if !oneOf(s.text, short) {
				continue
			}
			switch h := heights[r[0]+i] / unit; {
			case h >= big:
				settled[i] = 1
			case h > 0 && h <= small:
				settled[i] = -1
			}
			if i == 0 { // a capital that begins a word says nothing about the rest
				continue
			}
			if settled[i] > 0 {
				upper++
			} else if settled[i] < 0 {
				lower++
			}
		}
		for i := range word {
			if settled[i] == 0 && (i > 0 || upper > lower) {
				switch {
				case upper > lower:
					settled[i] = 1
				case lower > upper:
					settled[i] = -1
				}
			}
			if !isLetter(word[i].text) {
				continue
			}
			switch settled[i] {
			case 1:
				word[i].text = strings.ToUpper(word[i].text)
			case -1:
				word[i].text = strings.ToLower(word[i].text)
			}
		}
	}
}

// oneOf reports whether s is one letter of a list, of either case.
func oneOf(s, list string) bool {
	return len(s) == 1 && strings.Contains(list, strings.ToLower(s))
}

func isLetter(s string) bool {
	return len(s) == 1 && (s[0] >= 'a' && s[0] <= 'z' || s[0] >= 'A' && s[0] <= 'Z')
}

// letterHeights returns how high above the line each letter or digit reaches, in pixels, 0 where
// nothing is seen, and how high capitals are, 0 if nothing tells.
func letterHeights(pic *raster.Image, symbols []symbol) (heights []float64, unit float64) {
	ink := inkOf(pic)
	heights = make([]float64, len(symbols))
	tops, bottoms := make([]int, len(symbols)), make([]int, len(symbols))
	var lines []int
	for i, s := range symbols {
		tops[i] = -1
		if len(s.text) != 1 || s.text == " " {
			continue
		}
		lo, hi := reach(symbols, i)
		tops[i], bottoms[i] = extent(ink, pic.W, pic.H, lo, hi)
		if tops[i] >= 0 && (isLetter(s.text) || s.text >= "0" && s.text <= "9") && !oneOf(s.text, below) {
			lines = append(lines, bottoms[i])
		}
	}
	if len(lines) == 0 {
		return heights, 0
	}
	slices.Sort(lines)
	base := lines[len(lines)/2]
	var capitals []float64
	for i, s := range symbols {
		if tops[i] < 0 {
			continue
		}
		heights[i] = float64(base + 1 - tops[i])
		if oneOf(s.text, long) || s.text >= "0" && s.text <= "9" {
			capitals = append(capitals, heights[i])
		}
	}
	if len(capitals) == 0 {
		return heights, 0
	}
	slices.Sort(capitals)
	return heights, capitals[len(capitals)/2]
}

// reach returns the columns in the middle of a letter: half of the way to its neighbours' middles.
func reach(symbols []symbol, i int) (int, int) {
	middle := func(i int) float64 { return (symbols[i].from + symbols[i].to) / 2 }
	m := middle(i)
	left, right := -1.0, -1.0
	if i > 0 {
		left = (m - middle(i-1)) / 3
	}
	if i+1 < len(symbols) {
		right = (middle(i+1) - m) / 3
	}
	if left < 0 {
		left = max(right, 1)
	}
	if right < 0 {
		right = max(left, 1)
	}
	w := min(left, right)
	return int(m - w), int(m + w)
}

// inkOf tells ink from paper: by Otsu's threshold (A Threshold Selection Method from Gray-Level
// Histograms, 1979), the rarer of both at the edges.
func inkOf(pic *raster.Image) []bool {
	grey := pic.Luma()
	var hist [256]int
	for _, g := range grey {
		hist[g]++
	}
	sum := 0.0
	for v, n := range hist {
		sum += float64(v * n)
	}
	limit, best := 0, -1.0
	count, part := 0, 0.0
	for v, n := range hist {
		count, part = count+n, part+float64(v*n)
		rest := len(grey) - count
		if count == 0 || rest == 0 {
			continue
		}
		d := part/float64(count) - (sum-part)/float64(rest)
		if between := float64(count) * float64(rest) * d * d; between > best {
			best, limit = between, v
		}
	}
	edge, dark := 0, 0
	for x := range pic.W {
		for _, y := range [2]int{0, pic.H - 1} {
			edge++
			if int(grey[y*pic.W+x]) <= limit {
				dark++
			}
		}
	}
	ink := make([]bool, len(grey))
	for i, g := range grey {
		ink[i] = (int(g) <= limit) == (2*dark <= edge)
	}
	return ink
}

// extent returns the first and the last row with ink between columns, both in it; a row
// apart from the rest, a dot or what the next line has left, is not looked for. -1 is none.
func extent(ink []bool, w, h, lo, hi int) (top, bottom int) {
	lo, hi = max(lo, 0), min(hi, w-1)
	row := func(y int) bool { return lo <= hi && slices.Contains(ink[y*w+lo:y*w+hi+1], true) }
	// The longest run of rows, with gaps of a tenth of the height in it.
	gap := max(h/10, 1)
	top, bottom = -1, -1
	from, last := -1, -1
	for y := range h {
		if !row(y) {
			continue
		}
		if from < 0 || y-last > gap {
			from = y
		}
		last = y
		if top < 0 || last-from > bottom-top {
			top, bottom = from, last
		}
	}
	return top, bottom
}
