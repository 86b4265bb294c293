package postprocess

import (
	"cmp"
	"math"
	"slices"
)

const (
	beamClasses = 16   // rows a time step that beams grow by, the best
	beamLeast   = 1e-4 // and their least probability
)

// A beam is a text that has been read so far.
type beam struct {
	parent       *beam
	row          int     // last symbol; -1 of the empty text
	blank, other float64 // probability of all paths to it that end in a blank, in the symbol
	scale        float64 // of the whole, for sorting: blank + other

	children map[int]*beam // by row, so that each text has one beam
	step     int           // in which blank and other were last written
	nextB    float64
	nextO    float64
}

// CTCBeam reads like CTCGreedy, but finds the text that is the likeliest over all its paths, by
// prefix beam search over width texts (Graves, Supervised Sequence Labelling with Recurrent Neural Networks,
// 2012, ch. 7; without a language model). Width 1 or less is greedy. Where each symbol was seen is
// that of the best path of the text. The confidence is the symbol's largest probability
// on it.
func CTCBeam(probs []float32, classes, blank, width int) []Symbol {
	if width <= 1 || classes <= 0 {
		return CTCGreedy(probs, classes, blank)
	}
	root := &beam{row: -1, blank: 1, scale: 1, step: -1}
	beams := []*beam{root}
	for t := 0; (t+1)*classes <= len(probs); t++ {
		row := probs[t*classes : (t+1)*classes]
		grow := likeliest(row)
		var next []*beam
		add := func(b *beam, blankP, otherP float64) {
			if b.step != t {
				b.step, b.nextB, b.nextO = t, 0, 0
				next = append(next, b)
			}
			b.nextB += blankP
			b.nextO += otherP
		}
		for _, b := range beams {
			if p := value(row, blank); p > 0 {
				add(b, b.scale*p, 0)
			}
			if b.row >= 0 {
				add(b, 0, b.other*value(row, b.row))
			}
			for _, r := range grow {
				if r == blank {
					continue
				}
				from := b.scale
				if r == b.row { // only past a blank is it another one
					from = b.blank
				}
				if from > 0 {
					add(b.child(r), 0, from*float64(row[r]))
				}
			}
		}
		total := 0.0
		for _, b := range next {
			b.blank, b.other = b.nextB, b.nextO
			b.scale = b.blank + b.other
			total += b.scale
		}
		if total == 0 { // no row has a probability: the step says nothing
			continue
		}
		slices.SortStableFunc(next, func(a, b *beam) int { return cmp.Compare(b.scale, a.scale) })
		beams = next[:min(width, len(next))]
		for _, b := range beams { // long lines would vanish
			b.blank, b.other, b.scale = b.blank/total, b.other/total, b.scale/total
		}
	}
	var rows []int
	for b := beams[0]; b.row >= 0; b = b.parent {
		rows = append(rows, b.row)
	}
	slices.Reverse(rows)
	return align(probs, classes, blank, rows)
}

func (b *beam) child(row int) *beam {
	c := b.children[row]
	if c == nil {
		c = &beam{parent: b, row: row, step: -1}
		if b.children == nil {
			b.children = map[int]*beam{}
		}
		b.children[row] = c
	}
	return c
}

// value is a probability; what is none is 0.
func value(row []float32, i int) float64 {
	if i < 0 || i >= len(row) || !(row[i] > 0) {
		return 0
	}
	return float64(row[i])
}

// likeliest returns the rows that beams grow by, the best first.
func likeliest(row []float32) []int {
	best := make([]int, 0, beamClasses+1)
	for i, p := range row {
		if !(p >= beamLeast) || len(best) == beamClasses && p <= row[best[beamClasses-1]] {
			continue
		}
		at, _ := slices.BinarySearchFunc(best, p, func(j int, p float32) int {
			if row[j] >= p {
				return -1
			}
			return 1
		})
		best = slices.Insert(best, at, i)
		best = best[:min(len(best), beamClasses)]
	}
	return best
}

// align finds the likeliest path of a text and with it where each symbol stands (Viterbi over the text
// with blanks between). A text that has no path gets no symbols.
func align(probs []float32, classes, blank int, rows []int) []Symbol {
	steps, n := len(probs)/classes, 2*len(rows)+1
	label := func(s int) int {
		if s%2 == 0 {
			return blank
		}
		return rows[s/2]
	}
	cost := make([]float64, n) // log probability of the best path that is in state s now
	next := make([]float64, n)
	from := make([]int8, steps*n) // how many states it came forward by
	for s := range cost {
		cost[s] = math.Inf(-1)
	}
	for t := range steps {
		row := probs[t*classes : (t+1)*classes]
		for s := range n {
			best, by := cost[s], int8(0)
			if t == 0 {
				best = math.Inf(-1)
				if s < 2 {
					best = 0
				}
			} else {
				if s > 0 && cost[s-1] > best {
					best, by = cost[s-1], 1
				}
				if s > 1 && s%2 == 1 && label(s) != label(s-2) && cost[s-2] > best {
					best, by = cost[s-2], 2
				}
			}
			next[s], from[t*n+s] = best+math.Log(max(value(row, label(s)), 1e-30)), by
		}
		cost, next = next, cost
	}
	if steps == 0 || len(rows) == 0 {
		return nil
	}
	s := n - 1
	if cost[n-2] > cost[n-1] {
		s = n - 2
	}
	if math.IsInf(cost[s], -1) {
		return nil
	}
	out := make([]Symbol, len(rows))
	for t := steps - 1; t >= 0; t-- {
		if s%2 == 1 {
			o := &out[s/2]
			if o.To == 0 {
				o.Row, o.To = label(s), t+1
			}
			o.From = t
			o.Confidence = max(o.Confidence, float32(value(probs[t*classes:(t+1)*classes], label(s))))
		}
		s -= int(from[t*n+s])
	}
	return out
}
