package dataset

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/sharedtest"
)

func idxData(dims []int, data ...byte) string {
	b := []byte{0, 0, 8, byte(len(dims))}
	for _, d := range dims {
		b = binary.BigEndian.AppendUint32(b, uint32(d))
	}
	return string(append(b, data...))
}

func TestMNIST(t *testing.T) {
	images := idxData([]int{2, 2, 3}, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
	dir := folder(t, map[string]string{
		"train-images-idx3-ubyte":   images,
		"train-labels-idx1-ubyte":   idxData([]int{2}, 7, 0),
		"t10k-images-idx3-ubyte.gz": string(zipped(t, []byte(images))),
		"t10k-labels-idx1-ubyte.gz": string(zipped(t, []byte(idxData([]int{2}, 10, 3)))),
	})
	s, err := MNIST(dir, "train")
	if err != nil {
		t.Fatal(err)
	}
	good, bad := all(t, s)
	if len(good) != 2 || len(bad) != 0 || good[0].Class != 7 || good[1].Class != 0 || good[1].Name != "1" {
		t.Fatalf("got %v, %v", good, bad)
	}
	g, ok := good[1].Image.(*image.Gray)
	if !ok || g.Bounds().Dx() != 3 || !bytes.Equal(g.Pix, []byte{7, 8, 9, 10, 11, 12}) {
		t.Errorf("second picture: %v", good[1].Image)
	}
	s, err = MNIST(dir, "test")
	if err != nil {
		t.Fatal(err)
	}
	// A class beyond the ten is one bad example, not the end.
	good, bad = all(t, s)
	if len(good) != 1 || good[0].Class != 3 || len(bad) != 1 {
		t.Errorf("got %v, %v", good, bad)
	}
}

func TestMNISTRefusals(t *testing.T) {
	labels := idxData([]int{2}, 1, 2)
	for why, c := range map[string][2]string{
		"empty":                   {"", labels},
		"labels for pictures":     {labels, labels},
		"counts that differ":      {idxData([]int{3, 1, 1}, 1, 2, 3), labels},
		"sides beyond reason":     {idxData([]int{2, 1 << 30, 1 << 30}), labels},
		"no side":                 {idxData([]int{2, 0, 1}), labels},
		"floats":                  {"\x00\x00\x0d\x03" + idxData([]int{2, 1, 1}, 1, 2)[4:], labels},
		"gzip that is broken":     {"\x1f\x8b broken", labels},
		"a header that ends soon": {idxData([]int{2, 1, 1})[:9], labels},
	} {
		_, err := MNIST(folder(t, map[string]string{"train-images-idx3-ubyte": c[0], "train-labels-idx1-ubyte": c[1]}), "train")
		var fe *fault.FormatError
		var file *FileError
		if !errors.As(err, &fe) || !errors.As(err, &file) {
			t.Errorf("%s: got %v, want a FormatError with its file", why, err)
		}
	}
	for says, dims := range map[string][]int{"dimension 0: want 0 to 2147483647, got 2147483648": {1 << 31, 1, 1}, "dimension 2: want 1 to 4096, got 4097": {2, 1, 4097}} {
		_, err := MNIST(folder(t, map[string]string{"train-images-idx3-ubyte": idxData(dims), "train-labels-idx1-ubyte": labels}), "train")
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v: got %v, want %q", dims, err, says)
		}
	}
	if _, err := MNIST(t.TempDir(), "train"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: got %v", err)
	}
	if _, err := MNIST(t.TempDir(), "dev"); err == nil {
		t.Error("a part that there is not was opened")
	}
	s, err := MNIST(folder(t, map[string]string{"train-images-idx3-ubyte": idxData([]int{2, 1, 2}, 1, 2, 3), "train-labels-idx1-ubyte": labels}), "train")
	if err != nil {
		t.Fatal(err)
	}
	good, bad := all(t, s)
	if len(good) != 1 || len(bad) != 1 {
		t.Fatalf("cut short: %v, %v", good, bad)
	}
	line(t, "cut short", bad[0], "train-images-idx3-ubyte", 0)
}

func TestRealMNIST(t *testing.T) {
	dir := sharedtest.Path(t, "data", "mnist")
	// The digits of both parts, as published.
	for part, want := range map[string][10]int{
		"train": {5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949},
		"test":  {980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009},
	} {
		s, err := MNIST(dir, part)
		if err != nil {
			t.Fatal(err)
		}
		var count [10]int
		n := 0
		for ex, err := range s.All() {
			if err != nil {
				t.Fatal(err)
			}
			if ex.Name != strconv.Itoa(n) || ex.Image.Bounds() != image.Rect(0, 0, 28, 28) {
				t.Fatalf("%s: %s, %v, want number %d", part, ex.Name, ex.Image.Bounds(), n)
			}
			n++
			count[ex.Class]++
		}
		if count != want || n != s.Len() {
			t.Errorf("%s: digits %v of %d, want %v", part, count, n, want)
		}
	}
}

func TestMNISTNames(t *testing.T) {
	images, labels := idxData([]int{1, 1, 1}, 9), idxData([]int{1}, 3)
	for _, names := range [][2]string{
		{"train-images.idx3-ubyte", "train-labels.idx1-ubyte"},
		{"train-images.idx3-ubyte.gz", "train-labels-idx1-ubyte"},
		{"raw/train-images-idx3-ubyte", "raw/train-labels-idx1-ubyte"},
		{"MNIST/raw/train-images-idx3-ubyte.gz", "MNIST/raw/train-labels-idx1-ubyte.gz"},
	} {
		files := map[string]string{}
		for i, content := range []string{images, labels} {
			if filepath.Ext(names[i]) == ".gz" {
				content = string(zipped(t, []byte(content)))
			}
			files[names[i]] = content
		}
		s, err := MNIST(folder(t, files), "train")
		if err != nil {
			t.Errorf("%q: %v", names, err)
			continue
		}
		if good, bad := all(t, s); len(good) != 1 || good[0].Class != 3 || len(bad) > 0 {
			t.Errorf("%q: %v, %v", names, good, bad)
		}
	}
	// Unpacked by some tools, a packed file is a folder with the file in it.
	if _, err := MNIST(folder(t, map[string]string{"train-images-idx3-ubyte/train-images.idx3-ubyte": images}), "train"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder of a file's name: %v", err)
	}
}

func FuzzIDX(f *testing.F) {
	f.Add([]byte(idxData([]int{2, 2, 3}, 1, 2)), uint8(3))
	f.Add([]byte(idxData([]int{2}, 1, 2)), uint8(1))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte, dims uint8) {
		name := filepath.Join(dir, "x")
		os.Remove(name) // a file that is written over goes to the disk at once
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
		x, err := openIDX(name, int(dims%4)+1)
		if err != nil {
			return
		}
		defer x.close()
		for i, d := range x.dims {
			if d < 0 || i > 0 && (d < 1 || d > maxSide) {
				t.Fatalf("dimensions %v", x.dims)
			}
		}
	})
}
