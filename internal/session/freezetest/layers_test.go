package freezetest

import (
	"math/rand/v2"
	"slices"
	"testing"

	tf "github.com/wamuir/graft/tensorflow"
	graphpb "github.com/wamuir/graft/tensorflow/core/framework/graph_go_proto"
	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"
	"google.golang.org/protobuf/proto"

	"github.com/gosight/vision/internal/freeze/ir"
	"github.com/gosight/vision/internal/freeze/optimize"
)

const float = types.DataType_DT_FLOAT

// A net is a graph under construction.
type net struct {
	rng *rand.Rand
	x   *ir.Node
	o   ir.Out // the last output
	n   int
}

func newNet(shape ...int64) *net {
	x := ir.New("x", "Placeholder", ir.Attrs{"dtype": ir.Type(float), "shape": ir.Shape(shape)})
	return &net{rng: rand.New(rand.NewPCG(3, 4)), x: x, o: x.Out(0)}
}

func (b *net) name(op string) string {
	b.n++
	return op + string(rune('a'+b.n%26)) + string(rune('a'+b.n/26))
}

func (b *net) random(lo, hi float32, dims ...int64) ir.Out {
	f := make([]float32, ir.Elements(dims))
	for i := range f {
		f[i] = lo + (hi-lo)*b.rng.Float32()
	}
	return ir.NewConst(b.name("const"), ir.Value{Type: float, Dims: dims, F: f}).Out(0)
}

func (b *net) scalar(f float32) ir.Out {
	return ir.NewConst(b.name("scalar"), ir.Value{Type: float, F: []float32{f}}).Out(0)
}

// do appends a node that reads in and returns its output.
func (b *net) do(op string, attr ir.Attrs, in ...ir.Out) ir.Out {
	if attr == nil {
		attr = ir.Attrs{}
	}
	attr["T"] = ir.Type(float)
	b.o = ir.New(b.name(op), op, attr, in...).Out(0)
	return b.o
}

func window(padding string, stride int64) ir.Attrs {
	return ir.Attrs{"strides": ir.Ints(1, stride, stride, 1), "padding": ir.String(padding), "data_format": ir.String("NHWC"), "dilations": ir.Ints(1, 1, 1, 1)}
}

func (b *net) conv(k, in, out int64) ir.Out {
	return b.do("Conv2D", window("SAME", 1), b.o, b.random(-1, 1, k, k, in, out))
}

func (b *net) pad(before, after int64) ir.Out {
	p := ir.NewConst(b.name("pads"), ir.Value{Type: types.DataType_DT_INT32, Dims: []int64{4, 2}, I: []int64{0, 0, before, after, before, after, 0, 0}})
	return b.do("Pad", ir.Attrs{"Tpaddings": ir.Type(types.DataType_DT_INT32)}, b.o, p.Out(0))
}

func (b *net) bias(c int64) ir.Out { return b.do("BiasAdd", nil, b.o, b.random(-1, 1, c)) }

// keras3 is a batch norm as Keras 3 exports it.
func (b *net) keras3(c int64) {
	x := b.o
	inv := b.do("Rsqrt", nil, b.do("AddV2", nil, b.random(0.5, 2, c), b.scalar(0.001)))
	inv = b.do("Mul", nil, inv, b.random(-2, 2, c))
	shift := b.do("Sub", nil, b.random(-1, 1, c), b.do("Mul", nil, b.random(-1, 1, c), inv))
	b.do("AddV2", nil, b.do("Mul", nil, x, inv), shift)
}

func (b *net) fusedNorm(c int64) {
	b.do("FusedBatchNormV3", ir.Attrs{"U": ir.Type(float), "is_training": ir.Bool(false), "epsilon": ir.Float(0.01), "data_format": ir.String("NHWC")},
		b.o, b.random(-2, 2, c), b.random(-1, 1, c), b.random(-1, 1, c), b.random(0.5, 2, c))
}

func (b *net) hardSwish(divide bool) {
	x := b.o
	r := b.do("Relu6", nil, b.do("AddV2", nil, x, b.scalar(3)))
	if divide {
		b.do("Mul", nil, x, b.do("RealDiv", nil, r, b.scalar(6)))
	} else {
		b.do("Mul", nil, b.do("Mul", nil, x, r), b.scalar(1.0/6))
	}
}

