package hdf5

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gosight/vision/internal/fault"
)

// Files that a hostile writer makes: each of some KB, and each costs a reader that trusts addresses and sizes much time or memory, or its life.

// An image is a file that is written piece by piece, from byte 96 on.
type image struct{ b []byte }

func words(values ...any) []byte {
	var b []byte
	for _, v := range values {
		switch v := v.(type) {
		case string:
			b = append(b, v...)
		case []byte:
			b = append(b, v...)
		case int: // addresses and lengths
			b = binary.LittleEndian.AppendUint64(b, uint64(v))
		default:
			b, _ = binary.Append(b, binary.LittleEndian, v)
		}
	}
	return b
}

func (m *image) here() int { return 96 + len(m.b) }

// add returns the address of what it adds.
func (m *image) add(values ...any) int {
	at := m.here()
	m.b = append(m.b, words(values...)...)
	m.b = append(m.b, make([]byte, padded(len(m.b))-len(m.b))...)
	return at
}

// file puts a superblock of version 0 before it.
func (m *image) file(root int) []byte {
	head := words(signature, make([]byte, 5), uint8(8), uint8(8), make([]byte, 9), 0, -1, m.here(), -1, 0, root)
	return append(append(head, make([]byte, 96-len(head))...), m.b...)
}

func note(kind int, values ...any) []byte {
	data := words(values...)
	data = append(data, make([]byte, padded(len(data))-len(data))...)
	return words(uint16(kind), uint16(len(data)), uint32(0), data)
}

// header adds an object header of version 1.
func (m *image) header(notes ...[]byte) int {
	all := bytes.Join(notes, nil)
	return m.add(uint8(1), uint8(0), uint16(len(notes)), uint32(1), uint32(len(all)), uint32(0), all)
}

// group adds a group of one member.
func (m *image) group(name string, member int) int {
	heap := m.add("HEAP", uint32(0), 24, -1, m.here()+32, "\x00\x00\x00\x00\x00\x00\x00\x00"+name)
	m.add(make([]byte, 24))
	table := m.add("SNOD", uint8(1), uint8(0), uint16(1), 8, member, make([]byte, 24))
	return m.header(note(msgTable, m.node(0, 0, table), heap))
}

// node adds a node of a tree over members whose children are given.
func (m *image) node(kind, level int, children ...int) int {
	parts := []any{"TREE", uint8(kind), uint8(level), uint16(len(children)), -1, -1}
	for _, c := range children {
		parts = append(parts, 0, c)
	}
	return m.add(append(parts, 0)...)
}

// pieces adds a node of a tree over chunks of one dimension: starts and children by turns.
func (m *image) pieces(level, stored int, pairs ...int) int {
	parts := []any{"TREE", uint8(1), uint8(level), uint16(len(pairs) / 2), -1, -1}
	for p := range slices.Chunk(pairs, 2) {
		parts = append(parts, uint32(stored), uint32(0), p[0], 0, p[1])
	}
	return m.add(append(parts, 0)...)
}

func float32le() float { return float{0, 32, 23, 8, 0, 23, 127, 31, 2} }

func floatNote(size int, f float) []byte {
	return note(msgType, uint8(1<<4|classFloat), f.implied<<4, f.sign, uint8(0), uint32(size), uint16(f.offset), uint16(f.precision),
		f.exponentAt, f.exponent, f.mantissaAt, f.mantissa, f.bias)
}

func space(dims ...int) []byte {
	parts := []any{uint8(1), uint8(len(dims)), make([]byte, 6)}
	for _, d := range dims {
		parts = append(parts, d)
	}
	return note(msgSpace, parts...)
}

// contents adds a file of one array "a" to what is there.
func (m *image) contents(notes ...[]byte) []byte {
	return m.file(m.group("a", m.header(notes...)))
}

func chunks(tree, size int) []byte {
	return note(msgLayout, uint8(3), uint8(chunked), uint8(2), tree, uint32(size), uint32(4))
}

func raw(at, size int) []byte { return note(msgLayout, uint8(3), uint8(contiguous), at, size) }

func deflated() []byte {
	return note(msgFilters, uint8(1), uint8(1), make([]byte, 6), uint16(deflate), uint16(0), uint16(0), uint16(0))
}

type hostile struct {
	name string
	data []byte
	says string
}

