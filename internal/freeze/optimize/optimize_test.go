package optimize

import (
	"math"
	"slices"
	"testing"

	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"

	"github.com/gosight/vision/internal/freeze/ir"
)

const float = types.DataType_DT_FLOAT

func floats(name string, dims []int64, f ...float32) ir.Out {
	return ir.NewConst(name, ir.Value{Type: float, Dims: dims, F: f}).Out(0)
}

func ints(name string, i ...int64) ir.Out {
	return ir.NewConst(name, ir.Value{Type: types.DataType_DT_INT32, Dims: []int64{int64(len(i))}, I: i}).Out(0)
}

func node(op string, attr ir.Attrs, in ...ir.Out) ir.Out {
	a := ir.Attrs{"T": ir.Type(float)}
	for k, v := range attr {
		a[k] = v
	}
	return ir.New(op, op, a, in...).Out(0)
}

func picture(dims ...int64) ir.Out {
	return ir.New("x", "Placeholder", ir.Attrs{"dtype": ir.Type(float), "shape": ir.Shape(dims)}).Out(0)
}

func conv(x, w ir.Out, padding string, stride int64) ir.Out {
	return node("Conv2D", ir.Attrs{"strides": ir.Ints(1, stride, stride, 1), "padding": ir.String(padding)}, x, w)
}

// run optimises what leads to out and returns its new node.
func run(t *testing.T, out, x ir.Out, o Options) *ir.Node {
	t.Helper()
	b := &ir.Body{Rets: []ir.Out{out}}
	Run(b, []*ir.Node{x.Node}, o)
	return b.Rets[0].Node
}

func same32(t *testing.T, what string, o ir.Out, want ...float32) {
	t.Helper()
	v, ok := ir.Const(o.Node)
	if !ok || !slices.EqualFunc(v.F, want, func(a, b float32) bool { return math.Abs(float64(a-b)) < 1e-6 }) {
		t.Errorf("%s: %s %v, want %v", what, o.Node.Op, v.F, want)
	}
}

// Two channels with y = 2 x0 + 3 x1 and y = 5 x0 + 7 x1, then a norm with
// gamma (4, 1), beta (1, 2), mean (3, 5), variance (3, 0) and epsilon 1: the deviations are 2 and 1,
// the factors 2 and 1, so the summands are 1 - 3*2 = -5 and 2 - 5*1 = -3.
func TestNormIntoWeights(t *testing.T) {
	weights := func() ir.Out { return floats("w", []int64{1, 1, 2, 2}, 2, 5, 3, 7) }
	c := func(name string, f ...float32) ir.Out { return floats(name, []int64{int64(len(f))}, f...) }
	norms := map[string]func(y ir.Out) ir.Out{
		"FusedBatchNormV3": func(y ir.Out) ir.Out {
			return node("FusedBatchNormV3", ir.Attrs{"is_training": ir.Bool(false), "epsilon": ir.Float(1)},
				y, c("gamma", 4, 1), c("beta", 1, 2), c("mean", 3, 5), c("var", 3, 0))
		},
		"as Keras 3 spells it": func(y ir.Out) ir.Out {
			inv := node("Mul", nil, node("Rsqrt", nil, node("AddV2", nil, c("var", 3, 0), floats("eps", nil, 1))), c("gamma", 4, 1))
			return node("AddV2", nil, node("Mul", nil, y, inv), node("Sub", nil, c("beta", 1, 2), node("Mul", nil, c("mean", 3, 5), inv)))
		},
		"as subtraction and division": func(y ir.Out) ir.Out {
			z := node("RealDiv", nil, node("Sub", nil, y, c("mean", 3, 5)), c("deviation", 2, 1))
			return node("Add", nil, c("beta", 1, 2), node("Mul", nil, c("gamma", 4, 1), z))
		},
	}
	for name, norm := range norms {
		x := picture(-1, 4, 4, 2)
		bias := run(t, norm(conv(x, weights(), "SAME", 1)), x, Options{})
		if bias.Op != "BiasAdd" || bias.In[0].Node.Op != "Conv2D" {
			t.Fatalf("%s: %s of %s is left", name, bias.Op, bias.In[0].Node.Op)
		}
		same32(t, name, bias.In[0].Node.In[1], 4, 5, 6, 7)
		same32(t, name, bias.In[1], -5, -3)
	}
}

