package jpegscale

import (
	"context"

	"github.com/gosight/vision/internal/raster"
)

// run returns the samples of up to n units from unit i of the picture on, that lie
// together, and the part that they are of.
func (f *frame) run(parts []part, i, n int) ([]int16, *part) {
	k := 0
	for k < len(parts)-1 && i >= parts[k].end() {
		k++
	}
	p := &parts[k]
	at := p.skip + i - p.first
	n = min(n, p.end()-i)
	return p.samples[at*f.unit : (at+n)*f.unit], p
}

// paint makes the pixels of the rows of units from to to.
func (f *frame) paint(ctx context.Context, m *raster.Image, parts []part, from, to int) error {
	if !f.joint {
		return f.paintRows(ctx, m, parts, from, to)
	}
	var edge [8 * 8 * 3]byte
	for row := from; row < to; row++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		y0 := row * f.lh
		for column := 0; column < f.across; {
			s, p := f.run(parts, row*f.across+column, f.across-column)
			for ; len(s) >= f.unit; s = s[f.unit:] {
				x0 := column * f.lw
				column++
				if x0+f.lw <= m.W && y0+f.lh <= m.H {
					f.paintUnit(m.Pix[3*(y0*m.W+x0):], 3*m.W, s[:f.unit:f.unit], &p.base)
					continue
				}
				f.paintUnit(edge[:], 3*f.lw, s[:f.unit:f.unit], &p.base)
				for y := range min(f.lh, m.H-y0) {
					if x0 < m.W {
						copy(m.Pix[3*((y0+y)*m.W+x0):][:3*min(f.lw, m.W-x0)], edge[3*f.lw*y:])
					}
				}
			}
		}
	}
	return nil
}

// paintUnit converts a unit whose chroma has as many samples as its luma.
func (f *frame) paintUnit(dst []byte, stride int, s []int16, base *[3]int32) {
	luma := base[0] + 128<<3
	lw, lh := f.lw, f.lh
	if f.n == 1 {
		for y := range lh {
			d := dst[y*stride:][:3*lw]
			for x, v := range s[y*lw:][:lw] {
				g := cut((int32(v) + luma) >> 3)
				d[3*x], d[3*x+1], d[3*x+2] = g, g, g
			}
		}
		return
	}
	if s[len(s)-1] == 0 {
		r, g, b := chroma(f.sample(s, 1, 0, base), f.sample(s, 2, 0, base))
		r, g, b = r>>16, g>>16, b>>16
		for y := range lh {
			d := dst[y*stride:][:3*lw]
			for _, v := range s[y*lw:][:lw] {
				l := int32(cut((int32(v) + luma) >> 3))
				d[0], d[1], d[2] = cut(l+r), cut(l+g), cut(l+b)
				d = d[3:]
			}
		}
		return
	}
	cb, cr := s[f.chroma[0]:], s[f.chroma[1]:]
	addB, addR := base[1]+128<<3, base[2]+128<<3
	for y := range lh {
		d := dst[y*stride:][:3*lw]
		b, r := cb[y*lw:][:lw], cr[y*lw:][:lw]
		for x, v := range s[y*lw:][:lw] {
			l := int32(cut((int32(v) + luma) >> 3))
			r, g, b := chroma(cut((int32(b[x])+addB)>>3), cut((int32(r[x])+addR)>>3))
			d[0], d[1], d[2] = cut(l+r>>16), cut(l+g>>16), cut(l+b>>16)
			d = d[3:]
		}
	}
}

// sample is sample i of component c of a unit.
func (f *frame) sample(s []int16, c, i int, base *[3]int32) uint8 {
	if c > 0 {
		i += f.chroma[c-1]
	}
	return cut((int32(s[i])+base[c])>>3 + 128)
}

// chroma is what Cb and Cr add to red, green and blue, in 16 fractional bits with what
// rounds them (JFIF 1.02).
func chroma(cb, cr uint8) (r, g, b int32) {
	const half = 1 << 15
	u, v := int32(cb)-128, int32(cr)-128
	return 91881*v + half, half - 22554*u - 46802*v, 116130*u + half
}

func cut(v int32) uint8 {
	if uint32(v) > 255 {
		return uint8(^(v >> 31))
	}
	return uint8(v)
}
