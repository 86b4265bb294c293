package hdf5

import (
	"bytes"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gosight/vision/internal/fault"
)

// Small files that name one thing many times: what is made of them must not grow with the names.

func rootOf(t *testing.T, data []byte) (*counted, *Object) {
	t.Helper()
	r := &counted{ReaderAt: bytes.NewReader(data)}
	f, err := New(r, int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	root, err := f.Root()
	if err != nil {
		t.Fatal(err)
	}
	return r, root
}

// refused fails unless err is a FormatError that says so.
func refused(t *testing.T, what string, err error, says string) {
	t.Helper()
	var broken *fault.FormatError
	if !errors.As(err, &broken) || !strings.Contains(err.Error(), says) {
		t.Errorf("%s: got %v, want a FormatError that says %q", what, err, says)
	}
}

// variableTexts is the attribute "names" of n texts of variable length, which are all the first bytes of one text.
func variableTexts(n, heap, bytes int) []byte {
	parts := []any{uint8(1), uint8(0), uint16(6), uint16(8), uint16(16), "names\x00\x00\x00",
		uint8(1<<4 | classVariable), uint8(1), uint16(0), uint32(16), // the type
		uint8(1), uint8(1), make([]byte, 6), n} // the size
	for range n {
		parts = append(parts, uint32(bytes), heap, uint32(1))
	}
	return note(msgAttribute, parts...)
}

func TestTextsThatAreOne(t *testing.T) {
	const long = 1 << 16
	var m image
	text := strings.Repeat("x", long)
	heap := m.add("GCOL", uint32(1), 16+16+long, uint16(1), uint16(1), uint32(0), long, text)
	for _, c := range []struct {
		what     string
		n, bytes int
		ok       bool
	}{
		{"a few, as they may be", 3, 5, true},
		{"as many as may be", maxText / long, long, true},
		{"one more", maxText/long + 1, long, false},
		{"as many as a message holds", 4000, long, false},
	} {
		data := (&image{slices.Clone(m.b)}).rooted(variableTexts(c.n, heap, c.bytes))
		r, root := rootOf(t, data)
		var list []string
		var ok bool
		var err error
		r.spent(t, c.what, int64(len(data)), 2*maxText, func() { list, ok, err = root.Texts("names") })
		if !c.ok {
			refused(t, c.what, err, "/@names: texts of more than")
			continue
		}
		if want := slices.Repeat([]string{text[:c.bytes]}, c.n); err != nil || !ok || !slices.Equal(list, want) {
			t.Errorf("%s: got %d texts, %v, %v", c.what, len(list), ok, err)
		}
	}
}

// rooted is a file whose root has these notes.
func (m *image) rooted(notes ...[]byte) []byte { return m.file(m.header(notes...)) }

// TestNamesThatAreOne has members whose names are the ends of one name.
func TestNamesThatAreOne(t *testing.T) {
	const long, n = 1 << 16, 4000
	var m image
	text := strings.Repeat("x", long)
	heap := m.add("HEAP", uint32(0), long+8, -1, m.here()+32, text, 0)
	members := func(names ...int) []byte {
		m := image{slices.Clone(m.b)}
		parts := []any{"SNOD", uint8(1), uint8(0), uint16(len(names))}
		for _, at := range names {
			parts = append(parts, at, 96, make([]byte, 24))
		}
		return m.rooted(note(msgTable, m.node(0, 0, m.add(parts...)), heap))
	}
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	data := members(all...)
	r, root := rootOf(t, data)
	r.spent(t, "names", int64(len(data)), 4<<20, func() {
		_, err := root.Names()
		refused(t, "ends of one name", err, "overlap")
	})
	_, root = rootOf(t, members(long-3))
	if names, err := root.Names(); err != nil || !slices.Equal(names, []string{"xxx"}) {
		t.Errorf("got %q, %v", names, err)
	}
}

// TestArraysKeepNoHeader holds many arrays of a large header.
func TestArraysKeepNoHeader(t *testing.T) {
	var m image
	idle := note(0, make([]byte, 60<<10))
	notes := [][]byte{floatNote(4, float32le()), space(2), note(msgLayout, uint8(3), uint8(compact), uint16(8), float32(1), float32(2))}
	data := m.contents(append(notes, slices.Repeat([][]byte{idle}, 16)...)...)
	_, root := rootOf(t, data)
	held := func() uint64 {
		var s runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&s)
		return s.HeapAlloc
	}
	before := held()
	var list []*Array
	for range 64 {
		a, err := find(t, root, "a").Array()
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, a)
	}
	if after := held(); after > before+8<<20 {
		t.Errorf("%d arrays hold %d bytes", len(list), after-before)
	}
	var b bytes.Buffer
	if _, err := list[0].WriteTo(&b); err != nil || !bytes.Equal(b.Bytes(), words(float32(1), float32(2))) {
		t.Errorf("got %v, %v", b.Bytes(), err)
	}
}

// TestKept gives objects that share what they lie in.
func TestKept(t *testing.T) {
	var m image
	a := m.header(note(0, 1))
	b := m.header(note(0, 2))
	data := m.file(b)
	f, err := New(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	object := func(path string, at int) *Object {
		o, err := f.object(path, uint64(at))
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	kept := f.Kept()
	for path, at := range map[string]int{"/a": a, "/b": b} {
		if err := kept.Add(object(path, at)); err != nil {
			t.Error(err)
		}
	}
	refused(t, "under another name", kept.Add(object("/c", a)), "/c: an object at 96 that is pointed to twice")

	// Headers of their own that go on in one block.
	m = image{}
	block := m.add(note(0, make([]byte, 1<<10)))
	size := m.here() - block
	var heads []int
	for range 8 {
		heads = append(heads, m.header(note(msgContinue, block, size)))
	}
	data = m.file(heads[0])
	if f, err = New(bytes.NewReader(data), int64(len(data))); err != nil {
		t.Fatal(err)
	}
	kept, err = f.Kept(), nil
	for _, at := range heads {
		err = errors.Join(err, kept.Add(object("/a", at)))
	}
	refused(t, "a block of several", err, "overlaps")
}
