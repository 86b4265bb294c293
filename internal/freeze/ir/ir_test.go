package ir

import (
	"errors"
	"slices"
	"testing"

	funcpb "github.com/wamuir/graft/tensorflow/core/framework/function_go_proto"
	graphpb "github.com/wamuir/graft/tensorflow/core/framework/graph_go_proto"
	nodepb "github.com/wamuir/graft/tensorflow/core/framework/node_def_go_proto"
	opdefpb "github.com/wamuir/graft/tensorflow/core/framework/op_def_go_proto"
	tensorpb "github.com/wamuir/graft/tensorflow/core/framework/tensor_go_proto"
	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"
	"google.golang.org/protobuf/proto"

	"github.com/gosight/vision/internal/fault"
)

const float = types.DataType_DT_FLOAT

// ops are a few definitions, with outputs of every kind.
func ops() Ops {
	return Ops{
		"Relu":  {Name: "Relu", OutputArg: []*opdefpb.OpDef_ArgDef{{Name: "activations", TypeAttr: "T"}}},
		"Const": {Name: "Const", OutputArg: []*opdefpb.OpDef_ArgDef{{Name: "output", TypeAttr: "dtype"}}},
		"TopK":  {Name: "TopK", OutputArg: []*opdefpb.OpDef_ArgDef{{Name: "values", TypeAttr: "T"}, {Name: "indices", Type: types.DataType_DT_INT32}}},
		"Split": {Name: "Split", OutputArg: []*opdefpb.OpDef_ArgDef{{Name: "output", NumberAttr: "num_split", TypeAttr: "T"}}},
		"Call":  {Name: "Call", OutputArg: []*opdefpb.OpDef_ArgDef{{Name: "first", Type: float}, {Name: "rest", TypeListAttr: "Tout"}}},
		"Print": {Name: "Print", IsStateful: true},
	}
}

func TestDecode(t *testing.T) {
	def := &graphpb.GraphDef{Node: []*nodepb.NodeDef{
		{Name: "b", Op: "Relu", Input: []string{"a:1", "^c"}, Attr: Attrs{"T": Type(float), "_output_shapes": Int(1), "_kernel": String("k")}},
		{Name: "a", Op: "TopK", Attr: Attrs{"T": Type(float)}},
		{Name: "c", Op: "NoOp", Device: "/device:CPU:1"},
	}}
	g, err := Decode(def)
	if err != nil {
		t.Fatal(err)
	}
	b := g.Nodes[0]
	if b.In[0] != g.Nodes[1].Out(1) || b.Ctrl[0] != g.Nodes[2] || g.Nodes[2].Device != "/device:CPU:1" {
		t.Errorf("edges are %v, %v", b.In, b.Ctrl)
	}
	if b.Attr["_output_shapes"] != nil || b.Str("_kernel", "") != "k" {
		t.Errorf("hidden attributes: %v; want _kernel alone kept", b.Attr)
	}
	if def.Node[0].Attr["_output_shapes"] == nil {
		t.Error("the message that was read has changed")
	}
	back := Encode(g.Nodes)
	if got := back[0].Input; !slices.Equal(got, []string{"a:1", "^c"}) {
		t.Errorf("written inputs are %q", got)
	}
}

func TestDecodeErrors(t *testing.T) {
	node := func(name string, in ...string) *nodepb.NodeDef {
		return &nodepb.NodeDef{Name: name, Op: "Relu", Input: in}
	}
	for name, nodes := range map[string][]*nodepb.NodeDef{
		"an input that is not there":   {node("a", "b")},
		"a control input that is not":  {node("a", "^b")},
		"a negative output":            {node("a", "a:-1")},
		"an output that is no number":  {node("a", "a:x")},
		"an output beyond all reason":  {node("a", "a:99999999999")},
		"two nodes with the same name": {node("a"), node("a")},
	} {
		_, err := Decode(&graphpb.GraphDef{Node: nodes})
		var broken *fault.FormatError
		if !errors.As(err, &broken) {
			t.Errorf("%s: %v, want a FormatError", name, err)
		}
	}
}