func TestTrainingNormStays(t *testing.T) {
	x := picture(-1, 4, 4, 1)
	one := func(name string) ir.Out { return floats(name, []int64{1}, 1) }
	y := node("FusedBatchNormV3", ir.Attrs{"is_training": ir.Bool(true)}, conv(x, floats("w", []int64{1, 1, 1, 1}, 2), "SAME", 1), one("g"), one("b"), one("m"), one("v"))
	if n := run(t, y, x, Options{}); n.Op != "FusedBatchNormV3" {
		t.Errorf("a norm that uses the batch became %s", n.Op)
	}
}

// What else reads the layer must not see scaled weights.
func TestSharedLayerStays(t *testing.T) {
	x := picture(-1, 4, 4, 1)
	y := conv(x, floats("w", []int64{1, 1, 1, 1}, 2), "SAME", 1)
	b := &ir.Body{Rets: []ir.Out{node("Mul", nil, y, floats("s", []int64{1}, 3)), y}}
	Run(b, []*ir.Node{x.Node}, Options{})
	same32(t, "weights", b.Rets[1].Node.In[1], 2)
}

// Weights that two layers share are scaled for one alone.
func TestSharedWeights(t *testing.T) {
	x := picture(-1, 4, 4, 1)
	w := floats("w", []int64{1, 1, 1, 1}, 2)
	b := &ir.Body{Rets: []ir.Out{node("Mul", nil, conv(x, w, "SAME", 1), floats("s", []int64{1}, 3)), conv(x, w, "SAME", 1)}}
	Run(b, []*ir.Node{x.Node}, Options{})
	same32(t, "scaled", b.Rets[0].Node.In[1], 6)
	same32(t, "as it was", b.Rets[1].Node.In[1], 2)
}

// A constant that is wider than the output broadcasts it: no factor for a layer.
func TestBroadcastIsNoFactor(t *testing.T) {
	for name, c := range map[string]ir.Out{
		"along the width":      floats("c", []int64{4, 1}, 1, 2, 3, 4),
		"of one channel":       floats("c", []int64{4}, 1, 2, 3, 4),
		"with a rank too many": floats("c", []int64{1, 1, 1, 1, 1}, 2),
	} {
		x := picture(-1, 4, 4, 1)
		n := run(t, node("Mul", nil, conv(x, floats("w", []int64{1, 1, 1, 1}, 2), "SAME", 1), c), x, Options{})
		if n.Op != "Mul" {
			t.Errorf("%s: became %s", name, n.Op)
		}
	}
}

// (x/2 - 3) / (1/4) = (x - 6) * 2: the weight 5 becomes 10, the summand stays.
func TestInputScale(t *testing.T) {
	x := picture(-1, 4, 4, 1)
	z := node("RealDiv", nil, node("Sub", nil, node("Mul", nil, x, floats("half", nil, 0.5)), floats("three", []int64{1}, 3)), floats("quarter", []int64{1}, 0.25))
	n := run(t, conv(z, floats("w", []int64{1, 1, 1, 1}, 5), "SAME", 1), x, Options{})
	same32(t, "weights", n.In[1], 10)
	shift := n.In[0].Node
	if shift.Op != "BiasAdd" || shift.In[0] != x {
		t.Fatalf("before the layer stands %s", shift.Op)
	}
	same32(t, "summand", shift.In[1], -6)
}

