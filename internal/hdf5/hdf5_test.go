package hdf5

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gosight/vision/internal/fault"
)

// The files are of reference/import/goldens.py: h5py's, value k of an array is k/8.

func open(t testing.TB, name string) *Object {
	t.Helper()
	f, err := Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	root, err := f.Root()
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func find(t testing.TB, o *Object, path string) *Object {
	t.Helper()
	at, err := o.Find(path)
	if err != nil || at == nil {
		t.Fatalf("%s: got %v, %v", path, at, err)
	}
	return at
}

func TestArrays(t *testing.T) {
	for _, c := range []struct {
		file, path string
		shape      []int64
	}{
		{"old.h5", "types/little-f2", []int64{2, 3}},
		{"old.h5", "types/little-f4", []int64{2, 3}},
		{"old.h5", "types/little-f8", []int64{2, 3}},
		{"old.h5", "types/big-f4", []int64{2, 3}},
		{"old.h5", "types/big-f8", []int64{2, 3}},
		{"old.h5", "odd/empty", []int64{0, 3}},
		{"old.h5", "types/compact", []int64{5}},
		{"old.h5", "chunks/plain", []int64{5, 7}}, // chunks 2x3: cut at both edges
		{"old.h5", "chunks/all", []int64{3, 5, 4}},
		{"old.h5", "chunks/many", []int64{70}}, // a tree of two levels
		{"latest.h5", "types/little-f2", []int64{2, 3}},
		{"latest.h5", "types/big-f8", []int64{2, 3}},
		{"latest.h5", "types/compact", []int64{5}},
	} {
		t.Run(c.file+"/"+c.path, func(t *testing.T) {
			a, err := find(t, open(t, c.file), c.path).Array()
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(a.Shape, c.shape) {
				t.Fatalf("got %v, want %v", a.Shape, c.shape)
			}
			var b bytes.Buffer
			n, err := a.WriteTo(&b)
			if err != nil || n != 4*a.Elements() || int64(b.Len()) != n {
				t.Fatalf("wrote %d of %d values: %v", n, a.Elements(), err)
			}
			for k := range int(a.Elements()) {
				if got := math.Float32frombits(binary.LittleEndian.Uint32(b.Bytes()[4*k:])); got != float32(k)/8 {
					t.Fatalf("value %d is %v, want %v", k, got, float32(k)/8)
				}
			}
		})
	}
}

func TestScalar(t *testing.T) {
	a, err := find(t, open(t, "old.h5"), "odd/one").Array()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := a.WriteTo(&b); err != nil || len(a.Shape) != 0 || b.Len() != 4 || math.Float32frombits(binary.LittleEndian.Uint32(b.Bytes())) != 2.5 {
		t.Errorf("got %v of shape %v, %v; want 2.5", b.Bytes(), a.Shape, err)
	}
}

func TestTexts(t *testing.T) {
	for _, file := range []string{"old.h5", "latest.h5"} {
		root := open(t, file)
		for name, want := range map[string][]string{
			"fixed": {"one", "three", "ä"}, "variable": {"one", "three", "ä", ""}, "single": {"alone"}, "none": nil,
		} {
			got, ok, err := root.Texts(name)
			if err != nil || !ok || !slices.Equal(got, want) {
				t.Errorf("%s: %s: got %q, %v, %v; want %q", file, name, got, ok, err, want)
			}
		}
		if _, ok, err := root.Texts("absent"); ok || err != nil {
			t.Errorf("%s: absent: got %v, %v", file, ok, err)
		}
		var u *fault.UnsupportedError
		if _, _, err := root.Texts("numbers"); !errors.As(err, &u) {
			t.Errorf("%s: numbers: got %v, want an UnsupportedError", file, err)
		}
	}
}

// TestLargeGroup is why this package is there: a tree of two levels.
func TestLargeGroup(t *testing.T) {
	names, err := find(t, open(t, "old.h5"), "many").Names()
	if err != nil || len(names) != 300 {
		t.Fatalf("got %d members, %v; want 300", len(names), err)
	}
	for i, n := range names {
		if want := fmt.Sprintf("member_%03d", i); n != want {
			t.Fatalf("member %d is %s, want %s", i, n, want)
		}
	}
	if o, err := open(t, "old.h5").Find("many/absent"); o != nil || err != nil {
		t.Errorf("absent: got %v, %v", o, err)
	}
}

func TestRefusals(t *testing.T) {
	var broken *fault.FormatError
	var unsupported *fault.UnsupportedError
	for _, c := range []struct {
		file, path string
		as         any
		says       string
	}{
		{"old.h5", "odd/int", &unsupported, "floats"},
		{"old.h5", "types", &broken, "group"},
		{"old.h5", "odd/unwritten", &broken, "never written"},
		{"latest.h5", "odd/chunks", &unsupported, "latest"},
	} {
		a, err := find(t, open(t, c.file), c.path).Array()
		if err == nil {
			_, err = a.WriteTo(io.Discard)
		}
		if !errors.As(err, c.as) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %s: got %v, want %T that says %q", c.file, c.path, err, c.as, c.says)
		}
	}
	if _, err := find(t, open(t, "latest.h5"), "dense").Names(); !errors.As(err, &unsupported) {
		t.Errorf("dense links: got %v, want an UnsupportedError", err)
	}
	for _, c := range []struct {
		data []byte
		says string
	}{{nil, "no HDF5"}, {[]byte("\x89HDF\r\n"), "cut off: 6 bytes"}, {[]byte(signature + "\x00"), "cut off: 9 bytes"}, {[]byte(strings.Repeat("text ", 30)), "no HDF5"}} {
		if _, err := New(bytes.NewReader(c.data), int64(len(c.data))); !errors.As(err, &broken) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: got %v, want %q", c.data, err, c.says)
		}
	}
}

