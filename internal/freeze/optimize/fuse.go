package optimize

import (
	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"

	"github.com/gosight/vision/internal/freeze/ir"
)

// fuse joins a layer, its bias, a residual that is added and the activation to
// one node. TensorFlow has kernels for these on the CPU alone.
func (g *graph) fuse() {
	if !g.o.CPU {
		return
	}
	g.look()
	to := map[ir.Out]ir.Out{}
	for _, n := range g.nodes {
		if len(n.In) != 2 || len(n.Ctrl) > 0 || n.Type("T") != types.DataType_DT_FLOAT {
			continue
		}
		op := fusedOp(n.Op)
		if op == "" || n.Op == "DepthwiseConv2dNative" && !g.o.OneDNN { // no kernel without it
			continue
		}
		bias := g.only(n)
		if bias == nil || bias.Op != "BiasAdd" || bias.In[0] != n.Out(0) || len(bias.Ctrl) > 0 || g.protect[bias] {
			continue
		}
		last, ops, args := bias, []string{"BiasAdd"}, []ir.Out{bias.In[1]}
		if u := g.only(last); u != nil && g.activation(n, u) {
			last, ops = u, append(ops, u.Op)
		}
		if g.o.OneDNN {
			op = native(op)
		}
		f := ir.New(last.Name, op, g.fusedAttrs(n, ops, args), append([]ir.Out{n.In[0], n.In[1]}, args...)...)
		to[last.Out(0)] = f.Out(0)
		g.Fused++
	}
	g.redirect(to)
}

func fusedOp(op string) string {
	switch op {
	case "Conv2D":
		return "_FusedConv2D"
	case "DepthwiseConv2dNative":
		return "_FusedDepthwiseConv2dNative"
	case "MatMul":
		return "_FusedMatMul"
	}
	return ""
}

// activation reports whether u is an activation that a fused n can end with.
func (g *graph) activation(n, u *ir.Node) bool {
	if len(u.Ctrl) > 0 || g.protect[u] {
		return false
	}
	switch u.Op {
	case "Relu", "Relu6", "Elu":
		return true
	}
	return false
}

// native returns oneDNN's op for a fused one. TensorFlow writes these itself, but
// only where the environment or the CPU tells it to use oneDNN; the kernels are there in any case.
func native(op string) string { return "_MklNative" + op[1:] }

// fusedAttrs carries the attributes of a layer over.
func (g *graph) fusedAttrs(n *ir.Node, ops []string, args []ir.Out) ir.Attrs {
	a := ir.Attrs{
		"T":         n.Attr["T"],
		"num_args":  ir.Int(int64(len(args))),
		"fused_ops": ir.Strings(ops...),
	}
	names := []string{"strides", "padding", "data_format", "dilations"}
	switch n.Op {
	case "Conv2D":
		names = append(names, "explicit_paddings")
		ts := make([]types.DataType, len(args))
		for i := range ts {
			ts[i] = n.Type("T")
		}
		a["TArgs"] = ir.Types(ts)
	case "MatMul":
		names = []string{"transpose_a", "transpose_b"}
	}
	if g.o.OneDNN {
		// Constant weights are kept in the order that oneDNN likes best.
		a["is_filter_const"] = ir.Bool(n.In[1].Node.Op == "Const")
		a["_kernel"] = ir.String("MklNameChangeOp")
	}
	for _, name := range names {
		if v := n.Attr[name]; v != nil {
			a[name] = v
		}
	}
	return a
}
