package hdf5

import (
	"bytes"
	"compress/zlib"
	"io"
)

// Filters (IV.A.2.l).
const (
	deflate    = 1
	shuffle    = 2
	fletcher32 = 3
)

const (
	maxChunk    = 1 << 30 // bytes of a chunk
	maxAssemble = 1 << 32 // bytes of an array that is in chunks
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

// assemble puts the chunks of an array together, in the file's type.
func (a *Array) assemble() ([]byte, error) {
	size := a.n * uint64(a.typ.size)
	one := uint64(a.typ.size)
	for _, d := range a.chunk {
		if d == 0 || d > maxChunk || one*d > maxChunk {
			return nil, broken("chunks of %v", a.chunk)
		}
		one *= d
	}
	if size > maxAssemble {
		return nil, unsupported("%d bytes in chunks", size)
	}
	got := uint64(0)
	data := make([]byte, size)
	if err := a.chunks(a.at, data, one, maxDepth, &got); err != nil {
		return nil, err
	}
	want := uint64(1)
	for i, d := range a.chunk {
		want *= (uint64(a.Shape[i]) + d - 1) / d
	}
	if got != want {
		return nil, broken("want %d chunks, got %d", want, got)
	}
	return data, nil
}

// chunks reads a B-tree of version 1 over chunks (III.A.1) of so many bytes.
func (a *Array) chunks(at uint64, data []byte, size uint64, depth int, got *uint64) error {
	rank := len(a.Shape)
	level, c, n, err := a.o.f.node(at, 1, 8+8*(rank+1))
	if err != nil {
		return err
	}
	if level >= depth {
		return broken("a tree whose level %d does not fall", level)
	}
	for range n {
		stored, mask := c.u32(), c.u32()
		start := make([]uint64, rank)
		for i := range start {
			start[i] = c.uint(8)
		}
		c.skip(8)
		child := c.addr()
		if c.err != nil {
			return c.err
		}
		if level > 0 {
			if err := a.chunks(child, data, size, level, got); err != nil {
				return err
			}
			continue
		}
		*got++
		chunk, err := a.unpack(child, uint64(stored), size, mask)
		if err != nil {
			return err
		}
		for i, s := range start {
			if s%a.chunk[i] != 0 || s >= uint64(a.Shape[i]) {
				return broken("a chunk from %v of %v", start, a.Shape)
			}
		}
		a.place(data, chunk, start)
	}
	return nil
}

// unpack undoes the filters, the last first.
func (a *Array) unpack(at, stored, size uint64, mask uint32) ([]byte, error) {
	b, err := a.o.f.read(at, stored)
	if err != nil {
		return nil, err
	}
	for i := len(a.filters) - 1; i >= 0; i-- {
		if mask&(1<<i) != 0 {
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
			b = b[:len(b)-4]
		}
	}
	if uint64(len(b)) != size {
		return nil, broken("want a chunk of %d bytes, got %d", size, len(b))
	}
	return b, nil
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
