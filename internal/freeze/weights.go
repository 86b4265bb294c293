package freeze

import (
	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"

	"github.com/gosight/vision/internal/freeze/ir"
)

// A Weight is a large constant that stands outside the GraphDef. TensorFlow keeps
// a constant of a graph five times over (in the graph, in the session's graph, in its executor, ...);
// a variable that is fed once shares the memory of the tensor it was fed with.
//
// Before the first real run, feed every weight's tensor to its Feed and run all the
// targets Assign, in one run: each other set of feeds costs TensorFlow an executor.
type Weight struct {
	Feed   string // tensor to feed, "op:0"
	Assign string // operation to run
	DType  types.DataType
	Shape  []int64
	Size   int64 // bytes

	fill func(dst []byte) error
}

// Fill writes the Size bytes of the weight to dst, in row-major order,
// little-endian. It reads the checkpoint each time and may be called more than once.
func (w *Weight) Fill(dst []byte) error { return w.fill(dst) }

// extract makes every large constant a variable and returns the weights and the
// nodes to write beside those that the outputs need.
func extract(nodes []*ir.Node) (weights []Weight, assigns []*ir.Node) {
	for _, n := range nodes {
		size, fill, ok := ir.Bytes(n)
		if !ok || size < large || len(n.Ctrl) > 0 {
			continue
		}
		t := n.Attr["value"].GetTensor()
		dtype, shape := ir.Type(t.GetDtype()), ir.Dims(t.GetTensorShape())
		handle := ir.New(n.Name+"/handle", "VarHandleOp", ir.Attrs{"dtype": dtype, "shape": ir.Shape(shape), "shared_name": ir.String(n.Name)})
		value := ir.New(n.Name+"/value", "Placeholder", ir.Attrs{"dtype": dtype, "shape": ir.Shape(shape)})
		assign := ir.New(n.Name+"/assign", "AssignVariableOp", ir.Attrs{"dtype": dtype}, handle.Out(0), value.Out(0))
		n.Op, n.Attr, n.In, n.Fill = "ReadVariableOp", ir.Attrs{"dtype": dtype}, []ir.Out{handle.Out(0)}, nil
		weights = append(weights, Weight{DType: t.GetDtype(), Shape: shape, Size: size, fill: fill})
		assigns = append(assigns, assign)
	}
	return weights, assigns
}
