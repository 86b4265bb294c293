package freeze

import (
	"fmt"
	"slices"

	tensorpb "github.com/wamuir/graft/tensorflow/core/framework/tensor_go_proto"
	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"

	"github.com/gosight/vision/internal/freeze/ir"
	"github.com/gosight/vision/internal/savedmodel"
)

// A variable is what a resource handle stands for.
type variable struct {
	dtype types.DataType
	shape []int64 // nil: not known
}

// values gives the contents of variables.
type values struct {
	keys   map[string]string // name of the handle's node to checkpoint key
	bundle *savedmodel.Bundle
}

// constant makes the variable n a Const with its value, in place.
func (v *values) constant(n *ir.Node) (*variable, error) {
	fail := func(reason string) (*variable, error) {
		return nil, &NotFreezableError{Node: n.Name, Op: n.Op, Reason: reason}
	}
	key, ok := v.keys[n.Name]
	if !ok {
		key, ok = v.keys[n.Str("shared_name", "")]
	}
	known := ok
	if !ok && v.bundle != nil { // a V1 variable is saved under its own name
		_, ok = v.bundle.Lookup(n.Name)
		key = n.Name
	}
	if !ok || v.bundle == nil {
		return fail("the checkpoint holds no value for it")
	}
	entry, ok := v.bundle.Lookup(key)
	if !ok {
		return fail(fmt.Sprintf("the checkpoint has no %q", key))
	}
	want := n.Type("dtype")
	// VariableKeys lets such a pair pass if the restore op casts.
	widen := want == types.DataType_DT_FLOAT && entry.DType == types.DataType_DT_HALF && known
	if entry.DType != want && !widen {
		return fail(fmt.Sprintf("the variable is %s, %q in the checkpoint %s", savedmodel.DTypeName(want), key, savedmodel.DTypeName(entry.DType)))
	}
	if shape := ir.Dims(n.Attr["shape"].GetShape()); shape != nil && !compatible(shape, entry.Shape) {
		return fail(fmt.Sprintf("the variable has shape %v, %q in the checkpoint %v", shape, key, entry.Shape))
	}
	t := &tensorpb.TensorProto{Dtype: want, TensorShape: ir.ShapeProto(slices.Clone(entry.Shape))}
	n.Op, n.In = "Const", nil
	n.Attr = ir.Attrs{"dtype": ir.Type(want), "value": ir.Tensor(t)}
	size, read := entry.Size, v.bundle.ReadInto
	if widen {
		size, read = 2*size, v.bundle.ReadWidened
	}
	var err error
	switch {
	case want == types.DataType_DT_STRING:
		t.StringVal, err = v.bundle.ReadStrings(key)
	case size >= large:
		n.Fill = func(dst []byte) error { return read(key, dst) }
	default:
		t.TensorContent = make([]byte, size)
		err = read(key, t.TensorContent)
	}
	return &variable{want, entry.Shape}, err
}

// large is from how many bytes on a constant is read when it is needed, and kept
// out of the GraphDef: TensorFlow would copy it several times.
const large = 128 << 10

// compatible reports whether shape fits want, in which -1 is any size.
func compatible(want, shape []int64) bool {
	if len(want) != len(shape) {
		return false
	}
	for i, d := range want {
		if d >= 0 && d != shape[i] {
			return false
		}
	}
	return true
}
