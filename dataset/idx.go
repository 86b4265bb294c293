package dataset

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/gosight/vision/internal/fault"
)

// MNIST opens one part, "train" or "test", of a folder that holds MNIST, or a set of its
// form as Fashion-MNIST is, as IDX files: train-images-idx3-ubyte, train-labels-idx1-ubyte and their t10k
// twins, also as train-images.idx3-ubyte, gzipped (.gz) or not, in the folder, in its folder raw or in MNIST/raw, where torchvision puts
// them. Pictures are *image.Gray, ink white on black, of 28 x 28
// pixels; names are their numbers, from 0; the ten classes are "0" to "9".
func MNIST(dir, part string) (*Set, error) {
	prefix := map[string]string{"train": "train", "test": "t10k"}[part]
	if prefix == "" {
		return nil, &fault.UnsupportedError{Format: "MNIST part", Reason: "want train or test, got " + strconv.Quote(part)}
	}
	images, err := idxFile(dir, prefix+"-images", "idx3-ubyte")
	if err != nil {
		return nil, err
	}
	labels, err := idxFile(dir, prefix+"-labels", "idx1-ubyte")
	if err != nil {
		return nil, err
	}
	s := &Set{}
	for i := range 10 {
		s.Classes = append(s.Classes, strconv.Itoa(i))
	}
	a, b, err := openIDXPair(images, labels)
	if err != nil {
		return nil, err
	}
	a.close()
	b.close()
	s.n = a.dims[0]
	s.all = func(yield func(Example, error) bool) {
		a, b, err := openIDXPair(images, labels)
		if err != nil {
			yield(Example{Class: -1}, err)
			return
		}
		defer a.close()
		defer b.close()
		for i := range a.dims[0] {
			ex, label, err := idxItem(i, a, b)
			if err != nil {
				yield(ex, err)
				return
			}
			if label < len(s.Classes) {
				ex.Class = label
			} else {
				ex, err = Example{Name: ex.Name, Class: -1}, &FileError{File: labels,
					Err: &RecordError{Record: i, Offset: int64(8 + i), Err: formatted("idx", "want a class below %d, got %d", len(s.Classes), label)}}
			}
			if !yield(ex, err) {
				return
			}
		}
	}
	return s, nil
}

// idxItem reads the next picture and its label.
func idxItem(i int, images, labels *idx) (Example, int, error) {
	ex := Example{Name: strconv.Itoa(i), Class: -1}
	g := image.NewGray(image.Rect(0, 0, images.dims[2], images.dims[1]))
	if _, err := io.ReadFull(images.r, g.Pix); err != nil {
		return ex, 0, images.early(i, err)
	}
	var label [1]byte
	if _, err := io.ReadFull(labels.r, label[:]); err != nil {
		return ex, 0, labels.early(i, err)
	}
	ex.Image = g
	return ex, int(label[0]), nil
}

// idxFile finds a file by one of its names.
func idxFile(dir, what, kind string) (string, error) {
	for _, in := range []string{"", "raw", filepath.Join("MNIST", "raw")} {
		for _, name := range []string{what + "-" + kind, what + "." + kind} {
			for _, end := range []string{"", ".gz"} {
				n := filepath.Join(dir, in, name+end)
				if st, err := os.Stat(n); err == nil && st.Mode().IsRegular() {
					return n, nil
				} else if err != nil && !errors.Is(err, os.ErrNotExist) {
					return "", &FileError{File: n, Err: err}
				}
			}
		}
	}
	return "", &FileError{File: filepath.Join(dir, what+"-"+kind), Err: os.ErrNotExist}
}

// An idx is an IDX file of unsigned bytes, opened behind its header: two zeros, the type
// 8, the number of dimensions, and each dimension as a big-endian 32-bit number.
type idx struct {
	name string
	file io.Closer
	r    io.Reader
	dims []int
}

func (x *idx) close() { x.file.Close() }

func (x *idx) early(i int, err error) error {
	return &FileError{File: x.name, Err: &fault.FormatError{Format: "idx", Reason: "ends within item " + strconv.Itoa(i) + " of " + strconv.Itoa(x.dims[0]), Err: err}}
}

func openIDXPair(images, labels string) (a, b *idx, err error) {
	if a, err = openIDX(images, 3); err != nil {
		return nil, nil, err
	}
	if b, err = openIDX(labels, 1); err != nil {
		a.close()
		return nil, nil, err
	}
	if a.dims[0] != b.dims[0] {
		a.close()
		b.close()
		return nil, nil, broken(labels, 0, "idx", "want a label for each of %d pictures, got %d", a.dims[0], b.dims[0])
	}
	return a, b, nil
}

func openIDX(name string, dims int) (*idx, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, &FileError{File: name, Err: err}
	}
	x := &idx{name: name, file: f}
	if x.r, err = unzip(f); err == nil {
		x.r = bufio.NewReaderSize(x.r, 1<<16) // labels are read one by one
		x.dims, err = readIDX(x.r, dims)
	}
	if err != nil {
		f.Close()
		return nil, &FileError{File: name, Err: &fault.FormatError{Format: "idx", Err: err}}
	}
	return x, nil
}

const (
	maxSide  = 1 << 12   // bounds the sides of an IDX picture, before memory is taken
	maxItems = 1<<31 - 1 // bounds dimension 0, which takes none
)

// readIDX reads a header.
func readIDX(r io.Reader, dims int) ([]int, error) {
	head := make([]byte, 4+4*dims)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	if head[0] != 0 || head[1] != 0 || head[2] != 8 || int(head[3]) != dims {
		return nil, &fault.FormatError{Reason: "want unsigned bytes in " + strconv.Itoa(dims) + " dimensions (0 0 8 " + strconv.Itoa(dims) + "), got " + bytesOf(head[:4])}
	}
	out := make([]int, dims)
	for i := range out {
		v := binary.BigEndian.Uint32(head[4+4*i:])
		least, most := uint32(1), uint32(maxSide)
		if i == 0 {
			least, most = 0, maxItems
		}
		if v < least || v > most {
			return nil, &fault.FormatError{Reason: fmt.Sprintf("dimension %d: want %d to %d, got %d", i, least, most, v)}
		}
		out[i] = int(v)
	}
	return out, nil
}

func bytesOf(b []byte) string {
	s := ""
	for i, v := range b {
		if i > 0 {
			s += " "
		}
		s += strconv.Itoa(int(v))
	}
	return s
}