func hostiles() (list []hostile) {
	add := func(name, says string, data []byte) { list = append(list, hostile{name, data, says}) }

	// A header whose block goes on in itself.
	var m image
	idle := make([]byte, 8*240) // messages of no content
	add("header within itself", "pointed to twice", m.file(m.header(idle, note(msgContinue, 112, len(idle)+24))))
	m = image{} // each block begins 8 bytes behind the one before
	blocks := [][]byte{}
	for i := range 200 {
		at := 112 + 24*i
		blocks = append(blocks, note(msgContinue, at+24, 24*(200-i)))
	}
	add("header of blocks that overlap", "overlaps", m.file(m.header(blocks...)))

	// Trees whose children are all the same node.
	same := func(n, child int) []int { return slices.Repeat([]int{child}, n) }
	m = image{}
	heap := m.add("HEAP", uint32(0), 16, -1, m.here()+32, make([]byte, 16))
	at := m.add("SNOD", uint8(1), uint8(0), uint16(0))
	for level := range 4 {
		at = m.node(0, level, same(60, at)...)
	}
	add("group whose nodes are one", "pointed to twice", m.file(m.header(note(msgTable, at, heap))))
	m = image{}
	at = m.add(make([]byte, 8))
	for level := range 4 {
		pairs := []int{}
		for i := range 60 {
			pairs = append(pairs, 2*i, at)
		}
		at = m.pieces(level, 8, pairs...)
	}
	add("chunks that are one", "pointed to twice", m.contents(floatNote(4, float32le()), space(1<<10), chunks(at, 2)))
	m = image{}
	at = m.pieces(1, 8, slices.Repeat([]int{0, m.pieces(0, 8)}, 60)...) // leaves of nothing
	add("chunks whose nodes are one", "pointed to twice", m.contents(floatNote(4, float32le()), space(4), chunks(at, 2)))
	m = image{}
	a, b := m.add(0), m.add(0)
	at = m.pieces(0, 8, 0, a, 0, b)
	add("two chunks at one place", "two chunks", m.contents(floatNote(4, float32le()), space(4), chunks(at, 2)))
	m = image{}
	at = m.pieces(0, 8, 0, m.add(0))
	add("a chunk that is missing", "never written", m.contents(floatNote(4, float32le()), space(4), chunks(at, 2)))

	// Sizes that the file cannot hold.
	m = image{}
	at = m.pieces(0, 8, 0, m.add(0))
	add("chunks of a gigabyte", "in a file of", m.contents(floatNote(4, float32le()), space(1<<27), chunks(at, 1<<20)))
	m = image{}
	at = m.pieces(0, 8, 0, m.add(0))
	add("a chunk of a gigabyte, deflated", "in a file of", m.contents(floatNote(4, float32le()), space(1<<27), chunks(at, 1<<27), deflated()))
	m = image{}
	at = m.pieces(0, 8, 0, m.add(0))
	add("a chunk beyond its array", "chunks of", m.contents(floatNote(4, float32le()), space(1), chunks(at, 2)))
	m = image{}
	add("less stored than there is", "are stored", m.contents(floatNote(4, float32le()), space(4), raw(m.add(0, 0), 12)))
	m = image{}
	add("sizes whose product overflows", "more than", m.contents(floatNote(4, float32le()), space(1<<33, 1<<31), raw(m.add(0), 8)))

	// Floats that are none.
	for name, c := range map[string]struct {
		size   int
		change func(*float)
	}{
		"no bytes":                     {0, func(f *float) { *f = float{} }},
		"no bytes, with parts":         {0, func(*float) {}},
		"three bytes":                  {3, func(f *float) { *f = float{} }},
		"another bias":                 {4, func(f *float) { f.bias = 126 }},
		"its sign elsewhere":           {4, func(f *float) { f.sign = 30 }},
		"the first bit stored":         {4, func(f *float) { f.implied = 1 }},
		"its mantissa elsewhere":       {4, func(f *float) { f.mantissaAt = 1 }},
		"its precision less than that": {4, func(f *float) { f.precision = 24 }},
	} {
		f := float32le()
		c.change(&f)
		m = image{}
		add("a float of "+name, "want floats", m.contents(floatNote(c.size, f), space(4), raw(m.add(0, 0), 16)))
	}
	slices.SortStableFunc(list, func(a, b hostile) int { return cmp.Compare(a.name, b.name) })
	return list
}

// counted counts what is read.
type counted struct {
	io.ReaderAt
	n int64
}

func (c *counted) ReadAt(b []byte, at int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(b, at)
	c.n += int64(n)
	return n, err
}

