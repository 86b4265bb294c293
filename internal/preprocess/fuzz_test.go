package preprocess

import (
	"errors"
	"math"
	"testing"

	"github.com/gosight/vision/internal/card"
	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/geom"
	"github.com/gosight/vision/internal/raster"
)

// FuzzPlan prepares pictures of any size, whole or reduced, by cards of any
// content: there is a typed error, or every value is a number within reach of the
// range, nothing is written beyond the row, and the map leads into the picture.
func FuzzPlan(f *testing.F) {
	f.Add(uint8(0), uint8(2), uint16(300), uint16(200), uint16(224), uint16(224), uint16(256), 0.875, uint8(1), uint8(0))
	f.Add(uint8(0), uint8(5), uint16(1), uint16(5000), uint16(32), uint16(32), uint16(40), 0.875, uint8(1), uint8(1))
	f.Add(uint8(1), uint8(9), uint16(45), uint16(35), uint16(9), uint16(7), uint16(0), 0.01, uint8(2), uint8(2))
	f.Add(uint8(2), uint8(20), uint16(5000), uint16(1), uint16(32), uint16(3), uint16(0), 1.0, uint8(8), uint8(3))
	f.Add(uint8(3), uint8(22), uint16(5), uint16(1000), uint16(32), uint16(32), uint16(0), 1.0, uint8(4), uint8(4))
	f.Add(uint8(4), uint8(23), uint16(99), uint16(1), uint16(960), uint16(32), uint16(32), 1.0, uint8(1), uint8(5))
	f.Add(uint8(5), uint8(24), uint16(999), uint16(10), uint16(320), uint16(48), uint16(32), 1.0, uint8(1), uint8(5))
	f.Fuzz(func(t *testing.T, mode, sampler uint8, w, h, inW, inH, side uint16, fraction float64, step, more uint8) {
		// Small enough to be fast, large enough for every branch.
		w, h, inW, inH, side = w%6000, h%6000, inW%400, inH%400, side%600
		names := Resamplers()
		in := card.Input{Width: int(inW), Height: int(inH), Channels: []string{"RGB", "BGR", "GRAY"}[more%3], Layout: []string{"NHWC", "NCHW"}[more/3%2], Range: []float64{0, 255}}
		in.Resize = card.Resize{
			Mode: []string{"crop", "central", "squash", "letterbox", "none", "height"}[mode%6], Resampler: names[int(sampler)%len(names)],
			Shorter: int(side), Fraction: fraction, Pad: []float64{114},
			MaxSide: int(inW), MinSide: int(inH), Multiple: int(side % 40),
			Rounding: []string{"", "round", "floor"}[more/6%3], Anchor: []string{"", "top-left"}[more/18%2],
		}
		p, err := New(in, Float)
		if err != nil {
			typed(t, err)
			return
		}
		s := max(int(step%9), 1)
		srcW, srcH := (int(w)+s-1)/s, (int(h)+s-1)/s
		for srcW*srcH > 1<<20 {
			s *= 2
			srcW, srcH = (int(w)+s-1)/s, (int(h)+s-1)/s
		}
		n := p.RowLen(int(w), int(h))
		if n > 1<<22 {
			return
		}
		src := raster.New(srcW, srcH)
		for i := range src.Pix {
			src.Pix[i] = uint8(i * 37 >> (more % 5))
		}
		const guard = -7777
		dst := make([]float32, n+8)
		for i := range dst {
			dst[i] = guard
		}
		m, err := p.Float32(dst, src, int(w), int(h), geom.Map{ScaleX: float64(s), ScaleY: float64(s)})
		if err != nil {
			typed(t, err)
			return
		}
		for i, v := range dst[:n] {
			// Cubic and Lanczos kernels overshoot by less than half in each direction.
			if !(v >= -400 && v <= 700) {
				t.Fatalf("value %d is %v", i, v)
			}
		}
		for _, v := range dst[n:] {
			if v != guard {
				t.Fatal("written beyond the row")
			}
		}
		outW, outH := p.Size(int(w), int(h))
		if f := p.Factor(int(w), int(h)); !(f > 0) || math.IsInf(f, 0) {
			t.Fatalf("factor %v", f)
		}
		a, b := m.Apply(geom.Point{}), m.Apply(geom.Point{X: float64(outW), Y: float64(outH)})
		inside := a.X > -1e-6 && a.Y > -1e-6 && b.X < float64(w)+1e-6 && b.Y < float64(h)+1e-6
		if in.Resize.Mode != "letterbox" && in.Resize.Mode != "height" && !inside || !(a.X < b.X && a.Y < b.Y) {
			t.Fatalf("the input shows %v to %v of %dx%d", a, b, w, h)
		}
	})
}

func typed(t *testing.T, err error) {
	t.Helper()
	var format *fault.FormatError
	var limit *fault.LimitError
	var model *fault.ModelError
	if !errors.As(err, &format) && !errors.As(err, &limit) && !errors.As(err, &model) {
		t.Fatalf("untyped error %v", err)
	}
}
