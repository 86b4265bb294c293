package hdf5

import (
	"bytes"
	"strings"
)

const (
	maxTexts = 1 << 20 // of one attribute
	maxText  = 4 << 20 // bytes of them: those of variable length may all be one of a heap, so its size is no bound
)

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
	typ = tc.datatype()
	space, _ = sc.dataspace()
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
	heaps := heaps{once: f.once(), texts: map[uint64]map[uint32][]byte{}}
	list := make([]string, 0, min(n, uint64(len(c.b))))
	left := uint32(maxText)
	for range n {
		switch {
		case typ.class == classString:
			if typ.size == 0 {
				return nil, broken("texts of no bytes")
			}
			raw := c.take(typ.size)
			if text, _, ok := bytes.Cut(raw, []byte{0}); ok {
				raw = text
			}
			list = append(list, strings.TrimRight(string(raw), " "))
		case typ.class == classVariable && typ.text:
			size, heap, index := c.u32(), c.addr(), c.u32()
			if c.err == nil {
				if size > left {
					return nil, broken("texts of more than %d bytes: text %d has %d, and %d are left", maxText, len(list), size, left)
				}
				left -= size
				text, err := heaps.text(heap, index, size)
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

// heaps are those that the texts of an attribute lie in, each read once.
type heaps struct {
	*once
	texts map[uint64]map[uint32][]byte // by address and index
}

// text returns a text of variable length.
func (h *heaps) text(at uint64, index, size uint32) (string, error) {
	if size == 0 {
		return "", nil
	}
	texts, ok := h.texts[at]
	if !ok {
		var err error
		if texts, err = h.globalHeap(at); err != nil {
			return "", err
		}
		h.texts[at] = texts
	}
	data, ok := texts[index]
	switch {
	case !ok:
		return "", broken("text %d is not in its heap", index)
	case uint64(size) > uint64(len(data)):
		return "", broken("a text of %d bytes in %d", size, len(data))
	}
	return strings.TrimRight(string(data[:size]), "\x00"), nil
}

// globalHeap reads a heap of texts (III.E).
func (o *once) globalHeap(at uint64) (map[uint32][]byte, error) {
	head := uint64(8 + o.f.lengths)
	c := o.block("a heap", at, head)
	c.want("GCOL")
	c.skip(4)
	total := c.length()
	if c.err != nil {
		return nil, c.err
	}
	if total < head {
		return nil, broken("a heap of %d bytes", total)
	}
	c = o.block("the texts of a heap", at+head, total-head)
	texts := map[uint32][]byte{}
	for c.err == nil && len(c.b) >= 8+o.f.lengths {
		i := uint32(c.u16())
		c.skip(6)
		n := c.length()
		if i == 0 || n > uint64(len(c.b)) {
			break // free space
		}
		if data := c.take(int(n)); texts[i] == nil {
			texts[i] = data
		}
		c.skip(min(padded(int(n))-int(n), len(c.b)))
	}
	return texts, c.err
}