func TestFold(t *testing.T) {
	v := floats("v", []int64{2, 2}, 1, 2, 3, 4)
	cases := map[string]struct {
		out  ir.Out
		want []float32
		dims []int64
	}{
		"transpose":       {node("Transpose", nil, v, ints("p", 1, 0)), []float32{1, 3, 2, 4}, []int64{2, 2}},
		"reshape, a hole": {node("Reshape", nil, v, ints("s", 1, -1)), []float32{1, 2, 3, 4}, []int64{1, 4}},
		"broadcast rows":  {node("Sub", nil, v, floats("r", []int64{2}, 1, 10)), []float32{0, -8, 2, -6}, []int64{2, 2}},
		"broadcast lines": {node("Mul", nil, floats("c", []int64{2, 1}, 2, 3), v), []float32{2, 4, 9, 12}, []int64{2, 2}},
		"expand":          {node("ExpandDims", nil, v, ints("a", -1)), []float32{1, 2, 3, 4}, []int64{2, 2, 1}},
		"squeeze":         {node("Squeeze", ir.Attrs{"squeeze_dims": ir.Ints(0)}, floats("q", []int64{1, 2}, 5, 6)), []float32{5, 6}, []int64{2}},
		"root":            {node("Rsqrt", nil, floats("q", []int64{2}, 4, 0.25)), []float32{0.5, 2}, []int64{2}},
		"clip":            {node("Minimum", nil, node("Maximum", nil, v, floats("lo", nil, 2)), floats("hi", nil, 3)), []float32{2, 2, 3, 3}, []int64{2, 2}},
		"cast":            {node("Cast", ir.Attrs{"DstT": ir.Type(float)}, ints("i", 7, -1)), []float32{7, -1}, []int64{2}},
		"part of a shape": {node("Cast", ir.Attrs{"DstT": ir.Type(float)}, node("StridedSlice", ir.Attrs{"shrink_axis_mask": ir.Int(1)}, node("Shape", nil, floats("z", []int64{3, 1}, 1, 2, 3)), ints("b", 0), ints("e", 1), ints("s", 1))), []float32{3}, nil},
	}
	for name, c := range cases {
		b := &ir.Body{Rets: []ir.Out{c.out}}
		Run(b, nil, Options{})
		got, ok := ir.Const(b.Rets[0].Node)
		if !ok || !slices.Equal(got.F, c.want) || len(got.Dims) != len(c.dims) || len(c.dims) > 0 && !slices.Equal(got.Dims, c.dims) {
			t.Errorf("%s: %s %v %v, want %v %v", name, b.Rets[0].Node.Op, got.F, got.Dims, c.want, c.dims)
		}
	}
}

// What depends on what is fed, would be huge, or contradicts itself stays.
func TestNotFolded(t *testing.T) {
	x := picture(2)
	waiting := floats("waiting", nil, 1)
	waiting.Node.Ctrl = []*ir.Node{x.Node} // as in a loop
	for name, out := range map[string]ir.Out{
		"an input":                   node("Mul", nil, x, floats("c", []int64{1}, 2)),
		"a constant that waits":      node("Neg", nil, waiting),
		"a huge fill":                node("Fill", nil, ints("s", 1<<20, 1<<10), floats("v", nil, 1)),
		"shapes that do not match":   node("AddV2", nil, floats("a", []int64{2}, 1, 2), floats("b", []int64{3}, 1, 2, 3)),
		"a permutation that is none": node("Transpose", nil, floats("a", []int64{1, 2}, 1, 2), ints("p", 1, 1)),
		"a reshape of another size":  node("Reshape", nil, floats("a", []int64{2}, 1, 2), ints("s", 3)),
		"a float beyond integers":    node("Cast", ir.Attrs{"DstT": ir.Type(types.DataType_DT_INT32)}, floats("a", nil, 3e9)),
	} {
		op := out.Node.Op
		if n := run(t, out, x, Options{}); n.Op != op {
			t.Errorf("%s: became %s", name, n.Op)
		}
	}
}

