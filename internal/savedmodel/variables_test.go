package savedmodel

import (
	"encoding/hex"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	nodes "github.com/wamuir/graft/tensorflow/core/framework/node_def_go_proto"
	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"
	pb "github.com/wamuir/graft/tensorflow/core/protobuf/for_core_protos_go_proto"
)

// The value under a variable's key must be what the variable holds after
// TensorFlow has loaded the model, for every way in which models are written.
func TestVariablesEqualTensorFlow(t *testing.T) {
	for name, graphs := range readGolden(t).Models {
		if name == "tf1_partitioned" {
			continue // see TestPartitioned
		}
		t.Run(name, func(t *testing.T) {
			m := tiny(t, name)
			for tags, want := range graphs {
				g, err := m.chooseGraph(strings.Fields(tags))
				if err != nil {
					t.Fatal(err)
				}
				keys, err := m.VariableKeys(g)
				if err != nil {
					t.Fatal(err)
				}
				if len(want) == 0 {
					if len(keys) > 0 {
						t.Errorf("%s: keys %v for no variables", tags, keys)
					}
					continue
				}
				b, err := m.Checkpoint()
				if err != nil {
					t.Fatal(err)
				}
				for node, content := range want {
					value, err := b.Read(keys[node])
					if err != nil || hex.EncodeToString(value) != content {
						t.Errorf("%s: variable %s, key %q: %x, %v; want %s", tags, node, keys[node], value, err, content)
					}
				}
			}
		})
	}
}

// Without the restore op the object graph alone must do, and without the object
// graph the restore op, except where a model fills other handles.
func TestSourcesAlone(t *testing.T) {
	golden := readGolden(t).Models
	noRestore := func(p *pb.SavedModel) { p.MetaGraphs[0].SaverDef = nil }
	noObjects := func(p *pb.SavedModel) { p.MetaGraphs[0].ObjectGraphDef = nil }
	noCaptures := func(p *pb.SavedModel) {
		noRestore(p)
		p.MetaGraphs[0].ObjectGraphDef.ConcreteFunctions = nil
	}
	neither := func(p *pb.SavedModel) { noRestore(p); noObjects(p) }
	for _, c := range []struct {
		reason, model string
		edit          func(*pb.SavedModel)
		nodes         []string // whose value must be found
	}{
		{"captures", "mean_rgb", noRestore, []string{"bias", "kernel"}},
		{"captures tell variables of one name apart", "same_name", noRestore, []string{"w", "w_1"}},
		{"captures of Keras 3, where names repeat", "keras_dense", noRestore, []string{"logits/bias_1", "logits/kernel_1"}},
		{"names in the object graph", "mean_rgb", noCaptures, []string{"bias", "kernel"}},
		{"names that repeat tell nothing", "same_name", noCaptures, nil},
		{"restore function", "same_name", noObjects, []string{"w", "w_1"}},
		{"restore nodes", "tf1_resource", noObjects, []string{"head/bias", "head/kernel"}},
		{"names as keys", "tf1_resource", neither, []string{"head/bias", "head/kernel"}},
		{"names as keys, reference variables", "tf1_ref", neither, []string{"head/bias", "head/kernel"}},
		{"nothing tells", "mean_rgb", neither, nil},
	} {
		t.Run(c.reason, func(t *testing.T) {
			m := edited(t, copyOf(t, c.model), c.edit)
			g := &m.Graphs()[0]
			keys, err := m.VariableKeys(g)
			if err != nil {
				t.Fatal(err)
			}
			if len(c.nodes) == 0 && len(keys) > 0 {
				t.Errorf("found %v", keys)
			}
			b, err := m.Checkpoint()
			if err != nil {
				t.Fatal(err)
			}
			for _, node := range c.nodes {
				value, err := b.Read(keys[node])
				if want := golden[c.model][strings.Join(g.Tags, " ")][node]; err != nil || hex.EncodeToString(value) != want {
					t.Errorf("variable %s, key %q: %x, %v; want %s", node, keys[node], value, err, want)
				}
			}
		})
	}
}

func TestPartitioned(t *testing.T) {
	m := tiny(t, "tf1_partitioned")
	_, err := m.VariableKeys(&m.Graphs()[0])
	check(t, err, "unsupported", "slice", `"head/kernel"`)
}

// Handles with one shared name are one variable; anonymous ones are not.
func TestSharedNames(t *testing.T) {
	handle := func(p *pb.SavedModel, name, shared string) {
		g := p.MetaGraphs[0].GraphDef
		i := slices.IndexFunc(g.Node, func(n *nodes.NodeDef) bool { return n.GetName() == "head/bias" })
		n := &nodes.NodeDef{Name: name, Op: "VarHandleOp", Attr: maps.Clone(g.Node[i].Attr)}
		n.Attr["shared_name"] = attrString(shared)
		g.Node = append(g.Node, n)
	}
	m := edited(t, copyOf(t, "tf1_resource"), func(p *pb.SavedModel) {
		handle(p, "again", "head/bias")
		handle(p, "other", "other")
		handle(p, "hidden", anonymous)
	})
	keys, err := m.VariableKeys(&m.Graphs()[0])
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"again": "head/bias", "head/bias": "head/bias", "head/kernel": "head/kernel"}
	if !maps.Equal(keys, want) {
		t.Errorf("got %v, want %v", keys, want)
	}
}

