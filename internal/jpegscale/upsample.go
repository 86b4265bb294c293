package jpegscale

import (
	"context"
	"encoding/binary"

	"github.com/gosight/vision/internal/raster"
)

// paintRows converts rows of units whose chroma is halved one way.
func (f *frame) paintRows(ctx context.Context, m *raster.Image, parts []part, from, to int) error {
	halfX, halfY := f.cw < f.lw, f.ch < f.lh
	fancy := f.ratio < 8
	cw, ch := m.W, m.H
	if halfX {
		cw = (f.w*f.cell + 15) / 16
	}
	if halfY {
		ch = (f.h*f.cell + 15) / 16
	}
	luma := make([]uint8, f.across*f.lw)
	var near, far, wide [2][]uint8
	for c := range near {
		near[c], far[c] = make([]uint8, f.across*f.cw), make([]uint8, f.across*f.cw)
		wide[c] = make([]uint8, 2*cw+2)
	}
	for y := from * f.lh; y < min(to*f.lh, m.H); y++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		f.gather(luma, parts, 0, y)
		for c := range near {
			if !halfY {
				f.gather(near[c], parts, 1+c, y)
				widen(wide[c], near[c][:cw], fancy && cw > 2)
				continue
			}
			f.gather(near[c], parts, 1+c, y/2)
			if !fancy {
				copy(wide[c], near[c])
				continue
			}
			f.gather(far[c], parts, 1+c, min(max(y/2-1+y%2*2, 0), ch-1))
			for x := range cw {
				wide[c][x] = uint8((3*uint32(near[c][x]) + uint32(far[c][x]) + 1 + uint32(y&1)) >> 2)
			}
		}
		d := m.Pix[3*y*m.W:][:3*m.W]
		for x, l := range luma[:m.W] {
			f.colours.put(d[3*x:], uint32(l), uint32(wide[0][x]), uint32(wide[1][x]))
		}
	}
	return nil
}

// gather takes row y of the samples of component c out of the units.
func (f *frame) gather(dst []uint8, parts []part, c, y int) {
	w, h, at := f.lw, f.lh, 0
	if c > 0 {
		w, h, at = f.cw, f.ch, f.chroma[c-1]
	}
	row := y / h
	at += y % h * w * 2
	for column := 0; column < f.across; {
		s, p := f.run(parts, row*f.across+column, f.across-column)
		add := p.base[c] + 128<<3
		for ; len(s) >= f.unit; s = s[f.unit:] {
			d := dst[column*w:][:w]
			column++
			if len(d) == 4 {
				if v := four(s[at:], add); (v^one)&^uint64(byte16) == 0 {
					v &= byte16
					v |= v >> 8
					binary.LittleEndian.PutUint32(d, uint32(v&0xffff|v>>16&0xffff_0000))
					continue
				}
			}
			for x := range d {
				d[x] = sample(s[at:], x, add)
			}
		}
	}
}

// widen doubles a row; if fancy it weighs the nearer sample 3 to 1 and rounds up and down in turn.
func widen(dst, src []uint8, fancy bool) {
	if !fancy {
		for i, v := range src {
			dst[2*i], dst[2*i+1] = v, v
		}
		return
	}
	left := uint32(src[0])
	for i, v := range src {
		near, right := uint32(v), uint32(src[min(i+1, len(src)-1)])
		dst[2*i] = uint8((3*near + left + 1) >> 2)
		dst[2*i+1] = uint8((3*near + right + 2) >> 2)
		left = near
	}
}