// TestCutOff opens every beginning of a file in steps: HDF5 notes its size, so none is taken for whole.
func TestCutOff(t *testing.T) {
	for _, name := range []string{"old.h5", "latest.h5"} {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for n := 0; n < len(data); n += 97 {
			var broken *fault.FormatError
			if _, err := New(bytes.NewReader(data[:n]), int64(n)); !errors.As(err, &broken) {
				t.Fatalf("%s: first %d bytes: got %v, want a FormatError", name, n, err)
			}
		}
	}
}

// maxMemory is what one step may take in a file of the fuzzer: an array of a million values, and chunks that are honestly deflated.
const maxMemory = 256 << 20

// walk reads all that a file holds, and holds each step to what the file's size allows.
func walk(t testing.TB, r *counted, o *Object, depth int) {
	size := int64(o.f.size)
	step := func(what string, do func()) { r.spent(t, o.Path()+": "+what, size, maxMemory, do) }
	step("texts", func() { _, _, _ = o.Texts("fixed") })
	step("texts", func() { _, _, _ = o.Texts("variable") })
	if !o.IsGroup() {
		step("values", func() {
			if a, err := o.Array(); err == nil && a.Elements() <= 1<<20 { // larger ones are honest: not what is looked for
				_, _ = a.WriteTo(io.Discard)
			}
		})
		return
	}
	var names []string
	step("names", func() { names, _ = o.Names() })
	if depth == 0 {
		return
	}
	for _, n := range names[:min(len(names), 20)] {
		var next *Object
		step("member", func() { next, _ = o.Find(n) })
		if next != nil {
			walk(t, r, next, depth-1)
		}
	}
}

// walkAll opens a file and walks through it.
func walkAll(t testing.TB, data []byte) {
	r := &counted{ReaderAt: bytes.NewReader(data)}
	var root *Object
	r.spent(t, "open", int64(len(data)), maxMemory, func() {
		if f, err := New(r, int64(len(data))); err == nil {
			root, _ = f.Root()
		}
	})
	if root != nil {
		walk(t, r, root, 3)
	}
}

// TestMutated breaks a byte here and there: whatever comes of it, it is an error or values, in bounded reads and memory.
func TestMutated(t *testing.T) {
	for _, name := range []string{"old.h5", "latest.h5"} {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(data); i += 211 {
			broken := bytes.Clone(data)
			broken[i] ^= 0xff
			walkAll(t, broken)
		}
	}
}

func FuzzOpen(f *testing.F) {
	for _, name := range []string{"old.h5", "latest.h5"} {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, c := range hostiles() {
		f.Add(c.data)
	}
	f.Fuzz(func(t *testing.T, data []byte) { walkAll(t, data) })
}
