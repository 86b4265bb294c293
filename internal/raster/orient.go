package raster

// Orient returns the upright form of m, which is stored under the EXIF
// orientation o. Width and height change places for 5 to 8. For 1, and for
// anything outside 1..8, m itself is returned; otherwise a new picture. The result
// equals Pillow's ImageOps.exif_transpose.
func (m *Image) Orient(o int) *Image {
	w, h := m.W, m.H
	// The upright pixel (x, y) is stored at start + x*dx + y*dy, in pixels.
	var start, dx, dy int
	switch o {
	case 2: // mirrored left to right
		start, dx, dy = w-1, -1, w
	case 3: // turned by 180 degrees
		start, dx, dy = w*h-1, -1, -w
	case 4: // mirrored top to bottom
		start, dx, dy = w*(h-1), 1, -w
	case 5: // mirrored along the main diagonal
		start, dx, dy = 0, w, 1
	case 6: // to be turned clockwise by 90 degrees
		start, dx, dy = w*(h-1), -w, 1
	case 7: // mirrored along the other diagonal
		start, dx, dy = w*h-1, -w, -1
	case 8: // to be turned counterclockwise by 90 degrees
		start, dx, dy = w-1, w, -1
	default:
		return m
	}
	if o >= 5 {
		w, h = h, w
	}
	up := New(w, h)
	// In squares, so that reading down the columns of a large picture stays in
	// the cache.
	const square = 64
	for y0 := 0; y0 < h; y0 += square {
		for x0 := 0; x0 < w; x0 += square {
			x1 := min(x0+square, w)
			for y := y0; y < min(y0+square, h); y++ {
				s := 3 * (start + x0*dx + y*dy)
				for d := 3 * (y*w + x0); d < 3*(y*w+x1); d += 3 {
					dst, src := up.Pix[d:d+3:d+3], m.Pix[s:s+3:s+3]
					dst[0], dst[1], dst[2] = src[0], src[1], src[2]
					s += 3 * dx
				}
			}
		}
	}
	return up
}

// Luma returns the W*H grey values of m, row by row, as Pillow's convert("L")
// makes them: ITU-R 601 weights in 16 bits, rounded.
func (m *Image) Luma() []uint8 {
	grey := make([]uint8, m.W*m.H)
	for i := range grey {
		p := m.Pix[3*i : 3*i+3 : 3*i+3]
		grey[i] = uint8((19595*uint32(p[0]) + 38470*uint32(p[1]) + 7471*uint32(p[2]) + 0x8000) >> 16)
	}
	return grey
}
