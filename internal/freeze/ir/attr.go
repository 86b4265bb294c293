package ir

import (
	"strings"

	attrpb "github.com/wamuir/graft/tensorflow/core/framework/attr_value_go_proto"
	tensorpb "github.com/wamuir/graft/tensorflow/core/framework/tensor_go_proto"
	shapepb "github.com/wamuir/graft/tensorflow/core/framework/tensor_shape_go_proto"
	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"
)

// Constructors of attribute values.

// Type is a type.
func Type(t types.DataType) *attrpb.AttrValue {
	return &attrpb.AttrValue{Value: &attrpb.AttrValue_Type{Type: t}}
}

// Types is a list of types.
func Types(ts []types.DataType) *attrpb.AttrValue {
	return list(&attrpb.AttrValue_ListValue{Type: ts})
}

// Int is a whole number.
func Int(i int64) *attrpb.AttrValue {
	return &attrpb.AttrValue{Value: &attrpb.AttrValue_I{I: i}}
}

// Ints is a list of whole numbers.
func Ints(is ...int64) *attrpb.AttrValue {
	return list(&attrpb.AttrValue_ListValue{I: is})
}

// Float is a number.
func Float(f float32) *attrpb.AttrValue {
	return &attrpb.AttrValue{Value: &attrpb.AttrValue_F{F: f}}
}

// Bool is a truth value.
func Bool(b bool) *attrpb.AttrValue {
	return &attrpb.AttrValue{Value: &attrpb.AttrValue_B{B: b}}
}

// String is a text.
func String(s string) *attrpb.AttrValue {
	return &attrpb.AttrValue{Value: &attrpb.AttrValue_S{S: []byte(s)}}
}

// Strings is a list of texts.
func Strings(ss ...string) *attrpb.AttrValue {
	bs := make([][]byte, len(ss))
	for i, s := range ss {
		bs[i] = []byte(s)
	}
	return list(&attrpb.AttrValue_ListValue{S: bs})
}

// Func is a function, by its name.
func Func(name string) *attrpb.AttrValue {
	return &attrpb.AttrValue{Value: &attrpb.AttrValue_Func{Func: &attrpb.NameAttrList{Name: name}}}
}

// Tensor is a tensor.
func Tensor(t *tensorpb.TensorProto) *attrpb.AttrValue {
	return &attrpb.AttrValue{Value: &attrpb.AttrValue_Tensor{Tensor: t}}
}

// Shape takes -1 for an unknown dimension; nil is an unknown rank.
func Shape(dims []int64) *attrpb.AttrValue {
	return &attrpb.AttrValue{Value: &attrpb.AttrValue_Shape{Shape: ShapeProto(dims)}}
}

// ShapeProto is Shape without the attribute around it.
func ShapeProto(dims []int64) *shapepb.TensorShapeProto {
	if dims == nil {
		return &shapepb.TensorShapeProto{UnknownRank: true}
	}
	s := &shapepb.TensorShapeProto{}
	for _, d := range dims {
		s.Dim = append(s.Dim, &shapepb.TensorShapeProto_Dim{Size: d})
	}
	return s
}

// Dims is the reverse of ShapeProto.
func Dims(s *shapepb.TensorShapeProto) []int64 {
	if s == nil || s.GetUnknownRank() {
		return nil
	}
	dims := make([]int64, 0, len(s.GetDim()))
	for _, d := range s.GetDim() {
		dims = append(dims, d.GetSize())
	}
	return dims
}

func list(l *attrpb.AttrValue_ListValue) *attrpb.AttrValue {
	return &attrpb.AttrValue{Value: &attrpb.AttrValue_List{List: l}}
}

// Str returns a string attribute, or def where there is none.
func (n *Node) Str(name, def string) string {
	if v, ok := n.Attr[name].GetValue().(*attrpb.AttrValue_S); ok {
		return string(v.S)
	}
	return def
}

// Ints returns a list of integers; nil where there is none.
func (n *Node) Ints(name string) []int64 { return n.Attr[name].GetList().GetI() }

// Type returns a type attribute, DT_INVALID where there is none.
func (n *Node) Type(name string) types.DataType { return n.Attr[name].GetType() }

// Clean drops the attributes that only shape inference, placement and training
// read, and that may be wrong once the graph has changed.
func (a Attrs) Clean() {
	for k := range a {
		if strings.HasPrefix(k, "_") && !keep(k) {
			delete(a, k)
		}
	}
}

// keep lists the hidden attributes that change what runs: functional control
// flow is either lowered to Switch and Merge or interpreted, and kernels are chosen by _kernel.
func keep(attr string) bool {
	switch attr {
	case "_lower_using_switch_merge", "_kernel", "_num_original_outputs":
		return true
	}
	return false
}
