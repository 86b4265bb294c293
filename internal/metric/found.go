package metric

import (
	"strings"

	"github.com/gosight/vision/internal/geom"
)

// A FoundCount is how much of what is there was found. Sum the counts of a set with
// Add and take the ratios once.
type FoundCount struct {
	Matched int `json:"matched"`
	Truth   int `json:"truth"` // things that are there
	Found   int `json:"found"` // things that were found
}

// Add adds the counts of another picture.
func (c *FoundCount) Add(o FoundCount) {
	c.Matched += o.Matched
	c.Truth += o.Truth
	c.Found += o.Found
}

// Recall is the part of what is there that was found, 0 if nothing is there.
func (c FoundCount) Recall() float64 { return ratio(c.Matched, c.Truth) }

// Precision is the part of what was found that is there, 0 if nothing was found.
func (c FoundCount) Precision() float64 { return ratio(c.Matched, c.Found) }

// Hmean is the harmonic mean of recall and precision.
func (c FoundCount) Hmean() float64 { return ratio(2*c.Matched, c.Truth+c.Found) }

func ratio(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// MatchWords compares the words of two texts of one picture as bags: order and place
// do not count, and each word is matched once. Words are what stands between white
// space; those without a letter or number are left out under LettersDigit.
func MatchWords(truth, found string, how Strictness) FoundCount {
	left := map[string]int{}
	var c FoundCount
	for _, w := range strings.Fields(truth) {
		if k := how.Key(w); k != "" {
			left[k]++
			c.Truth++
		}
	}
	for _, w := range strings.Fields(found) {
		k := how.Key(w)
		if k == "" {
			continue
		}
		c.Found++
		if left[k] > 0 {
			left[k]--
			c.Matched++
		}
	}
	return c
}

// A Region is a piece of text that is there. DontCare marks one that nobody can
// read ("###" in ICDAR's files): finding it is neither right nor wrong.
type Region struct {
	Quad     geom.Quad
	DontCare bool
}

const (
	regionIoU  = .5 // a match overlaps more than this
	regionPart = .5 // more of a detection than this in a don't-care region: left out
)

// MatchRegions matches the quads found in one picture with those that are there, by
// the rules of ICDAR 2015, task 4.1:
//
//   - quads that cross or touch themselves or have no area are left out
//   - a detection more than half of whose area lies in one don't-care region is
//     left out
//   - going through the regions and, for each, through the detections, both in the
//     caller's order, the first free detection whose intersection over union is
//     above 0.5 is the region's match
func MatchRegions(truth []Region, found []geom.Quad) FoundCount {
	var dets []polygon
	want, dontCare := polygonsOf(truth)
	for _, q := range found {
		if p, ok := newPolygon(q); ok && !p.mostlyIn(dontCare) {
			dets = append(dets, p)
		}
	}
	c := FoundCount{Truth: len(want), Found: len(dets)}
	taken := make([]bool, len(dets))
	for _, w := range want {
		for i, d := range dets {
			if !taken[i] && w.iou(d) > regionIoU {
				taken[i] = true
				c.Matched++
				break
			}
		}
	}
	return c
}

// DontCare reports for each quad found in a picture whether more than half of its area
// lies in one don't-care region, so that it is left out. A quad without an area is not.
func DontCare(truth []Region, found []geom.Quad) []bool {
	_, dontCare := polygonsOf(truth)
	out := make([]bool, len(found))
	for i, q := range found {
		if p, ok := newPolygon(q); ok {
			out[i] = p.mostlyIn(dontCare)
		}
	}
	return out
}

// polygonsOf sorts the valid regions by whether they count.
func polygonsOf(truth []Region) (want, dontCare []polygon) {
	for _, r := range truth {
		p, ok := newPolygon(r.Quad)
		switch {
		case !ok:
		case r.DontCare:
			dontCare = append(dontCare, p)
		default:
			want = append(want, p)
		}
	}
	return want, dontCare
}

func (p polygon) mostlyIn(regions []polygon) bool {
	for _, r := range regions {
		if p.intersection(r)/p.area > regionPart {
			return true
		}
	}
	return false
}
