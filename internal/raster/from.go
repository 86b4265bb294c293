package raster

import (
	"image"
	"image/color"
)

// From copies img to 8-bit RGB. The bounds of img may start anywhere; its top
// left pixel becomes (0, 0).
//
//   - Alpha is dropped and the straight colour stays, as in Pillow's
//     convert("RGB") of RGBA; premultiplied colours are divided first, as
//     color.NRGBAModel does.
//   - 16-bit samples keep their high byte.
//   - CMYK becomes (255-C)*(255-K)/255 with Pillow's rounding.
//   - Y'CbCr follows JFIF as color.YCbCrToRGB does; subsampled chroma is
//     repeated, not interpolated.
//
// The picture types of package image are read from Pix; any other type costs
// one call a pixel. An img without pixels gives a picture of 0 x 0.
func From(img image.Image) *Image {
	b := img.Bounds()
	if b.Empty() {
		return New(0, 0)
	}
	m := New(b.Dx(), b.Dy())
	switch src := img.(type) {
	case *image.YCbCr:
		fromYCbCr(m, src, b)
	case *image.NYCbCrA:
		fromYCbCr(m, &src.YCbCr, b)
	case *image.RGBA:
		fromRGBA(m, src)
	case *image.NRGBA:
		fromNRGBA(m, src)
	case *image.NRGBA64:
		each(m, src.Pix, src.Stride, 8, [3]int{0, 2, 4})
	case *image.RGBA64:
		fromRGBA64(m, src)
	case *image.Gray:
		fromGray(m, src)
	case *image.Gray16:
		each(m, src.Pix, src.Stride, 2, [3]int{})
	case *image.CMYK:
		fromCMYK(m, src)
	case *image.Paletted:
		fromPaletted(m, src)
	case image.RGBA64Image:
		fromRGBA64Image(m, src, b)
	default:
		fromAny(m, src, b)
	}
	return m
}

// each copies three samples of every pixel. Pixels are size bytes wide, rows
// stride bytes; at holds the positions of red, green and blue in a pixel.
func each(m *Image, pix []uint8, stride, size int, at [3]int) {
	r, g, b := at[0], at[1], at[2]
	for y := range m.H {
		row := pix[y*stride:][:m.W*size]
		dst := m.Pix[3*y*m.W:][:3*m.W]
		for i, j := 0, 0; i+size <= len(row) && j+3 <= len(dst); i, j = i+size, j+3 {
			s, d := row[i:i+size:i+size], dst[j:j+3:j+3]
			d[0], d[1], d[2] = s[r], s[g], s[b]
		}
	}
}

func fromNRGBA(m *Image, src *image.NRGBA) {
	for y := range m.H {
		row := src.Pix[y*src.Stride:][:4*m.W]
		dst := m.Pix[3*y*m.W:][:3*m.W]
		for len(row) >= 4 && len(dst) >= 3 {
			dst[0], dst[1], dst[2] = row[0], row[1], row[2]
			row, dst = row[4:], dst[3:]
		}
	}
}

func fromGray(m *Image, src *image.Gray) {
	for y := range m.H {
		dst := m.Pix[3*y*m.W:][:3*m.W]
		for _, v := range src.Pix[y*src.Stride:][:m.W] {
			if len(dst) < 3 {
				break
			}
			dst[0], dst[1], dst[2] = v, v, v
			dst = dst[3:]
		}
	}
}

func fromRGBA(m *Image, src *image.RGBA) {
	j := 0
	for y := range m.H {
		row := src.Pix[y*src.Stride:][:4*m.W]
		for i := 0; i < len(row); i += 4 {
			s, d := row[i:i+4:i+4], m.Pix[j:j+3:j+3]
			if s[3] == 0xff {
				d[0], d[1], d[2] = s[0], s[1], s[2]
			} else {
				c := color.NRGBAModel.Convert(color.RGBA{s[0], s[1], s[2], s[3]}).(color.NRGBA)
				d[0], d[1], d[2] = c.R, c.G, c.B
			}
			j += 3
		}
	}
}

