package optimize

import (
	"github.com/gosight/vision/internal/freeze/ir"
)

// pads lets convolutions and pools pad for themselves where a Pad with zeros
// stands before one.
func (g *graph) pads() {
	g.look()
	for _, n := range g.nodes {
		if len(n.In) == 0 || n.Str("padding", "") != "VALID" {
			continue
		}
		pad := n.In[0].Node
		p := pads(pad)
		if pad.Op != "Pad" || len(p) != 4 || len(pad.Ctrl) > 0 || g.protect[pad] {
			continue
		}
		h, w, c := axes(n)
		k, ok := kernel(n)
		if !ok || p[0] != [2]int64{} || p[c] != [2]int64{} {
			continue
		}
		pool := n.Op == "MaxPool"
		// A pool pads with minus infinity, which is as good as zero where nothing is negative.
		if pool && !g.positive(pad.In[0].Node) || pool && (p[h][0] >= k[0] || p[h][1] >= k[0] || p[w][0] >= k[1] || p[w][1] >= k[1]) {
			continue
		}
		if !pool && n.Op != "Conv2D" && n.Op != "DepthwiseConv2dNative" {
			continue
		}
		x := g.shape[pad.In[0]]
		if len(x) != 4 {
			x = []int64{-1, -1, -1, -1}
		}
		switch {
		case same(n, x[h], k[0], h, p[h]) && same(n, x[w], k[1], w, p[w]):
			n.Attr["padding"] = ir.String("SAME")
		case n.Op == "Conv2D" || pool:
			n.Attr["padding"] = ir.String("EXPLICIT")
			list := make([]int64, 8)
			list[2*h], list[2*h+1], list[2*w], list[2*w+1] = p[h][0], p[h][1], p[w][0], p[w][1]
			n.Attr["explicit_paddings"] = ir.Ints(list...)
		default:
			continue
		}
		n.In[0] = pad.In[0]
		g.Fused++
	}
}

// pads returns the constant paddings of a Pad, nil if there are none.
func pads(n *ir.Node) [][2]int64 {
	if len(n.In) < 2 {
		return nil
	}
	v, ok := ir.Const(n.In[1].Node)
	if !ok || len(v.Dims) != 2 || v.Dims[1] != 2 || len(n.In[1].Node.Ctrl) > 0 {
		return nil
	}
	p := make([][2]int64, v.Dims[0])
	for i := range p {
		p[i] = [2]int64{v.I[2*i], v.I[2*i+1]}
		if p[i][0] < 0 || p[i][1] < 0 {
			return nil
		}
	}
	return p
}

// same reports whether TensorFlow's SAME padding of an axis of this size is what
// p and VALID give: the same number of windows, the first at the same place. With stride 1 the size
// has no say, and need not be known.
func same(n *ir.Node, size, k int64, axis int, p [2]int64) bool {
	stride := n.Ints("strides")[axis]
	if stride == 1 {
		return p[0]+p[1] == k-1 && p[0] == (k-1)/2
	}
	if size <= 0 || stride <= 0 {
		return false
	}
	windows := (size + stride - 1) / stride
	total := max((windows-1)*stride+k-size, 0)
	return (size+p[0]+p[1]-k)/stride+1 == windows && p[0] == total/2
}

// positive reports whether no element of the output can be negative.
func (g *graph) positive(n *ir.Node) bool {
	switch n.Op {
	case "Relu", "Relu6", "Sigmoid", "Softmax":
		return true
	case "MaxPool", "Pad":
		return len(n.In) > 0 && g.positive(n.In[0].Node)
	}
	return false
}
