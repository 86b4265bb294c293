package session

import (
	"math"
	"testing"

	graphpb "github.com/wamuir/graft/tensorflow/core/framework/graph_go_proto"
	nodepb "github.com/wamuir/graft/tensorflow/core/framework/node_def_go_proto"
	tensorpb "github.com/wamuir/graft/tensorflow/core/framework/tensor_go_proto"
	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"

	attrpb "github.com/wamuir/graft/tensorflow/core/framework/attr_value_go_proto"

	tf "github.com/wamuir/graft/tensorflow"
)

func constNode(name string, dtype types.DataType, shape []int64, data []byte) *nodepb.NodeDef {
	return &nodepb.NodeDef{Name: name, Op: "Const", Attr: map[string]*attrpb.AttrValue{
		"dtype": attrType(dtype),
		"value": {Value: &attrpb.AttrValue_Tensor{Tensor: &tensorpb.TensorProto{Dtype: dtype, TensorShape: shapeProto(shape), TensorContent: data}}}}}
}

// A matrix product whose weights leave the graph gives what it gave: weight (i, j) is i + j/100,
// so the sum over i of column j is 64*63/2 + 64*j/100.
func TestHoistedWeightsAnswerAlike(t *testing.T) {
	w := make([]float32, 64*100)
	for i := range w {
		w[i] = float32(i/100) + float32(i%100)/100
	}
	ones := make([]float32, 64)
	for i := range ones {
		ones[i] = 1
	}
	def := &graphpb.GraphDef{Node: []*nodepb.NodeDef{
		constNode("w", types.DataType_DT_FLOAT, []int64{64, 100}, raw(w)),
		constNode("x", types.DataType_DT_FLOAT, []int64{1, 64}, raw(ones)),
		constNode("table", types.DataType_DT_INT64, []int64{4096}, make([]byte, 8*4096)),
		{Name: "y", Op: "MatMul", Input: []string{"x", "w"}, Attr: map[string]*attrpb.AttrValue{"T": attrType(types.DataType_DT_FLOAT)}},
	}}
	ws := hoist(def)
	if len(ws) != 1 || ws[0].name != "w" || def.Node[0].GetOp() != "ReadVariableOp" || def.Node[1].GetOp() != "Const" || def.Node[2].GetOp() != "Const" {
		t.Fatalf("%d weights left the graph, want w alone: x is small, the table no float", len(ws))
	}
	for _, last := range []bool{false, true} {
		buf, err := marshalNative(def)
		if err != nil {
			t.Fatal(err)
		}
		g := tf.NewGraph()
		if err := buf.importInto(g); err != nil {
			t.Fatal(err)
		}
		s, err := tf.NewSession(g, nil)
		if err != nil {
			t.Fatal(err)
		}
		r := &replica{graph: g, sess: s, outs: map[string]tf.Output{}}
		if err := r.set(ws, last); err != nil {
			t.Fatal(err)
		}
		if (ws[0].data == nil) != last {
			t.Errorf("last %v: the value is %d bytes", last, len(ws[0].data))
		}
		got, err := r.run("", nil, nil, []string{"y"})
		if err != nil {
			t.Fatal(err)
		}
		for j, v := range got[0].Data.([]float32) {
			if want := 64*63/2 + .64*float64(j); math.Abs(float64(v)-want) > 1e-2 {
				t.Fatalf("column %d: %v, want %v", j, v, want)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		freeGraph(g)
	}
}

// TestNativePointers fails where another graft names the pointers to its C objects
// otherwise, so that memory would fall back to finalizers.
func TestNativePointers(t *testing.T) {
	g := tf.NewGraph()
	nt, err := tf.NewTensor(float32(1))
	if err != nil {
		t.Fatal(err)
	}
	if !ownable(nt) || !ownable(g) {
		t.Error("graft's tensors or graphs cannot be freed at a known moment")
	}
	free(own(nt))
	freeGraph(g)
}
