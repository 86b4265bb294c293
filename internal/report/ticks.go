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

// stepped puts ticks at the multiples of a step, with the decimals that tell them apart.
func stepped(lo, hi, step float64) []plot.Tick {
	digits := max(0, -int(math.Floor(math.Log10(step)+1e-9)))
	var ticks []plot.Tick
	// The sum has no negative zero.
	for i := math.Ceil(lo/step) + 0; i*step <= hi; i++ {
		ticks = append(ticks, plot.Tick{Value: i * step, Label: strconv.FormatFloat(i*step, 'f', digits, 64)})
	}
	return ticks
}

// decades puts ticks at 1, 2 and 5 of each power of ten; at the powers alone if there are many.
type decades struct{}

func (decades) Ticks(lo, hi float64) []plot.Tick {
	const many = 3
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
