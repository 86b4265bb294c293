package jpegscale

// A component is what decoding one block of it takes.
type component struct {
	dc, ac lookup // ac skips if size is 1
	// terms says, by zigzag number, what a coefficient is multiplied by and to which sum it is added.
	terms [64]term
	quant [64]int32 // by zigzag number
	size  int       // samples of a block along a side: 1, 2, 4 or 8

	dcCodes, acCodes *huffman
}

type term struct {
	mul  int32
	slot uint32
}

// natural takes a zigzag number to 8*row+column (T.81, figure A.6).
var natural = [64]uint8{
	0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5,
	12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
	35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
	58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
}

// reach tells, by zigzag number, how many rows and columns all coefficients up to it take.
var reach = func() (r [64]struct{ rows, columns int }) {
	for k, n := range natural {
		r[k].rows, r[k].columns = int(n>>3)+1, int(n&7)+1
		if k > 0 {
			r[k].rows, r[k].columns = max(r[k].rows, r[k-1].rows), max(r[k].columns, r[k-1].columns)
		}
	}
	return r
}()

// set prepares c for blocks of size x size samples.
func (c *component) set(size int, quant *[64]uint16, dc, ac *huffman) {
	c.size, c.dcCodes, c.acCodes = size, dc, ac
	largest := int32(1)
	for k, q := range quant {
		c.quant[k] = int32(q)
		if k > 0 {
			largest = max(largest, int32(q))
		}
		if size == 2 {
			c.terms[k] = term2(int(natural[k]>>3), int(natural[k]&7), int32(q))
		} else {
			c.terms[k] = term{int32(q), uint32(natural[k])}
		}
	}
	c.dc.fillDC(dc, ac)
	if size == 1 {
		c.ac.fillSkip(ac)
	} else {
		c.ac.fillAC(ac, maxTerm/largest)
	}
}

// difference decodes a DC difference that the table does not have. ok is false for
// a code that is none.
func (c *component) difference(b []byte, r *bits) (diff int32, ok bool) {
	sym, n := c.dcCodes.symbol(r.buf)
	if n == 0 || sym > 11 {
		return 0, false
	}
	r.drop(n)
	diff = extend(r.buf, uint(sym))
	r.drop(uint(sym))
	r.fill(b)
	return diff, true
}

// coefficient decodes the AC symbol for place k. The next place is beyond 63 at the
// end of the block; ok is false for a code or value that no decoder needs to know.
func (c *component) coefficient(b []byte, r *bits, k uint, sums *[64]int32) (next uint, ok bool) {
	r.fill(b)
	sym, n := c.acCodes.symbol(r.buf)
	size, run := uint(sym&15), uint(sym>>4)
	if n == 0 || size > 10 {
		return 0, false
	}
	r.drop(n)
	if size == 0 {
		switch run {
		case 0:
			return 64, true
		case 15:
			return k + 16, k+16 <= 63
		}
		return 0, false
	}
	if k += run; k > 63 {
		return 0, false
	}
	v := extend(r.buf, size)
	r.drop(size)
	r.fill(b)
	if c.size > 1 {
		if p := v * c.quant[k]; p > maxTerm || p < -maxTerm {
			return 0, false
		}
		t := c.terms[k]
		sums[t.slot&63] += v * t.mul
	}
	return k + 1, true
}

// values decodes the AC coefficients of a block into sums. last is the largest place that may
// not be 0, 0 if all are; -1 if the block is broken.
func (c *component) values(b []byte, r bits, sums *[64]int32) (bits, int) {
	k := uint(1)
	e := c.ac[r.buf>>(64-lookBits)]
	if e&(0xffff0000|ends) == ends { // nothing but the end
		r.drop(uint(e & 0xff))
		return r, 0
	}
	for {
		k += uint(e>>8) & 127
		if k > 62 {
			var ok bool
			if k, ok = c.coefficient(b, &r, k-uint(e>>8)&127, sums); !ok {
				return r, -1
			}
			if k > 63 {
				return r, 63
			}
		} else {
			r.drop(uint(e & 0xff))
			t := &c.terms[k&63]
			sums[t.slot&63] += (int32(e) >> 16) * t.mul
			if e&ends != 0 {
				return r, int(k)
			}
			k++
			if r.n < 32 {
				r.fill(b)
			}
		}
		e = c.ac[r.buf>>(64-lookBits)]
	}
}

// skip passes over the AC coefficients of a block.
func (c *component) skip(b []byte, r bits) (bits, bool) {
	k := uint(1)
	for {
		e := c.ac[r.buf>>(64-lookBits)]
		k += uint(e>>8) & 127
		if k > 63 {
			var ok bool
			if k, ok = c.coefficient(b, &r, k-uint(e>>8)&127, nil); !ok {
				return r, false
			}
			if k > 63 {
				return r, true
			}
			continue
		}
		r.drop(uint(e & 0xff))
		if e&ends != 0 {
			return r, true
		}
		if r.n < 32 {
			r.fill(b)
		}
	}
}
