package decode

import (
	"image"

	"github.com/gosight/vision/internal/raster"
)

// rasterJPEG converts what image/jpeg decoded as libjpeg would: subsampled chroma
// is interpolated, weighing the nearer sample 3 to 1 ("fancy upsampling"), and
// the products are rounded, not cut. raster.From repeats chroma, which is off by
// dozens of levels along coloured edges. What remains is the inverse transform,
// one or two levels.
func rasterJPEG(src *image.YCbCr) *raster.Image {
	w, h := src.Rect.Dx(), src.Rect.Dy()
	halfX, halfY, ok := halves(src.SubsampleRatio)
	cw, ch := w, h
	if halfX {
		cw = (w + 1) / 2
	}
	if halfY {
		ch = (h + 1) / 2
	}
	// libjpeg interpolates no component of two columns or fewer.
	if !ok || src.Rect.Min != (image.Point{}) || halfX && cw <= 2 {
		return raster.From(src)
	}
	m := raster.New(w, h)
	buf := make([]int32, 2*cw+2*w)
	cb, cr := buf[:cw], buf[cw:2*cw] // one row of samples, times weight
	wideCb, wideCr := buf[2*cw:2*cw+w], buf[2*cw+w:]
	for y := range h {
		near, far, weight := y, y, int32(1)
		if halfY {
			near, weight = y/2, 4
			far = min(max(near-1+y%2*2, 0), ch-1)
		}
		rows(cb, src.Cb[near*src.CStride:], src.Cb[far*src.CStride:], weight)
		rows(cr, src.Cr[near*src.CStride:], src.Cr[far*src.CStride:], weight)
		columns(wideCb, cb, halfX, weight, y)
		columns(wideCr, cr, halfX, weight, y)
		dst := m.Pix[3*y*w:][:3*w]
		for x, l := range src.Y[y*src.YStride:][:w] {
			d := dst[3*x : 3*x+3 : 3*x+3]
			d[0], d[1], d[2] = jfif(int32(l), wideCb[x]-128, wideCr[x]-128)
		}
	}
	return m
}

// halves tells which sides of the chroma planes are half as long; ok is false
// for other ratios, which libjpeg does not interpolate either.
func halves(r image.YCbCrSubsampleRatio) (x, y, ok bool) {
	switch r {
	case image.YCbCrSubsampleRatio444:
		return false, false, true
	case image.YCbCrSubsampleRatio422:
		return true, false, true
	case image.YCbCrSubsampleRatio440:
		return false, true, true
	case image.YCbCrSubsampleRatio420:
		return true, true, true
	}
	return false, false, false
}

// rows joins two rows of samples; a sum of weight 4 counts the near row 3 times.
func rows(dst []int32, near, far []uint8, weight int32) {
	for i := range dst {
		if weight == 1 {
			dst[i] = int32(near[i])
		} else {
			dst[i] = 3*int32(near[i]) + int32(far[i])
		}
	}
}

// columns brings a joined row to full width and takes its weight away. Halves are
// rounded up and down in turn, as in libjpeg's jdsample.c.
func columns(dst, src []int32, half bool, weight int32, y int) {
	if !half {
		bias := int32(0)
		if weight == 4 {
			bias = 1 + int32(y&1)
		}
		for x := range dst {
			dst[x] = (src[x] + bias) / weight
		}
		return
	}
	even, odd, shift := int32(1), int32(2), uint(2)
	if weight == 4 {
		even, odd, shift = 8, 7, 4
	}
	left := src[0]
	for i, near := range src {
		dst[2*i] = (3*near + left + even) >> shift
		if 2*i+1 < len(dst) {
			right := src[min(i+1, len(src)-1)]
			dst[2*i+1] = (3*near + right + odd) >> shift
		}
		left = near
	}
}

// jfif converts to RGB by JFIF 1.02 in 16 fractional bits, rounded; cb and cr are
// centred at 0.
func jfif(y, cb, cr int32) (r, g, b uint8) {
	const half = 1 << 15
	y = y<<16 + half
	return cut16(y + 91881*cr), cut16(y - 22554*cb - 46802*cr), cut16(y + 116130*cb)
}

func cut16(v int32) uint8 {
	if uint32(v)&0xff000000 == 0 {
		return uint8(v >> 16)
	}
	return uint8(^(v >> 31))
}
