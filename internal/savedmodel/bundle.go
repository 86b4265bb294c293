package savedmodel

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path"
	"slices"

	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"
	pb "github.com/wamuir/graft/tensorflow/core/protobuf/for_core_protos_go_proto"
	"github.com/x448/float16"
	"google.golang.org/protobuf/proto"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/tfrecord"
)

const (
	formatBundle  = "checkpoint"
	maxIndex      = 1 << 28 // bytes of an index; a thousand variables take about 100 kB
	bundleVersion = 1       // what this package reads, as kTensorBundleVersion of TensorFlow
)

// An Entry says what a checkpoint holds under a key.
type Entry struct {
	DType types.DataType
	Shape []int64 // empty: a scalar
	Size  int64   // bytes in the checkpoint; 0 for a tensor that is stored in slices
}

// A Bundle is an open checkpoint. It holds the index in memory and no open
// file; values are read when asked for. It is safe for any number of goroutines.
type Bundle struct {
	fsys    fs.FS
	prefix  string
	shards  int32
	keys    []string
	entries map[string]*pb.BundleEntryProto
}

// OpenBundle reads the index of the checkpoint prefix, for example
// "variables/variables", and checks that the data of every entry lies within its
// shard file. A missing file is a *fault.ModelError, a broken one a
// *fault.FormatError, a big-endian or compressed one a *fault.UnsupportedError.
func OpenBundle(fsys fs.FS, prefix string) (*Bundle, error) {
	prefix = path.Clean(prefix)
	index := prefix + ".index"
	data, err := readAll(fsys, index, maxIndex)
	if err != nil {
		if _, old := fs.Stat(fsys, prefix); old == nil && errors.Is(err, fs.ErrNotExist) {
			return nil, &fault.UnsupportedError{Format: formatBundle, Reason: prefix + " is of the format before TensorFlow 1.0; want " + index}
		}
		folder := path.Dir(prefix)
		if path.Base(folder) == "variables" { // the model is above
			folder = path.Dir(folder)
		}
		var at *fs.PathError
		if errors.As(err, &at) {
			err = at.Err // it says the name again
		}
		return nil, &fault.ModelError{Model: called(folder), What: "variables", Want: index, Err: err}
	}
	b := &Bundle{fsys: fsys, prefix: prefix, entries: map[string]*pb.BundleEntryProto{}}
	header := false
	err = walkTable(data, func(key, value []byte) error {
		if len(key) == 0 {
			header = true
			return b.header(value)
		}
		e := new(pb.BundleEntryProto)
		if err := proto.Unmarshal(value, e); err != nil {
			return fmt.Errorf("entry %q: %w", key, err)
		}
		b.entries[string(key)] = e
		if key[0] != 0 { // else a slice of another entry
			b.keys = append(b.keys, string(key))
		}
		return nil
	})
	if err == nil && !header {
		err = errors.New("no header")
	}
	if err == nil {
		err = b.check()
	}
	if err != nil {
		return nil, bundleError(index, err)
	}
	return b, nil
}

// bundleError makes err typed, unless it is.
func bundleError(index string, err error) error {
	var unsupported *fault.UnsupportedError
	var model *fault.ModelError
	if errors.As(err, &unsupported) || errors.As(err, &model) {
		return err
	}
	return &fault.FormatError{Format: formatBundle, Reason: index, Err: err}
}

func (b *Bundle) header(value []byte) error {
	var h pb.BundleHeaderProto
	if err := proto.Unmarshal(value, &h); err != nil {
		return fmt.Errorf("header: %w", err)
	}
	if h.GetEndianness() != pb.BundleHeaderProto_LITTLE {
		return &fault.UnsupportedError{Format: formatBundle, Reason: "the values are big-endian"}
	}
	if v := h.GetVersion().GetMinConsumer(); v > bundleVersion {
		return &fault.UnsupportedError{Format: formatBundle, Reason: fmt.Sprintf("it needs a reader of version %d, this one has %d", v, bundleVersion)}
	}
	if h.GetNumShards() < 1 {
		return fmt.Errorf("%d shards", h.GetNumShards())
	}
	b.shards = h.GetNumShards()
	return nil
}

