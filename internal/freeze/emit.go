package freeze

import (
	"maps"
	"slices"

	funcpb "github.com/wamuir/graft/tensorflow/core/framework/function_go_proto"
	graphpb "github.com/wamuir/graft/tensorflow/core/framework/graph_go_proto"

	"github.com/gosight/vision/internal/freeze/ir"
	"github.com/gosight/vision/internal/savedmodel"
)

// emit writes the scope b as a GraphDef.
func (f *freezer) emit(sig *savedmodel.Signature, inputs []*ir.Node, b *ir.Body, o Options) (*Graph, error) {
	for i, r := range b.Rets {
		if slices.Contains(inputs, r.Node) { // a tensor cannot be fed and fetched in one run
			b.Rets[i] = ir.New(r.Node.Name+"/echo", "Identity", ir.Attrs{"T": ir.Type(r.Node.Type("dtype"))}, r).Out(0)
		}
	}
	roots := slices.Clone(inputs)
	for _, r := range b.Rets {
		roots = append(roots, r.Node)
	}
	nodes := ir.Reach(roots...)
	ir.Unique(nodes, inputs...) // variables are shared by name
	var weights []Weight
	var assigns []*ir.Node
	if o.Variables {
		weights, assigns = extract(nodes)
		nodes = ir.Reach(append(assigns, nodes...)...)
		ir.Unique(nodes, inputs...)
	}
	for i, a := range assigns {
		weights[i].Assign, weights[i].Feed = a.Name, name(a.In[1])
	}
	for _, n := range nodes {
		if err := ir.Pack(n); err != nil {
			return nil, err
		}
	}

	g := &Graph{Weights: weights, Inputs: map[string]string{}, Outputs: map[string]string{}, Kept: map[string]string{}, Report: f.report, features: map[string]feature{}}
	for i, p := range sig.Inputs {
		g.Inputs[p.Key] = inputs[i].Name + ":0"
	}
	for i, p := range sig.Outputs {
		g.Outputs[p.Key] = name(b.Rets[i])
	}
	for key, h := range f.head {
		g.features[key] = feature{name(b.Rets[h.ret]), h.dims}
	}
	for key, ret := range f.kept {
		g.Kept[key] = name(b.Rets[ret])
	}
	g.Def = &graphpb.GraphDef{Node: ir.Encode(nodes), Versions: f.src.Versions}
	if len(f.out) > 0 {
		g.Def.Library = &funcpb.FunctionDefLibrary{}
		for _, name := range slices.Sorted(maps.Keys(f.out)) {
			g.Def.Library.Function = append(g.Def.Library.Function, f.out[name])
		}
	}
	g.Report.Nodes = len(nodes)
	for _, n := range nodes {
		t := n.Attr["value"].GetTensor()
		g.WeightBytes += int64(len(t.GetTensorContent()))
	}
	for _, w := range weights {
		g.WeightBytes += w.Size
	}
	g.SetDevice(o.Device)
	return g, nil
}

// SetDevice writes the device into every node of the graph; "" leaves the choice
// to TensorFlow.
func (g *Graph) SetDevice(name string) {
	for _, n := range g.Def.GetNode() {
		n.Device = name
	}
	for _, f := range g.Def.GetLibrary().GetFunction() {
		for _, n := range f.GetNodeDef() {
			n.Device = name
		}
	}
}
