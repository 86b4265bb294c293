package jpegscale

import (
	"context"
	"encoding/binary"

	"github.com/gosight/vision/internal/raster"
)

// run returns the samples of up to n units from unit i of the picture on, that lie
// together, and the part that they are of.
func (f *frame) run(parts []part, i, n int) ([]byte, *part) {
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
func (f *frame) paintUnit(dst []byte, stride int, s []byte, base *[3]int32) {
	lw, lh := f.lw, f.lh
	luma := base[0] + 128<<3
	if f.n == 1 {
		for y := range lh {
			d := dst[y*stride:][:3*lw]
			for x := range lw {
				g := sample(s, y*lw+x, luma)
				d[3*x], d[3*x+1], d[3*x+2] = g, g, g
			}
		}
		return
	}
	cb, cr := s[f.chroma[0]:], s[f.chroma[1]:]
	addB, addR := base[1]+128<<3, base[2]+128<<3
	if s[len(s)-1] == 0 && lw&3 == 0 {
		r, g, b := chroma(sample(cb, 0, addB), sample(cr, 0, addR))
		paintFlat(dst, stride, s, lw, lh, luma, r>>16, g>>16, b>>16)
		return
	}
	if lw == 2 && lh == 2 {
		var two [12]byte
		if f.colours.put4(&two, four(s, luma), four(cb, addB), four(cr, addR)) {
			copy(dst[:6], two[:6])
			copy(dst[stride:][:6], two[6:])
			return
		}
	}
	for y := range lh {
		d := dst[y*stride:][:3*lw]
		l, u, v := s[2*y*lw:][:2*lw], cb[2*y*lw:][:2*lw], cr[2*y*lw:][:2*lw]
		for len(d) >= 12 && len(l) >= 8 && len(u) >= 8 && len(v) >= 8 {
			if !f.colours.put4((*[12]byte)(d), four(l, luma), four(u, addB), four(v, addR)) {
				for x := range 4 {
					f.colours.put(d[3*x:], whole(l[2*x:], luma), whole(u[2*x:], addB), whole(v[2*x:], addR))
				}
			}
			d, l, u, v = d[12:], l[8:], u[8:], v[8:]
		}
		for len(d) >= 3 && len(l) >= 2 && len(u) >= 2 && len(v) >= 2 {
			f.colours.put(d, whole(l, luma), whole(u, addB), whole(v, addR))
			d, l, u, v = d[3:], l[2:], u[2:], v[2:]
		}
	}
}

// four is the first four samples of those at s, not cut, in 16 bits each and biased
// by 256. Their sums are biased by 8*4096, so that no borrow goes from one to another.
func four(s []byte, add int32) uint64 {
	v := binary.LittleEndian.Uint64(s) ^ 0x8000*each16
	return (v+uint64(add)*each16)>>3&(0x1fff*each16) - (4096-256)*each16
}

// whole is the first sample of those at s, not cut.
func whole(s []byte, add int32) uint32 {
	return uint32((int32(int16(binary.LittleEndian.Uint16(s))) + add) >> 3)
}

// colours has what Cb and Cr add to all three colours, each biased by 256: blue in bits 0 to
// 15, green with its fraction in 16 to 47, red in 48 to 63. The sum of an entry of each
// and of luma in the three places is the pixel.
type colours struct {
	ready  bool
	cb, cr [256]uint64
}

const (
	inPlace = 1<<48 | 1<<32 | 1
	inRange = 0xff00<<48 | 0xff00<<32 | 0xff00 // bits that are 0x100 there unless to be cut
)

func (t *colours) make() {
	for i := range t.cb {
		_, gb, b := chroma(uint8(i), 128)
		r, gr, _ := chroma(128, uint8(i))
		const half = 1 << 15
		t.cb[i] = uint64(256+b>>16) + uint64(256<<16+int64(gb))<<16
		t.cr[i] = uint64(256+r>>16)<<48 + uint64(int64(gr)-half)<<16
	}
	t.ready = true
}

// put4 writes four pixels from what four gives, unless something must be cut.
func (t *colours) put4(d *[12]byte, l, cb, cr uint64) bool {
	if ((l^one)|(cb^one)|(cr^one))&^uint64(byte16) == 0 {
		l &= byte16
		p0 := t.cb[uint8(cb)] + t.cr[uint8(cr)] + l&255*inPlace
		p1 := t.cb[uint8(cb>>16)] + t.cr[uint8(cr>>16)] + l>>16&255*inPlace
		p2 := t.cb[uint8(cb>>32)] + t.cr[uint8(cr>>32)] + l>>32&255*inPlace
		p3 := t.cb[uint8(cb>>48)] + t.cr[uint8(cr>>48)] + l>>48*inPlace
		const all = 256 * inPlace
		if ((p0^all)|(p1^all)|(p2^all)|(p3^all))&inRange == 0 {
			d[0], d[1], d[2] = uint8(p0>>48), uint8(p0>>32), uint8(p0)
			d[3], d[4], d[5] = uint8(p1>>48), uint8(p1>>32), uint8(p1)
			d[6], d[7], d[8] = uint8(p2>>48), uint8(p2>>32), uint8(p2)
			d[9], d[10], d[11] = uint8(p3>>48), uint8(p3>>32), uint8(p3)
			return true
		}
	}
	return false
}

// put writes the pixel of three samples that may have to be cut.
func (t *colours) put(d []byte, l, cb, cr uint32) {
	if l|cb|cr < 256 {
		v := t.cb[cb&255] + t.cr[cr&255] + uint64(l)*inPlace
		if v&inRange == 256*inPlace {
			_ = d[2]
			d[0], d[1], d[2] = uint8(v>>48), uint8(v>>32), uint8(v)
			return
		}
	}
	r, g, b := chroma(cut(int32(cb)), cut(int32(cr)))
	put(d, cut(int32(l)), r, g, b)
}

const (
	each16 = 0x0001_0001_0001_0001
	byte16 = 0x00ff * each16
	one    = 0x0100 * each16 // on an unbiased value from 0 to 255
)

// paintFlat is paintUnit for one colour difference and rows of fours. It takes four samples at
// a time, in 16 bits each, and leaves those to put that must be cut off.
func paintFlat(dst []byte, stride int, s []byte, lw, lh int, luma, r, g, b int32) {
	addR, addG, addB := uint64(r+256)*each16, uint64(g+256)*each16, uint64(b+256)*each16
	for y := range lh {
		d := dst[y*stride:][:3*lw]
		for len(d) >= 12 && len(s) >= 8 {
			l := four(s, luma)
			p := l & byte16
			vr, vg, vb := p+addR, p+addG, p+addB
			if ((l^one)|(vr^one)|(vg^one)|(vb^one))&^uint64(byte16) != 0 {
				for x := range 4 {
					put(d[3*x:], sample(s, x, luma), r<<16, g<<16, b<<16)
				}
			} else {
				rg, bb := vr&byte16|vg&byte16<<8, vb&byte16
				binary.LittleEndian.PutUint64(d, rg&0xffff|bb&0xff<<16|rg&0xffff_0000<<8|bb&0xff_0000<<24|rg&0xffff_0000_0000<<16)
				binary.LittleEndian.PutUint32(d[8:], uint32(bb>>32&0xff|rg>>48<<8|bb>>48<<24))
			}
			d, s = d[12:], s[8:]
		}
	}
}

// sample is sample i of those at s; add is the DC that is missing, and the 128 of the middle.
func sample(s []byte, i int, add int32) uint8 {
	return cut((int32(int16(binary.LittleEndian.Uint16(s[2*i:]))) + add) >> 3)
}

// put writes a pixel from luma and what chroma adds.
func put(d []byte, l uint8, r, g, b int32) {
	d = d[:3:3]
	d[0], d[1], d[2] = cut(int32(l)+r>>16), cut(int32(l)+g>>16), cut(int32(l)+b>>16)
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
