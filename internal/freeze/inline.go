package freeze

import (
	"fmt"
	"slices"
	"strings"

	funcpb "github.com/wamuir/graft/tensorflow/core/framework/function_go_proto"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/freeze/ir"
)

// maxNodes bounds what inlining may make of a hostile file, in which functions
// that call each other twice double with every level.
const maxNodes = 1 << 20

// inline replaces the calls in b by the bodies of the functions, over and over.
// trail names the functions that are being inlined.
//
// A body of V1 control flow keeps its calls: a constant of the callee would
// stand outside the frame or branch that the call runs in.
func (f *freezer) inline(b *ir.Body, trail []string) error {
	nodes := scope(b)
	if hasFrames(nodes) {
		return nil
	}
	outs := map[ir.Out]ir.Out{}
	done := map[*ir.Node]*ir.Node{} // call to what stands for its end
	all := nodes
	for _, call := range nodes {
		fn := f.callee(call)
		if fn == nil {
			continue
		}
		name := fn.GetSignature().GetName()
		if slices.Contains(trail, name) {
			return &NotFreezableError{Node: call.Name, Op: call.Op, Reason: "function " + name + " calls itself"}
		}
		inner, err := ir.DecodeFunc(fn, f.ops, f.src.Funcs)
		if err != nil {
			return err
		}
		if err := f.inline(inner, append(slices.Clone(trail), name)); err != nil {
			return err
		}
		if len(inner.Args) != len(call.In) {
			return &fault.FormatError{Format: "graph", Reason: fmt.Sprintf("%s calls %s with %d arguments, it takes %d", call.Name, name, len(call.In), len(inner.Args))}
		}
		body := scope(inner)
		if f.nodes += len(body); f.nodes > maxNodes {
			return &NotFreezableError{Node: call.Name, Op: call.Op, Reason: fmt.Sprintf("more than %d nodes when all calls are inlined", maxNodes)}
		}
		prefix(body, call.Name+"/")
		for i, a := range inner.Args {
			outs[a.Out(0)] = call.In[i]
		}
		for i, r := range inner.Rets {
			if len(call.Ctrl) > 0 { // who reads the result must wait for what the call waited for
				id := ir.New(call.Name+"/result", "Identity", ir.Attrs{"T": ir.Type(f.ops.OutType(r))}, r)
				id.Ctrl = slices.Clone(call.Ctrl)
				body, r = append(body, id), id.Out(0)
			}
			outs[call.Out(i)] = r
		}
		end := ir.New(call.Name+"/done", "NoOp", nil)
		end.Ctrl = append(slices.Clone(inner.Effects), call.Ctrl...)
		for _, r := range inner.Rets {
			if r.Node.Op != ir.OpArg {
				end.Ctrl = append(end.Ctrl, r.Node)
			}
		}
		done[call] = end
		b.Effects = append(b.Effects, inner.Effects...)
		all = append(append(all, body...), end)
		f.report.Inlined++
	}
	if len(done) == 0 {
		return nil
	}
	ir.Redirect(outs, all, b.Rets)
	for _, n := range all {
		for i, c := range n.Ctrl {
			if end := done[c]; end != nil {
				n.Ctrl[i] = end
			}
		}
	}
	b.Effects = slices.DeleteFunc(b.Effects, func(n *ir.Node) bool { return done[n] != nil })
	b.Nodes = all
	return nil
}

// callee returns the function that n calls, nil if n is no plain call.
func (f *freezer) callee(n *ir.Node) *funcpb.FunctionDef {
	switch n.Op {
	case "PartitionedCall", "StatefulPartitionedCall":
		return f.src.Funcs[n.Attr["f"].GetFunc().GetName()]
	}
	return f.src.Funcs[n.Op] // functions may be called as if they were ops
}

// prefix puts the nodes of an inlined body under the name of the call. Frames
// with one name would otherwise be one loop.
func prefix(nodes []*ir.Node, p string) {
	for _, n := range nodes {
		if n.Op == ir.OpArg {
			continue
		}
		n.Name = p + n.Name
		if frame := n.Str("frame_name", ""); frame != "" || n.Attr["frame_name"] != nil {
			n.Attr["frame_name"] = ir.String(p + frame)
		}
	}
}

// scope returns the nodes that b needs, inputs first.
func scope(b *ir.Body) []*ir.Node {
	var roots []*ir.Node
	for _, r := range b.Rets {
		roots = append(roots, r.Node)
	}
	return ir.Reach(append(roots, b.Effects...)...)
}

// hasFrames reports V1 control flow, where each node runs in a frame and may be dead.
func hasFrames(nodes []*ir.Node) bool {
	return slices.ContainsFunc(nodes, func(n *ir.Node) bool {
		return n.Op == "Switch" || n.Op == "Merge" || n.Op == "Enter" || strings.HasPrefix(n.Op, "RefSwitch") || n.Op == "RefEnter"
	})
}
