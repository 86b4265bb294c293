package jpegscale

import "math"

// A frame is what all workers on one picture share. A unit is what T.81 calls an MCU. Its samples
// lie together: those of luma as a raster, then those of Cb and Cr, then a byte
// that is 1 unless all chroma is flat.
type frame struct {
	*header
	stream     []byte // clean, with slack
	stretches  []stretch
	components [3]component // the third is unused where it would be as the second
	blocks     [6]block
	count      int // of blocks in a unit
	unit       int // bytes of a unit
	across     int // units in a row
	down       int
	total      int

	ratio   int
	ow, oh  int // size of the result
	cell    int // samples of a luma block along a side
	joint   bool
	colours colours
	// The samples of a unit: luma is lw wide and lh high, chroma cw and ch.
	lw, lh, cw, ch int
	chroma         [2]int // the byte where it begins
}

type block struct {
	component  *component
	index      int // of the component
	at, stride int // in bytes of the unit
	rough      byte
}

// lay prepares f for h at a ratio.
func (f *frame) lay(h *header, ratio int) error {
	if !f.colours.ready {
		f.colours.make()
	}
	f.header, f.ratio, f.cell = h, ratio, 8/ratio
	f.ow, f.oh = (h.w+ratio-1)/ratio, (h.h+ratio-1)/ratio
	f.across = (h.w + 8*h.hs - 1) / (8 * h.hs)
	f.down = (h.h + 8*h.vs - 1) / (8 * h.vs)
	f.total = f.across * f.down
	blocks := h.hs * h.vs
	if h.n == 3 {
		blocks += 2
	}
	// A block takes two bits at least. What is too short is known before memory is taken.
	if int64(f.total)*int64(blocks)*2 > int64(len(h.scan))*8 || f.total > math.MaxInt32/512 {
		return broken("%d bytes for %d blocks", len(h.scan), f.total*blocks)
	}
	size := f.cell
	// libjpeg lets the transform enlarge chroma where it can do so both ways.
	chroma := size
	if h.hs == 2 && h.vs == 2 {
		chroma = 2 * size
	}
	f.lw, f.lh, f.cw, f.ch = size*h.hs, size*h.vs, chroma, chroma
	f.joint = h.n == 1 || f.lw == f.cw && f.lh == f.ch
	f.count = 0
	for y := range h.vs {
		for x := range h.hs {
			f.blocks[f.count] = block{&f.components[0], 0, 2 * (y*size*f.lw + x*size), 2 * f.lw, 0}
			f.count++
		}
	}
	f.unit = 2 * f.lw * f.lh
	f.components[0].set(size, &h.quant[h.quantSel[0]], h.dc[h.dcSel[0]], h.ac[h.acSel[0]])
	if h.n == 3 {
		for i := range 2 {
			f.chroma[i] = f.unit
			c := &f.components[1+i]
			if i == 1 && h.quantSel[1] == h.quantSel[2] && h.dcSel[1] == h.dcSel[2] && h.acSel[1] == h.acSel[2] {
				c = &f.components[1] // half the tables, in a cache that is small
			} else {
				c.set(chroma, &h.quant[h.quantSel[1+i]], h.dc[h.dcSel[1+i]], h.ac[h.acSel[1+i]])
			}
			f.blocks[f.count] = block{c, 1 + i, f.unit, 2 * f.cw, 1}
			f.count++
			f.unit += 2 * f.cw * f.ch
		}
	}
	f.unit++ // that byte
	return nil
}
