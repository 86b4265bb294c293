package ir

import (
	"fmt"
	"slices"
	"strconv"

	funcpb "github.com/wamuir/graft/tensorflow/core/framework/function_go_proto"
	nodepb "github.com/wamuir/graft/tensorflow/core/framework/node_def_go_proto"
	opdefpb "github.com/wamuir/graft/tensorflow/core/framework/op_def_go_proto"
	tensorpb "github.com/wamuir/graft/tensorflow/core/framework/tensor_go_proto"
	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"
	"google.golang.org/protobuf/proto"

	"github.com/gosight/vision/internal/fault"
)

// Unique gives every node a name of its own, by a suffix where two share one.
// Nodes in taken keep theirs.
func Unique(nodes []*Node, taken ...*Node) {
	used := make(map[string]bool, len(nodes))
	keep := make(map[*Node]bool, len(taken))
	for _, n := range taken {
		used[n.Name], keep[n] = true, true
	}
	for _, n := range nodes {
		if keep[n] {
			continue
		}
		name := n.Name
		for i := 1; used[name]; i++ {
			name = n.Name + "_" + strconv.Itoa(i)
		}
		n.Name = name
		used[name] = true
	}
}

// Encode writes nodes, whose names must be unique, as the nodes of a GraphDef.
func Encode(nodes []*Node) []*nodepb.NodeDef {
	return encode(nodes, func(o Out) string {
		if o.Index == 0 {
			return o.Node.Name
		}
		return o.Node.Name + ":" + strconv.Itoa(o.Index)
	})
}

func encode(nodes []*Node, ref func(Out) string) []*nodepb.NodeDef {
	defs := make([]*nodepb.NodeDef, 0, len(nodes))
	for _, n := range nodes {
		def := &nodepb.NodeDef{Name: n.Name, Op: n.Op, Device: n.Device, Attr: n.Attr}
		for _, in := range n.In {
			def.Input = append(def.Input, ref(in))
		}
		ctrl := make([]string, 0, len(n.Ctrl))
		for _, c := range n.Ctrl {
			ctrl = append(ctrl, "^"+c.Name)
		}
		slices.Sort(ctrl)
		def.Input = append(def.Input, slices.Compact(ctrl)...)
		defs = append(defs, def)
	}
	return defs
}

// EncodeFunc writes b as a function of this name. The types of the arguments
// are those of the Args, the types of the outputs those of the Rets.
func EncodeFunc(name string, b *Body, ops Ops, funcs map[string]*funcpb.FunctionDef) (*funcpb.FunctionDef, error) {
	var roots []*Node
	for _, r := range b.Rets {
		roots = append(roots, r.Node)
	}
	roots = append(roots, b.Effects...)
	nodes := slices.DeleteFunc(Reach(roots...), func(n *Node) bool { return n.Op == OpArg })
	Unique(nodes, b.Args...)

	var failed error
	ref := func(o Out) string {
		if o.Node.Op == OpArg {
			return o.Node.Name
		}
		ports, err := ops.outputs(o.Node, funcs)
		if err != nil {
			failed = err
			return ""
		}
		for _, p := range ports {
			if o.Index >= p.lo && o.Index < p.hi {
				return fmt.Sprintf("%s:%s:%d", o.Node.Name, p.name, o.Index-p.lo)
			}
		}
		failed = &fault.FormatError{Format: "graph", Reason: fmt.Sprintf("function %s: node %s (%s) has no output %d", name, o.Node.Name, o.Node.Op, o.Index)}
		return ""
	}

	sig := proto.Clone(b.Def.GetSignature()).(*opdefpb.OpDef)
	sig.Name = name
	f := &funcpb.FunctionDef{Signature: sig, Ret: map[string]string{}, ControlRet: map[string]string{}}
	for i, a := range sig.GetInputArg() {
		a.Type = b.Args[i].Type("T")
		a.HandleData, a.ExperimentalFullType = nil, nil
	}
	for i, a := range sig.GetOutputArg() {
		if t := ops.OutType(b.Rets[i]); t != types.DataType_DT_INVALID {
			a.Type = t
		}
		a.HandleData, a.ExperimentalFullType = nil, nil
		f.Ret[a.GetName()] = ref(b.Rets[i])
	}
	sig.ControlOutput = nil
	for _, n := range b.Effects {
		sig.ControlOutput = append(sig.ControlOutput, n.Name)
		f.ControlRet[n.Name] = n.Name
	}
	for _, n := range nodes {
		if err := Pack(n); err != nil {
			return nil, err
		}
	}
	f.NodeDef = encode(nodes, ref)
	return f, failed
}

// Pack puts the content of a large constant into the node.
func Pack(n *Node) error {
	size, fill, ok := Bytes(n)
	if !ok || n.Fill == nil {
		return nil
	}
	content := make([]byte, size)
	if err := fill(content); err != nil {
		return err
	}
	t := n.Attr["value"].GetTensor()
	n.Attr["value"] = Tensor(&tensorpb.TensorProto{Dtype: t.GetDtype(), TensorShape: t.GetTensorShape(), TensorContent: content})
	n.Fill = nil
	return nil
}
