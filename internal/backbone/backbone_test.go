package backbone

import (
	"errors"
	"slices"
	"strings"
	"testing"

	graphpb "github.com/wamuir/graft/tensorflow/core/framework/graph_go_proto"
	nodepb "github.com/wamuir/graft/tensorflow/core/framework/node_def_go_proto"
	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"
	corepb "github.com/wamuir/graft/tensorflow/core/protobuf/for_core_protos_go_proto"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/freeze"
	"github.com/gosight/vision/internal/freeze/ir"
	"github.com/gosight/vision/internal/savedmodel"
)

// classifier is a frozen graph: two convolutions, the mean over their area, a dense layer; a node beside them belongs to nothing.
func classifier() (*freeze.Graph, []savedmodel.Port) {
	t := func() ir.Attrs { return ir.Attrs{"T": floats()} }
	constant := func(name string, dims ...int64) ir.Out {
		n := int64(1)
		for _, d := range dims {
			n *= d
		}
		return ir.NewConst(name, ir.Value{Type: types.DataType_DT_FLOAT, Dims: dims, F: make([]float32, n)}).Out(0)
	}
	image := ir.New("image", "Placeholder", ir.Attrs{"dtype": floats()})
	conv := func(name string, x ir.Out, in, out int64) ir.Out {
		return ir.New(name, "Conv2D", ir.Attrs{"T": floats(), "data_format": ir.String("NHWC"), "padding": ir.String("SAME")}, x, constant(name+"/kernel", 3, 3, in, out)).Out(0)
	}
	first := ir.New("relu", "Relu", t(), conv("conv1", image.Out(0), 3, 8)).Out(0)
	second := conv("conv2", first, 8, 16)
	axes := ir.NewConst("axes", ir.Value{Type: types.DataType_DT_INT32, Dims: []int64{2}, I: []int64{1, 2}}).Out(0)
	mean := ir.New("pooled", "Mean", ir.Attrs{"T": floats(), "Tidx": ir.Type(types.DataType_DT_INT32)}, second, axes).Out(0)
	logits := ir.New("logits", "MatMul", t(), mean, constant("logits/kernel", 16, 5))
	nodes := ir.Reach(image, logits, ir.New("lonely", "Relu", t(), image.Out(0)))
	def := &graphpb.GraphDef{Node: ir.Encode(nodes)}
	return &freeze.Graph{Def: def, Inputs: map[string]string{"x": "image:0"}}, []savedmodel.Port{{Key: "x", DType: types.DataType_DT_FLOAT, Shape: []int64{-1, 32, 32, 3}}}
}

func nodes(m *corepb.MetaGraphDef) map[string]*nodepb.NodeDef {
	by := map[string]*nodepb.NodeDef{}
	for _, n := range m.GetGraphDef().GetNode() {
		by[n.GetName()] = n
	}
	return by
}

// follow goes from an output back by first inputs, and says what ops it meets.
func follow(t *testing.T, m *corepb.MetaGraphDef, output string) (ops []string) {
	t.Helper()
	by := nodes(m)
	name, _, _ := strings.Cut(m.GetSignatureDef()["serving_default"].GetOutputs()[output].GetName(), ":")
	for name != "" {
		n := by[name]
		if n == nil {
			t.Fatalf("%s hangs on %q, which is not there", output, name)
		}
		ops = append(ops, n.GetOp())
		name = ""
		if len(n.GetInput()) > 0 {
			name, _, _ = strings.Cut(n.GetInput()[0], ":")
		}
	}
	return ops
}

