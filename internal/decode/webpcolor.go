package decode

import "image"

// straightWebP turns a lossy WebP, which x/image gives as it is coded, into RGB
// as libwebp does. The planes of VP8 hold ITU-R 601 values in 16..235, while
// image.YCbCr stands for 0..255, so its own colours would be pale. Chroma is
// interpolated as libwebp does unless told otherwise. Any other img is returned.
func straightWebP(img image.Image) image.Image {
	var src *image.YCbCr
	var alpha []uint8
	var stride int
	switch m := img.(type) {
	case *image.YCbCr:
		src = m
	case *image.NYCbCrA:
		src, alpha, stride = &m.YCbCr, m.A, m.AStride
	default:
		return img
	}
	w, h := src.Rect.Dx(), src.Rect.Dy()
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	cw := (w + 1) / 2
	row := make([]int32, 2*cw) // chroma at this luma row, times 4: Cb, then Cr
	for y := range h {
		near := y / 2
		far := min(max(near-1+y%2*2, 0), (h+1)/2-1)
		between(row[:cw], src.Cb[near*src.CStride:], src.Cb[far*src.CStride:])
		between(row[cw:], src.Cr[near*src.CStride:], src.Cr[far*src.CStride:])
		luma := src.Y[y*src.YStride:][:w]
		dst := out.Pix[y*out.Stride:][:4*w]
		for x, l := range luma {
			near := x / 2
			far := min(max(near-1+x%2*2, 0), cw-1)
			u := (3*row[near] + row[far] + 8) >> 4
			v := (3*row[cw+near] + row[cw+far] + 8) >> 4
			d := dst[4*x : 4*x+4 : 4*x+4]
			d[0], d[1], d[2] = videoRGB(int32(l), u, v)
			d[3] = 0xff
		}
		if alpha != nil {
			for x, a := range alpha[y*stride:][:w] {
				dst[4*x+3] = a
			}
		}
	}
	return out
}

// between weighs two rows of chroma 3 to 1.
func between(dst []int32, near, far []uint8) {
	for i := range dst {
		dst[i] = 3*int32(near[i]) + int32(far[i])
	}
}

// videoRGB converts by ITU-R 601 from video range, in the fixed point of libwebp:
// factors in 14 bits (1.164, 1.596, 0.391, 0.813, 2.018) with the low byte of each
// product cut, and 6 fractional bits at the end.
func videoRGB(y, u, v int32) (r, g, b uint8) {
	y = y * 19077 >> 8
	return cut6(y + v*26149>>8 - 14234),
		cut6(y - u*6419>>8 - v*13320>>8 + 8708),
		cut6(y + u*33050>>8 - 17685)
}

func cut6(v int32) uint8 { return uint8(min(max(v>>6, 0), 255)) }
