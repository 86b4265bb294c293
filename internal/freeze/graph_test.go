package freeze

import (
	"errors"
	"slices"
	"testing"
	"testing/fstest"

	funcpb "github.com/wamuir/graft/tensorflow/core/framework/function_go_proto"
	graphpb "github.com/wamuir/graft/tensorflow/core/framework/graph_go_proto"
	nodepb "github.com/wamuir/graft/tensorflow/core/framework/node_def_go_proto"
	opdefpb "github.com/wamuir/graft/tensorflow/core/framework/op_def_go_proto"
	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"
	pb "github.com/wamuir/graft/tensorflow/core/protobuf/for_core_protos_go_proto"
	"google.golang.org/protobuf/proto"

	"github.com/gosight/vision/internal/freeze/ir"
	"github.com/gosight/vision/internal/savedmodel"
)

const float = types.DataType_DT_FLOAT

func def(name, op string, attr ir.Attrs, in ...string) *nodepb.NodeDef {
	return &nodepb.NodeDef{Name: name, Op: op, Attr: attr, Input: in}
}

func floatType() ir.Attrs { return ir.Attrs{"T": ir.Type(float)} }

func input() *nodepb.NodeDef {
	return def("x", "Placeholder", ir.Attrs{"dtype": ir.Type(float), "shape": ir.Shape([]int64{-1})})
}

// function makes a FunctionDef of float arguments and results "node:output:0".
func function(name string, args []string, rets map[string]string, nodes ...*nodepb.NodeDef) *funcpb.FunctionDef {
	f := &funcpb.FunctionDef{Signature: &opdefpb.OpDef{Name: name}, NodeDef: nodes, Ret: rets}
	for _, a := range args {
		f.Signature.InputArg = append(f.Signature.InputArg, &opdefpb.OpDef_ArgDef{Name: a, Type: float})
	}
	for r := range rets {
		f.Signature.OutputArg = append(f.Signature.OutputArg, &opdefpb.OpDef_ArgDef{Name: r, Type: float})
	}
	return f
}

func callAttr(name string) ir.Attrs {
	return ir.Attrs{"f": ir.Func(name), "Tin": ir.Types([]types.DataType{float}), "Tout": ir.Types([]types.DataType{float})}
}

// freezeDef freezes a graph with the input x and the output y.
func freezeDef(t testing.TB, y string, g *graphpb.GraphDef, o Options) (*Graph, error) {
	t.Helper()
	o.Ops = ops(t)
	meta := &pb.MetaGraphDef{GraphDef: g}
	data, err := proto.Marshal(&pb.SavedModel{MetaGraphs: []*pb.MetaGraphDef{meta}})
	if err != nil {
		t.Fatal(err)
	}
	m, err := savedmodel.Read(fstest.MapFS{"saved_model.pb": {Data: data}}, ".")
	if err != nil {
		t.Fatal(err)
	}
	return Freeze(m, &savedmodel.Graph{Meta: meta}, &savedmodel.Signature{
		Inputs:  []savedmodel.Port{{Key: "x", Tensor: "x:0", DType: float, Shape: []int64{-1}}},
		Outputs: []savedmodel.Port{{Key: "y", Tensor: y, DType: float}},
	}, o)
}

func library(fs ...*funcpb.FunctionDef) *funcpb.FunctionDefLibrary {
	return &funcpb.FunctionDefLibrary{Function: fs}
}

func opsOf(nodes []*nodepb.NodeDef) []string {
	var list []string
	for _, n := range nodes {
		list = append(list, n.GetOp())
	}
	slices.Sort(list)
	return list
}

