package preprocess

import "math"

// A span is the part of a source axis that is resized, in source pixels: [in0,
// in1) counted from base, with n whole pixels from there on. Where the source is
// the picture itself in0 is 0 and in1 is n; where it is a reduced decode, both
// are where the picture's pixels fall between those of the source.
type span struct {
	in0, in1 float64
	base, n  int
}

// spanOf places a, of the full picture, on a source of size pixels that each
// stand for step pixels of the picture, the first from off on.
func spanOf(a axis, size int, step, off float64) span {
	lo, hi := (float64(a.lo)-off)/step, (float64(a.hi)-off)/step
	base := min(int(lo), size-1)
	end := min(max(int(math.Ceil(hi)), base+1), size)
	n := end - base
	return span{in0: lo - float64(base), in1: min(hi-float64(base), float64(n)), base: base, n: n}
}

// same reports whether size output pixels are the source's own.
func (s span) same(size int) bool {
	return s.in0 == 0 && s.in1 == float64(size) && s.n == size
}

// taps says which source pixels make an output pixel, and with which weights:
// count[i] pixels from start[i] on, their weights from i*stride on.
//
// Both start and start+count never decrease. They may reach over the border
// (clamped only): the border's pixel stands there.
type taps struct {
	start, count []int32
	stride       int
	k            []int32   // methodFixed, methodLinear, methodCubic
	f            []float32 // methodLerp, methodFloat, methodArea
}

func (t *taps) reset(n, stride int, float bool) {
	t.start, t.count, t.stride = grow(t.start, n), grow(t.count, n), stride
	t.k, t.f = t.k[:0], t.f[:0]
	if float {
		t.f = grow(t.f, n*stride)
	} else {
		t.k = grow(t.k, n*stride)
	}
}

// grow returns s with length n; what it holds is of no matter.
func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// build fills t for the pixels that a feeds. m is the method in force, which may
// differ from r's own; areaLinear asks for the weights that OpenCV's area has when
// it enlarges; fold brings OpenCV's taps inside the source.
func (t *taps) build(r *resampler, m method, a axis, s span, areaLinear, fold bool) {
	switch {
	case m == methodNearest:
		t.nearest(r.family, a, s)
	case m == methodFixed || m == methodDown:
		t.fixed(r, a, s)
	case m == methodLerp:
		t.lerp(a, s)
	case m == methodFloat && r.name == "tf-bicubic":
		t.bicubic(a, s)
	case m == methodFloat && r.name == "tf-area":
		t.area(a, s)
	case m == methodFloat:
		t.spans(r, a, s)
	case m == methodLinear:
		t.linear(a, s, areaLinear, fold)
	case m == methodCubic:
		t.cubic(a, s, fold)
	case m == methodArea:
		t.decimate(a, s)
	case m == methodAreaFast:
		t.sums(a, s)
	}
	base := int32(s.base)
	for i := range t.start {
		t.start[i] += base
	}
}

// maxSummed is the number of positions that are found by adding up, as Pillow
// does, rather than by multiplying. Beyond, the last bit may differ.
const maxSummed = 1 << 20

func (t *taps) nearest(f family, a axis, s span) {
	t.reset(a.keep, 0, false)
	if s.same(a.virtual) {
		for i := range t.start {
			t.start[i], t.count[i] = int32(a.skip+i), 1
		}
		return
	}
	last := s.n - 1
	scale := (s.in1 - s.in0) / float64(a.virtual)
	switch f {
	case pillow:
		// Image.resize(NEAREST) is an affine transform that adds up.
		pos := s.in0 + scale*0.5
		if a.skip <= maxSummed {
			for range a.skip {
				pos += scale
			}
		} else {
			pos += float64(a.skip) * scale
		}
		for i := range t.start {
			t.start[i], t.count[i] = int32(min(int(pos), last)), 1
			pos += scale
		}
	case tensorflow:
		sc, in0 := float32(s.in1-s.in0)/float32(a.virtual), float32(s.in0)
		for i := range t.start {
			pos := float32((float32(a.skip+i)+0.5)*sc) + in0
			t.start[i], t.count[i] = int32(min(int(pos), last)), 1
		}
	default:
		scale = 1 / (float64(a.virtual) / (s.in1 - s.in0))
		for i := range t.start {
			pos := float64(float64(a.skip+i)*scale) + s.in0
			t.start[i], t.count[i] = int32(min(int(pos), last)), 1
		}
	}
}

// fixedBits is Pillow's PRECISION_BITS: 32 less 8 for the pixel and 2 for
// overshoot.
const fixedBits = 32 - 8 - 2

// columnsFirst reports whether Pillow resizes the columns before the rows: since
// version 13 it does where the height shrinks by more than twice as many pixels
// as the width (Pillow pull request 9549). The pixels between the passes are
// rounded, so the order shows.
func columnsFirst(x, y axis, sx, sy span) bool {
	less := sy.n - y.virtual
	return less > 0 && less > 2*(sx.n-x.virtual)
}

// fixed repeats Pillow's precompute_coeffs and normalize_coeffs_8bpc.
func (t *taps) fixed(r *resampler, a axis, s span) {
	scale := (s.in1 - s.in0) / float64(a.virtual)
	wide := max(scale, 1)
	support := r.radius * wide
	t.reset(a.keep, min(int(math.Ceil(support))*2+1, s.n), false)
	inv := 1 / wide
	var few [64]float64
	w := few[:]
	if t.stride > len(w) {
		w = make([]float64, t.stride)
	}
	for i := range t.start {
		centre := s.in0 + float64((float64(a.skip+i)+0.5)*scale)
		lo := max(int(centre-support+0.5), 0)
		n := min(int(centre+support+0.5), s.n) - lo
		n = min(n, t.stride)
		if n < 1 { // a reduced source that ends early
			lo, n = min(lo, s.n-1), 1
			w[0] = 1
		}
		sum := 0.0
		for j := range n {
			w[j] = r.filter((float64(j+lo) - centre + 0.5) * inv)
			sum += w[j]
		}
		k := t.k[i*t.stride : i*t.stride+n]
		for j := range k {
			v := w[j]
			if sum != 0 {
				v /= sum
			}
			k[j] = int32(math.Floor(v*(1<<fixedBits) + 0.5))
			if v < 0 {
				k[j] = int32(v*(1<<fixedBits) - 0.5)
			}
		}
		t.start[i], t.count[i] = int32(lo), int32(n)
	}
}
