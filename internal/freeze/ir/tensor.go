package ir

import (
	"encoding/binary"
	"math"
	"slices"

	tensorpb "github.com/wamuir/graft/tensorflow/core/framework/tensor_go_proto"
	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"
)

// maxElements bounds what a constant of a hostile file may unpack to.
const maxElements = 1 << 31

// A Value is the content of a constant: F for float32, I for integers and
// booleans, in row-major order.
type Value struct {
	Type types.DataType
	Dims []int64 // empty: a scalar
	F    []float32
	I    []int64
}

// Elements returns the product of the dimensions, -1 if one is unknown or the
// product absurd.
func Elements(dims []int64) int64 {
	n := int64(1)
	for _, d := range dims {
		if d < 0 {
			return -1
		}
		if d > 0 && n > maxElements/d {
			return -1
		}
		n *= d
	}
	return n
}

// Const returns the value of a Const node. ok is false for other nodes, for
// types that Value does not hold, and for broken constants.
func Const(n *Node) (v Value, ok bool) {
	if n.Op != "Const" {
		return v, false
	}
	t := n.Attr["value"].GetTensor()
	v.Type, v.Dims = t.GetDtype(), Dims(t.GetTensorShape())
	size := Elements(v.Dims)
	if t == nil || v.Dims == nil || size < 0 {
		return v, false
	}
	if content := t.GetTensorContent(); len(content) > 0 {
		return v, v.unpack(content, int(size))
	}
	switch v.Type {
	case types.DataType_DT_FLOAT:
		v.F = repeat(t.GetFloatVal(), size)
	case types.DataType_DT_INT32, types.DataType_DT_UINT8, types.DataType_DT_INT8:
		v.I = repeat(widen(t.GetIntVal()), size)
	case types.DataType_DT_INT64:
		v.I = repeat(t.GetInt64Val(), size)
	case types.DataType_DT_BOOL:
		bools := make([]int64, 0, len(t.GetBoolVal()))
		for _, b := range t.GetBoolVal() {
			i := int64(0)
			if b {
				i = 1
			}
			bools = append(bools, i)
		}
		v.I = repeat(bools, size)
	default:
		return v, false
	}
	return v, int64(len(v.F)+len(v.I)) == size
}

func (v *Value) unpack(content []byte, size int) bool {
	switch v.Type {
	case types.DataType_DT_FLOAT:
		if len(content) != size*4 {
			return false
		}
		v.F = make([]float32, size)
		for i := range v.F {
			v.F[i] = math.Float32frombits(binary.LittleEndian.Uint32(content[4*i:]))
		}
	case types.DataType_DT_INT32:
		if len(content) != size*4 {
			return false
		}
		v.I = make([]int64, size)
		for i := range v.I {
			v.I[i] = int64(int32(binary.LittleEndian.Uint32(content[4*i:])))
		}
	case types.DataType_DT_INT64:
		if len(content) != size*8 {
			return false
		}
		v.I = make([]int64, size)
		for i := range v.I {
			v.I[i] = int64(binary.LittleEndian.Uint64(content[8*i:]))
		}
	default:
		return false
	}
	return true
}

// Proto writes v as a TensorProto. Integers of other types than int32 and int64
// are not written.
func (v Value) Proto() *tensorpb.TensorProto {
	t := &tensorpb.TensorProto{Dtype: v.Type, TensorShape: ShapeProto(v.dims())}
	switch v.Type {
	case types.DataType_DT_FLOAT:
		b := make([]byte, 4*len(v.F))
		for i, f := range v.F {
			binary.LittleEndian.PutUint32(b[4*i:], math.Float32bits(f))
		}
		t.TensorContent = b
	case types.DataType_DT_INT32:
		t.IntVal = make([]int32, len(v.I))
		for i, x := range v.I {
			t.IntVal[i] = int32(x)
		}
	case types.DataType_DT_INT64:
		t.Int64Val = slices.Clone(v.I)
	case types.DataType_DT_BOOL:
		for _, x := range v.I {
			t.BoolVal = append(t.BoolVal, x != 0)
		}
	}
	return t
}

func (v Value) dims() []int64 {
	if v.Dims == nil {
		return []int64{}
	}
	return v.Dims
}

// NewConst returns a Const node with the value v.
func NewConst(name string, v Value) *Node {
	return New(name, "Const", Attrs{"dtype": Type(v.Type), "value": Tensor(v.Proto())})
}

// ScalarInt32 returns a Const node.
func ScalarInt32(name string, i int32) *Node {
	return NewConst(name, Value{Type: types.DataType_DT_INT32, I: []int64{int64(i)}})
}

// repeat fills up with the last value, as TensorProto does; no value is zero.
func repeat[T any](vals []T, size int64) []T {
	if int64(len(vals)) >= size {
		return slices.Clone(vals[:size])
	}
	out := make([]T, size)
	n := copy(out, vals)
	if n > 0 {
		for i := n; i < len(out); i++ {
			out[i] = vals[n-1]
		}
	}
	return out
}

func widen(is []int32) []int64 {
	out := make([]int64, len(is))
	for i, x := range is {
		out[i] = int64(x)
	}
	return out
}
