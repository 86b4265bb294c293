package savedmodel

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/tfrecord"
)

// ReadStrings returns the elements of a string tensor in row-major order.
//
// TensorFlow stores the lengths as varints, their checksum, and the bytes one
// after another; the checksum of the whole runs over the lengths as fixed
// numbers, the first checksum as stored, and the bytes (WriteStringTensor in
// tensorflow/core/util/tensor_bundle/tensor_bundle.cc).
func (b *Bundle) ReadStrings(key string) ([][]byte, error) {
	e, err := b.whole(key)
	if err != nil {
		return nil, err
	}
	if e.GetDtype() != types.DataType_DT_STRING {
		return nil, &fault.ModelError{What: "variables", Want: fmt.Sprintf("%q of type string", key), Got: DTypeName(e.GetDtype())}
	}
	data := make([]byte, e.GetSize())
	list, sum, err := [][]byte(nil), tfrecord.Sum(0), b.bytes(e, data)
	if err == nil {
		var n int64
		if n, err = elements(e); err == nil {
			list, sum, err = splitStrings(data, n)
		}
	}
	if err == nil && sum.Masked() != e.GetCrc32C() {
		err = fmt.Errorf("want checksum %#x, got %#x", e.GetCrc32C(), sum.Masked())
	}
	if err != nil {
		return nil, &fault.FormatError{Format: formatBundle, Reason: fmt.Sprintf("%s: %q", b.shard(e), key), Err: err}
	}
	return list, nil
}

// splitStrings returns the n strings in data and the checksum of the whole.
func splitStrings(data []byte, n int64) ([][]byte, tfrecord.Sum, error) {
	if n > int64(len(data)) {
		return nil, 0, fmt.Errorf("%d strings in %d bytes", n, len(data))
	}
	lengths := make([]uint64, n)
	var sum tfrecord.Sum
	for i := range lengths {
		size, k := binary.Uvarint(data)
		if k <= 0 {
			return nil, 0, errors.New("broken length of a string")
		}
		lengths[i], data = size, data[k:]
		if size <= math.MaxUint32 {
			sum = sum.Extend(binary.LittleEndian.AppendUint32(nil, uint32(size)))
		} else {
			sum = sum.Extend(binary.LittleEndian.AppendUint64(nil, size))
		}
	}
	if len(data) < 4 {
		return nil, 0, errors.New("no checksum of the lengths")
	}
	if want := binary.LittleEndian.Uint32(data); want != sum.Masked() {
		return nil, 0, fmt.Errorf("lengths: want checksum %#x, got %#x", want, sum.Masked())
	}
	sum, data = sum.Extend(data[:4]), data[4:]
	list := make([][]byte, n)
	for i, size := range lengths {
		if size > uint64(len(data)) {
			return nil, 0, fmt.Errorf("string of %d bytes, %d are left", size, len(data))
		}
		list[i], data = data[:size:size], data[size:]
		sum = sum.Extend(list[i])
	}
	if len(data) > 0 {
		return nil, 0, fmt.Errorf("%d bytes are left after the last string", len(data))
	}
	return list, sum, nil
}
