package metric

import (
	"cmp"
	"slices"
)

// A cocoPicture is what one picture holds of one category.
type cocoPicture struct {
	truths []COCOTruth
	found  []COCODetection // best first
	iou    [][]float64     // [found][truth]
}

func (p *cocoPicture) overlap() {
	p.iou = make([][]float64, len(p.found))
	for i, d := range p.found {
		p.iou[i] = make([]float64, len(p.truths))
		for j, t := range p.truths {
			p.iou[i][j] = boxIoU(d.Box, t.Box, t.Crowd)
		}
	}
}

// boxIoU is intersection over union, for a crowd intersection over the area of d.
// The conversions keep the compiler from fusing a product into a sum, which
// would move results by a bit on some machines.
func boxIoU(d, g Box, crowd bool) float64 {
	w := min(d.X+d.W, g.X+g.W) - max(d.X, g.X)
	h := min(d.Y+d.H, g.Y+g.H) - max(d.Y, g.Y)
	if w <= 0 || h <= 0 {
		return 0
	}
	inter, area := float64(w*h), float64(d.W*d.H)
	if crowd {
		return inter / area
	}
	return inter / (area + float64(g.W*g.H) - inter)
}

type outcome uint8

const (
	wrong outcome = iota
	right
	ignored
)

// A cocoMatch says what became of each detection of a picture at each threshold.
type cocoMatch struct {
	outcomes [cocoThresholds][]outcome
	wanted   int // objects that count
}

// match gives detections to objects, counting objects whose area is in the range.
func (p *cocoPicture) match(area [2]float64) cocoMatch {
	outside := func(a float64) bool { return a < area[0] || a > area[1] }
	var m cocoMatch
	ignore := make([]bool, len(p.truths))
	order := make([]int, len(p.truths)) // objects that count first
	for j, t := range p.truths {
		order[j] = j
		ignore[j] = t.Crowd || outside(t.Area)
		if !ignore[j] {
			m.wanted++
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(one(ignore[a]), one(ignore[b])) })
	for t := range m.outcomes {
		taken := make([]bool, len(p.truths))
		m.outcomes[t] = make([]outcome, len(p.found))
		for i, d := range p.found {
			j := p.best(i, order, taken, ignore, cocoThreshold(t))
			switch {
			case j >= 0:
				taken[j] = true
				m.outcomes[t][i] = right
				if ignore[j] {
					m.outcomes[t][i] = ignored
				}
			case outside(float64(d.Box.W * d.Box.H)):
				m.outcomes[t][i] = ignored
			}
		}
	}
	return m
}

// best returns the object that detection i takes, or -1. Of equal overlaps the
// later object wins; one that counts wins over any that does not.
func (p *cocoPicture) best(i int, order []int, taken, ignore []bool, least float64) int {
	found := -1
	for _, j := range order {
		if taken[j] && !p.truths[j].Crowd {
			continue
		}
		if found >= 0 && !ignore[found] && ignore[j] {
			break
		}
		if p.iou[i][j] < least {
			continue
		}
		least, found = p.iou[i][j], j
	}
	return found
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// cocoThreshold is numpy's linspace(.5, .95, 10)[t], in the same arithmetic.
func cocoThreshold(t int) float64 {
	const first, last = .5, .95
	if t == cocoThresholds-1 {
		return last
	}
	step := (float64(last) - float64(first)) / (cocoThresholds - 1)
	return first + float64(float64(t)*step)
}

// cocoCurve returns the precision at the 101 recalls and the recall reached, with
// at most most detections a picture.
func cocoCurve(pictures []*cocoPicture, matched []cocoMatch, t, most, wanted int) (precision, recall mean) {
	type scored struct {
		score float64
		outcome
	}
	var all []scored
	for i, p := range pictures {
		for j, d := range p.found[:min(len(p.found), most)] {
			all = append(all, scored{d.Score, matched[i].outcomes[t][j]})
		}
	}
	slices.SortStableFunc(all, func(a, b scored) int { return cmp.Compare(b.score, a.score) })
	const epsilon = 0x1p-52 // numpy.spacing(1)
	rc, pr := make([]float64, len(all)), make([]float64, len(all))
	tp, fp := 0., 0.
	for i, d := range all {
		switch d.outcome {
		case right:
			tp++
		case wrong:
			fp++
		}
		rc[i] = tp / float64(wanted)
		pr[i] = tp / (fp + tp + epsilon)
	}
	for i := len(pr) - 2; i >= 0; i-- {
		pr[i] = max(pr[i], pr[i+1])
	}
	precision.n = cocoRecalls
	for r := range cocoRecalls {
		if i, _ := slices.BinarySearch(rc, float64(r)*.01); i < len(pr) {
			precision.sum += pr[i]
		}
	}
	recall.n = 1
	if len(rc) > 0 {
		recall.sum = rc[len(rc)-1]
	}
	return precision, recall
}