// spent runs a step and fails if it reads more than some times the file, or takes more memory than the limit.
func (c *counted) spent(t testing.TB, what string, size int64, limit uint64, step func()) {
	t.Helper()
	var before, after runtime.MemStats
	c.n = 0
	runtime.ReadMemStats(&before)
	step()
	runtime.ReadMemStats(&after)
	if most := 6*size + 1024; c.n > most {
		t.Errorf("%s: read %d bytes of a file of %d, want at most %d", what, c.n, size, most)
	}
	if got := after.TotalAlloc - before.TotalAlloc; got > limit {
		t.Errorf("%s: took %d bytes of memory, want at most %d", what, got, limit)
	}
}

// TestSoundImage shows that the writer of this file writes what is read, so that the others fail for what is named.
func TestSoundImage(t *testing.T) {
	var m image
	first, second := m.add(float32(1), float32(2)), m.add(float32(3), float32(4))
	tree := m.pieces(1, 8, 0, m.pieces(0, 8, 0, first), 2, m.pieces(0, 8, 2, second))
	data := m.contents(floatNote(4, float32le()), space(4), chunks(tree, 2))
	f, err := New(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	root, err := f.Root()
	if err != nil {
		t.Fatal(err)
	}
	a, err := find(t, root, "a").Array()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := a.WriteTo(&b); err != nil || !bytes.Equal(b.Bytes(), words(float32(1), float32(2), float32(3), float32(4))) {
		t.Errorf("got %v, %v", b.Bytes(), err)
	}
}

func TestHostile(t *testing.T) {
	for _, c := range hostiles() {
		t.Run(c.name, func(t *testing.T) {
			size := int64(len(c.data))
			if size > 16<<10 {
				t.Fatalf("%d bytes", size)
			}
			r := &counted{ReaderAt: bytes.NewReader(c.data)}
			r.spent(t, "all", 4*size, 4<<20, func() {
				err := read(r, size)
				var broken *fault.FormatError
				var unsupported *fault.UnsupportedError
				if !errors.As(err, &broken) && !errors.As(err, &unsupported) || !strings.Contains(err.Error(), c.says) {
					t.Errorf("got %v, want a FormatError or an UnsupportedError that says %q", err, c.says)
				}
			})
		})
	}
}

// read reads the members of the root and the array "a".
func read(r io.ReaderAt, size int64) error {
	f, err := New(r, size)
	if err != nil {
		return err
	}
	root, err := f.Root()
	if err != nil {
		return err
	}
	if _, err := root.Names(); err != nil {
		return err
	}
	o, err := root.Find("a")
	if err != nil || o == nil {
		return err
	}
	a, err := o.Array()
	if err != nil {
		return err
	}
	_, err = a.WriteTo(io.Discard)
	return err
}

// TestShrunk reads a file that has become shorter since it was opened.
func TestShrunk(t *testing.T) {
	var m image
	data := m.contents(floatNote(4, float32le()), space(4), raw(m.add(0, 0), 16))
	if err := read(bytes.NewReader(data), int64(len(data))); err != nil {
		t.Fatal(err)
	}
	for n := range len(data) {
		var broken *fault.FormatError
		if err := read(bytes.NewReader(data[:n]), int64(len(data))); !errors.As(err, &broken) {
			if n > 0 && bytes.Equal(bytes.TrimRight(data[n:], "\x00"), nil) {
				continue // only filling at the end is missing
			}
			t.Fatalf("the first %d of %d bytes: got %v, want a FormatError", n, len(data), err)
		}
	}
}

// TestChecksum breaks the Fletcher-32 of a chunk.
func TestChecksum(t *testing.T) {
	o := find(t, open(t, "old.h5"), "chunks/all")
	a, err := o.Array()
	if err != nil {
		t.Fatal(err)
	}
	list := &pieces{once: o.f.once(), a: a, starts: map[uint64]bool{}}
	if err := list.read(a.at, maxDepth); err != nil || len(list.list) != 12 {
		t.Fatalf("%d chunks, %v", len(list.list), err)
	}
	data, err := o.f.read(0, o.f.size)
	if err != nil {
		t.Fatal(err)
	}
	p := list.list[3]
	data[p.at+p.stored-1] ^= 1
	f, err := New(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	root, err := f.Root()
	if err != nil {
		t.Fatal(err)
	}
	if a, err = find(t, root, "chunks/all").Array(); err != nil {
		t.Fatal(err)
	}
	var broken *fault.FormatError
	if _, err := a.WriteTo(io.Discard); !errors.As(err, &broken) || !strings.Contains(err.Error(), "Fletcher-32") {
		t.Errorf("got %v, want a FormatError of the Fletcher-32", err)
	}
}
