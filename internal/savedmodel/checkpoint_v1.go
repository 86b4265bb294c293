package savedmodel

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"slices"

	tensorpb "github.com/wamuir/graft/tensorflow/core/framework/tensor_go_proto"
	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"
	slicepb "github.com/wamuir/graft/tensorflow/core/util/saved_tensor_slice_proto_go_proto"
	"google.golang.org/protobuf/proto"

	"github.com/gosight/vision/internal/fault"
)

const (
	formatV1 = "checkpoint of version 1"
	maxV1    = 1 << 30 // bytes of a checkpoint of version 1, which is read whole
)

// A CheckpointV1 is a checkpoint of the format before TensorFlow 0.12 (tensorflow/core/util/saved_tensor_slice.proto):
// one table that holds the values, too. It is in memory whole.
type CheckpointV1 struct {
	name    string
	entries map[string]Entry
	values  map[string]*tensorpb.TensorProto
}

// IsTable tells whether a file ends as a table does: a checkpoint of version 1, or the index of another.
func IsTable(r io.ReaderAt, size int64) bool {
	var end [8]byte
	if size < footerSize {
		return false
	}
	n, _ := r.ReadAt(end[:], size-int64(len(end)))
	return n == len(end) && binary.LittleEndian.Uint64(end[:]) == tableMagic
}

// OpenV1 reads a checkpoint of version 1. A broken one is a *fault.FormatError; one whose tensors are stored in slices
// a *fault.UnsupportedError.
func OpenV1(fsys fs.FS, name string) (*CheckpointV1, error) {
	data, err := readAll(fsys, name, maxV1)
	if err != nil {
		return nil, err
	}
	c := &CheckpointV1{name: name, entries: map[string]Entry{}, values: map[string]*tensorpb.TensorProto{}}
	described := false
	err = walkTable(data, func(key, value []byte) error {
		s := new(slicepb.SavedTensorSlices)
		if err := proto.Unmarshal(value, s); err != nil {
			return fmt.Errorf("entry %q: %w", key, err)
		}
		if len(key) == 0 {
			described = s.GetMeta() != nil // the index of a checkpoint of version 2 has another header
			return c.describe(s.GetMeta())
		}
		if d := s.GetData(); d != nil {
			c.values[d.GetName()] = d.GetData()
		}
		return nil
	})
	if err == nil && !described {
		err = fmt.Errorf("no list of tensors")
	}
	if err != nil {
		return nil, v1Error(name, err)
	}
	return c, nil
}

func v1Error(name string, err error) error {
	var unsupported *fault.UnsupportedError
	if errors.As(err, &unsupported) {
		return unsupported
	}
	return &fault.FormatError{Format: formatV1, Reason: name, Err: err}
}

func (c *CheckpointV1) describe(meta *slicepb.SavedTensorSliceMeta) error {
	for _, t := range meta.GetTensor() {
		if len(t.GetSlice()) > 1 {
			return &fault.UnsupportedError{Format: formatV1, Reason: fmt.Sprintf("%q is partitioned into %d slices", t.GetName(), len(t.GetSlice()))}
		}
		e := Entry{DType: t.GetType(), Shape: []int64{}, Size: ElementSize(t.GetType())}
		for _, d := range t.GetShape().GetDim() {
			n := d.GetSize()
			if n < 0 || n > 0 && e.Size > math.MaxInt64/n {
				return fmt.Errorf("%q: impossible shape", t.GetName())
			}
			e.Shape, e.Size = append(e.Shape, n), e.Size*n
		}
		c.entries[t.GetName()] = e
	}
	return nil
}

// Keys returns the keys in ascending order.
func (c *CheckpointV1) Keys() []string { return slices.Sorted(maps.Keys(c.entries)) }

// Lookup says what lies under key.
func (c *CheckpointV1) Lookup(key string) (Entry, bool) {
	e, ok := c.entries[key]
	return e, ok
}

// Read returns the value of a float32 tensor under key, its elements in row-major order, little-endian.
func (c *CheckpointV1) Read(key string) ([]byte, error) {
	e, ok := c.entries[key]
	v := c.values[key]
	if !ok || v == nil {
		return nil, &fault.ModelError{Model: c.name, What: "variables", Want: fmt.Sprintf("%q", key)}
	}
	if e.DType != types.DataType_DT_FLOAT {
		return nil, &fault.UnsupportedError{Format: formatV1, Reason: fmt.Sprintf("%q is %s, want float32", key, DTypeName(e.DType))}
	}
	out := v.GetTensorContent()
	if out == nil {
		list := v.GetFloatVal()
		out = make([]byte, 0, 4*len(list))
		for _, f := range list {
			out = binary.LittleEndian.AppendUint32(out, math.Float32bits(f))
		}
	}
	if int64(len(out)) != e.Size {
		return nil, v1Error(c.name, fmt.Errorf("%q: want %d bytes for %v, got %d", key, e.Size, e.Shape, len(out)))
	}
	return out, nil
}