func fromRGBA64(m *Image, src *image.RGBA64) {
	j := 0
	for y := range m.H {
		row := src.Pix[y*src.Stride:][:8*m.W]
		for i := 0; i < len(row); i += 8 {
			s, d := row[i:i+8:i+8], m.Pix[j:j+3:j+3]
			if s[6] == 0xff && s[7] == 0xff {
				d[0], d[1], d[2] = s[0], s[2], s[4]
			} else {
				d[0], d[1], d[2] = straight(color.RGBA64{
					R: uint16(s[0])<<8 | uint16(s[1]),
					G: uint16(s[2])<<8 | uint16(s[3]),
					B: uint16(s[4])<<8 | uint16(s[5]),
					A: uint16(s[6])<<8 | uint16(s[7]),
				})
			}
			j += 3
		}
	}
}

// fromCMYK inverts and multiplies as Pillow's cmyk2rgb does: with n = 255-K,
// each channel is n - C*n/255, the quotient rounded to nearest.
func fromCMYK(m *Image, src *image.CMYK) {
	j := 0
	for y := range m.H {
		row := src.Pix[y*src.Stride:][:4*m.W]
		for i := 0; i < len(row); i += 4 {
			s, d := row[i:i+4:i+4], m.Pix[j:j+3:j+3]
			n := 255 - uint32(s[3])
			d[0] = uint8(n - div255(uint32(s[0])*n))
			d[1] = uint8(n - div255(uint32(s[1])*n))
			d[2] = uint8(n - div255(uint32(s[2])*n))
			j += 3
		}
	}
}

// div255 is v/255 rounded to nearest, for v up to 255*255.
func div255(v uint32) uint32 {
	v += 128
	return (v + v>>8) >> 8
}

func fromPaletted(m *Image, src *image.Paletted) {
	// Indices beyond the palette are black, where At would panic.
	var table [256][3]uint8
	for i, c := range src.Palette[:min(len(src.Palette), 256)] {
		table[i][0], table[i][1], table[i][2] = rgb(c)
	}
	j := 0
	for y := range m.H {
		for _, p := range src.Pix[y*src.Stride:][:m.W] {
			copy(m.Pix[j:j+3], table[p][:])
			j += 3
		}
	}
}

func fromRGBA64Image(m *Image, src image.RGBA64Image, b image.Rectangle) {
	j := 0
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			m.Pix[j], m.Pix[j+1], m.Pix[j+2] = straight(src.RGBA64At(x, y))
			j += 3
		}
	}
}

func fromAny(m *Image, src image.Image, b image.Rectangle) {
	j := 0
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			m.Pix[j], m.Pix[j+1], m.Pix[j+2] = rgb(src.At(x, y))
			j += 3
		}
	}
}

// rgb is the straight 8-bit colour of c.
func rgb(c color.Color) (r, g, b uint8) {
	switch c := c.(type) {
	case color.NRGBA:
		return c.R, c.G, c.B
	case color.NRGBA64:
		return uint8(c.R >> 8), uint8(c.G >> 8), uint8(c.B >> 8)
	}
	cr, cg, cb, ca := c.RGBA()
	return straight(color.RGBA64{uint16(cr), uint16(cg), uint16(cb), uint16(ca)})
}

// straight divides c by its alpha and keeps the high bytes, as color.NRGBAModel
// does. A colour larger than its alpha, which is not valid, is cut at white.
func straight(c color.RGBA64) (r, g, b uint8) {
	switch c.A {
	case 0xffff:
		return uint8(c.R >> 8), uint8(c.G >> 8), uint8(c.B >> 8)
	case 0:
		return 0, 0, 0
	}
	a := uint32(c.A)
	div := func(v uint16) uint8 { return uint8(min(uint32(v)*0xffff/a, 0xffff) >> 8) }
	return div(c.R), div(c.G), div(c.B)
}
