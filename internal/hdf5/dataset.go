package hdf5

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"

	"github.com/x448/float16"
)

// Layouts (IV.A.2.i).
const (
	compact    = 0
	contiguous = 1
	chunked    = 2
)

const (
	maxElements = 1 << 33
	window      = 1 << 20 // bytes read at once
)

// An Array is a dataset of floating point.
type Array struct {
	Shape []int64 // empty: one value
	o     *Object // without its header
	typ   datatype
	n     uint64 // elements

	class   int
	data    []byte   // compact
	at      uint64   // of the data, or of the tree of chunks
	stored  uint64   // bytes of the data, as the layout says
	most    []uint64 // what Shape may grow to
	chunk   []uint64
	filters []filter
}

// IsGroup tells whether an object has members and no array.
func (o *Object) IsGroup() bool {
	c, err := o.message(msgLayout)
	return c == nil && err == nil
}

// Array describes a dataset; nothing of its content is read. One that is not of floating point is a
// *fault.UnsupportedError.
func (o *Object) Array() (*Array, error) {
	a := &Array{o: o, n: 1}
	var part [3]*cursor
	for i, kind := range []int{msgType, msgSpace, msgLayout} {
		c, err := o.message(kind)
		if err != nil {
			return nil, err
		}
		if c == nil {
			return nil, broken("%s: want an array, got a group or an array without message %#x", o.path, kind)
		}
		part[i] = c
	}
	a.typ = part[0].datatype()
	shape, most := part[1].dataspace()
	a.most = most
	for _, d := range shape {
		if d > maxElements || d > 0 && a.n > maxElements/d {
			return nil, broken("%s: an array of more than %d values", o.path, int64(maxElements))
		}
		a.n *= d
		a.Shape = append(a.Shape, int64(d))
	}
	err := a.layout(part[2])
	for _, c := range part[:2] {
		if c.err != nil {
			err = c.err
		}
	}
	if err != nil {
		return nil, inside(o.path, err)
	}
	if a.typ.class != classFloat || !a.typ.ieee {
		return nil, unsupported("%s: want floats of 2, 4 or 8 bytes, got type %d of %d bytes", o.path, a.typ.class, a.typ.size)
	}
	if size := a.n * uint64(a.typ.size); a.class != chunked && a.stored < size {
		return nil, broken("%s: %d values of %d bytes, of which %d bytes are stored", o.path, a.n, a.typ.size, a.stored)
	}
	// Who keeps arrays need not keep the blocks that their headers were read in.
	a.o, a.data = &Object{f: o.f, path: o.path}, bytes.Clone(a.data)
	return a, nil
}

func (a *Array) layout(c *cursor) error {
	version := c.u8()
	switch version {
	case 1, 2:
		c.skip(1)
		a.class = int(c.u8())
		c.skip(5)
		if c.err == nil && a.class != contiguous {
			return unsupported("a layout of version %d that is not contiguous", version)
		}
		a.at, a.stored = c.addr(), undefined // not noted
		return c.err
	case 3, 4:
		a.class = int(c.u8())
	default:
		return unsupported("a layout of version %d", version)
	}
	switch a.class {
	case compact:
		a.data = c.take(c.u16())
		a.stored = uint64(len(a.data))
	case contiguous:
		a.at, a.stored = c.addr(), c.length()
	case chunked:
		if version == 4 {
			return unsupported("chunks that libver=\"latest\" of h5py indexes; write the file without that")
		}
		rank := int(c.u8())
		a.at = c.addr()
		if c.err == nil && (rank != len(a.Shape)+1 || rank < 2) {
			return broken("chunks of %d dimensions for %d", rank-1, len(a.Shape))
		}
		for range a.Shape {
			a.chunk = append(a.chunk, uint64(c.u32()))
		}
		c.skip(4)
		if c.err != nil {
			return c.err
		}
		p, err := a.o.message(msgFilters)
		if err != nil || p == nil {
			return err
		}
		a.filters, err = p.filters()
		return err
	default:
		return unsupported("layout %d", a.class)
	}
	return c.err
}

// Elements returns the number of values.
func (a *Array) Elements() int64 { return int64(a.n) }

// WriteTo writes the values as little-endian float32, the last dimension fastest. What is contiguous goes through a buffer of
// 1 MiB; what is chunked is put together in memory.
func (a *Array) WriteTo(w io.Writer) (int64, error) {
	size := a.n * uint64(a.typ.size)
	switch {
	case a.n == 0:
		return 0, nil
	case a.class == compact:
		return a.convert(w, a.data[:size], nil)
	case a.at == undefined:
		return 0, broken("%s: it was never written", a.o.path)
	case a.class == chunked:
		data, err := a.assemble()
		if err != nil {
			return 0, inside(a.o.path, err)
		}
		return a.convert(w, data, nil)
	}
	if a.at > a.o.f.size || size > a.o.f.size-a.at {
		return 0, broken("%s: it is cut off: want %d bytes from %d, the file has %d", a.o.path, size, a.at, a.o.f.size)
	}
	in, out := make([]byte, min(size, window)), []byte(nil)
	if a.typ.size != 4 || a.typ.big {
		out = make([]byte, len(in)/a.typ.size*4)
	}
	total := int64(0)
	for done := uint64(0); done < size; done += uint64(len(in)) {
		in = in[:min(size-done, window)]
		if err := a.o.f.readInto(in, a.at+done); err != nil {
			return total, err
		}
		n, err := a.convert(w, in, out)
		total += n
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

// convert writes what in holds as float32; out is room for it, or nil.
func (a *Array) convert(w io.Writer, in, out []byte) (int64, error) {
	size := a.typ.size
	if size != 4 || a.typ.big {
		var order binary.ByteOrder = binary.LittleEndian
		if a.typ.big {
			order = binary.BigEndian
		}
		n := len(in) / size
		if len(out) < 4*n {
			out = make([]byte, 4*n)
		}
		out = out[:4*n]
		for i := range n {
			var v float32
			switch b := in[i*size:]; size {
			case 2:
				v = float16.Frombits(order.Uint16(b)).Float32()
			case 4:
				v = math.Float32frombits(order.Uint32(b))
			case 8:
				v = float32(math.Float64frombits(order.Uint64(b)))
			}
			binary.LittleEndian.PutUint32(out[4*i:], math.Float32bits(v))
		}
		in = out
	}
	n, err := w.Write(in)
	return int64(n), err // the writer's own
}
