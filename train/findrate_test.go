package train

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFindRate(t *testing.T) {
	data, out := digits(t, blocks(t, 200)), filepath.Join(t.TempDir(), "model")
	opts := []Option{Out(out), Batch(20), Epochs(2), PadCrop(1), Calibrate()}
	c, err := FindRate(t.Context(), net(t, "lenet5"), data, opts...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("the folder to write to was made")
	}
	for i, p := range c.Points {
		if i > 0 && math.Abs(p.Rate/c.Points[i-1].Rate-c.Points[1].Rate/c.Points[0].Rate) > 1e-9 {
			t.Fatalf("point %d: the rate goes from %g to %g, want an even factor", i, c.Points[i-1].Rate, p.Rate)
		}
	}
	// A net whose weights moved by 10 times the gradient is no net any more.
	if n := len(c.Points); n < 50 || n == rateSteps && !(c.Points[n-1].Smooth > c.lowest().Smooth) {
		t.Errorf("%d points, the last of the loss %g: want a rise at the end", n, c.Points[n-1].Smooth)
	}
	// What it suggests works better than much less.
	t.Logf("suggested %g", c.Suggested)
	given, good, err := losses(t.Context(), t, data, append(opts, Out(t.TempDir()), Rate(c.Suggested))...)
	if err != nil {
		t.Fatal(err)
	}
	_, low, err := losses(t.Context(), t, data, append(opts, Out(t.TempDir()), Rate(c.Suggested/100))...)
	if err != nil || !(good.History[1].Loss < low.History[1].Loss) {
		t.Errorf("the loss is %g at the suggested rate %g, %g at a hundredth; %v", good.History[1].Loss, c.Suggested, low.History[1].Loss, err)
	}

	// A run that looks for its rate is the run that was given it.
	found, res, err := losses(t.Context(), t, data, append(opts, AutoRate())...)
	if err != nil || res.Rate != c.Suggested {
		t.Fatalf("AutoRate: %+v, %v; want the rate %g", res, err, c.Suggested)
	}
	same(t, "the rate looked for", found, given)
}

// TestFindRateOfWhiteningNet: the first layer of airbench is nothing before it has its filters.
func TestFindRateOfWhiteningNet(t *testing.T) {
	c, err := FindRate(t.Context(), net(t, "airbench"), Data{Train: manySizes(t)}, Batch(8))
	if err != nil {
		t.Fatal(err)
	}
	if first, low := c.Points[0].Loss, c.lowest().Smooth; !(low < 0.8*first) {
		t.Errorf("the loss fell from %g to %g at the lowest: nothing was learnt", first, low)
	}
}

func TestFindRateRefusals(t *testing.T) {
	lenet, data := net(t, "lenet5"), digits(t, blocks(t, 40))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := FindRate(ctx, lenet, data); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	var se *SettingError
	if _, err := FindRate(t.Context(), lenet, data, Epochs(0)); !errors.As(err, &se) {
		t.Errorf("an option that is refused: %v", err)
	}
	if _, err := FindRate(t.Context(), lenet, Data{}); err == nil || !strings.Contains(err.Error(), "training part") {
		t.Errorf("no data: %v", err)
	}
	if _, err := Fit(t.Context(), lenet, data, Out(t.TempDir()), AutoRate(), Rate(0.1)); err == nil || !strings.Contains(err.Error(), "got both: rate 0.1") {
		t.Errorf("a rate and none: %v", err)
	}
}

func TestRateCurve(t *testing.T) {
	c := &RateCurve{}
	for i, loss := range []float64{4, 3, 2, 1, 1, 60} {
		more := c.add(math.Pow(10, float64(i-5)), loss)
		if want := i < 5; more != want {
			t.Errorf("step %d, loss %g: go on: %v", i, loss, more)
		}
	}
	// The average of two is of the weights 0.9 and 1: (0.9*4 + 3) / 1.9.
	if p := c.Points[1]; p.Rate != 1e-4 || p.Loss != 3 || math.Abs(p.Smooth-6.6/1.9) > 1e-12 {
		t.Errorf("got %+v", p)
	}
	// It falls fastest where the middle of five steps is.
	steep := &RateCurve{}
	for i, smooth := range []float64{4, 4, 4, 3.9, 3.6, 2.5, 1.2, 1, 0.99, 1.1, 3, 1} {
		steep.Points = append(steep.Points, RatePoint{Rate: math.Pow(10, float64(i)), Smooth: smooth})
	}
	if err := steep.suggest(); err != nil || steep.Suggested != 1e5 { // from 3.9 to 1
		t.Errorf("suggested %g, %v", steep.Suggested, err)
	}
	for _, worse := range [][]float64{nil, {1, 1, 1}, {1, 2, 3}, {math.NaN()}} {
		c := &RateCurve{}
		for i, loss := range worse {
			c.add(float64(i+1), loss)
		}
		var se *SettingError
		if err := c.suggest(); !errors.As(err, &se) || !strings.Contains(err.Error(), "the loss falls at none") {
			t.Errorf("%v: %v", worse, err)
		}
	}
	if c := (&RateCurve{}); c.add(1, math.Inf(1)) || len(c.Points) != 0 {
		t.Error("an infinite loss is no point, and the end")
	}
}
