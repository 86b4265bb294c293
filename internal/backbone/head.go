package backbone

import (
	attrpb "github.com/wamuir/graft/tensorflow/core/framework/attr_value_go_proto"
	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"
	corepb "github.com/wamuir/graft/tensorflow/core/protobuf/for_core_protos_go_proto"

	"github.com/gosight/vision/internal/freeze/ir"
)

type attr = attrpb.AttrValue

// A Head is what makes classes of F features, by its values.
type Head struct {
	Mean, Scale []float32 // [F]: features are read as (v - Mean) * Scale
	Layers      []Layer   // ReLU between them, softmax behind the last
}

// A Layer is a dense layer: kernel [in, out] row by row, bias [out].
type Layer struct{ Kernel, Bias []float32 }

// Classifier returns the graph with a head on the joined features, after Join. Its weights are constants.
func (b *Backbone) Classifier(h Head) *corepb.MetaGraphDef {
	t := func() ir.Attrs { return ir.Attrs{"T": floats()} }
	constant := func(name string, v []float32, dims ...int64) ir.Out {
		return ir.NewConst("head/"+name, ir.Value{Type: types.DataType_DT_FLOAT, Dims: dims, F: v}).Out(0)
	}
	in := int64(b.count)
	x := ir.New("head/centred", "Sub", t(), b.joined, constant("mean", h.Mean, in)).Out(0)
	x = ir.New("head/standardised", "Mul", t(), x, constant("scale", h.Scale, in)).Out(0)
	for i, l := range h.Layers {
		if i > 0 {
			x = ir.New("head/relu", "Relu", t(), x).Out(0)
		}
		out := int64(len(l.Bias))
		x = ir.New("head/matmul", "MatMul", ir.Attrs{"T": floats(), "transpose_a": ir.Bool(false), "transpose_b": ir.Bool(false)},
			x, constant("kernel", l.Kernel, in, out)).Out(0)
		x = ir.New("head/logits", "BiasAdd", ir.Attrs{"T": floats(), "data_format": ir.String("NHWC")}, x, constant("bias", l.Bias, out)).Out(0)
		in = out
	}
	p := ir.New(Output, "Softmax", t(), x)
	return b.write([]port{{Output, []int64{-1, in}, p.Out(0)}})
}