// every takes one in so many along each axis.
func (b *net) every(step ...int64) ir.Out {
	list := func(v ...int64) ir.Out {
		return ir.NewConst(b.name("slice"), ir.Value{Type: types.DataType_DT_INT32, Dims: []int64{4}, I: v}).Out(0)
	}
	return b.do("StridedSlice", ir.Attrs{"Index": ir.Type(types.DataType_DT_INT32), "begin_mask": ir.Int(15), "end_mask": ir.Int(15)},
		b.o, list(0, 0, 0, 0), list(0, 0, 0, 0), list(step...))
}

// paddleSwish is x * clip(slope*x + 1/2, 0, 1).
func (b *net) paddleSwish(slope float32) {
	x := b.o
	sum := b.do("AddV2", nil, b.do("Mul", nil, x, b.scalar(slope)), b.scalar(0.5))
	b.do("Mul", nil, x, b.do("Minimum", nil, b.do("Maximum", nil, sum, b.scalar(0)), b.scalar(1)))
}

// Each case names the ops that must be left, constants aside, with the kernels of
// oneDNN. Without them the same numbers must come out.
func TestLayers(t *testing.T) {
	conv, depth := "_MklNativeFusedConv2D", "_MklNativeFusedDepthwiseConv2dNative"
	cases := []layerCase{
		{"bias", []int64{-1, 8, 8, 3}, func(b *net) { b.conv(3, 3, 16); b.bias(16) }, []string{conv}},
		{"relu", []int64{-1, 8, 8, 3}, func(b *net) { b.conv(3, 3, 16); b.bias(16); b.do("Relu", nil, b.o) }, []string{conv}},
		{"relu6 as clipping", []int64{-1, 8, 8, 3}, func(b *net) {
			b.conv(1, 3, 16)
			b.bias(16)
			b.do("Minimum", nil, b.do("Maximum", nil, b.o, b.scalar(0)), b.scalar(6))
		}, []string{conv}},
		{"clipping elsewhere", []int64{-1, 8, 8, 3}, func(b *net) {
			b.conv(1, 3, 16)
			b.bias(16)
			b.do("Maximum", nil, b.do("Minimum", nil, b.o, b.scalar(0.5)), b.scalar(-0.25))
		}, []string{conv, "ClipByValue"}},
		{"elu", []int64{-1, 8, 8, 3}, func(b *net) { b.conv(3, 3, 16); b.bias(16); b.do("Elu", nil, b.o) }, []string{conv}},
		{"leaky relu", []int64{-1, 8, 8, 3}, func(b *net) {
			b.conv(3, 3, 16)
			b.bias(16)
			b.do("LeakyRelu", ir.Attrs{"alpha": ir.Float(0.3)}, b.o)
		}, []string{conv}},
		{"swish", []int64{-1, 8, 8, 3}, func(b *net) { b.conv(3, 3, 16); x := b.bias(16); b.do("Mul", nil, x, b.do("Sigmoid", nil, x)) }, []string{conv}},
		{"swish behind a depthwise layer", []int64{-1, 8, 8, 16}, func(b *net) {
			b.do("DepthwiseConv2dNative", window("SAME", 1), b.o, b.random(-1, 1, 3, 3, 16, 1))
			x := b.bias(16)
			b.do("Mul", nil, b.do("Sigmoid", nil, x), x)
		}, []string{depth, "_MklSwish"}},
		{"hard swish", []int64{-1, 8, 8, 3}, func(b *net) { b.conv(3, 3, 16); b.bias(16); b.hardSwish(false) }, []string{conv}},
		{"hard swish by division, depthwise", []int64{-1, 8, 8, 16}, func(b *net) {
			b.do("DepthwiseConv2dNative", window("SAME", 1), b.o, b.random(-1, 1, 3, 3, 16, 1))
			b.bias(16)
			b.hardSwish(true)
		}, []string{depth}},
		{"hard swish as PaddlePaddle spells it", []int64{-1, 8, 8, 3}, func(b *net) { b.conv(3, 3, 16); b.bias(16); b.paddleSwish(1.0 / 6) }, []string{conv}},
		{"no hard swish: another slope", []int64{-1, 8, 8, 3}, func(b *net) { b.conv(3, 3, 16); b.bias(16); b.paddleSwish(0.2) },
			[]string{conv, depth, "ClipByValue", "Mul"}},
		{"batch norm as Keras 3 spells it", []int64{-1, 8, 8, 3}, func(b *net) { b.conv(3, 3, 16); b.keras3(16); b.do("Relu", nil, b.o) }, []string{conv}},
		{"batch norm behind a bias", []int64{-1, 8, 8, 3}, func(b *net) { b.conv(3, 3, 16); b.bias(16); b.fusedNorm(16) }, []string{conv}},
		{"depthwise, two outputs a channel", []int64{-1, 8, 8, 8}, func(b *net) {
			b.do("DepthwiseConv2dNative", window("SAME", 2), b.o, b.random(-1, 1, 3, 3, 8, 2))
			b.keras3(16)
			b.do("Relu6", nil, b.o)
		}, []string{depth}},
		{"batch norm before the layer", []int64{-1, 8, 8, 16}, func(b *net) { b.keras3(16); b.do("Relu", nil, b.o); b.conv(1, 16, 8); b.bias(8) }, []string{depth, conv}},
		{"residual", []int64{-1, 8, 8, 16}, func(b *net) {
			x := b.do("Relu", nil, b.o)
			b.conv(3, 16, 16)
			b.do("AddV2", nil, x, b.bias(16))
			b.do("Relu", nil, b.o)
		}, []string{"Relu", conv}},
		{"residual of two layers", []int64{-1, 8, 8, 16}, func(b *net) {
			x := b.o
			b.conv(1, 16, 8)
			left := b.bias(8)
			b.o = x
			b.conv(3, 16, 8)
			b.do("AddV2", nil, b.bias(8), left)
		}, []string{conv, conv}},
		{"no residual: the shapes differ", []int64{-1, 8, 8, 16}, func(b *net) {
			b.conv(3, 16, 16)
			b.do("AddV2", nil, b.bias(16), b.random(-1, 1, 1, 8, 8, 1))
		}, []string{conv, "AddV2"}},
		{"scaled input", []int64{-1, 8, 8, 3}, func(b *net) {
			b.do("RealDiv", nil, b.do("Sub", nil, b.do("Mul", nil, b.o, b.scalar(0.5)), b.random(-1, 1, 3)), b.random(0.5, 2, 1, 1, 1, 3))
			b.conv(3, 3, 16)
			b.bias(16)
		}, []string{"BiasAdd", conv}},
		{"padding that SAME gives", []int64{-1, 8, 8, 4}, func(b *net) {
			b.pad(0, 1)
			b.do("DepthwiseConv2dNative", window("VALID", 2), b.o, b.random(-1, 1, 3, 3, 4, 1))
			b.bias(4)
		}, []string{depth}},
		{"padding that SAME gives at any size", []int64{-1, -1, -1, 4}, func(b *net) {
			b.pad(1, 1)
			b.do("DepthwiseConv2dNative", window("VALID", 1), b.o, b.random(-1, 1, 3, 3, 4, 1))
			b.bias(4)
		}, []string{depth}},
		{"padding of which the size decides", []int64{-1, -1, -1, 4}, func(b *net) {
			b.pad(0, 1)
			b.do("DepthwiseConv2dNative", window("VALID", 2), b.o, b.random(-1, 1, 3, 3, 4, 1))
			b.bias(4)
		}, []string{"Pad", depth}},
		{"rows thrown away", []int64{-1, 8, -1, 4}, func(b *net) {
			b.pad(1, 1)
			b.do("DepthwiseConv2dNative", window("VALID", 1), b.o, b.random(-1, 1, 3, 3, 4, 1))
			b.every(1, 2, 1, 1)
			b.bias(4)
		}, []string{"Pad", depth}},
		{"columns thrown away", []int64{-1, 8, 7, 4}, func(b *net) {
			b.do("Conv2D", window("VALID", 1), b.o, b.random(-1, 1, 3, 3, 4, 8))
			b.every(1, 1, 3, 1)
			b.bias(8)
		}, []string{conv}},
		{"channels thrown away", []int64{-1, 8, 7, 4}, func(b *net) {
			b.do("Conv2D", window("VALID", 1), b.o, b.random(-1, 1, 3, 3, 4, 8))
			b.every(1, 1, 1, 2)
		}, []string{"_MklNativeConv2D", "StridedSlice"}},
		{"padding that SAME does not give", []int64{-1, 8, 8, 3}, func(b *net) {
			b.pad(1, 1)
			b.do("Conv2D", window("VALID", 2), b.o, b.random(-1, 1, 3, 3, 3, 8))
			b.bias(8)
		}, []string{conv}},
		{"padded pool", []int64{-1, 8, 8, 4}, func(b *net) {
			b.do("Relu", nil, b.o)
			b.pad(1, 1)
			a := window("VALID", 2)
			delete(a, "dilations")
			a["ksize"] = ir.Ints(1, 3, 3, 1)
			b.do("MaxPool", a, b.o)
		}, []string{"Relu", "MaxPool"}},
		{"dense", []int64{-1, 12}, func(b *net) {
			b.do("MatMul", nil, b.o, b.random(-1, 1, 12, 5))
			b.do("Mul", nil, b.bias(5), b.random(-2, 2, 5))
			b.do("Relu", nil, b.o)
		}, []string{"_MklNativeFusedMatMul"}},
		{"dense, transposed", []int64{-1, 12}, func(b *net) {
			b.do("MatMul", ir.Attrs{"transpose_b": ir.Bool(true)}, b.o, b.random(-1, 1, 5, 12))
			b.do("AddV2", nil, b.do("Mul", nil, b.o, b.random(-2, 2, 5)), b.random(-1, 1, 1, 5))
		}, []string{"_MklNativeFusedMatMul"}},
		{"alone", []int64{-1, 8, 8, 3}, func(b *net) { b.conv(3, 3, 16) }, []string{"_MklNativeConv2D"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			plain := c.run(t, nil)
			for name, o := range map[string]optimize.Options{
				"any device": {}, "CPU": {CPU: true}, "oneDNN": {CPU: true, OneDNN: true},
			} {
				got := c.run(t, &o)
				if d := differ(t, plain.y, got.y); !(d < 1e-5) {
					t.Errorf("%s: differs by %g; %v", name, d, got.ops)
				}
				if o.OneDNN && !slices.Equal(got.ops, c.want) {
					t.Errorf("%s: left are %v, want %v", name, got.ops, c.want)
				}
			}
		})
	}
}

