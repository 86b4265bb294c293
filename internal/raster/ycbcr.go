package raster

import (
	"image"
	"image/color"
)

// fromYCbCr converts all of b of src, whatever its subsampling. The arithmetic is
// that of color.YCbCrToRGB: JFIF's matrix in 16 fractional bits.
func fromYCbCr(m *Image, src *image.YCbCr, b image.Rectangle) {
	if b.Min.X < 0 {
		// Package image rounds towards zero, so the cells around x = 0 are wider.
		slowYCbCr(m, src, b)
		return
	}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		dst := m.Pix[3*(y-b.Min.Y)*m.W:][:3*m.W]
		yi := src.YOffset(b.Min.X, y)
		luma := src.Y[yi : yi+m.W]
		ci := src.COffset(b.Min.X, y)
		switch src.SubsampleRatio {
		default: // 4:4:4 and 4:4:0
			row444(dst, luma, src.Cb[ci:ci+m.W], src.Cr[ci:ci+m.W])
		case image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420:
			rowShared(dst, luma, src.Cb[ci:], src.Cr[ci:], 1, b.Min.X&1)
		case image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410:
			rowShared(dst, luma, src.Cb[ci:], src.Cr[ci:], 2, b.Min.X&3)
		}
	}
}

func slowYCbCr(m *Image, src *image.YCbCr, b image.Rectangle) {
	j := 0
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := src.YCbCrAt(x, y)
			m.Pix[j], m.Pix[j+1], m.Pix[j+2] = color.YCbCrToRGB(c.Y, c.Cb, c.Cr)
			j += 3
		}
	}
}

func row444(dst, luma, cb, cr []uint8) {
	cb, cr = cb[:len(luma)], cr[:len(luma)]
	for i, l := range luma {
		d := dst[3*i : 3*i+3 : 3*i+3]
		r, g, b := chroma(cb[i], cr[i])
		y := int32(l) * 0x10101
		d[0], d[1], d[2] = clamp(y+r), clamp(y+g), clamp(y+b)
	}
}

// rowShared converts a row in which 1<<shift neighbours share one chroma sample,
// the first sample being used from its phase on.
func rowShared(dst, luma, cb, cr []uint8, shift, phase int) {
	for i := 0; i < len(luma); {
		c := (i + phase) >> shift
		end := min((c+1)<<shift-phase, len(luma))
		r, g, b := chroma(cb[c], cr[c])
		for ; i < end; i++ {
			d := dst[3*i : 3*i+3 : 3*i+3]
			y := int32(luma[i]) * 0x10101
			d[0], d[1], d[2] = clamp(y+r), clamp(y+g), clamp(y+b)
		}
	}
}

// chroma is what Cb and Cr add to red, green and blue, in 16 fractional bits:
// 1.40200 Cr, -0.34414 Cb - 0.71414 Cr, 1.77200 Cb (JFIF 1.02).
func chroma(cb, cr uint8) (r, g, b int32) {
	u, v := int32(cb)-128, int32(cr)-128
	return 91881 * v, -22554*u - 46802*v, 116130 * u
}

// clamp cuts v to [0, 255<<16] and drops the fraction.
func clamp(v int32) uint8 {
	if uint32(v)&0xff000000 == 0 {
		return uint8(v >> 16)
	}
	return uint8(^(v >> 31))
}
