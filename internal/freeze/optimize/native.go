package optimize

import (
	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"

	"github.com/gosight/vision/internal/freeze/ir"
)

// TensorFlow replaces nodes by oneDNN's, but only where the environment, or a CPU
// with instructions for neural networks, tells it to. The kernels are in every
// x86-64 build, so these nodes are written here.

// native returns oneDNN's op for a fused one, which begins with an underscore.
func native(fused string) string { return "_MklNative" + fused[1:] }

// hugeMatMul is from how many elements of weights on a dense layer stays with
// Eigen: it is bound by reading them either way, and oneDNN keeps a second copy in its own order,
// and makes a third on the way.
const hugeMatMul = 8 << 20

// native reports whether oneDNN is to do the layer n.
func (g *graph) native(n *ir.Node) bool {
	if !g.o.OneDNN {
		return false
	}
	w := ir.Dims(n.In[1].Node.Attr["value"].GetTensor().GetTensorShape())
	return n.Op != "MatMul" || ir.Elements(w) < hugeMatMul
}

// nativeAttrs says which kernel is meant and that constant weights may be kept in the
// order that oneDNN likes best.
func nativeAttrs(n *ir.Node, a ir.Attrs) {
	a["is_filter_const"] = ir.Bool(n.In[1].Node.Op == "Const")
	a["_kernel"] = ir.String("MklNameChangeOp")
}

// natives replaces the layers that were not fused.
func (g *graph) natives() {
	if !g.o.CPU || !g.o.OneDNN {
		return
	}
	g.look()
	for _, n := range g.nodes {
		if g.protect[n] || n.Type("T") != types.DataType_DT_FLOAT || len(n.In) == 0 {
			continue
		}
		switch n.Op {
		case "Conv2D", "DepthwiseConv2dNative":
			if len(n.In) != 2 {
				continue
			}
			nativeAttrs(n, n.Attr)
			n.Op = "_MklNative" + n.Op
		case "Mul":
			s := n.In[0].Node
			x := n.In[len(n.In)-1]
			if s.Op != "Sigmoid" {
				s, x = x.Node, n.In[0]
			}
			if s.Op != "Sigmoid" || s.In[0] != x || len(s.Ctrl)+len(n.Ctrl) > 0 || g.only(s) != n {
				continue
			}
			n.Op, n.In = "_MklSwish", []ir.Out{x}
			n.Attr = ir.Attrs{"T": ir.Type(types.DataType_DT_FLOAT)}
			g.Fused++
		}
	}
}
