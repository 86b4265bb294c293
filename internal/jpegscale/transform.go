package jpegscale

import "encoding/binary"

// Constants of the reduced transforms, in 13 fractional bits: sums and differences of cosines.
const (
	f0_211 = 1730
	f0_509 = 4176
	f0_541 = 4433
	f0_601 = 4926
	f0_720 = 5906
	f0_765 = 6270
	f0_850 = 6967
	f0_899 = 7373
	f1_061 = 8697
	f1_272 = 10426
	f1_451 = 11893
	f1_847 = 15137
	f2_172 = 17799
	f2_562 = 20995
	f3_624 = 29692
)

// The samples below have three fractional bits, and what rounds them is in them: a
// sample is (s + DC that is missing) >> 3, plus 128. They are stored as 16 bits, the
// low byte first, so that up to four of a row are written and read at once; stride
// is in bytes.

// rounding is the half of a sample.
const rounding = 4

// term2 is the part of a coefficient in the column pass of the transform to 2x2: for each
// of the columns 0, 1, 3, 5, 7 there is a sum of row 0, in even slots, and one of the odd rows.
// What cancels goes to a slot that nobody reads.
func term2(row, column int, q int32) term {
	odd := [4]int32{f3_624, -f1_272, f0_850, -f0_720} // of rows 1, 3, 5, 7
	place := map[int]uint32{0: 0, 1: 2, 3: 4, 5: 6, 7: 8}
	slot, used := place[column]
	switch {
	case used && row == 0:
		return term{q << 15, slot}
	case used && row&1 == 1:
		return term{q * odd[row/2], slot + 1}
	}
	return term{0, 10}
}

// finish2 writes the four samples of a block and clears its sums.
func finish2(dst []byte, stride int, dc int32, s *[64]int32) {
	const round, shift = 1 << 12, 13
	even := int(dc) << 15
	a0, b0 := (even+int(s[1])+round)>>shift, (even-int(s[1])+round)>>shift
	a1, b1 := (int(s[2])+int(s[3])+round)>>shift, (int(s[2])-int(s[3])+round)>>shift
	a3, b3 := (int(s[4])+int(s[5])+round)>>shift, (int(s[4])-int(s[5])+round)>>shift
	a5, b5 := (int(s[6])+int(s[7])+round)>>shift, (int(s[6])-int(s[7])+round)>>shift
	a7, b7 := (int(s[8])+int(s[9])+round)>>shift, (int(s[8])-int(s[9])+round)>>shift
	a := a1*f3_624 - a3*f1_272 + a5*f0_850 - a7*f0_720
	b := b1*f3_624 - b3*f1_272 + b5*f0_850 - b7*f0_720
	*(*[11]int32)(s[:11]) = [11]int32{}
	a0, b0 = a0<<15+1<<19, b0<<15+1<<19
	binary.LittleEndian.PutUint32(dst, pair((a0+a)>>17, (a0-a)>>17))
	binary.LittleEndian.PutUint32(dst[stride:], pair((b0+b)>>17, (b0-b)>>17))
}

func pair(a, b int) uint32 { return uint32(uint16(a)) | uint32(b)<<16 }

// finish4 writes the 16 samples of a block whose coefficients up to the zigzag number last are
// in s, and clears these. It reports whether all sums fit into 16 bits.
func finish4(dst []byte, stride int, dc int32, s *[64]int32, last uint) bool {
	s[0] = dc
	if last <= 5 {
		return finish4small(dst, stride, s)
	}
	var w [4][8]int // by row
	over := 0
	columns := reach[last&63]
	for c := range columns {
		if c == 4 {
			continue
		}
		c &= 7 // which the compiler would check eleven times
		z := int(s[c]) << 14
		t := int(s[16+c])*f1_847 - int(s[48+c])*f0_765
		even0, even1 := z+t+1<<11, z-t+1<<11
		v1, v3, v5, v7 := int(s[8+c]), int(s[24+c]), int(s[40+c]), int(s[56+c])
		odd0 := v5*f1_451 - v7*f0_211 - v3*f2_172 + v1*f1_061
		odd1 := v3*f0_899 - v7*f0_509 - v5*f0_601 + v1*f2_562
		w0, w3 := (even0+odd1)>>12, (even0-odd1)>>12
		w1, w2 := (even1+odd0)>>12, (even1-odd0)>>12
		over |= (w0 + 1<<15) | (w1 + 1<<15) | (w2 + 1<<15) | (w3 + 1<<15)
		w[0][c], w[1][c], w[2][c], w[3][c] = w0, w1, w2, w3
	}
	*s = [64]int32{}
	for y := range w {
		v := &w[y]
		z := v[0]<<14 + 1<<18
		t := v[2]*f1_847 - v[6]*f0_765
		odd0 := v[5]*f1_451 - v[7]*f0_211 - v[3]*f2_172 + v[1]*f1_061
		odd1 := v[3]*f0_899 - v[7]*f0_509 - v[5]*f0_601 + v[1]*f2_562
		r0, r3 := (z+t+odd1)>>16, (z+t-odd1)>>16
		r1, r2 := (z-t+odd0)>>16, (z-t-odd0)>>16
		over |= (r0 + 1<<15) | (r1 + 1<<15) | (r2 + 1<<15) | (r3 + 1<<15)
		binary.LittleEndian.PutUint64(dst[y*stride:], uint64(pair(r0, r1))|uint64(pair(r2, r3))<<32)
	}
	return uint(over)>>16 == 0
}

// finish4small is finish4 for coefficients in the first three rows and columns only.
func finish4small(dst []byte, stride int, s *[64]int32) bool {
	var w [4][3]int
	over := 0
	for c := range 3 {
		z, t := int(s[c])<<14+1<<11, int(s[16+c])*f1_847
		v := int(s[8+c])
		odd0, odd1 := v*f1_061, v*f2_562
		w0, w3 := (z+t+odd1)>>12, (z+t-odd1)>>12
		w1, w2 := (z-t+odd0)>>12, (z-t-odd0)>>12
		over |= (w0 + 1<<15) | (w1 + 1<<15) | (w2 + 1<<15) | (w3 + 1<<15)
		w[0][c], w[1][c], w[2][c], w[3][c] = w0, w1, w2, w3
		s[c], s[8+c], s[16+c] = 0, 0, 0
	}
	for y := range w {
		v := &w[y]
		z, t := v[0]<<14+1<<18, v[2]*f1_847
		odd0, odd1 := v[1]*f1_061, v[1]*f2_562
		r0, r3 := (z+t+odd1)>>16, (z+t-odd1)>>16
		r1, r2 := (z-t+odd0)>>16, (z-t-odd0)>>16
		over |= (r0 + 1<<15) | (r1 + 1<<15) | (r2 + 1<<15) | (r3 + 1<<15)
		binary.LittleEndian.PutUint64(dst[y*stride:], uint64(pair(r0, r1))|uint64(pair(r2, r3))<<32)
	}
	return uint(over)>>16 == 0
}
