package hdf5

import (
	"bytes"
	"strings"
)

const maxTexts = 1 << 20 // of one attribute

// Texts returns the texts of an attribute, of fixed or variable length; ok is false if the object has none of that
// name. An empty list that numpy made is of numbers; it is no text.
func (o *Object) Texts(name string) (texts []string, ok bool, err error) {
	for _, m := range o.msgs {
		if m.kind != msgAttribute {
			continue
		}
		if m.flags&isShared != 0 {
			return nil, false, unsupported("%s: an attribute that several objects share", o.path)
		}
		got, typ, space, c := o.f.attribute(m.data)
		if c.err != nil {
			return nil, false, inside(o.path, c.err)
		}
		if got != name {
			continue
		}
		texts, err = o.f.texts(c, typ, space)
		return texts, true, inside(o.path+"@"+name, err)
	}
	c, err := o.message(msgAttrInfo)
	if err != nil || c == nil {
		return nil, false, err
	}
	c.skip(1) // IV.A.2.v
	if c.u8()&1 != 0 {
		c.skip(2)
	}
	if heap := c.addr(); c.err == nil && heap != undefined {
		return nil, false, unsupported("%s: attributes in a fractal heap, as libver=\"latest\" of h5py writes them; write the file without that", o.path)
	}
	return nil, false, nil
}

// attribute reads an attribute message (IV.A.2.m) up to its data.
func (f *File) attribute(data []byte) (name string, typ datatype, space []uint64, c *cursor) {
	c = &cursor{f: f, b: data}
	version, flags := c.u8(), c.u8()
	n, t, s := c.u16(), c.u16(), c.u16()
	pad := func(n int) int { return n }
	switch version {
	case 1:
		pad, flags = padded, 0
	case 2:
	case 3:
		c.skip(1)
	default:
		c.err = unsupported("an attribute of version %d", version)
	}
	raw, _, _ := bytes.Cut(c.take(pad(n)), []byte{0})
	name = string(raw)
	tc := &cursor{f: f, b: c.take(pad(t)), err: c.err}
	sc := &cursor{f: f, b: c.take(pad(s)), err: c.err}
	if c.err != nil {
		return name, typ, nil, c
	}
	if flags&3 != 0 {
		typ.class = -1 // the type or the size lies elsewhere: an error only if the attribute is asked for
		return name, typ, nil, c
	}
	typ, space = tc.datatype(), sc.dataspace()
	if tc.err != nil {
		c.err = tc.err
	} else if sc.err != nil {
		c.err = sc.err
	}
	return name, typ, space, c
}

func (f *File) texts(c *cursor, typ datatype, space []uint64) ([]string, error) {
	n := uint64(1)
	for _, d := range space {
		if d > maxTexts || n*d > maxTexts {
			return nil, broken("%v texts", space)
		}
		n *= d
	}
	if n == 0 {
		return nil, nil
	}
	list := make([]string, 0, min(n, uint64(len(c.b))))
	for range n {
		switch {
		case typ.class == classString:
			raw := c.take(typ.size)
			if text, _, ok := bytes.Cut(raw, []byte{0}); ok {
				raw = text
			}
			list = append(list, strings.TrimRight(string(raw), " "))
		case typ.class == classVariable && typ.text:
			size, heap, index := c.u32(), c.addr(), c.u32()
			if c.err == nil {
				text, err := f.globalHeap(heap, index, size)
				if err != nil {
					return nil, err
				}
				list = append(list, text)
			}
		default:
			return nil, unsupported("want text, got type %d", typ.class)
		}
		if c.err != nil {
			return nil, c.err
		}
	}
	return list, nil
}

// globalHeap returns a text of variable length (III.E).
func (f *File) globalHeap(at uint64, index, size uint32) (string, error) {
	if size == 0 {
		return "", nil
	}
	head := uint64(8 + f.lengths)
	c := f.block(at, head)
	c.want("GCOL")
	c.skip(4)
	total := c.length()
	if c.err != nil {
		return "", c.err
	}
	if total < head {
		return "", broken("a heap of %d bytes", total)
	}
	c = f.block(at+head, total-head)
	for c.err == nil && len(c.b) >= 8+f.lengths {
		i := uint32(c.u16())
		c.skip(6)
		n := c.length()
		if i == 0 || n > uint64(len(c.b)) {
			break // free space
		}
		data := c.take(int(n))
		if i == index {
			if uint64(size) > n {
				return "", broken("a text of %d bytes in %d", size, n)
			}
			return strings.TrimRight(string(data[:size]), "\x00"), nil
		}
		c.skip(min(padded(int(n))-int(n), len(c.b)))
	}
	if c.err != nil {
		return "", c.err
	}
	return "", broken("text %d is not in its heap", index)
}
