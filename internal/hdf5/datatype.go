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

func (c *cursor) datatype() (t datatype) {
	head := c.u8()
	bits := c.uint(3)
	t.class, t.size = int(head&15), int(c.u32())
	switch t.class {
	case classFloat:
		t.big = bits&1 != 0
		c.skip(4)
		_, exponent, _, mantissa := c.u8(), c.u8(), c.u8(), c.u8()
		want := map[int][2]uint8{2: {5, 10}, 4: {8, 23}, 8: {11, 52}}[t.size]
		t.ieee = bits&(1<<6) == 0 && want == [2]uint8{exponent, mantissa}
	case classVariable:
		t.text = bits&15 == 1
	}
	return t
}

// dataspace reads sizes (IV.A.2.b); a scalar has none.
func (c *cursor) dataspace() []uint64 {
	version, rank := c.u8(), int(c.u8())
	c.skip(1)
	switch version {
	case 1:
		c.skip(5)
	case 2:
		if kind := c.u8(); kind == 2 && c.err == nil {
			return []uint64{0} // null: nothing in it
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
		return nil
	}
	shape := make([]uint64, rank)
	for i := range shape {
		shape[i] = c.length()
	}
	return shape
}
