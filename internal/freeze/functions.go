package freeze

import (
	"fmt"
	"slices"
	"strings"

	attrpb "github.com/wamuir/graft/tensorflow/core/framework/attr_value_go_proto"
	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/freeze/ir"
)

// A special is a function rewritten for one combination of arguments that were handles.
type special struct {
	name string
	rets []*variable
}

// functions rewrites the functions that n hands control to, for the handles
// among its inputs, and the types of n with them.
func (f *freezer) functions(n *ir.Node, h handles) error {
	var err error
	var rets []*variable
	switch n.Op {
	case "PartitionedCall", "StatefulPartitionedCall":
		rets, err = f.branches(n, h.of(n.In), "f")
		h.retype(n, "Tin", n.In)
	case "If", "StatelessIf", "Case", "StatelessCase":
		if len(n.In) == 0 {
			return &fault.FormatError{Format: "graph", Reason: n.Name + " has nothing to decide by"}
		}
		if strings.HasSuffix(n.Op, "If") {
			rets, err = f.branches(n, h.of(n.In[1:]), "then_branch", "else_branch")
		} else {
			rets, err = f.cases(n, h.of(n.In[1:]))
		}
		h.retype(n, "Tin", n.In[1:])
	case "While", "StatelessWhile":
		if _, err = f.branches(n, h.of(n.In), "cond"); err != nil {
			return err
		}
		rets, err = f.branches(n, h.of(n.In), "body")
		h.retype(n, "T", n.In)
		if err == nil && !slices.EqualFunc(rets, h.of(n.In), sameType) {
			err = &NotFreezableError{Node: n.Name, Op: n.Op, Reason: "the loop exchanges variables"}
		}
	default:
		return f.keepFuncs(n)
	}
	if err != nil {
		return err
	}
	for i, v := range rets {
		if v != nil {
			h[n.Out(i)] = v
		}
	}
	if n.Attr["Tout"] != nil {
		outs := make([]ir.Out, len(rets))
		for i := range outs {
			outs[i] = n.Out(i)
		}
		h.retype(n, "Tout", outs)
	}
	if shapes := n.Attr["output_shapes"].GetList().GetShape(); slices.ContainsFunc(rets, func(v *variable) bool { return v != nil }) && len(shapes) > 0 {
		delete(n.Attr, "output_shapes") // they speak of handles
	}
	return nil
}

// branches rewrites the functions named by attrs, which all take args and must
// agree on what they return.
func (f *freezer) branches(n *ir.Node, args []*variable, attrs ...string) ([]*variable, error) {
	var rets []*variable
	for i, attr := range attrs {
		s, err := f.specialise(n, n.Attr[attr].GetFunc().GetName(), args)
		if err != nil {
			return nil, err
		}
		n.Attr[attr] = ir.Func(s.name)
		if i > 0 && !slices.EqualFunc(rets, s.rets, sameType) {
			return nil, &NotFreezableError{Node: n.Name, Op: n.Op, Reason: "its branches return different variables"}
		}
		rets = s.rets
	}
	return rets, nil
}

func (f *freezer) cases(n *ir.Node, args []*variable) ([]*variable, error) {
	var rets []*variable
	list := &attrpb.AttrValue_ListValue{}
	for i, fn := range n.Attr["branches"].GetList().GetFunc() {
		s, err := f.specialise(n, fn.GetName(), args)
		if err != nil {
			return nil, err
		}
		list.Func = append(list.Func, &attrpb.NameAttrList{Name: s.name})
		if i > 0 && !slices.EqualFunc(rets, s.rets, sameType) {
			return nil, &NotFreezableError{Node: n.Name, Op: n.Op, Reason: "its branches return different variables"}
		}
		rets = s.rets
	}
	n.Attr["branches"] = &attrpb.AttrValue{Value: &attrpb.AttrValue_List{List: list}}
	return rets, nil
}

