package preprocess

import "math"

// The tables of OpenCV's resize.

// cvBits is INTER_RESIZE_COEF_BITS.
const cvBits = 11

// cvScale is source pixels per output pixel as OpenCV comes to it: by way of
// the inverse.
func cvScale(a axis, s span) (scale, inv float64) {
	inv = float64(a.virtual) / (s.in1 - s.in0)
	return 1 / inv, inv
}

// cvMethod is the method in force for a picture: twice smaller is summed
// whichever of linear and area is asked for, a whole ratio is summed, and area
// interpolates if it grows in either direction.
func cvMethod(m method, x, y axis, sx, sy span) (in method, areaLinear bool) {
	if m != methodLinear && m != methodArea {
		return m, false
	}
	scX, _ := cvScale(x, sx)
	scY, _ := cvScale(y, sy)
	const eps = 0x1p-52
	ix, iy := math.RoundToEven(scX), math.RoundToEven(scY)
	fast := math.Abs(scX-ix) < eps && math.Abs(scY-iy) < eps && sx.in0 == 0 && sy.in0 == 0
	switch {
	case fast && ix == 2 && iy == 2:
		return methodAreaFast, false
	case m == methodLinear:
		return m, false
	case scX < 1 || scY < 1:
		return methodLinear, true
	case fast:
		return methodAreaFast, false
	}
	return m, false
}

func (t *taps) linear(a axis, s span, areaLinear, fold bool) {
	t.reset(a.keep, 2, false)
	scale, inv := cvScale(a, s)
	for i := range t.start {
		x := a.skip + i
		var first int
		var f float32
		if areaLinear {
			pos := float64(float64(x)*scale) + s.in0
			first = int(math.Floor(pos))
			f = float32(float64(x+1) - float64((float64(first+1)-s.in0)*inv))
			if f <= 0 {
				f = 0
			} else {
				f -= float32(math.Floor(float64(f)))
			}
		} else {
			pos := float32(float64((float64(x)+0.5)*scale) - 0.5 + s.in0)
			first = int(math.Floor(float64(pos)))
			f = pos - float32(first)
		}
		if fold && first < 0 {
			first, f = 0, 0
		}
		if fold && first >= s.n-1 {
			first, f = s.n-1, 0
		}
		t.k[2*i], t.k[2*i+1] = cvFixed(1-f), cvFixed(f)
		t.start[i], t.count[i] = int32(first), 2
		if fold && first == s.n-1 {
			t.count[i] = 1
		}
	}
}

// cubic is Keys' cubic with a = -0.75, with the border's pixel repeated.
func (t *taps) cubic(a axis, s span, fold bool) {
	t.reset(a.keep, 4, false)
	scale, _ := cvScale(a, s)
	for i := range t.start {
		pos := float32(float64((float64(a.skip+i)+0.5)*scale) - 0.5 + s.in0)
		floor := int(math.Floor(float64(pos)))
		w := cvCubic(pos - float32(floor))
		first := floor - 1
		k := t.k[4*i : 4*i+4]
		if !fold {
			for j := range k {
				k[j] = cvFixed(w[j])
			}
			t.start[i], t.count[i] = int32(first), 4
			continue
		}
		clear(k)
		lo := min(max(first, 0), s.n-1)
		n := 0
		for j := range w {
			q := min(max(first+j, 0), s.n-1) - lo
			k[q] += cvFixed(w[j])
			n = max(n, q+1)
		}
		t.start[i], t.count[i] = int32(lo), int32(n)
	}
}

func cvCubic(x float32) [4]float32 {
	const a = -0.75
	var w [4]float32
	y := x + 1
	w[0] = float32(float32(float32(float32(float32(a*y)-5*a)*y)+8*a)*y) - 4*a
	w[1] = float32(float32(float32(float32((a+2)*x)-(a+3))*x)*x) + 1
	z := 1 - x
	w[2] = float32(float32(float32(float32((a+2)*z)-(a+3))*z)*z) + 1
	w[3] = 1 - w[0] - w[1] - w[2]
	return w
}

func cvFixed(f float32) int32 {
	return int32(math.RoundToEven(float64(f * (1 << cvBits))))
}

// decimate repeats computeResizeAreaTab.
func (t *taps) decimate(a axis, s span) {
	scale, _ := cvScale(a, s)
	t.reset(a.keep, min(int(math.Ceil(scale))+2, s.n), true)
	for i := range t.start {
		from := float64(float64(a.skip+i)*scale) + s.in0
		to := from + scale
		cell := min(scale, float64(s.n)-from)
		end := min(int(math.Floor(to)), s.n-1)
		first := min(int(math.Ceil(from)), end)
		f := t.f[i*t.stride : i*t.stride : (i+1)*t.stride]
		lo := first
		if float64(first)-from > 1e-3 {
			lo--
			f = append(f, float32((float64(first)-from)/cell))
		}
		for range end - first {
			f = append(f, float32(1/cell))
		}
		if to-float64(end) > 1e-3 {
			f = append(f, float32(min(to-float64(end), 1, cell)/cell))
		}
		t.start[i], t.count[i] = int32(lo), int32(len(f))
	}
}

// sums is for whole ratios: every pixel counts once.
func (t *taps) sums(a axis, s span) {
	scale, _ := cvScale(a, s)
	n := int(math.RoundToEven(scale))
	t.reset(a.keep, 0, false)
	for i := range t.start {
		t.start[i], t.count[i] = int32((a.skip+i)*n), int32(n)
	}
}
