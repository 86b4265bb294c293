package hdf5

// Classes of datatypes (IV.A.2.d).
const (
	classFloat    = 1
	classString   = 3
	classVariable = 9
)

type datatype struct {
	class int
	size  int  // bytes of an element
	big   bool // big-endian
	ieee  bool // a float as in IEEE 754, of 2, 4 or 8 bytes
	text  bool // of variable length: of characters
}

// A float says where the parts of a float are, in bits.
type float struct {
	offset, precision                          int
	exponentAt, exponent, mantissaAt, mantissa uint8
	bias                                       uint32
	sign                                       uint8
	implied                                    uint8 // 2: the first bit of the mantissa is 1 and not stored
}

// ieee returns the float of IEEE 754 of so many bytes.
func ieee(size int) (f float, ok bool) {
	switch size {
	case 2:
		return float{0, 16, 10, 5, 0, 10, 15, 15, 2}, true
	case 4:
		return float{0, 32, 23, 8, 0, 23, 127, 31, 2}, true
	case 8:
		return float{0, 64, 52, 11, 0, 52, 1023, 63, 2}, true
	}
	return f, false
}

func (c *cursor) datatype() (t datatype) {
	head := c.u8()
	bits := c.uint(3)
	t.class, t.size = int(head&15), int(c.u32())
	switch t.class {
	case classFloat:
		t.big = bits&1 != 0
		got := float{c.u16(), c.u16(), c.u8(), c.u8(), c.u8(), c.u8(), c.u32(), uint8(bits >> 8), uint8(bits >> 4 & 3)}
		want, known := ieee(t.size)
		t.ieee = known && bits&(1<<6) == 0 && got == want // bit 6: the order of VAX
	case classVariable:
		t.text = bits&15 == 1
	}
	return t
}

// dataspace reads sizes (IV.A.2.b), and what they may grow to, undefined if without end; a scalar has none.
func (c *cursor) dataspace() (shape, most []uint64) {
	version, rank := c.u8(), int(c.u8())
	flags := c.u8()
	switch version {
	case 1:
		c.skip(5)
	case 2:
		if kind := c.u8(); kind == 2 && c.err == nil {
			return []uint64{0}, []uint64{0} // null: nothing in it
		}
	default:
		if c.err == nil {
			c.err = unsupported("a dataspace of version %d", version)
		}
	}
	if rank > 32 && c.err == nil {
		c.err = broken("%d dimensions", rank)
	}
	if c.err != nil {
		return nil, nil
	}
	shape = make([]uint64, rank)
	for i := range shape {
		shape[i] = c.length()
	}
	if flags&1 == 0 {
		return shape, shape
	}
	most = make([]uint64, rank)
	for i := range most {
		most[i] = c.length()
		if n := c.f.lengths; n < 8 && most[i] == 1<<(8*n)-1 {
			most[i] = undefined
		}
	}
	return shape, most
}
