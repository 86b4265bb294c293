package savedmodel

import (
	"strings"

	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"
)

// ElementSize returns the bytes of one element of a tensor in memory and in a
// checkpoint, 0 for types without a fixed size (string, resource, variant) and
// those not known.
func ElementSize(t types.DataType) int64 {
	switch t {
	case types.DataType_DT_BOOL, types.DataType_DT_INT8, types.DataType_DT_UINT8,
		types.DataType_DT_QINT8, types.DataType_DT_QUINT8,
		types.DataType_DT_FLOAT8_E5M2, types.DataType_DT_FLOAT8_E4M3FN,
		types.DataType_DT_INT4, types.DataType_DT_UINT4: // four-bit types are not packed
		return 1
	case types.DataType_DT_HALF, types.DataType_DT_BFLOAT16, types.DataType_DT_INT16, types.DataType_DT_UINT16,
		types.DataType_DT_QINT16, types.DataType_DT_QUINT16:
		return 2
	case types.DataType_DT_FLOAT, types.DataType_DT_INT32, types.DataType_DT_UINT32, types.DataType_DT_QINT32:
		return 4
	case types.DataType_DT_DOUBLE, types.DataType_DT_INT64, types.DataType_DT_UINT64, types.DataType_DT_COMPLEX64:
		return 8
	case types.DataType_DT_COMPLEX128:
		return 16
	default:
		return 0
	}
}

// DTypeName returns the name of a type as TensorFlow's users write it: float32,
// uint8, string.
func DTypeName(t types.DataType) string {
	switch t {
	case types.DataType_DT_FLOAT:
		return "float32"
	case types.DataType_DT_DOUBLE:
		return "float64"
	case types.DataType_DT_HALF:
		return "float16"
	default:
		return strings.ToLower(strings.TrimPrefix(t.String(), "DT_"))
	}
}
