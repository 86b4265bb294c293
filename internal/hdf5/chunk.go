package hdf5

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"io"
	"slices"
)

// Filters (IV.A.2.l).
const (
	deflate    = 1
	shuffle    = 2
	fletcher32 = 3
)

const (
	maxChunk    = 1 << 30 // bytes of a chunk
	maxAssemble = 1 << 30 // bytes of an array that is in chunks
	maxRatio    = 1032    // of deflate: 258 bytes by two bits
)

type filter struct{ id int }

func (c *cursor) filters() (list []filter, err error) {
	version, n := c.u8(), int(c.u8())
	if version == 1 {
		c.skip(6)
	}
	for range n {
		f, name := filter{id: c.u16()}, 0
		if version == 1 || f.id >= 256 {
			name = c.u16()
		}
		c.skip(2)
		values := c.u16()
		if version == 1 {
			name, values = padded(name), values+values%2
		}
		c.skip(name + 4*values)
		if c.err != nil {
			return nil, c.err
		}
		if f.id < deflate || f.id > fletcher32 {
			return nil, unsupported("filter %d; there are deflate, shuffle and Fletcher-32", f.id)
		}
		list = append(list, f)
	}
	return list, c.err
}

// A piece is a chunk as the tree lists it.
type piece struct {
	at, stored uint64
	mask       uint32 // filters that were left out
	start      []uint64
}

// assemble puts the chunks of an array together, in the file's type. All are found before memory is taken for them.
func (a *Array) assemble() ([]byte, error) {
	size := a.n * uint64(a.typ.size)
	one, want := uint64(a.typ.size), uint64(1)
	for i, d := range a.chunk {
		// As the library of the HDF Group: a chunk goes beyond an array only where that may grow.
		if d == 0 || d > maxChunk || one*d > maxChunk || d > max(a.most[i], uint64(a.Shape[i])) {
			return nil, broken("chunks of %v for an array of %v", a.chunk, a.Shape)
		}
		one *= d
		want *= (uint64(a.Shape[i]) + d - 1) / d
	}
	if size > maxAssemble {
		return nil, unsupported("%d bytes in chunks", size)
	}
	room := a.o.f.size
	if slices.Contains(a.filters, filter{deflate}) {
		room *= maxRatio
	}
	if want*one > room {
		return nil, broken("%d chunks of %d bytes in a file of %d", want, one, a.o.f.size)
	}
	list := &pieces{once: a.o.f.once(), a: a, starts: map[uint64]bool{}}
	if err := list.read(a.at, maxDepth); err != nil {
		return nil, err
	}
	if got := uint64(len(list.list)); got != want {
		return nil, broken("%d of its %d chunks were never written", want-got, want)
	}
	data := make([]byte, size)
	for _, p := range list.list {
		chunk, err := a.unpack(p, one)
		if err != nil {
			return nil, err
		}
		a.place(data, chunk, p.start)
	}
	return data, nil
}

// pieces are the chunks of an array.
type pieces struct {
	*once
	a      *Array
	list   []piece
	starts map[uint64]bool // by the number of a chunk
}

// read reads a B-tree of version 1 over chunks (III.A.1).
func (p *pieces) read(at uint64, depth int) error {
	shape := p.a.Shape
	level, c, n, err := p.node(at, 1, 8+8*(len(shape)+1))
	if err != nil {
		return err
	}
	if level >= depth {
		return broken("a tree whose level %d does not fall", level)
	}
	for range n {
		next := piece{stored: uint64(c.u32()), mask: c.u32(), start: make([]uint64, len(shape))}
		for i := range next.start {
			next.start[i] = c.uint(8)
		}
		c.skip(8)
		next.at = c.addr()
		if c.err != nil {
			return c.err
		}
		if level > 0 {
			err = p.read(next.at, level)
		} else {
			err = p.append(next)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *pieces) append(next piece) error {
	number := uint64(0)
	for i, s := range next.start {
		d, full := p.a.chunk[i], uint64(p.a.Shape[i])
		if s%d != 0 || s >= full {
			return broken("a chunk from %v of %v", next.start, p.a.Shape)
		}
		number = number*((full+d-1)/d) + s/d
	}
	if p.starts[number] {
		return broken("two chunks from %v", next.start)
	}
	p.starts[number] = true
	p.list = append(p.list, next)
	return p.add("a chunk", next.at, next.stored)
}

// unpack undoes the filters, the last first.
func (a *Array) unpack(p piece, size uint64) ([]byte, error) {
	b, err := a.o.f.read(p.at, p.stored)
	if err != nil {
		return nil, err
	}
	for i := len(a.filters) - 1; i >= 0; i-- {
		if p.mask&(1<<i) != 0 {
			continue // left out for this chunk
		}
		switch a.filters[i].id {
		case deflate:
			r, err := zlib.NewReader(bytes.NewReader(b))
			if err != nil {
				return nil, broken("a chunk: %v", err)
			}
			b, err = io.ReadAll(io.LimitReader(r, int64(size)+64)) // a checksum may follow
			if err != nil {
				return nil, broken("a chunk: %v", err)
			}
		case shuffle: // the first byte of each value, then the second of each
			n, each := len(b)/a.typ.size, a.typ.size
			out := make([]byte, len(b))
			for j := range n * each {
				out[j%n*each+j/n] = b[j]
			}
			copy(out[n*each:], b[n*each:])
			b = out
		case fletcher32:
			if len(b) < 4 {
				return nil, broken("a chunk of %d bytes with a checksum", len(b))
			}
			sum := binary.LittleEndian.Uint32(b[len(b)-4:])
			b = b[:len(b)-4]
			// Writers on big-endian machines once swapped the bytes of each half; the HDF Group's library takes both.
			if got := fletcher(b); sum != got && sum != got&0xff00ff00>>8|got&0x00ff00ff<<8 {
				return nil, broken("a chunk whose Fletcher-32 is %#08x, want %#08x", got, sum)
			}
		}
	}
	if uint64(len(b)) != size {
		return nil, broken("want a chunk of %d bytes, got %d", size, len(b))
	}
	return b, nil
}

// fletcher is Fletcher's checksum of 32 bits as HDF5 has it (H5_checksum_fletcher32): over big-endian halves, an odd
// byte at the end as the upper one.
func fletcher(b []byte) uint32 {
	var s1, s2 uint32
	for len(b) > 0 {
		half := uint32(b[0]) << 8
		if len(b) > 1 {
			half |= uint32(b[1])
		}
		b = b[min(2, len(b)):]
		s1 += half
		s1 = s1&0xffff + s1>>16
		s2 += s1
		s2 = s2&0xffff + s2>>16
	}
	return s2<<16 | s1
}

// place copies the rows of a chunk that lie within the array.
func (a *Array) place(data, chunk []byte, start []uint64) {
	rank, each := len(a.Shape), uint64(a.typ.size)
	last := rank - 1
	width := min(a.chunk[last], uint64(a.Shape[last])-start[last]) * each
	rows := uint64(len(chunk)) / (a.chunk[last] * each)
	for r := range rows {
		// The row's position in each dimension, from the last but one up.
		at, step, left, within := start[last], uint64(a.Shape[last]), r, true
		for i := last - 1; i >= 0; i-- {
			p := start[i] + left%a.chunk[i]
			left /= a.chunk[i]
			within = within && p < uint64(a.Shape[i])
			at += p * step
			step *= uint64(a.Shape[i])
		}
		if within {
			from := r * a.chunk[last] * each
			copy(data[at*each:at*each+width], chunk[from:])
		}
	}
}
