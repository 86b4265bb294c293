package savedmodel

import (
	"bufio"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	attrs "github.com/wamuir/graft/tensorflow/core/framework/attr_value_go_proto"
	functions "github.com/wamuir/graft/tensorflow/core/framework/function_go_proto"
	nodes "github.com/wamuir/graft/tensorflow/core/framework/node_def_go_proto"
	ops "github.com/wamuir/graft/tensorflow/core/framework/op_def_go_proto"
	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"
	pb "github.com/wamuir/graft/tensorflow/core/protobuf/for_core_protos_go_proto"
)

func attrString(s string) *attrs.AttrValue {
	return &attrs.AttrValue{Value: &attrs.AttrValue_S{S: []byte(s)}}
}

func attrType(t types.DataType) *attrs.AttrValue {
	return &attrs.AttrValue{Value: &attrs.AttrValue_Type{Type: t}}
}

func attrFunc(name string) *attrs.AttrValue {
	return &attrs.AttrValue{Value: &attrs.AttrValue_Func{Func: &attrs.NameAttrList{Name: name}}}
}

// harmless are the ops whose names or fields sound of files, networks or Python,
// and why they are let through.
func harmless(op string) bool {
	for _, p := range []string{
		"_",           // made by TensorFlow itself; not accepted in a graph from outside
		"TPU",         // no such device here
		"LoadTPU",     // likewise
		"LoadAllTPU",  // likewise
		"CudnnRNN",    // host memory, not a host
		"BoostedTree", // stamps
		"Reader",      // work on a reader, which is refused where it is made
		"Write",       // summaries: work on a writer, likewise; WriteFile is refused
		"ReadVariable", "IdentityReader", "SetStatsAggregatorDataset", "ExperimentalSetStatsAggregatorDataset",
		"StatsAggregatorSetSummaryWriter", "SummaryWriter", "CloseSummaryWriter", "FlushSummaryWriter",
		"RpcCheckStatus", "RpcGetValue", "DeleteRpcFutureResource", // work on what RpcClient and RpcCall made
		"DebugGradient", "DebugNumericSummaryV2", // no addresses
		"ShardedFile", // compute names
	} {
		if strings.HasPrefix(op, p) && op != "WriteFile" {
			return true
		}
	}
	switch op {
	case "ApproxTopK", "CTCBeamSearchDecoder", "DecodeCSV", "Merge", "MergeDedupData", "MergeSummary", "Snapshot", "TensorSliceDataset":
		return true // the words mean something else there
	}
	return false
}

