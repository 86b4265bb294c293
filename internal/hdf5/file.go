// Package hdf5 reads groups, text attributes and arrays of floating point out of HDF5 files, as h5py and Keras write
// them. It follows the HDF5 File Format Specification, version 3.0 (HDF Group); section numbers in comments are of that.
//
// It reads superblocks 0 to 3, object headers 1 and 2, groups by symbol tables of any depth or by link messages,
// attributes within the header, and arrays that are compact, contiguous, or chunked under a version 1 B-tree with deflate,
// shuffle and Fletcher-32, which is verified; the checksums of headers of version 2 and of superblocks are not. What only files of h5py's libver="latest" have (dense links and attributes, other chunk indexes)
// is a *fault.UnsupportedError; what is broken is a *fault.FormatError.
//
// Why not a library: the one in pure Go that can be had does not read what is needed (github.com/scigolib/hdf5: v0.13.0 finds nothing in files of h5py, v0.14.0
// refuses groups of more than some hundred members); others need the C library.
//
// Only what is asked for is read. A File may be used by any number of goroutines.
package hdf5

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"

	"github.com/gosight/vision/internal/fault"
)

const (
	format    = "hdf5"
	signature = "\x89HDF\r\n\x1a\n"
	undefined = math.MaxUint64 // an address that is none
	maxBlock  = 64 << 20       // bytes of one header, heap or node
)

// A File is an open HDF5 file.
type File struct {
	r       io.ReaderAt
	close   func() error
	size    uint64
	offsets int // bytes of an address
	lengths int // bytes of a length
	root    uint64
}

// Open opens a file. Errors of the file system come as they are.
func Open(name string) (*File, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = broken("%s is a folder", name)
	}
	var h *File
	if err == nil {
		h, err = New(f, info.Size())
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	h.close = f.Close
	return h, nil
}

// New reads the superblock (II.A) of a file of so many bytes.
func New(r io.ReaderAt, size int64) (*File, error) {
	f := &File{r: r, size: uint64(size), offsets: 8, lengths: 8}
	head, err := f.read(0, min(f.size, 96))
	if err != nil {
		return nil, err
	}
	if n := len(head); n > 4 && n < len(signature)+8 && (strings.HasPrefix(signature, string(head)) || strings.HasPrefix(string(head), signature)) {
		return nil, broken("it is cut off: %d bytes", n)
	}
	if len(head) < len(signature)+8 || string(head[:8]) != signature {
		return nil, broken("want %q at its start, got %q: it is no HDF5 file", signature, head[:min(len(head), 8)])
	}
	c := &cursor{f: f, b: head[8:]}
	version := c.u8()
	switch version {
	case 0, 1:
		c.skip(4)
		f.offsets, f.lengths = int(c.u8()), int(c.u8())
		c.skip(9)
		if version == 1 {
			c.skip(4)
		}
	case 2, 3:
		f.offsets, f.lengths = int(c.u8()), int(c.u8())
		c.skip(1)
	default:
		return nil, unsupported("a superblock of version %d", version)
	}
	for _, n := range []int{f.offsets, f.lengths} {
		if n != 2 && n != 4 && n != 8 {
			return nil, broken("addresses of %d bytes", n)
		}
	}
	base := c.addr()
	c.addr() // free space, or the extension of the superblock
	end := c.addr()
	if version < 2 {
		c.addr() // driver
		c.addr() // name of the root
	}
	f.root = c.addr()
	switch {
	case c.err != nil:
		return nil, c.err
	case base != 0:
		return nil, unsupported("a file within a file, from byte %d on", base)
	case end > f.size:
		return nil, broken("it is cut off: want %d bytes, got %d", end, f.size)
	}
	return f, nil
}

// Close closes the file that Open opened.
func (f *File) Close() error {
	if f.close == nil {
		return nil
	}
	return f.close()
}

// Root returns the group that holds all.
func (f *File) Root() (*Object, error) { return f.object("/", f.root) }

// read returns n bytes from an address on.
func (f *File) read(at, n uint64) ([]byte, error) {
	if n > maxBlock {
		return nil, broken("a block of %d bytes at %d", n, at)
	}
	if at > f.size || n > f.size-at { // before memory is taken
		return nil, f.cut(at, n)
	}
	b := make([]byte, n)
	return b, f.readInto(b, at)
}

func (f *File) readInto(b []byte, at uint64) error {
	if n := uint64(len(b)); at > f.size || n > f.size-at {
		return f.cut(at, n)
	}
	n, err := f.r.ReadAt(b, int64(at))
	switch {
	case n == len(b):
		return nil
	case err == nil || errors.Is(err, io.EOF): // it has become shorter since it was opened
		return broken("it is cut off: want %d bytes from %d, got %d", len(b), at, n)
	}
	return fmt.Errorf("vision: hdf5: %w", err)
}

func (f *File) cut(at, n uint64) error {
	return broken("it is cut off: want %d bytes from %d, it has %d", n, at, f.size)
}

func broken(text string, args ...any) error {
	return &fault.FormatError{Format: format, Reason: fmt.Sprintf(text, args...)}
}

func unsupported(text string, args ...any) error {
	return &fault.UnsupportedError{Format: format, Reason: fmt.Sprintf(text, args...)}
}

// A cursor reads fields one after the other; after the first that is not there all are zero.
type cursor struct {
	f   *File
	b   []byte
	err error
}

// block begins a cursor on n bytes at an address.
func (f *File) block(at, n uint64) *cursor {
	b, err := f.read(at, n)
	return &cursor{f: f, b: b, err: err}
}

func (c *cursor) take(n int) []byte {
	if c.err == nil && (n < 0 || n > len(c.b)) {
		c.err = broken("a field of %d bytes where %d are left", n, len(c.b))
	}
	if c.err != nil {
		return nil
	}
	b := c.b[:n]
	c.b = c.b[n:]
	return b
}

func (c *cursor) uint(n int) uint64 {
	var full [8]byte
	copy(full[:], c.take(n))
	return binary.LittleEndian.Uint64(full[:])
}

func (c *cursor) skip(n int)     { c.take(n) }
func (c *cursor) u8() uint8      { return uint8(c.uint(1)) }
func (c *cursor) u16() int       { return int(c.uint(2)) }
func (c *cursor) u32() uint32    { return uint32(c.uint(4)) }
func (c *cursor) length() uint64 { return c.uint(c.f.lengths) }

// addr reads an address; one of all ones is undefined.
func (c *cursor) addr() uint64 {
	a := c.uint(c.f.offsets)
	if n := c.f.offsets; n < 8 && a == 1<<(8*n)-1 {
		return undefined
	}
	return a
}

// want checks a signature.
func (c *cursor) want(sig string) {
	if got := c.take(len(sig)); c.err == nil && string(got) != sig {
		c.err = broken("want %q, got %q", sig, got)
	}
}

func padded(n int) int { return (n + 7) &^ 7 }
