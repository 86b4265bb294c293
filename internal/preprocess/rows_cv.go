package preprocess

import "math"

// intAcross resamples a row with 11-bit weights and keeps all the bits.
func intAcross(dst []int32, src []uint8, t *taps, nch int) {
	for x := range len(dst) / nch {
		s := nch * int(t.start[x])
		d := dst[nch*x : nch*x+nch]
		clear(d)
		for _, k := range t.k[x*t.stride : x*t.stride+int(t.count[x])] {
			for c, v := range src[s : s+nch] {
				d[c] += int32(v) * k
			}
			s += nch
		}
	}
}

// linearDown drops bits on the way, as VResizeLinear does for bytes.
func linearDown(dst []uint8, top, bottom []int32, k []int32) {
	top, bottom = top[:len(dst)], bottom[:len(dst)]
	a, b := k[0], k[1]
	for i := range dst {
		dst[i] = uint8((a*(top[i]>>4)>>16 + b*(bottom[i]>>4)>>16 + 2) >> 2)
	}
}

// cubicDown joins four rows.
func cubicDown(dst []uint8, rows [][]int32, k []int32) {
	a, b, c, d := rows[0][:len(dst)], rows[1][:len(dst)], rows[2][:len(dst)], rows[3][:len(dst)]
	k0, k1, k2, k3 := int64(k[0]), int64(k[1]), int64(k[2]), int64(k[3])
	const bits = 2 * cvBits
	for i := range dst {
		v := int64(a[i])*k0 + int64(b[i])*k1 + int64(c[i])*k2 + int64(d[i])*k3
		dst[i] = uint8(min(max((v+1<<(bits-1))>>bits, 0), 255))
	}
}

// sumAcross adds up runs of n pixels.
func sumAcross(dst []int32, src []uint8, t *taps, nch int) {
	for x := range len(dst) / nch {
		s, d := nch*int(t.start[x]), dst[nch*x:nch*x+nch]
		clear(d)
		for range t.count[x] {
			for c, v := range src[s : s+nch] {
				d[c] += int32(v)
			}
			s += nch
		}
	}
}

// sumDown averages rows of sums, nx pixels wide each.
func sumDown(dst []uint8, acc []int32, rows [][]int32, nx int) {
	acc = acc[:len(dst)]
	copy(acc, rows[0])
	for _, r := range rows[1:] {
		r = r[:len(acc)]
		for i := range acc {
			acc[i] += r[i]
		}
	}
	if nx == 2 && len(rows) == 2 {
		for i, v := range acc {
			dst[i] = uint8((v + 2) >> 2)
		}
		return
	}
	scale := 1 / float32(nx*len(rows))
	for i, v := range acc {
		dst[i] = round8(float32(v) * scale)
	}
}

// round8 is saturate_cast<uchar>.
func round8(v float32) uint8 {
	return uint8(min(max(math.RoundToEven(float64(v)), 0), 255))
}
