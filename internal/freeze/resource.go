package freeze

import (
	"strings"

	tensorpb "github.com/wamuir/graft/tensorflow/core/framework/tensor_go_proto"
	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/freeze/ir"
)

// handles maps each tensor that was the handle of a variable to the variable.
type handles map[ir.Out]*variable

// resources replaces the variables of a scope by their values: handles become
// Consts, what passes handles on passes values, what reads them becomes an Identity. args says which
// arguments are handles; those of the results that are come back.
func (f *freezer) resources(b *ir.Body, args []*variable) ([]*variable, error) {
	nodes := scope(b)
	for _, n := range nodes {
		if reason := refused(n.Op); reason != "" {
			return nil, &NotFreezableError{Node: n.Name, Op: n.Op, Reason: reason}
		}
		if err := f.ops.Check(n); err != nil {
			return nil, err
		}
	}
	if n := ir.Cycle(nodes); n != nil {
		return nil, &fault.FormatError{Format: "graph", Reason: "node " + n.Name + " waits for itself"}
	}
	h := handles{}
	for i, v := range args {
		if v != nil {
			b.Args[i].Attr["T"] = ir.Type(v.dtype)
			h[b.Args[i].Out(0)] = v
		}
	}
	framed := hasFrames(nodes)
	for _, n := range nodes {
		switch n.Op {
		case "VarHandleOp", "Variable", "VariableV2":
			handle := n.Op == "VarHandleOp"
			v, err := f.values.constant(n)
			if err != nil {
				return nil, err
			}
			f.report.Variables++
			if handle {
				h[n.Out(0)] = v
			}
		}
	}
	h.spread(nodes)
	for _, n := range nodes { // callers after what they take, so handles are known by then
		if err := f.functions(n, h); err != nil {
			return nil, err
		}
		h.spread(nodes)
	}
	for _, n := range nodes {
		if err := h.read(n, framed); err != nil {
			return nil, err
		}
	}
	rets := make([]*variable, len(b.Rets))
	for i, r := range b.Rets {
		rets[i] = h[r]
	}
	return rets, nil
}

// spread follows handles through the ops that pass their input on, until nothing
// changes; loops go backwards.
func (h handles) spread(nodes []*ir.Node) {
	for changed := true; changed; {
		changed = false
		pass := func(from, to ir.Out) {
			if v := h[from]; v != nil && h[to] == nil {
				h[to], changed = v, true
			}
		}
		for _, n := range nodes {
			if len(n.In) == 0 {
				continue
			}
			switch n.Op {
			case "Identity", "Enter", "Exit", "NextIteration", "StopGradient":
				pass(n.In[0], n.Out(0))
			case "Switch":
				pass(n.In[0], n.Out(0))
				pass(n.In[0], n.Out(1))
			case "Merge":
				for _, in := range n.In {
					pass(in, n.Out(0))
				}
			case "IdentityN":
				for i, in := range n.In {
					pass(in, n.Out(i))
				}
			}
		}
	}
}

// read rewrites a node that takes a handle into one that takes the value.
func (h handles) read(n *ir.Node, framed bool) error {
	at := -1
	for i, in := range n.In {
		if h[in] != nil {
			at = i
			break
		}
	}
	if at < 0 {
		return nil
	}
	v := h[n.In[at]]
	fail := func(reason string) error { return &NotFreezableError{Node: n.Name, Op: n.Op, Reason: reason} }
	typed := func(attr string) error {
		if t := n.Type(attr); t != v.dtype {
			return fail("reads " + t.String() + " from a variable of " + v.dtype.String())
		}
		return nil
	}
	if strings.HasPrefix(n.Op, "ResourceGather") && len(n.In) != 2 {
		return fail("has no indices")
	}
	switch n.Op {
	case "ReadVariableOp":
		err := typed("dtype")
		n.Op, n.Attr = "Identity", ir.Attrs{"T": ir.Type(v.dtype)}
		return err
	case "ResourceGather":
		err := typed("dtype")
		axis := ir.ScalarInt32(n.Name+"/axis", 0)
		if framed { // a Const without inputs stands outside every frame
			axis.Ctrl = []*ir.Node{n.In[1].Node}
		}
		attr := ir.Attrs{"Tparams": ir.Type(v.dtype), "Tindices": n.Attr["Tindices"], "Taxis": ir.Type(types.DataType_DT_INT32)}
		if d := n.Attr["batch_dims"]; d != nil {
			attr["batch_dims"] = d
		}
		n.Op, n.Attr, n.In = "GatherV2", attr, append(n.In, axis.Out(0))
		return err
	case "ResourceGatherNd":
		err := typed("dtype")
		n.Op, n.Attr = "GatherNd", ir.Attrs{"Tparams": ir.Type(v.dtype), "Tindices": n.Attr["Tindices"]}
		return err
	case "VariableShape":
		out := n.Attr["out_type"]
		n.Op, n.Attr = "Shape", ir.Attrs{"T": ir.Type(v.dtype)}
		if out != nil {
			n.Attr["out_type"] = out
		}
	case "VarIsInitializedOp":
		t := &tensorpb.TensorProto{Dtype: types.DataType_DT_BOOL, TensorShape: ir.ShapeProto([]int64{}), BoolVal: []bool{true}}
		if framed {
			n.Ctrl = append(n.Ctrl, n.In[0].Node)
		}
		n.Op, n.In, n.Attr = "Const", nil, ir.Attrs{"dtype": ir.Type(t.Dtype), "value": ir.Tensor(t)}
	case "DisableCopyOnRead":
		n.Op, n.In, n.Attr = "NoOp", nil, ir.Attrs{}
	case "Identity", "Enter", "Exit", "NextIteration", "StopGradient", "Switch", "Merge":
		n.Attr["T"] = ir.Type(v.dtype)
	case "IdentityN":
		n.Attr["T"] = h.types(n.Attr["T"].GetList().GetType(), n.In)
	case "PartitionedCall", "StatefulPartitionedCall", "If", "StatelessIf", "Case", "StatelessCase", "While", "StatelessWhile":
		// functions has done these
	default:
		return fail("takes the handle of a variable")
	}
	return nil
}

// refused says why a graph with this op cannot be frozen, "" if it can.
func refused(op string) string {
	writes := []string{"Assign", "ResourceApply", "ResourceScatter", "ResourceSparseApply", "ResourceStridedSliceAssign",
		"ScatterUpdate", "ScatterAdd", "ScatterSub", "ScatterMul", "ScatterDiv", "ScatterMin", "ScatterMax", "ScatterNdUpdate", "ScatterNdAdd", "ScatterNdSub"}
	for _, p := range writes {
		if strings.HasPrefix(op, p) {
			return "writes a variable"
		}
	}
	state := []string{"HashTable", "LookupTable", "InitializeTable", "Iterator", "Queue", "Barrier"}
	for _, s := range state {
		if strings.Contains(op, s) {
			return "has state that is not in the checkpoint"
		}
	}
	if strings.HasPrefix(op, "Ref") {
		return "passes the handle of a V1 variable on"
	}
	return ""
}