func TestPads(t *testing.T) {
	pad := func(x ir.Out, before, after int64) ir.Out {
		p := ir.NewConst("p", ir.Value{Type: types.DataType_DT_INT32, Dims: []int64{4, 2}, I: []int64{0, 0, before, after, before, after, 0, 0}})
		return node("Pad", nil, x, p.Out(0))
	}
	w := func() ir.Out { return floats("w", []int64{3, 3, 1, 1}, make([]float32, 9)...) }
	cases := map[string]struct {
		size, before, after, stride int64
		padding                     string
	}{
		"even, stride 2: SAME pads after": {8, 0, 1, 2, "SAME"},
		"odd, stride 2: SAME pads both":   {9, 1, 1, 2, "SAME"},
		"even, stride 2, padded before":   {8, 1, 1, 2, "EXPLICIT"},
		"stride 1":                        {8, 1, 1, 1, "SAME"},
		"more than SAME":                  {8, 2, 2, 1, "EXPLICIT"},
		"unknown size, stride 1":          {-1, 1, 1, 1, "SAME"},
		"unknown size, stride 2":          {-1, 1, 1, 2, "EXPLICIT"},
	}
	for name, c := range cases {
		x := picture(-1, c.size, c.size, 1)
		n := run(t, conv(pad(x, c.before, c.after), w(), "VALID", c.stride), x, Options{})
		if n.Str("padding", "") != c.padding || n.In[0] != x {
			t.Errorf("%s: padding is %s, reads %s", name, n.Str("padding", ""), n.In[0].Node.Op)
		}
		if want := []int64{0, 0, c.before, c.after, c.before, c.after, 0, 0}; c.padding == "EXPLICIT" && !slices.Equal(n.Ints("explicit_paddings"), want) {
			t.Errorf("%s: paddings are %v", name, n.Ints("explicit_paddings"))
		}
	}
	// A pool of values that may be negative must see the zeros.
	x := picture(-1, 8, 8, 1)
	pool := func(x ir.Out) ir.Out {
		return node("MaxPool", ir.Attrs{"ksize": ir.Ints(1, 3, 3, 1), "strides": ir.Ints(1, 2, 2, 1), "padding": ir.String("VALID")}, pad(x, 1, 1))
	}
	if n := run(t, pool(x), x, Options{}); n.Str("padding", "") != "VALID" {
		t.Error("a pool of any values lost its zeros")
	}
	if n := run(t, pool(node("Relu", nil, x)), x, Options{}); n.Str("padding", "") != "EXPLICIT" {
		t.Error("a pool of positive values keeps its Pad")
	}
}

// The inputs are fed by name and must stay what they are.
func TestInputsStay(t *testing.T) {
	x := ir.New("in", "Identity", ir.Attrs{"T": ir.Type(float)}, floats("default", nil, 1)).Out(0)
	if n := run(t, node("Relu", nil, x), x, Options{}); n.Op != "Relu" || n.In[0] != x {
		t.Errorf("%s of %s is left", n.Op, n.In[0].Node.Op)
	}
}

// Dense layers beyond a size are not given to oneDNN, which would copy them.
func TestHugeDense(t *testing.T) {
	for elements, want := range map[int64]string{16: "_MklNativeFusedMatMul", hugeMatMul: "_FusedMatMul"} {
		x := picture(-1, 4)
		w := ir.Large("w", float, []int64{4, elements / 4}, func([]byte) error { return nil })
		b := ir.Large("b", float, []int64{elements / 4}, func([]byte) error { return nil })
		n := run(t, node("BiasAdd", nil, node("MatMul", nil, x, w.Out(0)), b.Out(0)), x, Options{CPU: true, OneDNN: true})
		if n.Op != want {
			t.Errorf("%d weights: %s, want %s", elements, n.Op, want)
		}
	}
}
