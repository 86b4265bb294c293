package hdf5

// Types of messages (IV.A.2).
const (
	msgSpace     = 0x01
	msgLinkInfo  = 0x02
	msgType      = 0x03
	msgLink      = 0x06
	msgLayout    = 0x08
	msgFilters   = 0x0b
	msgAttribute = 0x0c
	msgContinue  = 0x10
	msgTable     = 0x11
	msgAttrInfo  = 0x15
)

const (
	maxMessages = 1 << 16 // of one header
	isShared    = 0x02    // flag of a message that lies elsewhere
)

type message struct {
	kind  int
	flags uint8
	data  []byte
}

// An Object is a group or an array, with its attributes.
type Object struct {
	f     *File
	path  string
	at    uint64
	size  uint64 // bytes of its messages
	msgs  []message
	links map[string]uint64 // of a group; filled when asked for
}

// Path is the name from the root on, for errors.
func (o *Object) Path() string { return o.path }

// object reads an object header (IV.A.1).
func (f *File) object(path string, at uint64) (*Object, error) {
	o := &Object{f: f, path: path, at: at}
	start, err := f.read(at, 16)
	if err != nil {
		return nil, err
	}
	if string(start[:4]) == "OHDR" {
		return o, o.second(at)
	}
	c := &cursor{f: f, b: start}
	if v := c.u8(); v != 1 {
		return nil, broken("%s: an object header of version %d", path, v)
	}
	c.skip(7)
	return o, o.blocks(at+16, uint64(c.u32()), func(c *cursor) (m message) {
		m.kind = c.u16()
		n := c.u16()
		m.flags = c.u8()
		c.skip(3)
		m.data = c.take(n)
		return m
	}, 8, "", 0)
}

// second reads a header of version 2.
func (o *Object) second(at uint64) error {
	c := o.f.block(at, min(64, o.f.size-at))
	c.want("OHDR")
	if v := c.u8(); v != 2 && c.err == nil {
		return broken("%s: an object header of version %d", o.path, v)
	}
	flags := c.u8()
	skip := uint64(6)
	if flags&0x20 != 0 {
		c.skip(16)
		skip += 16
	}
	if flags&0x10 != 0 {
		c.skip(4)
		skip += 4
	}
	width := 1 << (flags & 3)
	size := c.uint(width)
	if c.err != nil {
		return c.err
	}
	head := 4
	if flags&4 != 0 {
		head = 6
	}
	return o.blocks(at+skip+uint64(width), size, func(c *cursor) (m message) {
		m.kind = int(c.u8())
		n := c.u16()
		m.flags = c.u8()
		c.skip(head - 4)
		m.data = c.take(n)
		return m
	}, head, "OCHK", 4)
}

// blocks reads the messages of the first block and of those that it goes on in, which begin with sig and end with so many
// bytes of a checksum.
func (o *Object) blocks(at, size uint64, next func(*cursor) message, head int, sig string, sum int) error {
	type part struct{ at, size uint64 }
	parts, read := []part{{at, size}}, o.f.once()
	for i := 0; i < len(parts); i++ {
		c := read.block("a block of a header", parts[i].at, parts[i].size)
		o.size += parts[i].size
		if i > 0 && sig != "" && c.err == nil {
			c.want(sig)
			c.b = c.b[:max(len(c.b)-sum, 0)]
		}
		for c.err == nil && len(c.b) >= head {
			m := next(c)
			if m.kind == msgContinue && c.err == nil {
				p := &cursor{f: o.f, b: m.data}
				parts = append(parts, part{p.addr(), p.length()})
				c.err = p.err
				continue
			}
			if len(o.msgs) == maxMessages {
				return broken("%s: a header of more than %d messages", o.path, maxMessages)
			}
			o.msgs = append(o.msgs, m)
		}
		if c.err != nil {
			return inside(o.path, c.err)
		}
	}
	return nil
}

// message returns the content of the first message of a kind, nil if there is none.
func (o *Object) message(kind int) (*cursor, error) {
	for _, m := range o.msgs {
		if m.kind != kind {
			continue
		}
		if m.flags&isShared != 0 {
			return nil, unsupported("%s: a message that several objects share", o.path)
		}
		return &cursor{f: o.f, b: m.data}, nil
	}
	return nil, nil
}
