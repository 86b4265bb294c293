package preprocess

// The inner loops. A row holds nch values a pixel, interleaved. All of them are
// written so that one bounds check a pixel remains.

// greyRow writes Pillow's L of the RGB row src.
func greyRow(dst, src []uint8) {
	for i := range dst {
		if len(src) < 3 {
			return
		}
		dst[i] = grey(src[0], src[1], src[2])
		src = src[3:]
	}
}

func grey(r, g, b uint8) uint8 {
	return uint8((uint32(r)*19595 + uint32(g)*38470 + uint32(b)*7471 + 0x8000) >> 16)
}

const fixedHalf = 1 << (fixedBits - 1)

// fixed8 takes a sum of fixedBits down to a value, as Pillow's clip8.
func fixed8(v int32) uint8 {
	v >>= fixedBits
	if uint32(v) > 255 {
		return uint8(^v >> 31) // 0 below, 255 above
	}
	return uint8(v)
}

// fixedAcross resamples a row with 22-bit weights.
func fixedAcross(dst, src []uint8, t *taps, nch int) {
	if nch == 1 {
		for x := range dst {
			s := uint(t.start[x])
			v := int32(fixedHalf)
			for _, k := range t.k[x*t.stride : x*t.stride+int(t.count[x])] {
				if s >= uint(len(src)) {
					break
				}
				v += int32(src[s]) * k
				s++
			}
			dst[x] = fixed8(v)
		}
		return
	}
	for x := range len(dst) / 3 {
		s := 3 * uint(t.start[x])
		r, g, b := int32(fixedHalf), int32(fixedHalf), int32(fixedHalf)
		for _, k := range t.k[x*t.stride : x*t.stride+int(t.count[x])] {
			if s+2 >= uint(len(src)) {
				break
			}
			r += int32(src[s]) * k
			g += int32(src[s+1]) * k
			b += int32(src[s+2]) * k
			s += 3
		}
		d := dst[3*x : 3*x+3 : 3*x+3]
		d[0], d[1], d[2] = fixed8(r), fixed8(g), fixed8(b)
	}
}

// fixedDown joins rows with 22-bit weights. acc is scratch of dst's length.
func fixedDown(dst []uint8, acc []int32, rows [][]uint8, k []int32) {
	acc = acc[:len(dst)]
	for i := range acc {
		acc[i] = fixedHalf
	}
	for len(rows) >= 4 && len(k) >= 4 {
		a, b, c, d := rows[0][:len(acc)], rows[1][:len(acc)], rows[2][:len(acc)], rows[3][:len(acc)]
		ka, kb, kc, kd := k[0], k[1], k[2], k[3]
		for i := range acc {
			acc[i] += int32(a[i])*ka + int32(b[i])*kb + int32(c[i])*kc + int32(d[i])*kd
		}
		rows, k = rows[4:], k[4:]
	}
	switch {
	case len(rows) == 3 && len(k) >= 3:
		a, b, c := rows[0][:len(acc)], rows[1][:len(acc)], rows[2][:len(acc)]
		ka, kb, kc := k[0], k[1], k[2]
		for i := range acc {
			acc[i] += int32(a[i])*ka + int32(b[i])*kb + int32(c[i])*kc
		}
	case len(rows) == 2 && len(k) >= 2:
		a, b := rows[0][:len(acc)], rows[1][:len(acc)]
		ka, kb := k[0], k[1]
		for i := range acc {
			acc[i] += int32(a[i])*ka + int32(b[i])*kb
		}
	case len(rows) == 1 && len(k) >= 1:
		a, ka := rows[0][:len(acc)], k[0]
		for i := range acc {
			acc[i] += int32(a[i]) * ka
		}
	}
	for i, v := range acc {
		dst[i] = fixed8(v)
	}
}

// lerpAcross interpolates between two neighbours. The conversions keep the
// product from being fused, so that every processor gives the same bits.
func lerpAcross(dst []float32, src []uint8, t *taps, nch int) {
	if nch == 1 {
		for x := range dst {
			s := int(t.start[x])
			l := float32(src[s])
			dst[x] = l + float32((float32(src[s+int(t.count[x])-1])-l)*t.f[x])
		}
		return
	}
	for x := range len(dst) / 3 {
		s := 3 * int(t.start[x])
		l := src[s : s+3 : s+3]
		s += 3 * (int(t.count[x]) - 1)
		r := src[s : s+3 : s+3]
		d, f := dst[3*x:3*x+3:3*x+3], t.f[x]
		l0, l1, l2 := float32(l[0]), float32(l[1]), float32(l[2])
		d[0] = l0 + float32((float32(r[0])-l0)*f)
		d[1] = l1 + float32((float32(r[1])-l1)*f)
		d[2] = l2 + float32((float32(r[2])-l2)*f)
	}
}

// lerpDown interpolates between two rows.
func lerpDown(dst, top, bottom []float32, f float32) {
	top, bottom = top[:len(dst)], bottom[:len(dst)]
	for i := range dst {
		t := top[i]
		dst[i] = t + float32((bottom[i]-t)*f)
	}
}

// floatAcross resamples a row with float32 weights.
func floatAcross(dst []float32, src []uint8, t *taps, nch int) {
	if nch == 1 {
		for x := range dst {
			s := uint(t.start[x])
			var v float32
			for _, k := range t.f[x*t.stride : x*t.stride+int(t.count[x])] {
				if s >= uint(len(src)) {
					break
				}
				v += float32(float32(src[s]) * k)
				s++
			}
			dst[x] = v
		}
		return
	}
	for x := range len(dst) / 3 {
		s := 3 * uint(t.start[x])
		var r, g, b float32
		for _, k := range t.f[x*t.stride : x*t.stride+int(t.count[x])] {
			if s+2 >= uint(len(src)) {
				break
			}
			r += float32(float32(src[s]) * k)
			g += float32(float32(src[s+1]) * k)
			b += float32(float32(src[s+2]) * k)
			s += 3
		}
		d := dst[3*x : 3*x+3 : 3*x+3]
		d[0], d[1], d[2] = r, g, b
	}
}

// floatDown joins rows with float32 weights, in order.
func floatDown(dst []float32, rows [][]float32, k []float32) {
	clear(dst)
	for len(rows) >= 2 && len(k) >= 2 {
		a, b := rows[0][:len(dst)], rows[1][:len(dst)]
		ka, kb := k[0], k[1]
		for i := range dst {
			dst[i] = dst[i] + float32(a[i]*ka) + float32(b[i]*kb)
		}
		rows, k = rows[2:], k[2:]
	}
	if len(rows) == 1 && len(k) >= 1 {
		a, ka := rows[0][:len(dst)], k[0]
		for i := range dst {
			dst[i] += float32(a[i] * ka)
		}
	}
}
