// Package freeze turns a SavedModel into one frozen GraphDef: variables become
// constants, calls are inlined, what the signature does not need is gone. It
// works on protobuf messages alone and never touches the TensorFlow library.
package freeze

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	funcpb "github.com/wamuir/graft/tensorflow/core/framework/function_go_proto"
	graphpb "github.com/wamuir/graft/tensorflow/core/framework/graph_go_proto"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/freeze/ir"
	"github.com/gosight/vision/internal/freeze/optimize"
	"github.com/gosight/vision/internal/savedmodel"
)

// Options say how a graph is frozen.
type Options struct {
	// Device is written into every node, for example "/device:GPU:1"; empty leaves
	// the choice to TensorFlow.
	Device string
	// Optimize also evaluates what depends on constants alone, folds batch norms into
	// weights and writes fused nodes. Outputs move by rounding only.
	Optimize bool
	// Ops is the serialised OpList of the TensorFlow library that will run the
	// graph (TF_GetAllOpList). It names the outputs of each op, which bodies of functions need.
	Ops []byte
	// CPU says that the graph will run on a CPU device, where more nodes can be fused.
	CPU bool
	// OneDNN says that the library has oneDNN's kernels for this CPU (x86-64 with AVX2).
	OneDNN bool
	// Variables keeps large constants out of Def: they are returned as Weights, to
	// be assigned once. Open then takes the memory of the weights once, not five times. Without it, Def
	// holds everything, which TensorFlow's own rewriter needs to see.
	Variables bool
	// Keep names further tensors, "op:0", that will be fetched: their values stay
	// what they are in the saved graph, whatever is folded around them.
	Keep []string
}

// A Graph is a frozen model.
type Graph struct {
	Def         *graphpb.GraphDef
	Inputs      map[string]string // signature key to tensor name in Def, "op:0"
	Outputs     map[string]string
	Kept        map[string]string // tensors of Options.Keep, to tensor name in Def
	Weights     []Weight          // with Options.Variables
	WeightBytes int64             // bytes of all constants, those of Weights included
	Report      Report

	features map[string]feature // by output
}

// A Report says what was done, for people to read.
type Report struct {
	Variables int `json:"variables"` // variables that became constants
	Inlined   int `json:"inlined"`   // calls inlined
	Folded    int `json:"folded"`    // nodes evaluated because they depend on constants alone
	Fused     int `json:"fused"`     // nodes that do the work of several
	Nodes     int `json:"nodes"`     // nodes left
}

// NotFreezableError reports a graph that must run as it was saved: it writes
// variables, uses tables, or holds a variable whose value is not in the checkpoint.
type NotFreezableError struct {
	Node   string
	Op     string
	Reason string
}

func (e *NotFreezableError) Error() string {
	s := "vision: cannot freeze"
	if e.Node != "" {
		s += " " + e.Node
	}
	if e.Op != "" {
		s += fmt.Sprintf(" (%s)", e.Op)
	}
	return s + ": " + e.Reason
}

// A freezer holds what is known while one graph is being frozen.
type freezer struct {
	src     *ir.Graph
	ops     ir.Ops
	values  *values
	special map[string]*special
	out     map[string]*funcpb.FunctionDef // functions of the frozen graph
	trail   []string                       // functions being specialised, outermost first
	nodes   int
	report  Report
	head    map[string]headOf // by output
	kept    map[string]int    // tensor to index in the scope's Rets
}

// Freeze returns the part of g that sig needs, frozen. A graph that cannot be
// frozen is a *NotFreezableError; anything else that is wrong is an error of package fault.
// Def holds the weights until Release, unless they are left out as Weights, which read m's
// files when they are filled.
func Freeze(m *savedmodel.Model, g *savedmodel.Graph, sig *savedmodel.Signature, o Options) (*Graph, error) {
	ops, err := ir.ParseOps(o.Ops)
	if err != nil {
		return nil, err
	}
	src, err := ir.Decode(g.Meta.GetGraphDef())
	if err != nil {
		return nil, err
	}
	v := &values{}
	if v.keys, err = m.VariableKeys(g); err != nil {
		return nil, err
	}
	if v.bundle, err = m.Checkpoint(); err != nil {
		var missing *fault.ModelError
		if !errors.As(err, &missing) || len(v.keys) > 0 {
			return nil, err
		}
		v.bundle = nil // a model without variables needs no checkpoint
	}
	f := &freezer{src: src, ops: ops, values: v, special: map[string]*special{}, out: map[string]*funcpb.FunctionDef{}}
	return f.freeze(sig, o)
}

func (f *freezer) freeze(sig *savedmodel.Signature, o Options) (*Graph, error) {
	names := make(map[string]*ir.Node, len(f.src.Nodes))
	for _, n := range f.src.Nodes {
		names[n.Name] = n
	}
	b := &ir.Body{}
	for _, p := range sig.Outputs {
		out, err := tensor(names, p)
		if err != nil {
			return nil, err
		}
		b.Rets = append(b.Rets, out)
	}
	inputs, err := cut(names, sig.Inputs, f.src.Nodes, b.Rets)
	if err != nil {
		return nil, err
	}
	if err := f.inline(b, nil); err != nil {
		return nil, err
	}
	if _, err := f.resources(b, nil); err != nil {
		return nil, err
	}
	b.Effects = nil // what must run is what the outputs need
	f.relax(b)
	f.heads(b, sig)
	if err := f.keep(b, o.Keep); err != nil {
		return nil, err
	}
	if o.Optimize {
		c := optimize.Run(b, inputs, optimize.Options{CPU: o.CPU, OneDNN: o.OneDNN})
		f.report.Folded, f.report.Fused = c.Folded, c.Fused
	}
	return f.emit(sig, inputs, b, o)
}

// tensor finds the tensor of a port.
func tensor(names map[string]*ir.Node, p savedmodel.Port) (ir.Out, error) {
	name, index, _ := strings.Cut(p.Tensor, ":")
	i, err := strconv.Atoi(index)
	if n := names[name]; n != nil && err == nil && i >= 0 {
		return n.Out(i), nil
	}
	return ir.Out{}, &fault.ModelError{What: "signature", Want: "tensor " + p.Tensor + " for " + p.Key, Got: "a graph without it"}
}

// cut returns a placeholder for each input, behind which nothing is needed.
func cut(names map[string]*ir.Node, ports []savedmodel.Port, nodes []*ir.Node, rets []ir.Out) ([]*ir.Node, error) {
	var inputs []*ir.Node
	instead := map[ir.Out]ir.Out{}
	for _, p := range ports {
		at, err := tensor(names, p)
		if err != nil {
			return nil, err
		}
		switch at.Node.Op {
		case "Placeholder", "PlaceholderV2", "PlaceholderWithDefault":
			inputs = append(inputs, at.Node)
		default:
			ph := ir.New(at.Node.Name, "Placeholder", ir.Attrs{"dtype": ir.Type(p.DType), "shape": ir.Shape(p.Shape)})
			instead[at] = ph.Out(0)
			inputs = append(inputs, ph)
		}
	}
	ir.Redirect(instead, nodes, rets)
	return inputs, nil
}
