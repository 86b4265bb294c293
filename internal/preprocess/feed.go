package preprocess

import "math"

// feed8 writes the 8-bit output row y, which holds x.keep pixels, to its place
// in the tensor.
func (s *state) feed8(y int, row []uint8) {
	p, x := s.plan, &s.x
	o := (s.y.at+y)*x.out + x.at
	if s.dst8 != nil {
		s.bytes(o, row)
		return
	}
	switch {
	case p.nch == 1:
		lut := p.lut[0]
		d := s.dstF[o : o+x.keep]
		for i := range d {
			d[i] = lut[row[i]]
		}
	case p.planar:
		plane := x.out * s.y.out
		for c := range 3 {
			lut, d, r := p.lut[c], s.dstF[c*plane+o:c*plane+o+x.keep], row[p.from(c):]
			for i := range d {
				d[i] = lut[r[3*i]]
			}
		}
	default:
		l0, l1, l2 := p.lut[0], p.lut[1], p.lut[2]
		d := s.dstF[3*o : 3*(o+x.keep)]
		bgr := p.from(0) == 2
		for len(d) >= 3 && len(row) >= 3 {
			a, b := row[0], row[2]
			if bgr {
				a, b = b, a
			}
			d[0], d[1], d[2] = l0[a], l1[row[1]], l2[b]
			d, row = d[3:], row[3:]
		}
	}
}

// from is where channel c of the input stands in an RGB pixel.
func (p *Plan) from(c int) int {
	if p.channels == "BGR" {
		return 2 - c
	}
	return c
}

// step returns where channel c of pixel o goes, and the distance to the next.
func (s *state) step(c, o int) (first, next int) {
	if s.plan.planar {
		return c*s.x.out*s.y.out + o, 1
	}
	return s.plan.nch*o + c, s.plan.nch
}

func (s *state) bytes(o int, row []uint8) {
	p := s.plan
	if !p.planar && p.from(0) == 0 {
		copy(s.dst8[p.nch*o:p.nch*(o+s.x.keep)], row)
		return
	}
	for c := range p.nch {
		at, next := s.step(c, o)
		r := row[p.from(c):]
		for i := range s.x.keep {
			s.dst8[at] = r[p.nch*i]
			at += next
		}
	}
}

// feedF writes a row of values in 0..255 that need not be whole.
func (s *state) feedF(y int, row []float32) {
	p := s.plan
	o := (s.y.at+y)*s.x.out + s.x.at
	if s.dstF != nil && p.nch == 3 && !p.planar && p.from(0) == 0 {
		d := s.dstF[3*o : 3*(o+s.x.keep)]
		m0, m1, m2, a0, a1, a2 := p.mul[0], p.mul[1], p.mul[2], p.add[0], p.add[1], p.add[2]
		for len(d) >= 3 && len(row) >= 3 {
			d[0], d[1], d[2] = float32(row[0]*m0)+a0, float32(row[1]*m1)+a1, float32(row[2]*m2)+a2
			d, row = d[3:], row[3:]
		}
		return
	}
	for c := range p.nch {
		at, next := s.step(c, o)
		n := s.x.keep
		r := row[p.from(c)%p.nch:]
		if s.dst8 != nil {
			for i := range n {
				s.dst8[at] = uint8(min(max(r[p.nch*i], 0), 255)) // tf.saturate_cast cuts off
				at += next
			}
			continue
		}
		mul, add := p.mul[c], p.add[c]
		for i := range n {
			s.dstF[at] = float32(r[p.nch*i]*mul) + add
			at += next
		}
	}
}

// pad fills the part of the input that the picture does not cover.
func (s *state) pad() {
	x, y := &s.x, &s.y
	s.fill(0, y.at*x.out)
	for r := y.at; r < y.at+y.keep; r++ {
		s.fill(r*x.out, r*x.out+x.at)
		s.fill(r*x.out+x.at+x.keep, (r+1)*x.out)
	}
	s.fill((y.at+y.keep)*x.out, y.out*x.out)
}

// fill pads the pixels [from, to).
func (s *state) fill(from, to int) {
	p := s.plan
	for c := range p.nch {
		at, next := s.step(c, from)
		for range to - from {
			if s.dst8 != nil {
				s.dst8[at] = p.pad8[c]
			} else {
				s.dstF[at] = p.padF[c]
			}
			at += next
		}
	}
}

// standardize scales v to mean 0 and deviation 1 over all its values, as
// tf.image.per_image_standardization and FaceNet's prewhiten do; a picture of one
// colour is divided by 1/sqrt(n), not by nothing.
func standardize(v []float32) {
	var sum, squares float64
	for _, x := range v {
		sum += float64(x)
	}
	n := float64(len(v))
	mean := sum / n
	for _, x := range v {
		d := float64(x) - mean
		squares += d * d
	}
	inv := 1 / max(math.Sqrt(squares/n), 1/math.Sqrt(n))
	for i, x := range v {
		v[i] = float32((float64(x) - mean) * inv)
	}
}
