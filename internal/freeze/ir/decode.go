package ir

import (
	"fmt"
	"maps"
	"strconv"
	"strings"

	funcpb "github.com/wamuir/graft/tensorflow/core/framework/function_go_proto"
	graphpb "github.com/wamuir/graft/tensorflow/core/framework/graph_go_proto"
	nodepb "github.com/wamuir/graft/tensorflow/core/framework/node_def_go_proto"

	"github.com/gosight/vision/internal/fault"
)

// maxIndex bounds output numbers of hostile files.
const maxIndex = 1 << 20

// Decode reads a GraphDef. Nodes share attribute values with it, not the maps.
func Decode(def *graphpb.GraphDef) (*Graph, error) {
	g := &Graph{Versions: def.GetVersions(), Funcs: map[string]*funcpb.FunctionDef{}}
	for _, f := range def.GetLibrary().GetFunction() {
		g.Funcs[f.GetSignature().GetName()] = f
	}
	d := newDecoder("the graph")
	if err := d.add(def.GetNode()); err != nil {
		return nil, err
	}
	if err := d.connect(def.GetNode(), d.flat); err != nil {
		return nil, err
	}
	g.Nodes = d.nodes
	return g, nil
}

// DecodeFunc reads the body of a function anew, so that each use may change its
// own. Tensors inside functions are named "node:output:0", which needs the definitions of the ops.
func DecodeFunc(f *funcpb.FunctionDef, ops Ops, funcs map[string]*funcpb.FunctionDef) (*Body, error) {
	d := newDecoder("function " + f.GetSignature().GetName())
	d.ops, d.funcs = ops, funcs
	b := &Body{Def: f}
	for _, a := range f.GetSignature().GetInputArg() {
		if a.GetNumberAttr() != "" || a.GetTypeListAttr() != "" || a.GetTypeAttr() != "" {
			return nil, &fault.UnsupportedError{Format: "graph", Reason: d.where + ": argument " + a.GetName() + " has no fixed type"}
		}
		n := New(a.GetName(), OpArg, Attrs{"T": Type(a.GetType())})
		if err := d.put(n); err != nil {
			return nil, err
		}
		b.Args = append(b.Args, n)
	}
	if err := d.add(f.GetNodeDef()); err != nil {
		return nil, err
	}
	if err := d.connect(f.GetNodeDef(), d.inFunc); err != nil {
		return nil, err
	}
	b.Nodes = d.nodes
	for _, a := range f.GetSignature().GetOutputArg() {
		o, err := d.inFunc(f.GetRet()[a.GetName()])
		if err != nil {
			return nil, err
		}
		b.Rets = append(b.Rets, o)
	}
	for _, name := range f.GetControlRet() {
		n := d.names[name]
		if n == nil {
			return nil, d.broken("has no node %q for a control output", name)
		}
		b.Effects = append(b.Effects, n)
	}
	return b, nil
}

type decoder struct {
	where string // for errors
	names map[string]*Node
	nodes []*Node
	ops   Ops
	funcs map[string]*funcpb.FunctionDef
}

func newDecoder(where string) *decoder {
	return &decoder{where: where, names: map[string]*Node{}}
}

func (d *decoder) broken(format string, args ...any) error {
	return &fault.FormatError{Format: "graph", Reason: d.where + " " + fmt.Sprintf(format, args...)}
}

func (d *decoder) put(n *Node) error {
	if d.names[n.Name] != nil {
		return d.broken("has two nodes %q", n.Name)
	}
	d.names[n.Name] = n
	return nil
}

func (d *decoder) add(defs []*nodepb.NodeDef) error {
	for _, def := range defs {
		n := New(def.GetName(), def.GetOp(), maps.Clone(Attrs(def.GetAttr())))
		n.Device = def.GetDevice()
		n.Attr.Clean()
		if err := d.put(n); err != nil {
			return err
		}
		d.nodes = append(d.nodes, n)
	}
	return nil
}

func (d *decoder) connect(defs []*nodepb.NodeDef, data func(string) (Out, error)) error {
	for i, def := range defs {
		n := d.nodes[i]
		for _, in := range def.GetInput() {
			if name, ok := strings.CutPrefix(in, "^"); ok {
				c := d.names[name]
				if c == nil {
					return d.broken("has no node %q, which %s waits for", name, n.Name)
				}
				if c.Op != OpArg {
					n.Ctrl = append(n.Ctrl, c)
				}
				continue
			}
			o, err := data(in)
			if err != nil {
				return err
			}
			n.In = append(n.In, o)
		}
	}
	return nil
}

// flat reads "node" and "node:1".
func (d *decoder) flat(ref string) (Out, error) {
	name, index, ok := strings.Cut(ref, ":")
	i := 0
	if ok {
		var err error
		if i, err = strconv.Atoi(index); err != nil || i < 0 || i > maxIndex {
			return Out{}, d.broken("has a tensor named %q", ref)
		}
	}
	n := d.names[name]
	if n == nil {
		return Out{}, d.broken("has no node for the tensor %q", ref)
	}
	return n.Out(i), nil
}

// inFunc reads "argument", "argument:0", "node:output" and "node:output:1".
func (d *decoder) inFunc(ref string) (Out, error) {
	parts := strings.Split(ref, ":")
	n := d.names[parts[0]]
	if n == nil {
		return Out{}, d.broken("has no node for the tensor %q", ref)
	}
	if n.Op == OpArg {
		return n.Out(0), nil
	}
	i := 0
	var err error
	if len(parts) == 3 {
		i, err = strconv.Atoi(parts[2])
	}
	if err != nil || i < 0 || i > maxIndex || len(parts) < 2 || len(parts) > 3 {
		return Out{}, d.broken("has a tensor named %q", ref)
	}
	ports, err := d.ops.outputs(n, d.funcs)
	if err != nil {
		return Out{}, err
	}
	for _, p := range ports {
		if p.name == parts[1] && p.lo+i < p.hi {
			return n.Out(p.lo + i), nil
		}
	}
	return Out{}, d.broken("has no output for the tensor %q of op %s", ref, n.Op)
}
