package report

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
)

// whole puts ticks at whole numbers.
type whole struct{}

func (whole) Ticks(lo, hi float64) []plot.Tick {
	const most = 12
	return stepped(lo, hi, max(step(lo, hi, most), 1))
}

// even puts about six ticks at round numbers.
type even struct{}

func (even) Ticks(lo, hi float64) []plot.Tick {
	const most = 6
	return stepped(lo, hi, step(lo, hi, most))
}

// step is the least of 1, 2, 5, 10, ... times a power of ten with no more than most of it between lo and hi.
func step(lo, hi float64, most int) float64 {
	least := (hi - lo) / float64(most)
	if !(least > 0) {
		return 1
	}
	unit := math.Pow(10, math.Floor(math.Log10(least)))
	for _, m := range []float64{1, 2, 5} {
		if m*unit >= least*(1-1e-9) {
			return m * unit
		}
	}
	return 10 * unit
}

// stepped puts ticks at the multiples of a step, with the decimals that tell them apart. A range that has no end, or
// in which numbers lie too close for the step, gets none.
func stepped(lo, hi, step float64) []plot.Tick {
	const most = 1000
	first := math.Ceil(lo / step)
	n := math.Floor(hi/step) - first
	if !finite(lo, hi, step) || !(n >= 0 && n < most) || math.Abs(first)+n >= 1<<53 {
		return nil
	}
	form, digits := byte('f'), max(0, -int(math.Floor(math.Log10(step)+1e-9)))
	if top := max(math.Abs(first), math.Abs(first+n)); digits > 9 || top*step > 1e9 { // so long a label would push the curve aside
		form, digits = 'g', int(math.Log10(max(top, 1)))+1
	}
	var ticks []plot.Tick
	for i := range int(n) + 1 {
		v := (first + float64(i)) * step
		ticks = append(ticks, plot.Tick{Value: v, Label: strconv.FormatFloat(v, form, digits, 64)})
	}
	return ticks
}

func finite(values ...float64) bool {
	for _, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return true
}

// decades puts ticks at 1, 2 and 5 of each power of ten; at the powers alone if there are many.
type decades struct{}

func (decades) Ticks(lo, hi float64) []plot.Tick {
	const many = 3
	if !finite(lo, hi) || lo <= 0 {
		return nil
	}
	var ticks []plot.Tick
	first, last := math.Floor(math.Log10(lo)), math.Ceil(math.Log10(hi))
	for e := first; e <= last; e++ {
		for m := 1.0; m < 10; m++ {
			v := m * math.Pow(10, e)
			if v < lo || v > hi {
				continue
			}
			t := plot.Tick{Value: v}
			if m == 1 || last-first <= many && (m == 2 || m == 5) {
				t.Label = strconv.FormatFloat(v, 'g', 3, 64)
			}
			ticks = append(ticks, t)
		}
	}
	return ticks
}