func TestVariableErrors(t *testing.T) {
	variable := func(p *pb.SavedModel, name string) *nodes.NodeDef {
		for _, n := range p.MetaGraphs[0].GraphDef.Node {
			if n.GetName() == name {
				return n
			}
		}
		t.Fatalf("no node %s", name)
		return nil
	}
	for _, c := range []struct {
		name, model string
		files       func(fstest.MapFS)
		edit        func(*pb.SavedModel)
		kind        string
		words       []string
	}{
		{"no variables folder", "mean_rgb", func(f fstest.MapFS) {
			maps.DeleteFunc(f, func(name string, _ *fstest.MapFile) bool { return strings.HasPrefix(name, "variables/") })
		}, nil, "model", []string{"variables/variables.index"}},
		{"no data", "mean_rgb", func(f fstest.MapFS) { delete(f, "variables/variables.data-00000-of-00001") },
			nil, "model", []string{"variables/variables.data-00000-of-00001"}},
		{"another model's variables", "tf1_resource", func(f fstest.MapFS) {
			for name, file := range copyOf(t, "mean_rgb") {
				if strings.HasPrefix(name, "variables/") {
					f[name] = file
				}
			}
		}, nil, "model", []string{`want "head/`, "the model has " + objectGraphKey}},
		{"other type", "mean_rgb", nil, func(p *pb.SavedModel) {
			variable(p, "kernel").Attr["dtype"] = attrType(types.DataType_DT_DOUBLE)
		}, "model", []string{"want float64 [3 3] for variable kernel, got float32 [3 3]"}},
		{"other shape", "tf1_ref", nil, func(p *pb.SavedModel) {
			variable(p, "head/kernel").Attr["shape"].GetShape().Dim[1].Size = 4
		}, "model", []string{"want float32 [3 4] for variable head/kernel, got float32 [3 3]"}},
		{"other rank", "mean_rgb", nil, func(p *pb.SavedModel) {
			variable(p, "kernel").Attr["shape"].GetShape().Dim = nil
		}, "model", []string{"want float32 [] for variable kernel"}},
		{"object graph contradicts restore op", "same_name", nil, func(p *pb.SavedModel) {
			for _, f := range p.MetaGraphs[0].ObjectGraphDef.ConcreteFunctions {
				slices.Reverse(f.BoundInputs)
			}
		}, "format", []string{"the object graph says"}},
		{"more captures than inputs", "mean_rgb", nil, func(p *pb.SavedModel) {
			for _, f := range p.MetaGraphs[0].ObjectGraphDef.ConcreteFunctions {
				f.BoundInputs = append(f.BoundInputs, f.BoundInputs...)
				f.BoundInputs = append(f.BoundInputs, f.BoundInputs...)
			}
		}, "format", []string{"captures 8"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := copyOf(t, c.model)
			if c.files != nil {
				c.files(files)
			}
			edit := c.edit
			if edit == nil {
				edit = func(*pb.SavedModel) {}
			}
			m := edited(t, files, edit)
			_, err := m.VariableKeys(&m.Graphs()[0])
			check(t, err, c.kind, c.words...)
		})
	}
}

// Numbers of objects come from the file; they must be looked at before use.
func TestHostileObjectGraph(t *testing.T) {
	m := edited(t, copyOf(t, "mean_rgb"), func(p *pb.SavedModel) {
		p.MetaGraphs[0].SaverDef = nil
		o := p.MetaGraphs[0].ObjectGraphDef
		for _, n := range o.Nodes {
			for i, c := range n.Children {
				c.NodeId = []int32{-1, 1 << 30, 0}[i%3]
			}
		}
		for _, f := range o.ConcreteFunctions {
			f.BoundInputs = []int32{-5, 1 << 30}
		}
	})
	if keys, err := m.VariableKeys(&m.Graphs()[0]); err != nil || len(keys) > 0 {
		t.Errorf("found %v, %v", keys, err)
	}
}

// Functions that call each other without end must neither hang nor overflow.
func TestEndlessCalls(t *testing.T) {
	m := edited(t, copyOf(t, "mean_rgb"), func(p *pb.SavedModel) {
		for _, f := range p.MetaGraphs[0].GraphDef.Library.Function {
			if !strings.Contains(f.Signature.Name, "restore") {
				continue
			}
			for i := range 3 {
				f.NodeDef = append(f.NodeDef, &nodes.NodeDef{Name: string(rune('a' + i)), Op: f.Signature.Name})
			}
		}
	})
	_, err := m.VariableKeys(&m.Graphs()[0])
	check(t, err, "format", "calls")
}

// A model without variables may come without a checkpoint.
func TestNoVariables(t *testing.T) {
	files := copyOf(t, "reads_file")
	maps.DeleteFunc(files, func(name string, _ *fstest.MapFile) bool { return name != binaryFile })
	m, err := Read(files, ".")
	if err != nil {
		t.Fatal(err)
	}
	if keys, err := m.VariableKeys(&m.Graphs()[0]); err != nil || len(keys) > 0 {
		t.Errorf("keys %v, %v", keys, err)
	}
	_, err = m.Checkpoint()
	check(t, err, "model", "variables/variables.index", fs.ErrNotExist.Error())
}