// check compares every entry with itself and with the files.
func (b *Bundle) check() error {
	sizes := map[int32]int64{}
	for key, e := range b.entries {
		if len(e.GetSlices()) > 0 {
			continue
		}
		if e.GetShardId() < 0 || e.GetShardId() >= b.shards {
			return fmt.Errorf("%q is in shard %d of %d", key, e.GetShardId(), b.shards)
		}
		size, known := sizes[e.GetShardId()]
		if !known {
			info, err := fs.Stat(b.fsys, b.shard(e))
			if err != nil {
				return &fault.ModelError{Model: called(path.Dir(b.prefix)), What: "variables", Want: b.shard(e), Err: err}
			}
			size = info.Size()
			sizes[e.GetShardId()] = size
		}
		if e.GetOffset() < 0 || e.GetSize() < 0 || e.GetOffset() > size || e.GetSize() > size-e.GetOffset() {
			return fmt.Errorf("%q: want %d bytes from %d of %s, which has %d", key, e.GetSize(), e.GetOffset(), path.Base(b.shard(e)), size)
		}
		n, err := elements(e)
		if err != nil {
			return fmt.Errorf("%q: %w", key, err)
		}
		each := ElementSize(e.GetDtype())
		if each == 0 {
			// Every string takes a byte at least, for its length.
			if e.GetDtype() == types.DataType_DT_STRING && n > e.GetSize() {
				return fmt.Errorf("%q: %d strings in %d bytes", key, n, e.GetSize())
			}
			continue
		}
		if n > math.MaxInt64/each || n*each != e.GetSize() {
			return fmt.Errorf("%q: %d elements of %s in %d bytes", key, n, DTypeName(e.GetDtype()), e.GetSize())
		}
	}
	return nil
}

func elements(e *pb.BundleEntryProto) (int64, error) {
	n := int64(1)
	for _, d := range e.GetShape().GetDim() {
		size := d.GetSize()
		if size < 0 || size > 0 && n > math.MaxInt64/size {
			return 0, fmt.Errorf("impossible shape %v", shapeOf(e))
		}
		n *= size
	}
	return n, nil
}

func shapeOf(e *pb.BundleEntryProto) []int64 {
	shape := make([]int64, 0, len(e.GetShape().GetDim()))
	for _, d := range e.GetShape().GetDim() {
		shape = append(shape, d.GetSize())
	}
	return shape
}

func (b *Bundle) shard(e *pb.BundleEntryProto) string {
	return fmt.Sprintf("%s.data-%05d-of-%05d", b.prefix, e.GetShardId(), b.shards)
}

// Keys returns the keys in ascending order.
func (b *Bundle) Keys() []string { return slices.Clone(b.keys) }

// Lookup says what lies under key.
func (b *Bundle) Lookup(key string) (Entry, bool) {
	e, ok := b.entries[key]
	if !ok {
		return Entry{}, false
	}
	return Entry{DType: e.GetDtype(), Shape: shapeOf(e), Size: e.GetSize()}, true
}

// same reports whether two keys hold the same value, by type, size and checksum.
func (b *Bundle) same(one, other string) bool {
	p, q := b.entries[one], b.entries[other]
	return one == other || p != nil && q != nil &&
		p.GetDtype() == q.GetDtype() && p.GetSize() == q.GetSize() && p.GetCrc32C() == q.GetCrc32C()
}

// Read returns the value under key: its elements in row-major order,
// little-endian, their checksum verified.
func (b *Bundle) Read(key string) ([]byte, error) {
	e, err := b.numeric(key)
	if err != nil {
		return nil, err
	}
	dst := make([]byte, e.GetSize())
	return dst, b.fill(key, e, dst)
}

// ReadInto is Read into dst, which must have the entry's size. After an error
// dst holds anything.
func (b *Bundle) ReadInto(key string, dst []byte) error {
	e, err := b.numeric(key)
	if err != nil {
		return err
	}
	if int64(len(dst)) != e.GetSize() {
		return fmt.Errorf("vision: checkpoint: %q has %d bytes, the destination %d", key, e.GetSize(), len(dst))
	}
	return b.fill(key, e, dst)
}

