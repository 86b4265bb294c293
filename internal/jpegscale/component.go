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
var natural = [64]uint8{ //nolint:gochecknoglobals // a table that never changes
	0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5,
	12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
	35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
	58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
}

// reach tells, by zigzag number, how many columns all coefficients up to it take.
var reach = func() (r [64]int) { //nolint:gochecknoglobals // a table that never changes
	for k, n := range natural {
		r[k] = max(int(n&7)+1, r[max(k-1, 0)])
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

// difference decodes a DC difference that the table does not have; length 0: there is none.
func (c *component) difference(buf uint64) (diff int32, length uint) {
	sym, n := c.dcCodes.symbol(buf)
	if n == 0 || sym > 11 {
		return 0, 0
	}
	return extend(buf<<n, uint(sym)), n + uint(sym)
}

// broke is the place behind what is no coefficient.
const broke = 255

// coefficient decodes the AC symbol for place k that the table does not have; buf has 26 bits or more. The
// next place is beyond 63 at the end of the block, and broke behind a code or
// value that no decoder needs to know.
func (c *component) coefficient(buf uint64, k uint, sums *[64]int32) (next, length uint) {
	sym, n := c.acCodes.symbol(buf)
	size, run := uint(sym&15), uint(sym>>4)
	switch {
	case n == 0 || size > 10:
		return broke, 0
	case sym == 0:
		return 64, n
	case size == 0 && (run != 15 || k+16 > 63):
		return broke, 0
	case size == 0:
		return k + 16, n
	}
	if k += run; k > 63 {
		return broke, 0
	}
	if c.size > 1 {
		v := extend(buf<<n, size)
		if p := v * c.quant[k]; p > maxTerm || p < -maxTerm {
			return broke, 0
		}
		t := c.terms[k]
		sums[t.slot&63] += v * t.mul
	}
	return k + 1, n + size
}

// values decodes the AC coefficients of a block into sums. last is the largest place that may
// not be 0, 0 if all are; broke if the block is broken.
func (c *component) values(b []byte, buf uint64, n, at uint, sums *[64]int32) (buf1 uint64, n1, at1, last uint) {
	e := c.ac[buf>>(64-lookBits)]
	if e&(0xffff0000|ends) == ends { // nothing but the end
		return buf << (e & 63), n - uint(e&63), at, 0
	}
	k := uint(1)
	for {
		to := k + uint(e>>8)&127
		if to > 62 {
			if n < 32 {
				buf, n, at = fill(b, buf, n, at)
			}
			var length uint
			k, length = c.coefficient(buf, k, sums)
			buf, n = buf<<(length&63), n-length
			if k > 63 {
				return buf, n, at, min(k, 63) | k&128
			}
		} else {
			buf, n = buf<<(e&63), n-uint(e&63)
			t := &c.terms[to&63]
			sums[t.slot&63] += (int32(e) >> 16) * t.mul
			if e&ends != 0 {
				return buf, n, at, to
			}
			k = to + 1
		}
		if n < 16 {
			buf, n, at = fill(b, buf, n, at)
		}
		e = c.ac[buf>>(64-lookBits)]
	}
}

// skip passes over the AC coefficients of a block.
func (c *component) skip(b []byte, buf uint64, n, at uint) (buf1 uint64, n1, at1 uint, ok bool) {
	k := uint(1)
	for {
		e := c.ac[buf>>(64-lookBits)]
		to := k + uint(e>>8)&127
		if to > 63 {
			if n < 32 {
				buf, n, at = fill(b, buf, n, at)
			}
			var length uint
			k, length = c.coefficient(buf, k, nil)
			buf, n = buf<<(length&63), n-length
			if k > 63 {
				return buf, n, at, k != broke
			}
		} else {
			buf, n = buf<<(e&63), n-uint(e&63)
			if e&ends != 0 {
				return buf, n, at, true
			}
			k = to
		}
		if n < 16 {
			buf, n, at = fill(b, buf, n, at)
		}
	}
}
