package jpegscale

import "slices"

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
	pos      int      // in bits
	dc       [3]int32 // dequantised predictions
	low, top [3]int32 // the least and largest DC since the mark before
}

// A worker decodes units, one behind the other, into samples.
type worker struct {
	*frame
	r     bits
	dc    [3]int32
	low   [3]int32
	top   [3]int32
	bound int32

	samples []int16 // units by frame.unit
	units   int
	marks   []mark // one before each chunk

	sums [64]int32
}

type outcome int

const (
	more   outcome = iota // as many units as asked for
	beyond                // at or behind the limit
	bad                   // what follows is no unit
)

// begin places w at a bit of the stream, with nothing decoded.
func (w *worker) begin(f *frame, pos int, bound int32) {
	w.frame, w.bound = f, bound
	w.units, w.samples, w.marks = 0, w.samples[:0], w.marks[:0]
	w.restart(pos)
}

// restart is begin behind a restart marker.
func (w *worker) restart(pos int) {
	w.r = bitsAt(w.stream, pos)
	w.dc, w.low, w.top = [3]int32{}, [3]int32{}, [3]int32{}
}

// decode decodes up to n units, until it stands at limit or behind it.
func (w *worker) decode(n, limit int) outcome {
	for n > 0 {
		if len(w.marks)*chunk == w.units {
			w.marks = append(w.marks, mark{w.r.pos(), w.dc, w.low, w.top})
			w.low, w.top = w.dc, w.dc
		}
		some := min(n, chunk-w.units%chunk)
		w.samples = slices.Grow(w.samples, some*w.unit)
		for ; some > 0; some-- {
			if w.r.pos() >= limit {
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
func (w *worker) one(dst []int16) bool {
	b, r := w.stream, w.r
	flags := &dst[len(dst)-1]
	*flags = 0
	for i := range w.blocks[:w.count] {
		p := &w.blocks[i]
		c := &w.components[p.component%3]
		r.fill(b)
		e := c.dc[r.buf>>(64-lookBits)]
		diff, end := int32(e)>>16, e&ends != 0
		if e&0xff == 0 {
			var ok bool
			if diff, ok = c.difference(b, &r); !ok {
				return false
			}
		} else {
			r.drop(uint(e & 0xff))
		}
		dc := w.dc[p.component&3] + diff*c.quant[0]
		w.dc[p.component&3] = dc
		if dc > w.bound || dc < -w.bound {
			return false
		}
		w.low[p.component&3], w.top[p.component&3] = min(w.low[p.component&3], dc), max(w.top[p.component&3], dc)
		out := dst[p.at:]
		if c.size == 1 {
			out[0] = int16(dc + rounding)
			if !end {
				var ok bool
				if r, ok = c.skip(b, r); !ok {
					return false
				}
			}
			continue
		}
		last := 0
		if !end {
			if r, last = c.values(b, r, &w.sums); last < 0 {
				w.sums = [64]int32{}
				return false
			}
		}
		if last == 0 {
			flat(out, p.stride, c.size, int16(dc+rounding))
			continue
		}
		if p.component > 0 {
			*flags = 1
		}
		if !c.finish(out, p.stride, dc, &w.sums, last) {
			w.sums = [64]int32{}
			return false
		}
	}
	w.r = r
	return true
}

func (c *component) finish(dst []int16, stride int, dc int32, sums *[64]int32, last int) bool {
	switch c.size {
	case 2:
		finish2(dst, stride, dc, sums)
		return true
	case 4:
		return finish4(dst, stride, dc, sums, last)
	}
	return false
}

// flat writes a block of one value.
func flat(dst []int16, stride, size int, v int16) {
	if size == 2 {
		dst[0], dst[1], dst[stride], dst[stride+1] = v, v, v, v
		return
	}
	for y := range size {
		row := dst[y*stride:][:size]
		for x := range row {
			row[x] = v
		}
	}
}
