package ir

import (
	"fmt"

	funcpb "github.com/wamuir/graft/tensorflow/core/framework/function_go_proto"
	opdefpb "github.com/wamuir/graft/tensorflow/core/framework/op_def_go_proto"
	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"
	"google.golang.org/protobuf/proto"

	"github.com/gosight/vision/internal/fault"
)

// Ops knows the definitions of ops, by name.
type Ops map[string]*opdefpb.OpDef

// ParseOps reads a serialised OpList.
func ParseOps(data []byte) (Ops, error) {
	var l opdefpb.OpList
	if err := proto.Unmarshal(data, &l); err != nil {
		return nil, &fault.FormatError{Format: "op list", Err: err}
	}
	ops := make(Ops, len(l.GetOp()))
	for _, o := range l.GetOp() {
		ops[o.GetName()] = o
	}
	return ops, nil
}

// A port is one named output of an op and the range of tensors it stands for.
type port struct {
	name   string
	lo, hi int
}

// outputs returns the named outputs of n in order. Functions called as ops are
// looked up in funcs.
func (ops Ops) outputs(n *Node, funcs map[string]*funcpb.FunctionDef) ([]port, error) {
	def := ops[n.Op]
	if def == nil {
		def = funcs[n.Op].GetSignature()
	}
	if def == nil {
		return nil, &fault.UnsupportedError{Format: "graph", Reason: fmt.Sprintf("node %s: op %q is not known to this TensorFlow", n.Name, n.Op)}
	}
	var ports []port
	at := 0
	for _, arg := range def.GetOutputArg() {
		size := 1
		switch {
		case arg.GetNumberAttr() != "":
			size = int(ops.number(n, def, arg.GetNumberAttr()))
		case arg.GetTypeListAttr() != "":
			size = len(n.Attr[arg.GetTypeListAttr()].GetList().GetType())
		}
		if size < 0 {
			return nil, &fault.FormatError{Format: "graph", Reason: fmt.Sprintf("node %s has %d tensors in output %s", n.Name, size, arg.GetName())}
		}
		ports = append(ports, port{arg.GetName(), at, at + size})
		at += size
	}
	return ports, nil
}

// Check compares the inputs of n, and the outputs that it reads, with the
// definitions of the ops. Ops that are not known are not checked.
func (ops Ops) Check(n *Node) error {
	broken := func(format string, args ...any) error {
		return &fault.FormatError{Format: "graph", Reason: fmt.Sprintf("node %s (%s) ", n.Name, n.Op) + fmt.Sprintf(format, args...)}
	}
	if def := ops[n.Op]; def != nil {
		want := 0
		for _, arg := range def.GetInputArg() {
			size := 1
			switch {
			case arg.GetNumberAttr() != "":
				size = int(ops.number(n, def, arg.GetNumberAttr()))
			case arg.GetTypeListAttr() != "":
				size = len(n.Attr[arg.GetTypeListAttr()].GetList().GetType())
			}
			want += size
		}
		if len(n.In) != want {
			return broken("has %d inputs, want %d", len(n.In), want)
		}
	}
	for _, in := range n.In {
		if ops[in.Node.Op] == nil {
			continue
		}
		ports, err := ops.outputs(in.Node, nil)
		if err != nil {
			return err
		}
		if len(ports) == 0 || in.Index >= ports[len(ports)-1].hi {
			return broken("reads output %d of %s, which it does not have", in.Index, in.Node.Name)
		}
	}
	return nil
}

func (ops Ops) number(n *Node, def *opdefpb.OpDef, attr string) int64 {
	if v := n.Attr[attr]; v != nil {
		return v.GetI()
	}
	for _, a := range def.GetAttr() {
		if a.GetName() == attr {
			return a.GetDefaultValue().GetI()
		}
	}
	return 0
}

// OutType returns the type of a tensor, DT_INVALID if it cannot be told.
func (ops Ops) OutType(o Out) types.DataType {
	if o.Node.Op == OpArg {
		return o.Node.Type("T")
	}
	def := ops[o.Node.Op]
	ports, err := ops.outputs(o.Node, nil)
	if def == nil || err != nil {
		return types.DataType_DT_INVALID
	}
	for i, p := range ports {
		if o.Index < p.lo || o.Index >= p.hi {
			continue
		}
		arg := def.GetOutputArg()[i]
		switch {
		case arg.GetTypeListAttr() != "":
			return o.Node.Attr[arg.GetTypeListAttr()].GetList().GetType()[o.Index-p.lo]
		case arg.GetTypeAttr() != "":
			if v := o.Node.Attr[arg.GetTypeAttr()]; v != nil {
				return v.GetType()
			}
			for _, a := range def.GetAttr() {
				if a.GetName() == arg.GetTypeAttr() {
					return a.GetDefaultValue().GetType()
				}
			}
		}
		return arg.GetType()
	}
	return types.DataType_DT_INVALID
}

// Stateful reports whether running the op can be told apart from not running it.
// An op that is not known counts as such.
func (ops Ops) Stateful(op string) bool {
	def := ops[op]
	return def == nil || def.GetIsStateful()
}
