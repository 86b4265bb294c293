package optimize

import (
	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"

	"github.com/gosight/vision/internal/freeze/ir"
)

// strides lets convolutions skip what a StridedSlice behind them throws away. Exports have
// it where the strides of the two axes differ, which TensorFlow's own depthwise kernel refuses and oneDNN's
// takes: half of the work is not done, and the other half not copied.
func (g *graph) strides() {
	g.look()
	to := map[ir.Out]ir.Out{}
	for _, n := range g.nodes {
		depthwise := n.Op == "DepthwiseConv2dNative" && g.o.CPU && g.o.OneDNN
		if n.Op != "Conv2D" && !depthwise || n.Str("padding", "") != "VALID" || g.protect[n] || n.Type("T") != types.DataType_DT_FLOAT ||
			!ones(n.Ints("strides")) || !ones(n.Ints("dilations")) {
			continue
		}
		cut := g.only(n)
		if cut == nil || cut.Op != "StridedSlice" || cut.In[0] != n.Out(0) || len(cut.Ctrl) > 0 || g.protect[cut] {
			continue
		}
		h, w, c := axes(n)
		step := every(cut)
		if step[0] != 1 || step[c] != 1 || step[h] == 1 && step[w] == 1 {
			continue
		}
		n.Attr["strides"] = ir.Ints(step[:]...)
		to[cut.Out(0)] = n.Out(0)
		g.Fused++
	}
	ir.Redirect(to, g.nodes, g.b.Rets)
}

func ones(v []int64) bool {
	for _, i := range v {
		if i != 1 {
			return false
		}
	}
	return true
}

// every reads a StridedSlice as every so many elements of each of four axes, from the
// first to the end; zeros if it is anything else.
func every(n *ir.Node) [4]int64 {
	none, step := [4]int64{}, [4]int64{1, 1, 1, 1}
	mask := func(name string) int64 { return n.Attr[name].GetI() }
	if len(n.In) != 4 || mask("ellipsis_mask")|mask("new_axis_mask")|mask("shrink_axis_mask") != 0 {
		return none
	}
	begin, ok1 := ir.Const(n.In[1].Node)
	by, ok2 := ir.Const(n.In[3].Node)
	if !ok1 || !ok2 || len(begin.I) != len(by.I) || len(by.I) > 4 {
		return none
	}
	for i, s := range by.I {
		bit := int64(1) << i
		if s < 1 || begin.I[i] != 0 && mask("begin_mask")&bit == 0 || mask("end_mask")&bit == 0 {
			return none
		}
		step[i] = s
	}
	return step
}