func TestBackbone(t *testing.T) {
	g, in := classifier()
	b, err := New(g, in, "pooled:0", false, 5) // more layers than there are
	if err != nil {
		t.Fatal(err)
	}
	// The features, and what the second convolution reads: the first reads the input itself.
	if got := b.Taps(); !slices.Equal(got, []string{"tap0", "tap1"}) {
		t.Fatalf("taps %q", got)
	}
	raw := b.Raw()
	if got := follow(t, raw, "tap1"); !slices.Equal(got, []string{"Identity", "Relu", "Conv2D", "Placeholder"}) {
		t.Errorf("tap1 is %q", got)
	}
	for _, gone := range []string{"logits", "logits/kernel", "lonely"} {
		if nodes(raw)[gone] != nil {
			t.Errorf("%s is still there", gone)
		}
	}

	n, err := b.Join([][]int64{{16}, {32, 32, 8}})
	if err != nil || n != 24 {
		t.Fatalf("%d features, %v", n, err)
	}
	f := b.Features()
	if got := follow(t, f, Features); !slices.Equal(got, []string{"Identity", "ConcatV2", "Mean", "Conv2D", "Relu", "Conv2D", "Placeholder"}) {
		t.Errorf("features are %q", got)
	}
	sig := f.GetSignatureDef()["serving_default"]
	if dims := sig.GetOutputs()[Features].GetTensorShape().GetDim(); len(dims) != 2 || dims[0].GetSize() != -1 || dims[1].GetSize() != 24 {
		t.Errorf("features have the shape %v", dims)
	}
	if x := sig.GetInputs()["x"]; x.GetName() != "image:0" || x.GetDtype() != types.DataType_DT_FLOAT || len(x.GetTensorShape().GetDim()) != 4 {
		t.Errorf("input %v", x)
	}

	hidden := Layer{make([]float32, 24*6), make([]float32, 6)}
	c := b.Classifier(Head{Mean: make([]float32, 24), Scale: make([]float32, 24), Layers: []Layer{hidden, {make([]float32, 6*3), make([]float32, 3)}}})
	got := follow(t, c, Output)
	if want := []string{"Softmax", "BiasAdd", "MatMul", "Relu", "BiasAdd", "MatMul", "Mul", "Sub", "ConcatV2"}; !slices.Equal(got[:len(want)], want) {
		t.Errorf("the classifier is %q", got)
	}
	names := map[string]bool{}
	for _, n := range c.GetGraphDef().GetNode() {
		if names[n.GetName()] {
			t.Errorf("two nodes are called %s", n.GetName())
		}
		names[n.GetName()] = true
	}
	if dims := c.GetSignatureDef()["serving_default"].GetOutputs()[Output].GetTensorShape().GetDim(); dims[1].GetSize() != 3 {
		t.Errorf("probabilities have the shape %v", dims)
	}
}

// Features over an area, channels last or first, are averaged over what is not the channel.
func TestJoinAreas(t *testing.T) {
	for _, c := range []struct {
		nchw  bool
		shape []int64
		axes  []int32
	}{{false, []int64{4, 4, 16}, []int32{1, 2}}, {true, []int64{16, 4, 4}, []int32{2, 3}}} {
		g, in := classifier()
		b, err := New(g, in, "conv2:0", c.nchw, 0)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := b.Join([][]int64{c.shape}); err != nil || n != 16 {
			t.Errorf("NCHW %v: %d features, %v", c.nchw, n, err)
		}
		value := nodes(b.Features())["features/axes"].GetAttr()["value"].GetTensor()
		got := value.GetIntVal()
		for i := 0; i+4 <= len(value.GetTensorContent()); i += 4 {
			got = append(got, int32(value.GetTensorContent()[i]))
		}
		if !slices.Equal(got, c.axes) {
			t.Errorf("NCHW %v: averaged over %v, want %v", c.nchw, got, c.axes)
		}
	}
}

func TestRefusals(t *testing.T) {
	var wrong *fault.ModelError
	for _, tensor := range []string{"nothing:0", "pooled", "pooled:x"} {
		g, in := classifier()
		if _, err := New(g, in, tensor, false, 0); !errors.As(err, &wrong) || !strings.Contains(err.Error(), tensor) {
			t.Errorf("features %q: %v", tensor, err)
		}
	}
	g, in := classifier()
	in[0].Key = "y"
	if _, err := New(g, in, "pooled:0", false, 0); !errors.As(err, &wrong) || !strings.Contains(err.Error(), "input y") {
		t.Errorf("an input that is not there: %v", err)
	}
	for _, shape := range [][]int64{nil, {4, 4}, {0}, {1 << 31}} {
		g, in := classifier()
		b, err := New(g, in, "pooled:0", false, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.Join([][]int64{shape}); !errors.As(err, &wrong) {
			t.Errorf("features of shape %v: %v", shape, err)
		}
	}
}
