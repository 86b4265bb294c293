package jpegscale

import (
	"encoding/binary"
	"slices"
)

// chunk is how many units pass between two marks.
const chunk = 16

// bounds of DC, dequantised: with these no sum leaves the bits that it has in
// libjpeg-turbo, and no sample the 16 that it has here. Pictures of 8 bits have 1151 at most.
const (
	maxDC    = 4095
	maxDrift = 16383 // as seen from a guess
)

// A mark is where a worker stood at the start of a unit.
type mark struct {
	pos int // in bits
	dc  [4]level
}

// A level is the DC of a component, dequantised: the last, and the least and largest since the mark before.
type level struct{ now, low, top int32 }

// A worker decodes units, one behind the other, into samples.
type worker struct {
	*frame
	buf   uint64 // see fill
	n, at uint
	dc    [4]level // by component
	bound int32

	samples []byte // units of frame.unit bytes
	units   int
	marks   []mark // one before each chunk, if guessing

	guessing bool

	sums [64]int32
}

type outcome int

const (
	more   outcome = iota // as many units as asked for
	beyond                // at or behind the limit
	bad                   // what follows is no unit
)

// begin places w at a bit of the stream, with nothing decoded.
func (w *worker) begin(f *frame, pos int, guessing bool) {
	w.frame, w.guessing, w.bound = f, guessing, maxDC
	if guessing {
		w.bound = maxDrift
	}
	w.units, w.samples, w.marks = 0, w.samples[:0], w.marks[:0]
	w.restart(pos)
}

// restart is begin behind a restart marker.
func (w *worker) restart(pos int) {
	w.buf, w.n, w.at = seek(w.stream, pos)
	w.dc = [4]level{}
}

// pos is the place in the stream, in bits.
func (w *worker) pos() int { return int(w.at*8 - w.n) }

// decode decodes up to n units, until it stands at limit or behind it.
func (w *worker) decode(n, limit int) outcome {
	for n > 0 {
		if w.guessing && len(w.marks)*chunk == w.units {
			w.marks = append(w.marks, mark{w.pos(), w.dc})
			for c := range w.dc {
				w.dc[c].low, w.dc[c].top = w.dc[c].now, w.dc[c].now
			}
		}
		some := min(n, chunk-w.units%chunk)
		w.samples = slices.Grow(w.samples, some*w.unit)
		for ; some > 0; some-- {
			if w.pos() >= limit {
				return beyond
			}
			at := len(w.samples)
			w.samples = w.samples[:at+w.unit]
			if !w.one(w.samples[at:]) {
				w.samples = w.samples[:at]
				return bad
			}
			w.units++
			n--
		}
	}
	return more
}

// one decodes a unit into dst.
func (w *worker) one(dst []byte) bool {
	f := w.frame
	b, buf, n, at := f.stream, w.buf, w.n, w.at
	rough := byte(0)
	for i := range f.blocks[:f.count] {
		p := &f.blocks[i]
		c := p.component
		buf, n, at = fill(b, buf, n, at)
		e := c.dc[buf>>(64-lookBits)]
		diff, length := int32(e)>>16, uint(e&0xff)
		if length == 0 {
			if diff, length = c.difference(buf); length == 0 {
				return false
			}
		}
		buf, n = buf<<(length&63), n-length
		s := &w.dc[p.index&3]
		dc := s.now + diff*c.quant[0]
		s.now = dc
		if w.guessing {
			s.low, s.top = min(s.low, dc), max(s.top, dc)
		}
		if dc > w.bound || dc < -w.bound {
			return false
		}
		out := dst[p.at:]
		if c.size == 1 {
			binary.LittleEndian.PutUint16(out, uint16(dc+rounding))
			if e&ends == 0 {
				var ok bool
				if buf, n, at, ok = c.skip(b, buf, n, at); !ok {
					return false
				}
			}
			continue
		}
		last := uint(0)
		if e&ends == 0 {
			if buf, n, at, last = c.values(b, buf, n, at, &w.sums); last > 63 {
				w.sums = [64]int32{}
				return false
			}
		}
		switch {
		case last == 0 && c.size == 2:
			two := uint32(uint16(dc+rounding)) * 0x10001
			binary.LittleEndian.PutUint32(out, two)
			binary.LittleEndian.PutUint32(out[p.stride:], two)
		case last == 0:
			flat4(out, p.stride, dc+rounding)
		case c.size == 2:
			rough |= p.rough
			finish2(out, p.stride, dc, &w.sums)
		default:
			rough |= p.rough
			if !finish4(out, p.stride, dc, &w.sums, last) {
				w.sums = [64]int32{}
				return false
			}
		}
	}
	dst[len(dst)-1] = rough
	w.buf, w.n, w.at = buf, n, at
	return true
}

// flat4 writes a block of 4x4 samples of one value.
func flat4(dst []byte, stride int, v int32) {
	four := uint64(uint16(v)) * each16
	for y := range 4 {
		binary.LittleEndian.PutUint64(dst[y*stride:], four)
	}
}
