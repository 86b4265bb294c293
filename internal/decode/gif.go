package decode

import (
	"image"
	"image/color"
	"slices"
)

// gifFrame is what image/gif does not tell of the first frame.
type gifFrame struct {
	palette     color.Palette // with the true colours of all indices
	transparent int           // index, -1 if there is none
}

// readGIF walks the blocks up to the first frame (GIF89a, sections 18 to 23).
func (h *header) readGIF(data []byte) error {
	const screen = 13 // bytes: signature and logical screen descriptor
	if len(data) < screen {
		return cutOff("gif")
	}
	h.w, h.h = le16(data[6:]), le16(data[8:])
	h.gif = gifFrame{transparent: -1}
	global, rest, ok := gifPalette(data[screen:], data[10])
	for ok && len(rest) > 0 {
		switch rest[0] {
		case 0x21: // extension
			if len(rest) >= 8 && rest[1] == 0xf9 && rest[2] == 4 && rest[3]&1 != 0 {
				h.gif.transparent = int(rest[6])
			}
			rest, ok = skipBlocks(rest[min(2, len(rest)):])
		case 0x2c: // frame
			const frame = 10
			if len(rest) < frame {
				return cutOff("gif")
			}
			local, _, fits := gifPalette(rest[frame:], rest[9])
			if !fits {
				return cutOff("gif")
			}
			if h.gif.palette = local; local == nil {
				h.gif.palette = global
			}
			return nil
		case 0x3b:
			return broken("gif", "has no frame")
		default:
			// image/gif decides what to make of it.
			return nil
		}
	}
	return cutOff("gif")
}

// gifPalette reads the palette that flags announce at the start of data, nil if
// they announce none.
func gifPalette(data []byte, flags byte) (p color.Palette, rest []byte, ok bool) {
	if flags&0x80 == 0 {
		return nil, data, true
	}
	n := 2 << (flags & 7)
	if len(data) < 3*n {
		return nil, nil, false
	}
	p = make(color.Palette, n)
	for i := range p {
		p[i] = color.NRGBA{data[3*i], data[3*i+1], data[3*i+2], 0xff}
	}
	return p, data[3*n:], true
}

// skipBlocks skips the data blocks at the start of data, with their terminator.
func skipBlocks(data []byte) (rest []byte, ok bool) {
	for len(data) > 0 {
		n := int(data[0])
		if n+1 > len(data) {
			return nil, false
		}
		data = data[n+1:]
		if n == 0 {
			return data, true
		}
	}
	return nil, false
}

// onCanvas lays the frame on its canvas of w x h pixels. Where it does not reach,
// the canvas has the transparent colour, or the first if there is none, as in
// Pillow (the file's background colour is honoured by nobody); a transparent pixel
// keeps its colour beside alpha 0.
func (g gifFrame) onCanvas(img image.Image, w, h int) image.Image {
	frame, ok := img.(*image.Paletted)
	if !ok {
		return img
	}
	p := slices.Clone(frame.Palette)
	copy(p, g.palette)
	fill := 0
	if t := g.transparent; 0 <= t && t < len(p) {
		fill = t
		if c, ok := p[t].(color.NRGBA); ok {
			c.A = 0
			p[t] = c
		}
	}
	canvas := image.Rect(0, 0, w, h)
	if frame.Rect == canvas {
		frame.Palette = p
		return frame
	}
	out := image.NewPaletted(canvas, p)
	if fill != 0 {
		for i := range out.Pix {
			out.Pix[i] = uint8(fill)
		}
	}
	b := frame.Rect
	for y := b.Min.Y; y < b.Max.Y; y++ {
		copy(out.Pix[out.PixOffset(b.Min.X, y):], frame.Pix[frame.PixOffset(b.Min.X, y):][:b.Dx()])
	}
	return out
}
