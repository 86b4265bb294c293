package savedmodel

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/gosight/vision/internal/fault"
)

func put(b []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		// In pieces, as a reader with a window does it.
		for part := range slices.Chunk(b, 12) {
			if _, err := w.Write(part); err != nil {
				return err
			}
		}
		return nil
	}
}

func floats(n int) []byte {
	b := make([]byte, 0, 4*n)
	for i := range n {
		b = binary.LittleEndian.AppendUint32(b, uint32(i))
	}
	return b
}

// TestBundleWriter writes more names than a block of the index holds, in no order, and reads them back.
// reference/import/check.py has TensorFlow read what it writes.
func TestBundleWriter(t *testing.T) {
	dir := t.TempDir()
	w, err := NewBundleWriter(filepath.Join(dir, "v"))
	if err != nil {
		t.Fatal(err)
	}
	const n = 9000
	for i := range n {
		j := (i * 7) % n
		if err := w.Float32(fmt.Sprintf("layer_%d/kernel", j), []int64{1, int64(j % 5)}, put(floats(j%5))); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Float32("one", nil, put(floats(1))); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := OpenBundle(os.DirFS(dir), "v")
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Keys()) != n+1 || !slices.IsSorted(b.Keys()) {
		t.Fatalf("got %d keys", len(b.Keys()))
	}
	for j := range n {
		key := fmt.Sprintf("layer_%d/kernel", j)
		e, _ := b.Lookup(key)
		got, err := b.Read(key) // which verifies the checksum
		if err != nil || !bytes.Equal(got, floats(j%5)) || !slices.Equal(e.Shape, []int64{1, int64(j % 5)}) {
			t.Fatalf("%s: got %v of %v, %v", key, got, e.Shape, err)
		}
	}
	if e, _ := b.Lookup("one"); len(e.Shape) != 0 {
		t.Errorf("a scalar has shape %v", e.Shape)
	}
}

func TestBundleWriterRefuses(t *testing.T) {
	full := errors.New("no space left")
	for _, c := range []struct {
		name  string
		key   string
		shape []int64
		write func(io.Writer) error
	}{
		{"too few bytes", "b", []int64{2}, put(floats(1))},
		{"too many bytes", "b", []int64{2}, put(floats(3))},
		{"a key twice", "a", []int64{1}, put(floats(1))},
		{"no key", "", []int64{1}, put(floats(1))},
		{"a negative size", "b", []int64{-1}, put(nil)},
		{"an error of the source", "b", []int64{1}, func(io.Writer) error { return full }},
	} {
		prefix := filepath.Join(t.TempDir(), "v")
		w, err := NewBundleWriter(prefix)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Float32("a", []int64{1}, put(floats(1))); err != nil {
			t.Fatal(err)
		}
		err = w.Float32(c.key, c.shape, c.write)
		if err == nil {
			t.Errorf("%s: no error", c.name)
		}
		if after := w.Close(); !errors.Is(after, err) {
			t.Errorf("%s: Close returns %v, want %v", c.name, after, err)
		}
		if _, err := os.Stat(prefix + ".index"); err == nil {
			t.Errorf("%s: there is an index", c.name)
		}
	}
}

// TestV1 reads what TensorFlow wrote; internal/pretrained looks at the values.
func TestV1(t *testing.T) {
	fsys := os.DirFS("../pretrained/testdata")
	c, err := OpenV1(fsys, "v1.ckpt")
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"InceptionV1/Conv2d_1a_7x7/BatchNorm/beta", "InceptionV1/Conv2d_1a_7x7/weights",
		"InceptionV1/Logits/Conv2d_0c_1x1/biases", "InceptionV1/Logits/Conv2d_0c_1x1/weights", "global_step"}; !slices.Equal(c.Keys(), want) {
		t.Errorf("got %v, want %v", c.Keys(), want)
	}
	var unsupported *fault.UnsupportedError
	if _, err := c.Read("global_step"); !errors.As(err, &unsupported) {
		t.Errorf("an int64: got %v", err)
	}
	var model *fault.ModelError
	if _, err := c.Read("absent"); !errors.As(err, &model) {
		t.Errorf("absent: got %v", err)
	}
	var broken *fault.FormatError
	if _, err := OpenV1(fsys, "v2.ckpt.index"); !errors.As(err, &broken) {
		t.Errorf("the index of version 2: got %v", err)
	}
}

// TestV1TooLarge opens a file that only claims its bytes: one with a hole.
func TestV1TooLarge(t *testing.T) {
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, "large.ckpt"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Truncate(maxV1+1), f.Close()); err != nil {
		t.Fatal(err)
	}
	_, err = OpenV1(os.DirFS(dir), "large.ckpt")
	var limit *fault.LimitError
	if !errors.As(err, &limit) || *limit != (fault.LimitError{What: "bytes", Got: maxV1 + 1, Max: maxV1}) || !strings.Contains(err.Error(), "large.ckpt") {
		t.Errorf("got %v, want a LimitError that names the file", err)
	}
	// One that says less than it holds, as files of a kernel do.
	_, err = readAll(liar{fstest.MapFS{"x": {Data: make([]byte, 9)}}}, "x", 8)
	if !errors.As(err, &limit) || limit.Got != 9 || limit.Max != 8 {
		t.Errorf("got %v, want a LimitError of 9 bytes", err)
	}
}

// A liar is a file system whose files say that they are empty.
type liar struct{ fs.FS }

func (l liar) Open(name string) (fs.File, error) {
	f, err := l.FS.Open(name)
	return emptyFile{f}, err
}

type emptyFile struct{ fs.File }

func (f emptyFile) Stat() (fs.FileInfo, error) {
	info, err := f.File.Stat()
	return emptyInfo{info}, err
}

type emptyInfo struct{ fs.FileInfo }

func (emptyInfo) Size() int64 { return 0 }
