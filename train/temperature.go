package train

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
)

// Bounds of a temperature, and how many pictures it is fitted to at most: it is one number.
const (
	coldest, hottest = 0.05, 20.0
	fittedTo         = 5000
)

// A sample keeps the logits of some pictures of the validation part, drawn from all: each n-th might be all of one class.
type sample struct {
	left, wanted int // pictures to come, and to be kept of them
	draw         *rand.Rand
	classes      []int
	logits       []float32
}

func newSample(pictures int) *sample {
	return &sample{left: pictures, wanted: min(pictures, fittedTo), draw: rand.New(rand.NewPCG(saltFit, uint64(pictures)))}
}

// add takes the rows of some pictures.
func (f *sample) add(logits []float32, classes []int) {
	k := len(logits) / max(len(classes), 1)
	for i, c := range classes {
		if f.draw.IntN(max(f.left, 1)) < f.wanted { // all ways to choose are as likely (Knuth's algorithm S)
			f.logits, f.classes = append(f.logits, logits[i*k:(i+1)*k]...), append(f.classes, c)
			f.wanted--
		}
		f.left--
	}
}

// temperature is what logits are divided by so that the classes' mean negative log-likelihood is least (Guo and others, "On Calibration of
// Modern Neural Networks", 2017, section 4.2). By the inverse it is convex, so its derivative has one root.
func (f *sample) temperature() float64 {
	k := len(f.logits) / max(len(f.classes), 1)
	rising := func(inverse float64) bool {
		sum := 0.0 // of the mean logit by the probabilities, less that of the class
		for i, c := range f.classes {
			row := f.logits[i*k : (i+1)*k]
			top := row[0]
			for _, v := range row {
				top = max(top, v)
			}
			var z, mean float64
			for _, v := range row {
				e := math.Exp(inverse * float64(v-top))
				z += e
				mean += e * float64(v)
			}
			sum += mean/z - float64(row[c])
		}
		return sum > 0
	}
	lo, hi := math.Log(1/hottest), math.Log(1/coldest)
	for range 30 {
		if mid := (lo + hi) / 2; rising(math.Exp(mid)) {
			hi = mid
		} else {
			lo = mid
		}
	}
	return math.Exp(-(lo + hi) / 2)
}

// fitted sees to it that the best epoch of a checkpoint has a temperature, if Calibrate wants one.
func (r *run) fitted(ctx context.Context) error {
	s := r.state
	if !r.calibrates || s.BestAt == 0 || s.Temperature != 0 {
		return nil
	}
	// The variables are those of the last step.
	if s.BestAt != len(s.History) || s.Step != s.BestAt*r.feeder.perStep {
		return &SettingError{fmt.Sprintf("calibrate: epoch %d, the best so far, was made without it, and its answers are gone; want it from the beginning, or right after an epoch that is the best", s.BestAt)}
	}
	if _, _, err := r.validate(ctx); err != nil {
		return err
	}
	s.Temperature = r.sample.temperature()
	return rewriteState(r.out, s)
}
