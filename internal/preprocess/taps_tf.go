package preprocess

import "math"

// The tables of TensorFlow. Positions are float32 as in its kernels; the
// conversions keep products from being fused with sums, which would move them.

// half is the position of output pixel i, counted in source pixels from the
// centre of the first (HalfPixelScaler).
func half(i int, scale, in0 float32) float32 {
	return float32((float32(i)+0.5)*scale) + in0 - 0.5
}

// lerp repeats compute_interpolation_weights of resize_bilinear_op.
func (t *taps) lerp(a axis, s span) {
	t.reset(a.keep, 1, true)
	scale, in0 := float32(s.in1-s.in0)/float32(a.virtual), float32(s.in0)
	last := s.n - 1
	for i := range t.start {
		in := half(a.skip+i, scale, in0)
		floor := math.Floor(float64(in))
		lo := min(max(int(floor), 0), last)
		hi := min(int(math.Ceil(float64(in))), last)
		t.start[i], t.count[i], t.f[i] = int32(lo), 1, 0
		if hi > lo {
			t.count[i], t.f[i] = 2, in-float32(floor)
		}
	}
}

// bicubic repeats GetWeightsAndIndices of resize_bicubic_op with half-pixel
// centres: Keys' cubic, looked up in steps of 1/1024, with nothing beyond the
// border.
func (t *taps) bicubic(a axis, s span) {
	t.reset(a.keep, 4, true)
	scale, in0 := float32(s.in1-s.in0)/float32(a.virtual), float32(s.in0)
	const steps = 1024
	for i := range t.start {
		in := half(a.skip+i, scale, in0)
		floor := math.Floor(float64(in))
		x := math.RoundToEven(float64((in-float32(floor))*steps)) / steps
		first := int(floor) - 1
		w := [4]float32{float32(keys(x + 1)), float32(keys(x)), float32(keys(1 - x)), float32(keys(2 - x))}
		t.inside(i, first, s.n, w[:])
	}
}

// inside stores those of the weights from position first on that fall on the
// source, normalised.
func (t *taps) inside(i, first, n int, w []float32) {
	lo, hi := min(max(first, 0), n-1), min(max(first+len(w), 1), n)
	hi = max(hi, lo+1)
	f := t.f[i*t.stride : i*t.stride+hi-lo]
	var sum float32
	for j := range f {
		f[j] = 0
		if q := lo + j - first; q >= 0 && q < len(w) {
			f[j] = w[q]
		}
		sum += f[j]
	}
	if sum != 0 {
		for j := range f {
			f[j] /= sum
		}
	}
	t.start[i], t.count[i] = int32(lo), int32(hi-lo)
}

// area repeats resize_area_op: each pixel counts by the part of it that the
// output pixel covers.
func (t *taps) area(a axis, s span) {
	scale, in0 := float32(s.in1-s.in0)/float32(a.virtual), float32(s.in0)
	t.reset(a.keep, min(int(math.Ceil(float64(scale)))+2, s.n), true)
	last := s.n - 1
	for i := range t.start {
		from := float32(float32(a.skip+i)*scale) + in0
		to := float32(float32(a.skip+i+1)*scale) + in0
		first, end := int(math.Floor(float64(from))), int(math.Ceil(float64(to)))
		lo := min(first, last)
		f := t.f[i*t.stride : (i+1)*t.stride]
		clear(f)
		n := 0
		for v := first; v < end; v++ {
			part := min(float32(v+1), to) - max(float32(v), from)
			// Beyond the border, by rounding or a reduced decode, the last one stands.
			j := min(v, last) - lo
			f[j] += part / scale
			n = max(n, j+1)
		}
		t.start[i], t.count[i] = int32(lo), int32(max(n, 1))
	}
}

// spans repeats ComputeSpansCore of scale_and_translate_op.
func (t *taps) spans(r *resampler, a axis, s span) {
	scale := float32(a.virtual) / float32(s.in1-s.in0)
	inv, in0 := 1/scale, float32(s.in0)
	wide := float32(1)
	if r.antialias {
		wide = max(inv, 1)
	}
	reach, narrow := float32(r.radius)*wide, 1/wide
	t.reset(a.keep, min(2*int(math.Ceil(float64(reach)))+1, s.n), true)
	last := s.n - 1
	for i := range t.start {
		at := float32((float32(a.skip+i)+0.5)*inv) + in0
		lo := min(max(int(math.Ceil(float64(at-reach-0.5))), 0), last)
		hi := min(max(int(math.Floor(float64(at+reach-0.5))), lo), last)
		n := min(hi-lo+1, t.stride)
		f := t.f[i*t.stride : i*t.stride+n]
		var sum float32
		for j := range f {
			f[j] = float32(r.filter(math.Abs(float64((float32(lo+j) + 0.5 - at) * narrow))))
			sum += f[j]
		}
		if sum != 0 {
			for j := range f {
				f[j] /= sum
			}
		}
		t.start[i], t.count[i] = int32(lo), int32(n)
	}
}
