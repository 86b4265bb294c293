package optimize

import (
	"slices"

	"github.com/gosight/vision/internal/freeze/ir"
)

// shapes works out what it can of the shapes of tensors from those of the
// inputs, -1 for what depends on what is fed. Tensors it knows nothing of have no entry.
func (g *graph) shapes() {
	g.look()
	g.shape = map[ir.Out][]int64{}
	for _, n := range g.nodes {
		if s := g.infer(n); s != nil {
			g.shape[n.Out(0)] = s
		}
	}
}

func (g *graph) infer(n *ir.Node) []int64 {
	if len(n.In) == 0 {
		if n.Op == "Const" {
			return ir.Dims(n.Attr["value"].GetTensor().GetTensorShape())
		}
		if d := ir.Dims(n.Attr["shape"].GetShape()); len(d) > 0 { // in old graphs an empty shape says nothing
			return d
		}
		return nil
	}
	x := g.shape[n.In[0]]
	switch n.Op {
	case "Relu", "Relu6", "Elu", "LeakyRelu", "Sigmoid", "Tanh", "Softmax", "BiasAdd", "Neg", "Rsqrt", "Sqrt", "Square", "Exp",
		"FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3", "Identity", "ClipByValue", "Softplus", "Selu", "Abs",
		"LogSoftmax", "Erf":
		return x
	case "Add", "AddV2", "Sub", "Mul", "RealDiv", "Maximum", "Minimum", "SquaredDifference":
		if len(n.In) == 2 {
			return unite(x, g.shape[n.In[1]])
		}
	case "Conv2D", "DepthwiseConv2dNative", "MaxPool", "AvgPool":
		return g.window(n, x)
	case "Pad", "PadV2", "MirrorPad":
		p := pads(n)
		if len(p) != len(x) {
			return nil
		}
		out := slices.Clone(x)
		for i, d := range out {
			if d >= 0 {
				out[i] = d + p[i][0] + p[i][1]
			}
		}
		return out
	case "ConcatV2":
		return g.concat(n)
	case "Mean", "Max", "Sum":
		return reduced(n, x)
	case "Reshape":
		return target(n)
	case "Transpose":
		perm, ok := ir.Const(n.In[len(n.In)-1].Node)
		if ok && len(perm.I) == len(x) {
			if to, ok := newDims(n, x, perm.I); ok {
				return to
			}
		}
	}
	return nil
}

// unite is joint for shapes with unknown dimensions.
func unite(a, b []int64) []int64 {
	if a == nil || b == nil {
		return nil
	}
	out := make([]int64, max(len(a), len(b)))
	for i := range out {
		da, db := fromEnd(a, len(out)-1-i), fromEnd(b, len(out)-1-i)
		switch {
		case da == db || db == 1:
			out[i] = da
		case da == 1 || da < 0 && db > 1:
			out[i] = db
		case db < 0 && da > 1:
			out[i] = da
		default:
			return nil
		}
	}
	return out
}

func (g *graph) concat(n *ir.Node) []int64 {
	v, ok := ir.Const(n.In[len(n.In)-1].Node)
	if !ok || len(v.I) != 1 {
		return nil
	}
	var out []int64
	for i, in := range n.In[:len(n.In)-1] {
		s := g.shape[in]
		axis := v.I[0]
		if axis < 0 {
			axis += int64(len(s))
		}
		if s == nil || axis < 0 || axis >= int64(len(s)) || out != nil && len(out) != len(s) {
			return nil
		}
		if i == 0 {
			out = slices.Clone(s)
			continue
		}
		for j, d := range s {
			switch {
			case j == int(axis) && (d < 0 || out[j] < 0):
				out[j] = -1
			case j == int(axis):
				out[j] += d
			case out[j] < 0:
				out[j] = d
			}
		}
	}
	return out
}

// window is the output shape of a convolution or pooling.
func (g *graph) window(n *ir.Node, x []int64) []int64 {
	h, w, c := axes(n)
	k, ok := kernel(n)
	if len(x) != 4 || !ok {
		return nil
	}
	out := slices.Clone(x)
	for i, axis := range []int{h, w} {
		out[axis] = extent(n, x[axis], k[i], axis)
	}
	if len(n.In) > 1 {
		out[c] = -1
		if l, ok := layerOf(n); ok {
			out[c] = int64(l.channels)
		}
	}
	return out
}

// extent is the size of the output along one axis, -1 if unknown.
func extent(n *ir.Node, size, k int64, axis int) int64 {
	stride := n.Ints("strides")[axis]
	if size < 0 || stride <= 0 {
		return -1
	}
	switch n.Str("padding", "") {
	case "SAME":
		return (size + stride - 1) / stride
	case "VALID":
	case "EXPLICIT":
		p := n.Ints("explicit_paddings")
		if len(p) != 8 {
			return -1
		}
		size += p[2*axis] + p[2*axis+1]
	default:
		return -1
	}
	return max((size-k)/stride+1, 0)
}

// axes returns the positions of height, width and channels.
func axes(n *ir.Node) (h, w, c int) {
	if n.Str("data_format", "NHWC") == "NCHW" {
		return 2, 3, 1
	}
	return 1, 2, 3
}

// kernel returns the height and width that a window reaches over, dilation included.
func kernel(n *ir.Node) (k [2]int64, ok bool) {
	h, w, _ := axes(n)
	if len(n.Ints("strides")) != 4 {
		return k, false
	}
	if n.Op == "MaxPool" || n.Op == "AvgPool" {
		s := n.Ints("ksize")
		if len(s) != 4 {
			return k, false
		}
		return [2]int64{s[h], s[w]}, true
	}
	if len(n.In) < 2 {
		return k, false
	}
	d := ir.Dims(n.In[1].Node.Attr["value"].GetTensor().GetTensorShape())
	if len(d) != 4 {
		return k, false
	}
	k = [2]int64{d[0], d[1]}
	if dil := n.Ints("dilations"); len(dil) == 4 {
		k = [2]int64{(d[0]-1)*dil[h] + 1, (d[1]-1)*dil[w] + 1}
	}
	return k, true
}

// reduced is the shape after axes were reduced.
func reduced(n *ir.Node, x []int64) []int64 {
	if len(n.In) != 2 || x == nil {
		return nil
	}
	axes, ok := ir.Const(n.In[1].Node)
	if !ok {
		return nil
	}
	drop := make([]bool, len(x))
	for _, a := range axes.I {
		if a < 0 {
			a += int64(len(x))
		}
		if a < 0 || a >= int64(len(x)) {
			return nil
		}
		drop[a] = true
	}
	out := []int64{}
	for i, d := range x {
		switch {
		case !drop[i]:
			out = append(out, d)
		case n.Attr["keep_dims"].GetB():
			out = append(out, 1)
		}
	}
	return out
}

// target is the shape that a Reshape makes, as far as it is written in the graph.
func target(n *ir.Node) []int64 {
	if len(n.In) != 2 {
		return nil
	}
	shape := n.In[1].Node
	if v, ok := ir.Const(shape); ok && v.I != nil && len(v.Dims) == 1 {
		return slices.Clone(v.I)
	}
	if shape.Op != "Pack" {
		return nil
	}
	out := make([]int64, len(shape.In))
	for i, in := range shape.In {
		out[i] = -1
		if v, ok := ir.Const(in.Node); ok && len(v.I) == 1 && len(v.Dims) == 0 {
			out[i] = v.I[0]
		}
	}
	return out
}