// ReadWidened is ReadInto of a float16 value as float32: dst has twice the entry's size.
func (b *Bundle) ReadWidened(key string, dst []byte) error {
	e, err := b.numeric(key)
	switch {
	case err != nil:
		return err
	case e.GetDtype() != types.DataType_DT_HALF:
		return &fault.UnsupportedError{Format: formatBundle, Reason: fmt.Sprintf("%q is of type %s, want float16", key, DTypeName(e.GetDtype()))}
	case int64(len(dst)) != 2*e.GetSize():
		return fmt.Errorf("vision: checkpoint: %q has %d values, the destination room for %d", key, e.GetSize()/2, len(dst)/4)
	}
	half := dst[len(dst)/2:] // read behind, widened towards it: value i is written at 4i, which is not behind where it is read
	if err := b.fill(key, e, half); err != nil {
		return err
	}
	for i := range len(half) / 2 {
		v := float16.Frombits(binary.LittleEndian.Uint16(half[2*i:])).Float32()
		binary.LittleEndian.PutUint32(dst[4*i:], math.Float32bits(v))
	}
	return nil
}

// numeric returns the entry of a key that holds elements of a fixed size.
func (b *Bundle) numeric(key string) (*pb.BundleEntryProto, error) {
	e, err := b.whole(key)
	if err == nil && ElementSize(e.GetDtype()) == 0 {
		err = &fault.UnsupportedError{Format: formatBundle, Reason: fmt.Sprintf("%q is of type %s, which has no fixed size", key, DTypeName(e.GetDtype()))}
	}
	return e, err
}

// whole returns the entry of a key that is stored in one piece.
func (b *Bundle) whole(key string) (*pb.BundleEntryProto, error) {
	e, ok := b.entries[key]
	if !ok {
		return nil, &fault.ModelError{Model: called(path.Dir(b.prefix)), What: "variables", Want: fmt.Sprintf("%q", key), Have: b.some()}
	}
	if len(e.GetSlices()) > 0 {
		return nil, &fault.UnsupportedError{Format: formatBundle, Reason: fmt.Sprintf("%q is partitioned into %d slices", key, len(e.GetSlices()))}
	}
	return e, nil
}

// some returns the first keys, to show what there is.
func (b *Bundle) some() []string {
	const shown = 8
	if len(b.keys) <= shown {
		return b.Keys()
	}
	return append(slices.Clone(b.keys[:shown]), fmt.Sprintf("and %d more", len(b.keys)-shown))
}

// fill reads the bytes of an entry and verifies their checksum.
func (b *Bundle) fill(key string, e *pb.BundleEntryProto, dst []byte) error {
	if err := b.bytes(e, dst); err != nil {
		return &fault.FormatError{Format: formatBundle, Reason: fmt.Sprintf("%s: %q", b.shard(e), key), Err: err}
	}
	if got := tfrecord.Masked(dst); got != e.GetCrc32C() {
		return &fault.FormatError{
			Format: formatBundle,
			Reason: fmt.Sprintf("%s: %q: want checksum %#x, got %#x", b.shard(e), key, e.GetCrc32C(), got),
		}
	}
	return nil
}

// bytes reads what an entry points to, as it lies in the file.
func (b *Bundle) bytes(e *pb.BundleEntryProto, dst []byte) error {
	if len(dst) == 0 {
		return nil
	}
	f, err := b.fsys.Open(b.shard(e))
	if err != nil {
		return err
	}
	defer f.Close()
	switch f := f.(type) {
	case io.ReaderAt:
		n, err := f.ReadAt(dst, e.GetOffset())
		if n == len(dst) { // io.EOF may come with the last byte
			return nil
		}
		return err
	case io.Seeker:
		_, err = f.Seek(e.GetOffset(), io.SeekStart)
	default:
		_, err = io.CopyN(io.Discard, f.(io.Reader), e.GetOffset())
	}
	if err != nil {
		return err
	}
	_, err = io.ReadFull(f, dst)
	return err
}

// Floats is Read of a float32 value.
func (b *Bundle) Floats(key string) ([]float32, error) {
	e, ok := b.Lookup(key)
	if ok && e.DType != types.DataType_DT_FLOAT {
		return nil, &fault.UnsupportedError{Format: formatBundle, Reason: fmt.Sprintf("%q is of type %s, want float32", key, DTypeName(e.DType))}
	}
	data, err := b.Read(key)
	if err != nil {
		return nil, err
	}
	v := make([]float32, len(data)/4)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
	return v, nil
}