// Every op of TensorFlow that sounds of files, networks or Python has a decision.
func TestEverySuspectOp(t *testing.T) {
	f, err := os.Open(filepath.Join("testdata", "suspect_ops.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	for lines := bufio.NewScanner(f); lines.Scan(); n++ {
		fields := strings.Fields(lines.Text())
		node := &nodes.NodeDef{Op: fields[0], Attr: map[string]*attrs.AttrValue{}}
		for _, field := range fields[1:] {
			node.Attr[field] = attrString("file:///etc/passwd")
		}
		if bad, ok := touchesWorld(node), harmless(fields[0]); bad == ok {
			t.Errorf("%v: refused %v, known to be harmless %v", fields, bad, ok)
		}
	}
	if n < 150 {
		t.Errorf("only %d ops", n)
	}
}

func TestOpsThatDependOnAttributes(t *testing.T) {
	for _, c := range []struct {
		op, attr, value string
		want            bool
	}{
		{"PrintV2", "output_stream", "stderr", false},
		{"PrintV2", "output_stream", "file:///tmp/x", true},
		{"FixedUnigramCandidateSampler", "vocab_file", "", false},
		{"FixedUnigramCandidateSampler", "vocab_file", "x", true},
		{"DecodeProtoV2", "descriptor_source", "local://", false},
		{"DecodeProtoV2", "descriptor_source", "bytes://abc", false},
		{"EncodeProto", "descriptor_source", "/etc/passwd", true},
		{"Conv2D", "padding", "SAME", false},
	} {
		n := &nodes.NodeDef{Op: c.op, Attr: map[string]*attrs.AttrValue{c.attr: attrString(c.value)}}
		if got := touchesWorld(n); got != c.want {
			t.Errorf("%s %s=%q: %v", c.op, c.attr, c.value, got)
		}
	}
}

func TestUnsafe(t *testing.T) {
	graph := func(p *pb.SavedModel) *pb.MetaGraphDef { return p.MetaGraphs[0] }
	// hide adds a function with a WriteFile that nothing calls yet.
	hide := func(p *pb.SavedModel) {
		lib := graph(p).GraphDef.Library
		lib.Function = append(lib.Function, &functions.FunctionDef{
			Signature: &ops.OpDef{Name: "hidden"},
			NodeDef:   []*nodes.NodeDef{{Name: "w", Op: "WriteFile"}},
			Attr:      map[string]*attrs.AttrValue{"api_implements": attrString("api")},
		})
	}
	call := func(p *pb.SavedModel, n *nodes.NodeDef) { // from the function of the signature
		hide(p)
		for _, f := range graph(p).GraphDef.Library.Function {
			if strings.Contains(f.Signature.Name, "signature_wrapper") {
				f.NodeDef = append(f.NodeDef, n)
			}
		}
	}
	with := func(key string, a *attrs.AttrValue) *nodes.NodeDef {
		return &nodes.NodeDef{Name: "c", Op: "Any", Attr: map[string]*attrs.AttrValue{key: a}}
	}
	for _, c := range []struct {
		name, model string
		edit        func(*pb.SavedModel)
		want        []string
	}{
		{"nothing", "mean_rgb", nil, nil},
		{"control flow", "control_flow", nil, nil},
		{"JPEG in the graph", "jpeg_mean", nil, nil},
		{"in a function", "reads_file", nil, []string{"ReadFile"}},
		{"a table from an asset", "asset_table", nil, nil},
		{"reference variables", "tf1_ref", nil, nil},
		{"never called", "mean_rgb", hide, nil},
		{"called by attribute", "mean_rgb", func(p *pb.SavedModel) { call(p, with("f", attrFunc("hidden"))) }, []string{"WriteFile"}},
		{"called by its name", "mean_rgb", func(p *pb.SavedModel) { call(p, &nodes.NodeDef{Name: "c", Op: "hidden"}) }, []string{"WriteFile"}},
		{"called by a string", "mean_rgb", func(p *pb.SavedModel) { call(p, with("name", attrString("hidden"))) }, []string{"WriteFile"}},
		{"called from a list", "mean_rgb", func(p *pb.SavedModel) {
			call(p, with("branches", &attrs.AttrValue{Value: &attrs.AttrValue_List{List: &attrs.AttrValue_ListValue{
				Func: []*attrs.NameAttrList{{Name: "hidden"}},
			}}}))
		}, []string{"WriteFile"}},
		{"called from an attribute of a call", "mean_rgb", func(p *pb.SavedModel) {
			call(p, with("f", &attrs.AttrValue{Value: &attrs.AttrValue_Func{Func: &attrs.NameAttrList{
				Name: "absent", Attr: map[string]*attrs.AttrValue{"g": attrFunc("hidden")},
			}}}))
		}, []string{"WriteFile"}},
		{"implements what another function does", "mean_rgb", func(p *pb.SavedModel) {
			hide(p)
			for _, f := range graph(p).GraphDef.Library.Function {
				if strings.Contains(f.Signature.Name, "signature_wrapper") {
					f.Attr["api_implements"] = attrString("api")
				}
			}
		}, []string{"WriteFile"}},
		{"by a control input in the main graph", "tf1_resource", func(p *pb.SavedModel) {
			g := graph(p).GraphDef
			g.Node = append(g.Node, &nodes.NodeDef{Name: "p", Op: "PyFunc"})
			for _, n := range g.Node {
				if n.GetName() == "logits" {
					n.Input = append(n.Input, "^p")
				}
			}
		}, []string{"PyFunc"}},
		{"when initialised", "mean_rgb", func(p *pb.SavedModel) {
			g := graph(p)
			g.GraphDef.Node = append(g.GraphDef.Node, &nodes.NodeDef{Name: "i", Op: "MatchingFiles"})
			g.SignatureDef["__saved_model_init_op"] = &pb.SignatureDef{Outputs: map[string]*pb.TensorInfo{
				"x": {Encoding: &pb.TensorInfo_Name{Name: "i"}},
			}}
		}, []string{"MatchingFiles"}},
		{"when initialised as in TensorFlow 1", "tf1_ref", func(p *pb.SavedModel) {
			g := graph(p)
			g.GraphDef.Node = append(g.GraphDef.Node, &nodes.NodeDef{Name: "i", Op: "MatchingFiles"})
			if g.CollectionDef == nil {
				g.CollectionDef = map[string]*pb.CollectionDef{}
			}
			g.CollectionDef["legacy_init_op"] = &pb.CollectionDef{Kind: &pb.CollectionDef_NodeList_{
				NodeList: &pb.CollectionDef_NodeList{Value: []string{"i"}},
			}}
		}, []string{"MatchingFiles"}},
		{"when restored", "tf1_ref", func(p *pb.SavedModel) {
			for _, n := range graph(p).GraphDef.Node {
				if n.GetName() == graph(p).SaverDef.RestoreOpName {
					n.Op = "ReadFile"
				}
			}
		}, []string{"ReadFile"}},
		{"reads a checkpoint when it runs", "tf1_ref", func(p *pb.SavedModel) {
			for _, n := range graph(p).GraphDef.Node {
				if n.GetName() == "logits" {
					n.Op = "RestoreV2"
				}
			}
		}, []string{"RestoreV2"}},
		{"a table from another file", "asset_table", func(p *pb.SavedModel) { graph(p).AssetFileDef = nil },
			[]string{"InitializeTableFromTextFileV2"}},
		{"an asset outside of the model", "asset_table", func(p *pb.SavedModel) {
			graph(p).AssetFileDef[0].Filename = "../../../etc/passwd"
		}, []string{"asset ../../../etc/passwd"}},
		{"the asset's variable set to another file", "asset_table", func(p *pb.SavedModel) {
			g := graph(p).GraphDef
			g.Node = append(g.Node,
				&nodes.NodeDef{Name: "path", Op: "Const"},
				&nodes.NodeDef{Name: "again", Op: "AssignVariableOp", Input: []string{"Variable", "path"}})
		}, []string{"InitializeTableFromTextFileV2"}},
		{"the asset's variable given to a function", "asset_table", func(p *pb.SavedModel) {
			g := graph(p).GraphDef
			g.Node = append(g.Node, &nodes.NodeDef{Name: "c", Op: "StatefulPartitionedCall", Input: []string{"Variable"}})
		}, []string{"InitializeTableFromTextFileV2"}},
		{"the asset's variable by another handle", "asset_table", func(p *pb.SavedModel) {
			g := graph(p).GraphDef
			n := &nodes.NodeDef{Name: "h", Op: "VarHandleOp", Attr: map[string]*attrs.AttrValue{}}
			for _, v := range g.Node {
				if v.GetName() == "Variable" {
					n.Attr["shared_name"] = attrString(resourceName(v))
				}
			}
			g.Node = append(g.Node, n)
		}, []string{"InitializeTableFromTextFileV2"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			edit := c.edit
			if edit == nil {
				edit = func(*pb.SavedModel) {}
			}
			m := edited(t, copyOf(t, c.model), edit)
			g, sig, err := m.Choose(nil, "")
			if err != nil {
				t.Fatal(err)
			}
			if got := m.Unsafe(g, sig); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
