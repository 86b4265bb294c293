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
	gone := map[*ir.Node]bool{} // parts of a fused node already
	for _, n := range g.nodes {
		if len(n.In) != 2 || len(n.Ctrl) > 0 || n.Type("T") != types.DataType_DT_FLOAT || gone[n] {
			continue
		}
		f := g.fusion(n, gone)
		if f == nil || len(f.ops) == 0 {
			continue
		}
		op := fusedOp(n.Op)
		attr := g.fusedAttrs(n, f)
		if g.native(n) {
			op = native(op)
		}
		fused := ir.New(f.last.Name, op, attr, append([]ir.Out{n.In[0], n.In[1]}, f.args...)...)
		to[f.last.Out(0)] = fused.Out(0)
		for _, part := range f.parts {
			gone[part] = true
		}
		g.Fused++
	}
	g.redirect(to)
}

// A fusion is what follows a layer and can be done by it.
type fusion struct {
	last  *ir.Node   // whose output the fused node has
	parts []*ir.Node // everything but the layer
	ops   []string
	args  []ir.Out
	alpha *ir.Node // a LeakyRelu, which has an attribute
}

func (f *fusion) take(op string, n *ir.Node, args ...ir.Out) {
	f.last, f.ops, f.args = n, append(f.ops, op), append(f.args, args...)
	f.parts = append(f.parts, n)
}

// fusion follows the output of n as far as a kernel for it exists.
func (g *graph) fusion(n *ir.Node, gone map[*ir.Node]bool) *fusion {
	if fusedOp(n.Op) == "" || n.Op == "DepthwiseConv2dNative" && (!g.o.OneDNN || n.Str("padding", "") == "EXPLICIT") {
		return nil
	}
	bias := g.only(n)
	if bias == nil || bias.Op != "BiasAdd" || bias.In[0] != n.Out(0) || len(bias.Ctrl) > 0 || g.protect[bias] {
		return nil
	}
	f := &fusion{}
	f.take("BiasAdd", bias, bias.In[1])
	conv := n.Op == "Conv2D"
	if add := g.only(bias); conv && g.o.OneDNN && add != nil && !gone[add] {
		if other, ok := g.residual(add, bias); ok {
			f.take("Add", add, other)
		}
	}
	if u := g.only(f.last); u != nil && len(u.Ctrl) == 0 && !g.protect[u] && !gone[u] {
		switch u.Op {
		case "Relu", "Relu6", "Elu":
			f.take(u.Op, u)
		case "LeakyRelu":
			if conv {
				f.take(u.Op, u)
				f.alpha = u
			}
		}
	}
	if len(f.ops) == 1 && conv && g.o.OneDNN {
		if mul, sigmoid := g.swish(bias); mul != nil {
			f.take("_MklSwish", mul)
			f.parts = append(f.parts, sigmoid)
		}
	}
	if len(f.ops) == 1 && n.Op != "MatMul" && g.o.OneDNN {
		if last, parts := g.hardSwish(bias); last != nil {
			f.take("_FusedHardSwish", last)
			f.parts = append(f.parts, parts...)
		}
	}
	return f
}

// residual reports whether add adds a tensor of the same shape to the output of n.
func (g *graph) residual(add, n *ir.Node) (other ir.Out, ok bool) {
	if add.Op != "Add" && add.Op != "AddV2" || len(add.In) != 2 || len(add.Ctrl) > 0 || g.protect[add] {
		return other, false
	}
	other = add.In[0]
	if other.Node == n {
		other = add.In[1]
	}
	a, b := g.shape[n.Out(0)], g.shape[other]
	if len(a) != 4 || len(b) != 4 {
		return other, false
	}
	for i := range a {
		if a[i] != b[i] || i > 0 && a[i] < 0 {
			return other, false
		}
	}
	return other, true
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

// fusedAttrs carries the attributes of a layer over.
func (g *graph) fusedAttrs(n *ir.Node, f *fusion) ir.Attrs {
	a := ir.Attrs{
		"T":         n.Attr["T"],
		"num_args":  ir.Int(int64(len(f.args))),
		"fused_ops": ir.Strings(f.ops...),
	}
	names := []string{"strides", "padding", "data_format", "dilations"}
	switch n.Op {
	case "Conv2D":
		names = append(names, "explicit_paddings")
		ts := make([]types.DataType, len(f.args))
		for i := range ts {
			ts[i] = n.Type("T")
		}
		a["TArgs"] = ir.Types(ts)
	case "MatMul":
		names = []string{"transpose_a", "transpose_b"}
	}
	if f.alpha != nil && f.alpha.Attr["alpha"] != nil {
		a["leakyrelu_alpha"] = f.alpha.Attr["alpha"]
	}
	if g.native(n) {
		nativeAttrs(n, a)
	}
	for _, name := range names {
		if v := n.Attr[name]; v != nil {
			a[name] = v
		}
	}
	return a
}
