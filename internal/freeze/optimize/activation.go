package optimize

import (
	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"

	"github.com/gosight/vision/internal/freeze/ir"
)

// activations spells clipping the way fused nodes know it: Minimum and Maximum
// with constants become Relu, Relu6 or one ClipByValue.
func (g *graph) activations() {
	g.look()
	for _, n := range g.nodes {
		if g.protect[n] || n.Type("T") != types.DataType_DT_FLOAT {
			continue
		}
		x, lo, hi, ok := clip(n)
		if !ok {
			continue
		}
		t := ir.Attrs{"T": ir.Type(types.DataType_DT_FLOAT)}
		switch {
		case lo != nil && hi != nil && *lo == 0 && *hi == 6:
			n.Op, n.Attr, n.In = "Relu6", t, []ir.Out{x}
		case lo != nil && hi == nil && *lo == 0:
			n.Op, n.Attr, n.In = "Relu", t, []ir.Out{x}
		case lo != nil && hi != nil && *lo == 0 && *hi == 1 && g.respell(n, x):
		case lo != nil && hi != nil && *lo <= *hi:
			low := ir.NewConst(n.Name+"/min", ir.Value{Type: types.DataType_DT_FLOAT, F: []float32{*lo}})
			high := ir.NewConst(n.Name+"/max", ir.Value{Type: types.DataType_DT_FLOAT, F: []float32{*hi}})
			n.Op, n.Attr, n.In = "ClipByValue", t, []ir.Out{x, low.Out(0), high.Out(0)}
		default:
			continue
		}
		g.Fused++
	}
}

// clip reads n, and the node before it, as max(x, lo) and min(x, hi).
func clip(n *ir.Node) (x ir.Out, lo, hi *float32, ok bool) {
	x, c, ok := bound(n)
	if !ok {
		return x, nil, nil, false
	}
	if n.Op == "Maximum" {
		lo = &c
	} else {
		hi = &c
	}
	before := x.Node
	if before.Op == "Relu" && hi != nil && len(before.Ctrl) == 0 {
		zero := float32(0)
		return before.In[0], &zero, hi, true
	}
	y, d, inner := bound(before)
	switch {
	case inner && before.Op == "Minimum" && hi == nil:
		return y, lo, &d, true
	case inner && before.Op == "Maximum" && lo == nil:
		return y, &d, hi, true
	}
	return x, lo, hi, true
}

// bound reads n as Minimum or Maximum with one constant number.
func bound(n *ir.Node) (x ir.Out, c float32, ok bool) {
	if n.Op != "Minimum" && n.Op != "Maximum" || len(n.In) != 2 || len(n.Ctrl) > 0 {
		return x, 0, false
	}
	for i, in := range n.In {
		if c, known := ir.Scalar(in.Node); known {
			return n.In[1-i], c, true
		}
	}
	return x, 0, false
}