// specialise returns a function of its own for this combination of handles.
func (f *freezer) specialise(n *ir.Node, name string, args []*variable) (*special, error) {
	def := f.src.Funcs[name]
	if def == nil {
		return nil, &fault.FormatError{Format: "graph", Reason: fmt.Sprintf("%s calls a function %q that is not there", n.Name, name)}
	}
	var key strings.Builder
	key.WriteString(name)
	for _, v := range args {
		if v == nil {
			key.WriteString(",-")
		} else {
			fmt.Fprintf(&key, ",%d", v.dtype)
		}
	}
	if s := f.special[key.String()]; s != nil {
		return s, nil
	}
	if slices.Contains(f.trail, name) {
		return nil, &NotFreezableError{Node: n.Name, Op: n.Op, Reason: "function " + name + " calls itself"}
	}
	f.trail = append(f.trail, name)
	defer func() { f.trail = f.trail[:len(f.trail)-1] }()

	b, err := ir.DecodeFunc(def, f.ops, f.src.Funcs)
	if err != nil {
		return nil, err
	}
	if len(b.Args) != len(args) {
		return nil, &fault.FormatError{Format: "graph", Reason: fmt.Sprintf("%s calls %s with %d arguments, it takes %d", n.Name, name, len(args), len(b.Args))}
	}
	if f.nodes += len(b.Nodes); f.nodes > maxNodes {
		return nil, &NotFreezableError{Node: n.Name, Op: n.Op, Reason: fmt.Sprintf("more than %d nodes in all functions", maxNodes)}
	}
	if err := f.inline(b, []string{name}); err != nil {
		return nil, err
	}
	s := &special{name: fmt.Sprintf("%s_frozen_%d", name, len(f.special))}
	if s.rets, err = f.resources(b, args); err != nil {
		return nil, err
	}
	f.relax(b)
	f.special[key.String()] = s
	f.out[s.name], err = ir.EncodeFunc(s.name, b, f.ops, f.out)
	return s, err
}

// keepFuncs takes the functions that any other op refers to over as they are.
func (f *freezer) keepFuncs(n *ir.Node) error {
	return f.keepAttrs(n.Attr)
}

func (f *freezer) keepAttrs(attrs map[string]*attrpb.AttrValue) error {
	for _, a := range attrs {
		names := []string{a.GetFunc().GetName()}
		for _, fn := range a.GetList().GetFunc() {
			names = append(names, fn.GetName())
		}
		for _, name := range names {
			def := f.src.Funcs[name]
			if def == nil || f.out[name] != nil {
				continue
			}
			f.out[name] = def
			for _, inner := range def.GetNodeDef() {
				if reason := refused(inner.GetOp()); reason != "" || inner.GetOp() == "VarHandleOp" {
					return &NotFreezableError{Node: inner.GetName(), Op: inner.GetOp(), Reason: "stands in function " + name + ", which stays as it is"}
				}
				if f.src.Funcs[inner.GetOp()] != nil {
					f.out[inner.GetOp()] = f.src.Funcs[inner.GetOp()]
				}
				if err := f.keepAttrs(inner.GetAttr()); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// of returns the variables that outs are handles of, nil for other tensors.
func (h handles) of(outs []ir.Out) []*variable {
	vs := make([]*variable, len(outs))
	for i, o := range outs {
		vs[i] = h[o]
	}
	return vs
}

func sameType(a, b *variable) bool {
	return a == b || a != nil && b != nil && a.dtype == b.dtype
}

// retype corrects a list of types for the tensors it speaks of.
func (h handles) retype(n *ir.Node, attr string, outs []ir.Out) {
	n.Attr[attr] = h.types(n.Attr[attr].GetList().GetType(), outs)
}

func (h handles) types(ts []types.DataType, outs []ir.Out) *attrpb.AttrValue {
	ts = slices.Clone(ts)
	for i, o := range outs {
		if v := h[o]; v != nil && i < len(ts) {
			ts[i] = v.dtype
		}
	}
	return ir.Types(ts)
}
