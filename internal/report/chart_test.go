package report

import (
	"fmt"
	"image"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/plot"
)

func line(values ...float64) []Point {
	var p []Point
	for i, v := range values {
		p = append(p, Point{float64(i + 1), v})
	}
	return p
}

func TestChart(t *testing.T) {
	for why, values := range map[string][]float64{
		"one epoch":      {0.7},
		"all alike":      {1, 1, 1},
		"zeros":          {0, 0},
		"falls far":      {5, 0.1, 1e-4},
		"falls to zero":  {5, 0.1, 0},
		"large":          {1e30, 1e-30},
		"below zero too": {-1, 1},
		"neighbours":     {0.3, math.Nextafter(0.3, 3)}, // between them is no other number for a tick
		"large ones":     {1e17, math.Nextafter(1e17, 1e18)},
		"small ones":     {-5e-324, 5e-324},
		"far apart":      {-1e300, 1e300},
		"close to zero":  {0, 1e-300},
	} {
		c := &Chart{Title: "net: epoch 1 of 2", X: "epoch", Mark: 1, MarkName: "best", Panels: []Panel{
			{Y: "loss", Log: true, Curves: []Curve{{"train", 0, line(values...)}, {"validation", 1, line(values...)}}},
			{Y: "learning rate", Curves: []Curve{{"", 2, line(values...)}}}}}
		data, err := c.PNG()
		m := decodedPNG(t, data, err)
		if b := m.Bounds(); b.Dx() != 1000 || b.Dy() != 600 {
			t.Errorf("%s: the picture is %v", why, b)
		}
		for kind := range 3 { // each in its legend at least, where there is one
			if kind < 2 && area(m, shade(kind)) == 0 {
				t.Errorf("%s: nothing is drawn in the colour of kind %d", why, kind)
			}
		}
	}
	// A line across the panel is most of its width.
	c := &Chart{Panels: []Panel{{Y: "accuracy", Curves: []Curve{{"train", 0, line(1, 1, 1, 1)}}}}}
	data, err := c.PNG()
	if n := area(decodedPNG(t, data, err), shade(0)); n < 800 {
		t.Errorf("a level line has %d pixels", n)
	}
}

func TestChartOfNoNumbers(t *testing.T) {
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64} {
		for _, points := range [][]Point{line(1, v), {{1, 1}, {v, 1}}} {
			c := &Chart{Panels: []Panel{{Y: "loss", Curves: []Curve{{"train", 0, points}}}}}
			if _, err := c.PNG(); err == nil || !strings.Contains(err.Error(), "finite") {
				t.Errorf("%v: %v", v, err)
			}
		}
	}
	// What the library for plots panics at is an error.
	if _, err := (&Chart{}).PNG(); err == nil {
		t.Error("a chart of nothing was drawn")
	}
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		ticks  func(lo, hi float64) []plot.Tick
		lo, hi float64
		want   string
	}{
		{whole{}.Ticks, 0, 3, "0 1 2 3"},
		{whole{}.Ticks, 0.01, 1, "1"},
		{whole{}.Ticks, 1, 300, "50 100 150 200 250 300"},
		{even{}.Ticks, 0.48, 0.51, "0.480 0.485 0.490 0.495 0.500 0.505 0.510"},
		{even{}.Ticks, -0.005, 0.1, "0.00 0.02 0.04 0.06 0.08 0.10"},
		{even{}.Ticks, 0, 5e12, "0 1e+12 2e+12 3e+12 4e+12 5e+12"},
		{even{}.Ticks, -1.2e-11, 1.2e-11, "-1e-11 -5e-12 0 5e-12 1e-11"},
		{decades{}.Ticks, 0.03, 2.5, "0.05 0.1 0.2 0.5 1 2"},
		{decades{}.Ticks, 1e-5, 1, "1e-05 0.0001 0.001 0.01 0.1 1"},
	} {
		var labels []string
		for _, tick := range c.ticks(c.lo, c.hi) {
			if tick.Label != "" {
				labels = append(labels, tick.Label)
			}
		}
		if got := strings.Join(labels, " "); got != c.want {
			t.Errorf("%g to %g: got %s, want %s", c.lo, c.hi, got, c.want)
		}
	}
}

// TestTicksEnd asks for ticks where counting them as float64 never ends.
func TestTicksEnd(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, c := range [][2]float64{{3, math.Nextafter(3, 4)}, {1e17, math.Nextafter(1e17, 1e18)}, {-1e300, math.Nextafter(-1e300, 0)}, {0, 5e-324},
		{0, inf}, {-inf, inf}, {inf, -inf}, {nan, 1}, {0, nan}, {-math.MaxFloat64, math.MaxFloat64}} {
		for name, ticks := range map[string]func(lo, hi float64) []plot.Tick{"whole": whole{}.Ticks, "even": even{}.Ticks, "decades": decades{}.Ticks} {
			for _, tick := range ticks(c[0], c[1]) {
				if !(tick.Value >= c[0] && tick.Value <= c[1]) {
					t.Errorf("%s from %g to %g: a tick at %g", name, c[0], c[1], tick.Value)
				}
			}
		}
	}
}

func TestDrawingPanicsAreErrors(t *testing.T) {
	_, err := drawn(func() (image.Image, error) { panic("odd") })
	if err == nil || !strings.Contains(fmt.Sprint(err), "odd") {
		t.Errorf("got %v", err)
	}
}
