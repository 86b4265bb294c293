package freeze

import (
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"
	"google.golang.org/protobuf/proto"

	graphpb "github.com/wamuir/graft/tensorflow/core/framework/graph_go_proto"
	nodepb "github.com/wamuir/graft/tensorflow/core/framework/node_def_go_proto"

	"github.com/gosight/vision/internal/savedmodel"
)

const tiny = "../../testdata/models"

// ops are definitions that reference/freeze/ops.py wrote.
func ops(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/ops.pb")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func open(t testing.TB, folder string, tags []string, signature string) (*savedmodel.Model, *savedmodel.Graph, *savedmodel.Signature) {
	t.Helper()
	m, err := savedmodel.Read(os.DirFS(filepath.Join(tiny, folder)), ".")
	if err != nil {
		t.Fatal(err)
	}
	g, sig, err := m.Choose(tags, signature)
	if err != nil {
		t.Fatal(err)
	}
	return m, g, sig
}

// What is frozen has no variables, no calls and no functions that nothing needs.
// That it computes the same is tested in TensorFlow, in internal/session/freezetest.
func TestFreeze(t *testing.T) {
	cases := []struct {
		folder    string
		tags      []string
		signature string
		variables int
		functions int
	}{
		{"mean_rgb", nil, "", 2, 0},
		{"keras_dense", nil, "", 2, 0},
		{"same_name", nil, "", 2, 0},
		{"control_flow", nil, "", 1, 4}, // two branches, and condition and body of a loop
		{"jpeg_mean", nil, "", 0, -1},
		{"two_signatures", nil, "embed", 0, 0},
		{"tf1_resource", []string{"photoprism"}, "predict_images", 2, 0},
		{"tf1_ref", nil, "", 2, 0},
	}
	for _, c := range cases {
		t.Run(c.folder, func(t *testing.T) {
			m, g, sig := open(t, c.folder, c.tags, c.signature)
			before := proto.Clone(g.Meta)
			fg, err := Freeze(m, g, sig, Options{Ops: ops(t), Device: "/device:CPU:3"})
			if err != nil {
				t.Fatal(err)
			}
			if !proto.Equal(before, g.Meta) {
				t.Error("the model that was read has changed")
			}
			if c.variables > 0 && fg.Report.Variables != c.variables {
				t.Errorf("%d variables, want %d", fg.Report.Variables, c.variables)
			}
			if got := len(fg.Def.GetLibrary().GetFunction()); c.functions >= 0 && got != c.functions {
				t.Errorf("%d functions, want %d", got, c.functions)
			}
			for _, n := range everyNode(fg.Def) {
				if strings.Contains(n.GetOp(), "Var") || strings.Contains(n.GetOp(), "PartitionedCall") {
					t.Errorf("%s (%s) is left", n.GetName(), n.GetOp())
				}
				if n.GetDevice() != "/device:CPU:3" {
					t.Errorf("%s is placed on %q", n.GetName(), n.GetDevice())
				}
				for name, a := range n.GetAttr() {
					if a.GetType() == types.DataType_DT_RESOURCE || slices.Contains(a.GetList().GetType(), types.DataType_DT_RESOURCE) {
						t.Errorf("%s of %s speaks of handles", name, n.GetName())
					}
				}
			}
			named(t, fg)
		})
	}
}

func everyNode(def *graphpb.GraphDef) []*nodepb.NodeDef {
	nodes := slices.Clone(def.GetNode())
	for _, f := range def.GetLibrary().GetFunction() {
		nodes = append(nodes, f.GetNodeDef()...)
	}
	return nodes
}

// named makes sure that inputs and outputs are nodes of the graph.
func named(t *testing.T, fg *Graph) {
	t.Helper()
	names := map[string]bool{}
	for _, n := range fg.Def.GetNode() {
		names[n.GetName()] = true
	}
	for _, ports := range []map[string]string{fg.Inputs, fg.Outputs} {
		for key, tensor := range ports {
			op, _, ok := strings.Cut(tensor, ":")
			if !ok || !names[op] {
				t.Errorf("%s is %q, which is not in the graph", key, tensor)
			}
		}
	}
}

func TestNotFreezableError(t *testing.T) {
	for folder, op := range map[string]string{"counter": "AssignAddVariableOp", "asset_table": "HashTableV2"} {
		m, g, sig := open(t, folder, nil, "")
		_, err := Freeze(m, g, sig, Options{Ops: ops(t)})
		var not *NotFreezableError
		if !errors.As(err, &not) || not.Op != op || not.Node == "" {
			t.Errorf("%s: %v, want a NotFreezableError that names %s", folder, err, op)
		}
	}
}

// The dense layer of keras_dense has the kernel that turns RGB to BGR and the bias 0, 0, 1.
func TestVariableValues(t *testing.T) {
	m, g, sig := open(t, "keras_dense", nil, "")
	fg, err := Freeze(m, g, sig, Options{Ops: ops(t)})
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, n := range fg.Def.GetNode() {
		content := n.GetAttr()["value"].GetTensor().GetTensorContent()
		var f []float32
		for i := 0; i+4 <= len(content); i += 4 {
			f = append(f, math.Float32frombits(binary.LittleEndian.Uint32(content[i:])))
		}
		if slices.Equal(f, []float32{0, 0, 1, 0, 1, 0, 1, 0, 0}) || slices.Equal(f, []float32{0, 0, 1}) {
			found++
		}
	}
	if found != 2 {
		t.Errorf("found %d of kernel and bias as constants", found)
	}
	if fg.WeightBytes < 4*(9+3) {
		t.Errorf("weights take %d bytes", fg.WeightBytes)
	}
}

func TestFeatures(t *testing.T) {
	for _, o := range []Options{{}, {Optimize: true, CPU: true, OneDNN: true}} {
		m, g, sig := open(t, "keras_dense", nil, "")
		o.Ops = ops(t)
		fg, err := Freeze(m, g, sig, o)
		if err != nil {
			t.Fatal(err)
		}
		tensor, dims, err := fg.Features("output_0")
		if err != nil || !slices.Equal(dims, []int64{-1, 3}) {
			t.Errorf("features %q %v, %v", tensor, dims, err)
		}
		op, _, _ := strings.Cut(tensor, ":")
		for _, n := range fg.Def.GetNode() {
			if n.GetName() == op && n.GetOp() != "Mean" {
				t.Errorf("features come from %s, want the pooling before the dense layer", n.GetOp())
			}
		}
		if _, _, err := fg.Features("nothing"); err == nil {
			t.Error("features of an output that is not there")
		}
	}
}

func TestSetDeviceAndMarshal(t *testing.T) {
	m, g, sig := open(t, "control_flow", nil, "")
	fg, err := Freeze(m, g, sig, Options{Ops: ops(t), Device: "/device:GPU:0"})
	if err != nil {
		t.Fatal(err)
	}
	fg.SetDevice("/device:GPU:1")
	data, err := fg.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	var def graphpb.GraphDef
	if err := proto.Unmarshal(data, &def); err != nil {
		t.Fatal(err)
	}
	for _, n := range everyNode(&def) {
		if n.GetDevice() != "/device:GPU:1" {
			t.Errorf("%s is placed on %q", n.GetName(), n.GetDevice())
		}
	}
	fg.Release()
	if len(fg.Inputs) == 0 || fg.Def != nil {
		t.Error("a released graph keeps its names and nothing else")
	}
}