type ran struct {
	y   *tf.Tensor
	ops []string // without constants and inputs
}

type layerCase struct {
	name  string
	shape []int64
	build func(b *net)
	want  []string
}

// run builds the net, optimises it if o is not nil, and runs it on two pictures.
func (c layerCase) run(t *testing.T, o *optimize.Options) ran {
	t.Helper()
	b := newNet(c.shape...)
	c.build(b)
	body := &ir.Body{Rets: []ir.Out{b.o}}
	if o != nil {
		optimize.Run(body, []*ir.Node{b.x}, *o)
	}
	nodes := ir.Reach(body.Rets[0].Node)
	ir.Unique(nodes)
	var r ran
	for _, n := range nodes {
		if n.Op != "Const" && n.Op != "Placeholder" {
			r.ops = append(r.ops, n.Op)
		}
		if err := ir.Pack(n); err != nil {
			t.Fatal(err)
		}
	}
	def, err := proto.Marshal(&graphpb.GraphDef{Node: ir.Encode(nodes)})
	if err != nil {
		t.Fatal(err)
	}
	g := tf.NewGraph()
	if err := g.Import(def, ""); err != nil {
		t.Fatal(err)
	}
	s, err := tf.NewSession(g, &tf.SessionOptions{Config: asWritten(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	shape := slices.Clone(c.shape)
	for i := range shape {
		if shape[i] < 0 { // where the graph leaves it open
			shape[i] = []int64{2, 7, 6}[i]
		}
	}
	x := random(t, rand.New(rand.NewPCG(5, 6)), float, shape, -4, 4)
	out := &runner{g, s, map[string]string{"x": "x:0"}, map[string]string{"y": body.Rets[0].Node.Name + ":0"}}
	r.y = out.run(t, map[string]*tf.Tensor{"x": x})["y"]
	return r
}
