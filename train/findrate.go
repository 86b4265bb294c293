package train

import (
	"context"
	"fmt"
	"math"
	"os"
	"slices"

	"github.com/gosight/vision/internal/nets"
)

// The rates that are tried, from the lowest to the highest by an even factor, and when there is no use in going on.
const (
	lowestRate  = 1e-6
	highestRate = 10
	rateSteps   = 100
	rateMemory  = 0.9 // of the moving average of the losses
	diverged    = 4   // times the lowest average
)

// A RateCurve is the loss by learning rate, as FindRate found it.
type RateCurve struct {
	Suggested float64     `json:"suggested"` // highest rate for a run
	Points    []RatePoint `json:"points"`    // by rising rate, one a step
}

// A RatePoint is one step of FindRate.
type RatePoint struct {
	Rate   float64 `json:"rate"`
	Loss   float64 `json:"loss"`   // of the step's batch, before the step
	Smooth float64 `json:"smooth"` // moving average of the losses so far
}

// FindRate looks for the highest learning rate that suits a run of the same net, data and options, as a range test does
// (Smith, "Cyclical learning rates for training neural networks", 2015): from first weights it makes up to 100 steps
// while the rate rises from 0.000001 to 10 by an even factor, and ends when the loss, averaged over about the last ten
// steps, is four times its lowest, or no number. What it suggests is the rate at which that average fell fastest. It is an
// estimate from few steps, good to a factor of about three: see the curve.
//
// It writes nothing to Out, which need not be given; pictures that are more than Memory go to a file without a name in
// os.TempDir. Validation data are not looked at. OnProgress is told of pictures that are prepared, and of no step. If the loss falls at no rate, that is a *SettingError.
func FindRate(ctx context.Context, net Net, data Data, opts ...Option) (*RateCurve, error) {
	s, err := settingsOf(opts)
	if err != nil {
		return nil, err
	}
	s.Rate, s.AutoRate, s.out = 0, true, os.TempDir()
	s.Patience, s.calibrates = patience{}, false
	data.Valid = nil
	if err := s.settle(net.net, data); err != nil {
		return nil, err
	}
	r := &run{settings: s, net: net.net}
	defer r.close()
	if err := r.load(ctx, data); err != nil {
		return nil, err
	}
	if err := r.open(); err != nil {
		return nil, err
	}
	return r.findRate(ctx)
}

// AutoRate has Fit look for the highest rate itself, as FindRate does, before the first step. Result.Rate is what was
// found; a resumed run keeps it.
func AutoRate() Option {
	return func(s *settings) error { s.AutoRate = true; return nil }
}

// findRate leaves the variables changed; first gives them their first values again.
func (r *run) findRate(ctx context.Context) (*RateCurve, error) {
	if err := r.first(); err != nil {
		return nil, err
	}
	c := &RateCurve{}
	for m, err := range r.feeder.batches(ctx, 0, rateSteps) {
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			return nil, err
		}
		rate := lowestRate * math.Pow(highestRate/lowestRate, float64(m.step)/(rateSteps-1))
		got, err := r.program.Run(r.feeder.feeds(m, rate), []string{nets.Loss}, []string{nets.Train})
		if err != nil {
			return nil, fmt.Errorf("train: step %d at the rate %g: %w", m.step+1, rate, err)
		}
		loss, err := got[0].Floats()
		if err != nil {
			return nil, err
		}
		if !c.add(rate, float64(loss[0])) {
			break
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return c, c.suggest()
}

// add notes a step, and tells whether there is use in a higher rate.
func (c *RateCurve) add(rate, loss float64) bool {
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return false
	}
	// As if the average had begun at 0 and were made up for it (Kingma and Ba, 2014).
	n := len(c.Points)
	sum := 0.0
	if n > 0 {
		sum = c.Points[n-1].Smooth * (1 - math.Pow(rateMemory, float64(n)))
	}
	smooth := (rateMemory*sum + (1-rateMemory)*loss) / (1 - math.Pow(rateMemory, float64(n+1)))
	c.Points = append(c.Points, RatePoint{rate, loss, smooth})
	return smooth <= diverged*c.lowest().Smooth
}

func (c *RateCurve) lowest() RatePoint {
	return slices.MinFunc(c.Points, func(a, b RatePoint) int {
		switch {
		case a.Smooth < b.Smooth:
			return -1
		case a.Smooth > b.Smooth:
			return 1
		}
		return 0
	})
}

// suggest takes the rate at which the average falls fastest, over the five steps around it, before it is lowest.
func (c *RateCurve) suggest() error {
	const around = 2
	n, best, fall := len(c.Points), 0, 0.0
	if n > 0 {
		lowest := c.lowest()
		for i := around; i+around < n && c.Points[i].Rate <= lowest.Rate; i++ {
			if f := c.Points[i-around].Smooth - c.Points[i+around].Smooth; f > fall {
				best, fall = i, f
			}
		}
		if lowest.Smooth < 0.99*c.Points[0].Smooth && fall > 0 {
			c.Suggested = c.Points[best].Rate
			return nil
		}
	}
	return &SettingError{fmt.Sprintf("rate: the loss falls at none from %g to %g (%d steps tried); give one", float64(lowestRate), float64(highestRate), n)}
}