// body is f(x) = (TopK(x).indices, Split(x)[1]), with a Print that must run.
func body() *funcpb.FunctionDef {
	return &funcpb.FunctionDef{
		Signature: &opdefpb.OpDef{
			Name:      "f",
			InputArg:  []*opdefpb.OpDef_ArgDef{{Name: "x", Type: float}},
			OutputArg: []*opdefpb.OpDef_ArgDef{{Name: "i", Type: types.DataType_DT_INT32}, {Name: "s", Type: float}},
		},
		NodeDef: []*nodepb.NodeDef{
			{Name: "top", Op: "TopK", Input: []string{"x"}, Attr: Attrs{"T": Type(float)}},
			{Name: "split", Op: "Split", Input: []string{"x:0"}, Attr: Attrs{"T": Type(float), "num_split": Int(2)}},
			{Name: "print", Op: "Print", Input: []string{"split:output:0"}},
			{Name: "unused", Op: "Relu", Input: []string{"x"}, Attr: Attrs{"T": Type(float)}},
		},
		Ret:        map[string]string{"i": "top:indices:0", "s": "split:output:1"},
		ControlRet: map[string]string{"print": "print"},
	}
}

func TestFunctions(t *testing.T) {
	b, err := DecodeFunc(body(), ops(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if b.Rets[0].Index != 1 || b.Rets[1].Index != 1 || b.Rets[0].Node.Name != "top" || b.Effects[0].Name != "print" {
		t.Errorf("results are %v, effects %v", b.Rets, b.Effects)
	}
	if got := ops().OutType(b.Rets[0]); got != types.DataType_DT_INT32 {
		t.Errorf("type of the indices is %v", got)
	}
	b.Args[0].Attr["T"] = Type(types.DataType_DT_HALF)
	f, err := EncodeFunc("g", b, ops(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if f.GetRet()["i"] != "top:indices:0" || f.GetRet()["s"] != "split:output:1" || f.GetControlRet()["print"] != "print" {
		t.Errorf("results are %v and %v", f.GetRet(), f.GetControlRet())
	}
	if f.GetSignature().GetName() != "g" || f.GetSignature().GetInputArg()[0].GetType() != types.DataType_DT_HALF {
		t.Errorf("signature is %v", f.GetSignature())
	}
	if len(f.GetNodeDef()) != 3 {
		t.Errorf("%d nodes are left, want 3: nothing needs the Relu", len(f.GetNodeDef()))
	}
	if again, err := DecodeFunc(f, ops(), nil); err != nil || len(again.Rets) != 2 {
		t.Errorf("what was written cannot be read: %v", err)
	}
}

func TestFunctionErrors(t *testing.T) {
	for name, change := range map[string]func(*funcpb.FunctionDef){
		"an output the op does not have":  func(f *funcpb.FunctionDef) { f.Ret["i"] = "top:keys:0" },
		"an index beyond the output":      func(f *funcpb.FunctionDef) { f.Ret["s"] = "split:output:2" },
		"a tensor of a main graph's kind": func(f *funcpb.FunctionDef) { f.Ret["s"] = "split" },
		"a result that is not named":      func(f *funcpb.FunctionDef) { delete(f.Ret, "s") },
		"an op that nobody knows":         func(f *funcpb.FunctionDef) { f.NodeDef[1].Op = "Splat" },
		"a negative number of outputs":    func(f *funcpb.FunctionDef) { f.NodeDef[1].Attr["num_split"] = Int(-1) },
		"a control output that is not":    func(f *funcpb.FunctionDef) { f.ControlRet["print"] = "nothing" },
		"an argument of a free type":      func(f *funcpb.FunctionDef) { f.Signature.InputArg[0].TypeAttr = "T" },
	} {
		f := body()
		change(f)
		if b, err := DecodeFunc(f, ops(), nil); err == nil {
			t.Errorf("%s: no error, results %v", name, b.Rets)
		}
	}
}

func TestReachOfLoop(t *testing.T) {
	a, b, c := New("a", "A", nil), New("b", "B", nil), New("c", "C", nil)
	a.In = []Out{b.Out(0)}
	b.In = []Out{c.Out(0)}
	c.Ctrl = []*Node{a} // back to the first
	if got := Reach(a); len(got) != 3 || got[2] != a {
		t.Errorf("reached %d nodes, want 3 that end in the root", len(got))
	}
}

func TestCycle(t *testing.T) {
	x := New("x", "Placeholder", nil)
	enter := New("enter", "Enter", nil, x.Out(0))
	merge := New("merge", "Merge", nil, enter.Out(0))
	next := New("next", "NextIteration", nil, merge.Out(0))
	merge.In = append(merge.In, next.Out(0))
	twice := New("twice", "AddV2", nil, merge.Out(0), merge.Out(0))
	loop := []*Node{x, enter, merge, next, twice}
	if n := Cycle(loop); n != nil {
		t.Errorf("a loop of TensorFlow 1 is a cycle at %s", n.Name)
	}
	enter.Ctrl = []*Node{twice}
	if Cycle(loop) == nil {
		t.Error("a cycle was not found")
	}
}

func TestCheck(t *testing.T) {
	o := ops()
	o["Relu"].InputArg = []*opdefpb.OpDef_ArgDef{{Name: "features", TypeAttr: "T"}}
	o["Split"].InputArg = []*opdefpb.OpDef_ArgDef{{Name: "axis"}, {Name: "values", NumberAttr: "n"}}
	x := New("x", "TopK", nil)
	for name, c := range map[string]struct {
		n  *Node
		ok bool
	}{
		"as defined":            {New("n", "Relu", nil, x.Out(1)), true},
		"an input too many":     {New("n", "Relu", nil, x.Out(0), x.Out(0)), false},
		"an output too far":     {New("n", "Relu", nil, x.Out(2)), false},
		"a list of inputs":      {New("n", "Split", Attrs{"n": Int(2)}, x.Out(0), x.Out(0), x.Out(1)), true},
		"a list that is short":  {New("n", "Split", Attrs{"n": Int(3)}, x.Out(0), x.Out(0), x.Out(1)), false},
		"an op nobody knows":    {New("n", "Any", nil, x.Out(0)), true},
		"an op without outputs": {New("n", "Relu", nil, New("p", "Print", nil).Out(0)), false},
	} {
		if err := o.Check(c.n); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestUnique(t *testing.T) {
	in := New("x", "Placeholder", nil)
	nodes := []*Node{New("x", "A", nil), in, New("x", "B", nil), New("x_1", "C", nil)}
	Unique(nodes, in)
	var names []string
	for _, n := range nodes {
		names = append(names, n.Name)
	}
	if want := []string{"x_1", "x", "x_2", "x_1_1"}; !slices.Equal(names, want) {
		t.Errorf("names are %q, want %q", names, want)
	}
}

func TestRedirect(t *testing.T) {
	a, b, c, user := New("a", "", nil), New("b", "", nil), New("c", "", nil), New("u", "", nil)
	user.In = []Out{a.Out(0)}
	rets := []Out{b.Out(0)}
	Redirect(map[Out]Out{a.Out(0): b.Out(0), b.Out(0): c.Out(2)}, []*Node{user}, rets)
	if user.In[0] != c.Out(2) || rets[0] != c.Out(2) {
		t.Errorf("reads %v and %v, want the end of the chain", user.In[0], rets[0])
	}
	user.In[0] = a.Out(0)
	Redirect(map[Out]Out{a.Out(0): b.Out(0), b.Out(0): a.Out(0)}, []*Node{user}) // must end
}

func TestConst(t *testing.T) {
	dims := ShapeProto([]int64{2, 2})
	cases := []struct {
		name string
		t    *tensorpb.TensorProto
		f    []float32
		i    []int64
		ok   bool
	}{
		{"packed floats", &tensorpb.TensorProto{Dtype: float, TensorShape: ShapeProto([]int64{1}), TensorContent: []byte{0, 0, 128, 63}}, []float32{1}, nil, true},
		{"one float for all", &tensorpb.TensorProto{Dtype: float, TensorShape: dims, FloatVal: []float32{3}}, []float32{3, 3, 3, 3}, nil, true},
		{"the last one is repeated", &tensorpb.TensorProto{Dtype: types.DataType_DT_INT32, TensorShape: dims, IntVal: []int32{1, 2}}, nil, []int64{1, 2, 2, 2}, true},
		{"no value is zero", &tensorpb.TensorProto{Dtype: types.DataType_DT_INT64, TensorShape: dims}, nil, []int64{0, 0, 0, 0}, true},
		{"packed negative integers", &tensorpb.TensorProto{Dtype: types.DataType_DT_INT32, TensorShape: ShapeProto([]int64{1}), TensorContent: []byte{254, 255, 255, 255}}, nil, []int64{-2}, true},
		{"too few bytes", &tensorpb.TensorProto{Dtype: float, TensorShape: dims, TensorContent: []byte{1, 2, 3}}, nil, nil, false},
		{"a shape beyond all memory", &tensorpb.TensorProto{Dtype: float, TensorShape: ShapeProto([]int64{1 << 40, 1 << 40})}, nil, nil, false},
		{"an unknown size", &tensorpb.TensorProto{Dtype: float, TensorShape: ShapeProto([]int64{-1})}, nil, nil, false},
		{"strings", &tensorpb.TensorProto{Dtype: types.DataType_DT_STRING, TensorShape: dims}, nil, nil, false},
	}
	for _, c := range cases {
		v, ok := Const(New("c", "Const", Attrs{"value": Tensor(c.t)}))
		if ok != c.ok || ok && (!slices.Equal(v.F, c.f) || !slices.Equal(v.I, c.i)) {
			t.Errorf("%s: %v %v %v, want %v %v %v", c.name, v.F, v.I, ok, c.f, c.i, c.ok)
		}
		if !ok {
			continue
		}
		if again, ok := Const(NewConst("d", v)); !ok || !slices.Equal(again.F, v.F) || !slices.Equal(again.I, v.I) {
			t.Errorf("%s: written and read again it is %v %v", c.name, again.F, again.I)
		}
	}
}

func TestLarge(t *testing.T) {
	n := Large("w", float, []int64{2}, func(dst []byte) error { copy(dst, []byte{0, 0, 128, 63, 0, 0, 0, 64}); return nil })
	if v, ok := Const(n); !ok || !slices.Equal(v.F, []float32{1, 2}) {
		t.Errorf("value is %v", v.F)
	}
	if err := Pack(n); err != nil || n.Fill != nil || len(n.Attr["value"].GetTensor().GetTensorContent()) != 8 {
		t.Errorf("packed: %v, %v", n.Attr["value"], err)
	}
	bad := Large("w", float, []int64{2}, func([]byte) error { return errors.New("unreadable") })
	if _, ok := Const(bad); ok {
		t.Error("a constant that cannot be read has a value")
	}
	if err := Pack(bad); err == nil {
		t.Error("a constant that cannot be read was packed")
	}
}

func TestParseOps(t *testing.T) {
	data, err := proto.Marshal(&opdefpb.OpList{Op: []*opdefpb.OpDef{{Name: "A", IsStateful: true}, {Name: "B"}}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseOps(data)
	if err != nil || !got.Stateful("A") || got.Stateful("B") || !got.Stateful("nobody knows it") {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := ParseOps([]byte{0xff}); err == nil {
		t.Error("broken bytes were read")
	}
}
