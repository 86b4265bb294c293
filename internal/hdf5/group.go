package hdf5

import (
	"bytes"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/gosight/vision/internal/fault"
)

const (
	maxDepth   = 32      // of a B-tree
	maxMembers = 1 << 20 // of a group
	softLink   = 2       // cache type of a symbol table entry that names a path
)

// Names returns the names of a group's members, sorted; an array has none.
func (o *Object) Names() ([]string, error) {
	if err := o.load(); err != nil {
		return nil, err
	}
	return slices.Sorted(maps.Keys(o.links)), nil
}

// Find returns what lies under a path below a group, and nil if there is nothing.
func (o *Object) Find(path string) (*Object, error) {
	at := o
	for name := range strings.SplitSeq(path, "/") {
		if name == "" {
			continue
		}
		if err := at.load(); err != nil {
			return nil, err
		}
		addr, ok := at.links[name]
		if !ok {
			return nil, nil
		}
		next, err := o.f.object(strings.TrimSuffix(at.path, "/")+"/"+name, addr)
		if err != nil {
			return nil, err
		}
		at = next
	}
	return at, nil
}

// load finds a group's members.
func (o *Object) load() error {
	if o.links != nil {
		return nil
	}
	links := map[string]uint64{}
	if c, err := o.message(msgTable); err != nil {
		return err
	} else if c != nil {
		tree, heap := c.addr(), c.addr()
		if c.err != nil {
			return c.err
		}
		data, err := o.f.localHeap(heap)
		if err != nil {
			return err
		}
		names := &names{heap: data, left: len(data), links: links}
		if err := o.f.once().symbols(tree, names, maxDepth); err != nil {
			return inside(o.path, err)
		}
	}
	for _, m := range o.msgs {
		if m.kind == msgLink {
			if err := o.f.link(m.data, links); err != nil {
				return inside(o.path, err)
			}
		}
	}
	if c, err := o.message(msgLinkInfo); err != nil {
		return err
	} else if c != nil { // IV.A.2.c
		c.skip(1)
		if c.u8()&1 != 0 {
			c.skip(8)
		}
		if heap := c.addr(); c.err == nil && heap != undefined {
			return unsupported("%s: members in a fractal heap, as libver=\"latest\" of h5py writes them; write the file without that", o.path)
		}
	}
	o.links = links
	return nil
}

// inside says of which object a broken part is.
func inside(path string, err error) error {
	var f *fault.FormatError
	if errors.As(err, &f) {
		return broken("%s: %s", path, f.Reason)
	}
	return err
}

// link reads a link message (IV.A.2.g). Soft and external ones are passed over.
func (f *File) link(data []byte, links map[string]uint64) error {
	c := &cursor{f: f, b: data}
	c.skip(1)
	flags, kind := c.u8(), uint8(0)
	if flags&8 != 0 {
		kind = c.u8()
	}
	if flags&4 != 0 {
		c.skip(8)
	}
	if flags&16 != 0 {
		c.skip(1)
	}
	name := string(c.take(int(min(c.uint(1<<(flags&3)), maxBlock))))
	if kind == 0 {
		at := c.addr()
		if c.err == nil {
			links[name] = at
		}
	}
	return c.err
}

// localHeap returns the data of a heap that holds names (III.D).
func (f *File) localHeap(at uint64) ([]byte, error) {
	c := f.block(at, uint64(8+2*f.lengths+f.offsets))
	c.want("HEAP")
	c.skip(4)
	size := c.length()
	c.length()
	data := c.addr()
	if c.err != nil {
		return nil, c.err
	}
	return f.read(data, size)
}

// names are those of a group's members. In a sound file they do not overlap in their heap, so all together are no longer than it.
type names struct {
	heap  []byte
	left  int
	links map[string]uint64
}

// add takes the member whose name begins at a place of the heap.
func (n *names) add(at, member uint64) error {
	if at > uint64(len(n.heap)) {
		return broken("a name at %d of a heap of %d bytes", at, len(n.heap))
	}
	text, _, ok := bytes.Cut(n.heap[at:], []byte{0})
	if !ok || len(n.links) == maxMembers {
		return broken("a name that does not end, or more than %d members", maxMembers)
	}
	if len(text) > n.left {
		return broken("a name at %d of %d bytes overlaps others: all together are longer than their heap of %d", at, len(text), len(n.heap))
	}
	n.left -= len(text)
	n.links[string(text)] = member
	return nil
}

// symbols reads a B-tree of version 1 over a group's members (III.A.1), and the tables that its leaves point to.
func (o *once) symbols(at uint64, names *names, depth int) error {
	level, c, n, err := o.node(at, 0, o.f.lengths)
	if err != nil {
		return err
	}
	if level >= depth {
		return broken("a tree whose level %d does not fall", level)
	}
	for range n {
		c.length() // the key
		child := c.addr()
		if c.err != nil {
			return c.err
		}
		if level > 0 {
			err = o.symbols(child, names, level)
		} else {
			err = o.table(child, names)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// node reads a B-tree node of version 1 whose keys have so many bytes: n times key and child remain.
func (o *once) node(at uint64, kind uint8, key int) (level int, c *cursor, n int, err error) {
	head := uint64(8 + 2*o.f.offsets)
	c = o.block("a node", at, head)
	c.want("TREE")
	if got := c.u8(); c.err == nil && got != kind {
		return 0, nil, 0, broken("a tree of kind %d, want %d", got, kind)
	}
	level, n = int(c.u8()), c.u16()
	if c.err != nil {
		return 0, nil, 0, c.err
	}
	c = o.block("the children of a node", at+head, uint64(n*(key+o.f.offsets)))
	return level, c, n, c.err
}

// table reads a symbol table node (III.B).
func (o *once) table(at uint64, names *names) error {
	c := o.block("a table of symbols", at, 8)
	c.want("SNOD")
	c.skip(2)
	n := c.u16()
	if c.err != nil {
		return c.err
	}
	c = o.block("the entries of a table", at+8, uint64(n*(2*o.f.offsets+24)))
	for range n {
		name, addr, kind := c.addr(), c.addr(), c.u32()
		c.skip(20)
		if c.err != nil {
			return c.err
		}
		if kind == softLink {
			continue
		}
		if err := names.add(name, addr); err != nil {
			return err
		}
	}
	return nil
}