// outer(a) = inner(relu(a)), inner(a) = a + a; the call waits for an assertion,
// which must therefore run whoever asks for the result.
func TestInline(t *testing.T) {
	g := &graphpb.GraphDef{
		Node: []*nodepb.NodeDef{
			input(),
			def("check", "Print", floatType(), "x"),
			def("call", "StatefulPartitionedCall", callAttr("outer"), "x", "^check"),
			def("unused", "Relu", floatType(), "x"),
		},
		Library: library(
			function("outer", []string{"a"}, map[string]string{"r": "again:output:0"},
				def("relu", "Relu", floatType(), "a"), def("again", "StatefulPartitionedCall", callAttr("inner"), "relu:activations:0")),
			function("inner", []string{"a"}, map[string]string{"r": "sum:z:0"}, def("sum", "AddV2", floatType(), "a", "a")),
		),
	}
	fg, err := freezeDef(t, "call:0", g, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := opsOf(fg.Def.GetNode()), []string{"AddV2", "Identity", "Placeholder", "Print", "Relu"}; !slices.Equal(got, want) {
		t.Errorf("left are %v, want %v", got, want)
	}
	if fg.Report.Inlined != 2 || len(fg.Def.GetLibrary().GetFunction()) != 0 {
		t.Errorf("%d calls inlined, %d functions left", fg.Report.Inlined, len(fg.Def.GetLibrary().GetFunction()))
	}
	for _, n := range fg.Def.GetNode() {
		if n.GetOp() == "AddV2" && (n.GetName() != "call/again/sum" || n.GetInput()[0] != "call/relu") {
			t.Errorf("the sum is %v", n)
		}
	}
}

// An output that is an input is a node of its own: TensorFlow does not fetch what it is fed.
func TestEcho(t *testing.T) {
	fg, err := freezeDef(t, "x:0", &graphpb.GraphDef{Node: []*nodepb.NodeDef{input()}}, Options{})
	if err != nil || fg.Outputs["y"] == fg.Inputs["x"] {
		t.Errorf("output %q, input %q, %v", fg.Outputs["y"], fg.Inputs["x"], err)
	}
}

// An input need not be a placeholder, and what it was computed from is not needed.
func TestCutInside(t *testing.T) {
	g := &graphpb.GraphDef{Node: []*nodepb.NodeDef{
		def("path", "Placeholder", ir.Attrs{"dtype": ir.Type(types.DataType_DT_STRING)}),
		def("x", "ReadFile", nil, "path"),
		def("y", "Relu", floatType(), "x"),
	}}
	fg, err := freezeDef(t, "y:0", g, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := opsOf(fg.Def.GetNode()); !slices.Equal(got, []string{"Placeholder", "Relu"}) {
		t.Errorf("left are %v", got)
	}
}

func TestGraphErrors(t *testing.T) {
	branch := ir.Attrs{"then_branch": ir.Func("f"), "else_branch": ir.Func("missing"), "Tin": ir.Types(nil), "Tout": ir.Types([]types.DataType{float})}
	self := function("f", []string{"a"}, map[string]string{"r": "call:output:0"}, def("call", "StatefulPartitionedCall", callAttr("f"), "a"))
	cases := map[string]*graphpb.GraphDef{
		"a function that calls itself": {Node: []*nodepb.NodeDef{input(), def("y", "StatefulPartitionedCall", callAttr("f"), "x")}, Library: library(self)},
		"too few arguments":            {Node: []*nodepb.NodeDef{input(), def("y", "StatefulPartitionedCall", callAttr("f"))}, Library: library(self)},
		"a branch that is not there":   {Node: []*nodepb.NodeDef{input(), def("y", "If", branch, "x")}, Library: library(function("f", nil, nil))},
		"nothing to decide by":         {Node: []*nodepb.NodeDef{input(), def("y", "If", branch)}},
		"an output that is not there":  {Node: []*nodepb.NodeDef{input()}},
		"a variable without a value": {Node: []*nodepb.NodeDef{input(),
			def("v", "VarHandleOp", ir.Attrs{"dtype": ir.Type(float)}), def("y", "ReadVariableOp", ir.Attrs{"dtype": ir.Type(float)}, "v")}},
		"a table": {Node: []*nodepb.NodeDef{input(), def("t", "HashTableV2", nil), def("y", "Relu", floatType(), "x", "^t")}},
	}
	for name, g := range cases {
		if fg, err := freezeDef(t, "y:0", g, Options{Optimize: true}); err == nil {
			t.Errorf("%s: no error, %d nodes", name, len(fg.Def.GetNode()))
		}
	}
}

// Functions that call each other twice would double with each level.
func TestInlineBomb(t *testing.T) {
	g := &graphpb.GraphDef{Node: []*nodepb.NodeDef{input(), def("y", "StatefulPartitionedCall", callAttr("f0"), "x")}, Library: library()}
	const levels = 40
	for i := range levels {
		next := func(name, in string) *nodepb.NodeDef {
			return def(name, "StatefulPartitionedCall", callAttr("f"+string(rune('0'+i+1))), in)
		}
		if i == levels-1 {
			next = func(name, in string) *nodepb.NodeDef { return def(name, "Identity", floatType(), in) }
		}
		g.Library.Function = append(g.Library.Function, function("f"+string(rune('0'+i)), []string{"a"}, map[string]string{"r": "two:output:0"},
			next("one", "a"), next("two", "one:output:0")))
	}
	_, err := freezeDef(t, "y:0", g, Options{})
	var not *NotFreezableError
	if !errors.As(err, &not) {
		t.Errorf("%v, want a NotFreezableError", err)
	}
}
