package savedmodel

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"os"
	"slices"

	shapepb "github.com/wamuir/graft/tensorflow/core/framework/tensor_shape_go_proto"
	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"
	versionpb "github.com/wamuir/graft/tensorflow/core/framework/versions_go_proto"
	pb "github.com/wamuir/graft/tensorflow/core/protobuf/for_core_protos_go_proto"
	"google.golang.org/protobuf/proto"

	"github.com/gosight/vision/internal/tfrecord"
)

// A BundleWriter writes a checkpoint of one shard, which OpenBundle and TensorFlow read. Values go through a buffer, so
// that weights of any size take no memory. Call Close, which writes the index; without it, or after an error, there
// is no checkpoint, and what was written is the caller's to remove.
type BundleWriter struct {
	prefix  string
	data    *os.File
	buffer  *bufio.Writer
	at      int64
	entries map[string]*pb.BundleEntryProto
	err     error
}

// NewBundleWriter makes the data file of the checkpoint prefix, in a folder that is there.
func NewBundleWriter(prefix string) (*BundleWriter, error) {
	f, err := os.Create(prefix + ".data-00000-of-00001")
	if err != nil {
		return nil, err
	}
	return &BundleWriter{prefix: prefix, data: f, buffer: bufio.NewWriterSize(f, 1<<20), entries: map[string]*pb.BundleEntryProto{}}, nil
}

// Float32 adds a tensor under a key. write writes its elements, row-major and little-endian; another number of bytes than the
// shape takes is an error, as are a key given twice and a negative size.
func (b *BundleWriter) Float32(key string, shape []int64, write func(io.Writer) error) error {
	return b.add(key, types.DataType_DT_FLOAT, shape, write)
}

// Float16 is Float32 of elements of two bytes.
func (b *BundleWriter) Float16(key string, shape []int64, write func(io.Writer) error) error {
	return b.add(key, types.DataType_DT_HALF, shape, write)
}

func (b *BundleWriter) add(key string, dtype types.DataType, shape []int64, write func(io.Writer) error) error {
	if b.err != nil {
		return b.err
	}
	e := &pb.BundleEntryProto{Dtype: dtype, Offset: b.at, Size: ElementSize(dtype), Shape: &shapepb.TensorShapeProto{}}
	for _, d := range shape {
		e.Shape.Dim = append(e.Shape.Dim, &shapepb.TensorShapeProto_Dim{Size: d})
		e.Size *= d
	}
	_, there := b.entries[key]
	if key == "" || there || slices.ContainsFunc(shape, func(d int64) bool { return d < 0 }) {
		return b.fail(fmt.Errorf("vision: checkpoint: want a new key and a shape, got %q and %v", key, shape))
	}
	s := &summing{w: b.buffer}
	if err := write(s); err != nil {
		return b.fail(err)
	}
	if s.n != e.Size {
		return b.fail(fmt.Errorf("vision: checkpoint: %q: want %d bytes for %v, got %d", key, e.Size, shape, s.n))
	}
	e.Crc32C = s.sum.Masked()
	b.at += s.n
	b.entries[key] = e
	return nil
}

func (b *BundleWriter) fail(err error) error {
	if b.err == nil {
		b.err = err
	}
	return err
}

// Close writes what is left and, unless anything failed, the index, and syncs both files. It returns the first error.
func (b *BundleWriter) Close() error {
	if b.err == nil {
		b.err = b.buffer.Flush()
	}
	if b.err == nil {
		b.err = b.data.Sync()
	}
	if err := b.data.Close(); b.err == nil {
		b.err = err
	}
	if b.err != nil {
		return b.err
	}
	b.err = b.index()
	return b.err
}

func (b *BundleWriter) index() error {
	header, err := proto.Marshal(&pb.BundleHeaderProto{NumShards: 1, Version: &versionpb.VersionDef{Producer: bundleVersion}})
	if err != nil {
		return err
	}
	list := []entry{{"", header}}
	for key, e := range b.entries {
		value, err := proto.Marshal(e)
		if err != nil {
			return err
		}
		list = append(list, entry{key, value})
	}
	slices.SortFunc(list, func(x, y entry) int { return cmp.Compare(x.key, y.key) })
	f, err := os.Create(b.prefix + ".index")
	if err != nil {
		return err
	}
	err = putTable(f, list)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

// summing counts and sums what goes through it.
type summing struct {
	w   io.Writer
	n   int64
	sum tfrecord.Sum
}

func (s *summing) Write(b []byte) (int, error) {
	n, err := s.w.Write(b)
	s.n += int64(n)
	s.sum = s.sum.Extend(b[:n])
	return n, err
}
