package ir

import (
	"encoding/binary"
	"math"
	"slices"

	tensorpb "github.com/wamuir/graft/tensorflow/core/framework/tensor_go_proto"
	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"

	"github.com/gosight/vision/internal/savedmodel"
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
	content := t.GetTensorContent()
	if n.Fill != nil {
		content = make([]byte, savedmodel.ElementSize(v.Type)*size)
		if n.Fill(content) != nil {
			return v, false // whoever writes the graph meets the error again, and returns it
		}
	}
	if len(content) > 0 {
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

// Scalar returns the value of a constant float without dimensions that waits for
// nothing.
func Scalar(n *Node) (float32, bool) {
	if n.Op != "Const" || len(n.Ctrl) > 0 || len(n.Attr["value"].GetTensor().GetTensorShape().GetDim()) > 0 {
		return 0, false
	}
	v, ok := Const(n)
	if !ok || len(v.F) != 1 {
		return 0, false
	}
	return v.F[0], true
}

// Bytes returns the size of a constant's content and what writes it. ok is false
// for nodes that are no constants of a fixed size, and for small ones whose values
// the message holds unpacked.
func Bytes(n *Node) (size int64, fill func(dst []byte) error, ok bool) {
	t := n.Attr["value"].GetTensor()
	if n.Op != "Const" || t == nil {
		return 0, nil, false
	}
	size = Elements(Dims(t.GetTensorShape())) * savedmodel.ElementSize(t.GetDtype())
	if size <= 0 || Dims(t.GetTensorShape()) == nil {
		return 0, nil, false
	}
	if n.Fill != nil {
		return size, n.Fill, true
	}
	content := t.GetTensorContent()
	if int64(len(content)) != size {
		return 0, nil, false
	}
	return size, func(dst []byte) error { copy(dst, content); return nil }, true
}

// Large returns a Const node whose content fill writes.
func Large(name string, t types.DataType, dims []int64, fill func(dst []byte) error) *Node {
	n := New(name, "Const", Attrs{"dtype": Type(t), "value": Tensor(&tensorpb.TensorProto{Dtype: t, TensorShape: ShapeProto(dims)})})
	n.Fill = fill
	return n
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
