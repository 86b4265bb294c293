package optimize

import (
	"encoding/binary"
	"math"
	"slices"

	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"

	"github.com/gosight/vision/internal/freeze/ir"
)

// A layer is a node that multiplies by weights, whose output channels can be
// scaled by scaling the weights.
type layer struct {
	n        *ir.Node
	channels int
	rank     int // of the output
	nchw     bool
	dims     []int64 // of the weights
	first    bool    // the weights' first dimension is the output channel, not the last
}

// layerOf returns the layer that n is; ok is false for other nodes.
func layerOf(n *ir.Node) (l layer, ok bool) {
	if len(n.In) < 2 || n.Type("T") != types.DataType_DT_FLOAT {
		return l, false
	}
	w := n.In[1].Node
	l = layer{n: n, rank: 4, nchw: n.Str("data_format", "NHWC") == "NCHW", dims: ir.Dims(w.Attr["value"].GetTensor().GetTensorShape())}
	if w.Op != "Const" || len(w.Ctrl) > 0 || ir.Elements(l.dims) <= 0 {
		return l, false
	}
	switch n.Op {
	case "Conv2D":
		ok = len(l.dims) == 4
	case "DepthwiseConv2dNative":
		ok = len(l.dims) == 4
		if ok {
			l.channels = int(l.dims[2] * l.dims[3])
		}
		return l, ok
	case "MatMul":
		ok = len(l.dims) == 2
		l.rank = 2
		l.first = n.Attr["transpose_b"].GetB()
	}
	if ok {
		l.channels = int(l.dims[len(l.dims)-1])
		if l.first {
			l.channels = int(l.dims[0])
		}
	}
	return l, ok
}

// affine moves per-channel factors behind a layer into its weights, and
// per-channel summands into one BiasAdd.
func (g *graph) affine() {
	g.look()
	to := map[ir.Out]ir.Out{}
	for _, n := range g.nodes {
		l, ok := layerOf(n)
		if !ok {
			continue
		}
		var scale, shift []float64
		last := n
		for u := g.only(last); u != nil && !g.protect[u]; u = g.only(u) {
			s, t, ok := l.step(u, last, g.firstOnly)
			if !ok {
				break
			}
			scale, shift = compose(scale, shift, s, t)
			last = u
		}
		if last == n {
			continue
		}
		out := n.Out(0)
		if scale != nil {
			g.scale(l, scale)
		}
		if shift != nil {
			b := make([]float32, len(shift))
			for i, v := range shift {
				b[i] = float32(v)
			}
			c := ir.NewConst(last.Name+"/bias", ir.Value{Type: types.DataType_DT_FLOAT, Dims: []int64{int64(len(b))}, F: b})
			bias := ir.New(last.Name, "BiasAdd", ir.Attrs{"T": ir.Type(types.DataType_DT_FLOAT)}, out, c.Out(0))
			if l.nchw {
				bias.Attr["data_format"] = ir.String("NCHW")
			}
			out = bias.Out(0)
		}
		to[last.Out(0)] = out
		g.Folded++
	}
	g.redirect(to)
}

// redirect is ir.Redirect for replacements that are not among the nodes yet and
// may read what another replaces.
func (g *graph) redirect(to map[ir.Out]ir.Out) {
	nodes := slices.Clone(g.nodes)
	for _, o := range to {
		nodes = append(nodes, o.Node)
	}
	ir.Redirect(to, ir.Reach(nodes...), g.b.Rets)
}

// firstOnly reports whether nothing reads an output of n but the first.
func (g *graph) firstOnly(n *ir.Node) bool {
	for _, u := range g.users[n] {
		for _, in := range u.In {
			if in.Node == n && in.Index != 0 {
				return false
			}
		}
	}
	return !slices.ContainsFunc(g.b.Rets, func(o ir.Out) bool { return o.Node == n && o.Index != 0 })
}

// compose returns the factors and summands of applying (s, t) after (scale,
// shift). nil is all ones, or all zeros.
func compose(scale, shift, s, t []float64) ([]float64, []float64) {
	if s != nil {
		scale, shift = times(scale, s), times2(shift, s)
	}
	if t == nil {
		return scale, shift
	}
	if shift == nil {
		return scale, t
	}
	sum := make([]float64, len(t))
	for i := range sum {
		sum[i] = shift[i] + t[i]
	}
	return scale, sum
}

func times(a, b []float64) []float64 {
	if a == nil {
		return b
	}
	return times2(a, b)
}

func times2(a, b []float64) []float64 {
	if a == nil {
		return nil
	}
	p := make([]float64, len(a))
	for i := range p {
		p[i] = a[i] * b[i]
	}
	return p
}

// step says what u does to the output of from, of which l tells the channels:
// multiply by s, then add t, for each channel. ok is false if it does anything else.
func (l layer) step(u, from *ir.Node, firstOnly func(*ir.Node) bool) (s, t []float64, ok bool) {
	if len(u.Ctrl) > 0 || len(u.In) < 2 {
		return nil, nil, false
	}
	left := u.In[0] == from.Out(0)
	other := u.In[1]
	if !left {
		other = u.In[0]
	}
	switch u.Op {
	case "FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3":
		if !left || len(u.In) < 5 || u.Attr["is_training"] == nil || u.Attr["is_training"].GetB() || !firstOnly(u) || l.nchw != (u.Str("data_format", "NHWC") == "NCHW") {
			return nil, nil, false
		}
		return l.norm(u)
	case "BiasAdd":
		if !left || l.rank == 4 && l.nchw != (u.Str("data_format", "NHWC") == "NCHW") {
			return nil, nil, false
		}
		v, found := ir.Const(other.Node)
		if !found || len(other.Node.Ctrl) > 0 || len(v.F) != l.channels {
			return nil, nil, false
		}
		return nil, double(v.F), true
	case "Add", "AddV2", "Sub", "Mul", "RealDiv", "Div":
	default:
		return nil, nil, false
	}
	c, ok := l.perChannel(other)
	if !ok {
		return nil, nil, false
	}
	each := func(f func(float64) float64) []float64 {
		out := make([]float64, len(c))
		for i, x := range c {
			out[i] = f(x)
		}
		return out
	}
	switch {
	case u.Op == "Mul":
		return c, nil, true
	case u.Op == "Add" || u.Op == "AddV2":
		return nil, c, true
	case u.Op == "Sub" && left:
		return nil, each(func(x float64) float64 { return -x }), true
	case u.Op == "Sub":
		return each(func(float64) float64 { return -1 }), c, true
	case left && !slices.Contains(c, 0):
		return each(func(x float64) float64 { return 1 / x }), nil, true
	}
	return nil, nil, false
}

// norm is an inference batch norm: (x - mean) / sqrt(variance + epsilon) * gamma + beta.
func (l layer) norm(u *ir.Node) (s, t []float64, ok bool) {
	var p [4][]float32 // gamma, beta, mean, variance
	for i := range p {
		v, found := ir.Const(u.In[1+i].Node)
		if !found || len(u.In[1+i].Node.Ctrl) > 0 || len(v.F) != l.channels {
			return nil, nil, false
		}
		p[i] = v.F
	}
	epsilon := 1e-4 // TensorFlow's default of the attribute
	if e := u.Attr["epsilon"]; e != nil {
		epsilon = float64(e.GetF())
	}
	s, t = make([]float64, l.channels), make([]float64, l.channels)
	for i := range s {
		s[i] = float64(p[0][i]) / math.Sqrt(float64(p[3][i])+epsilon)
		t[i] = float64(p[1][i]) - float64(p[2][i])*s[i]
	}
	return s, t, true
}

// perChannel returns a constant that differs along the channels only, one value
// for each.
func (l layer) perChannel(o ir.Out) ([]float64, bool) {
	if n := ir.Elements(ir.Dims(o.Node.Attr["value"].GetTensor().GetTensorShape())); n != 1 && n != int64(l.channels) {
		return nil, false
	}
	v, ok := ir.Const(o.Node)
	if !ok || len(o.Node.Ctrl) > 0 || v.Type != types.DataType_DT_FLOAT || len(v.Dims) > l.rank {
		return nil, false
	}
	axis := 0 // of the channels, from the end
	if l.nchw && l.rank == 4 {
		axis = 2
	}
	for i := range v.Dims {
		if d := fromEnd(v.Dims, i); d != 1 && (i != axis || d != int64(l.channels)) {
			return nil, false
		}
	}
	out := make([]float64, l.channels)
	for i := range out {
		out[i] = float64(v.F[i%len(v.F)])
	}
	return out, true
}

// scale multiplies the weights of a layer by a factor for each output channel.
func (g *graph) scale(l layer, by []float64) {
	w := l.n.In[1].Node
	inner := 1 // elements of the weights that follow each other with one channel
	if l.first {
		inner = int(l.dims[1])
	}
	l.n.In[1] = scaled(w, l.dims, func(i int) float64 { return by[i/inner%l.channels] }).Out(0)
}

// scaled returns float weights multiplied by factors, one for each element.
func scaled(w *ir.Node, dims []int64, by func(i int) float64) *ir.Node {
	_, fill, ok := ir.Bytes(w)
	if !ok { // a few values, not packed
		v, _ := ir.Const(w)
		content := v.Proto().GetTensorContent()
		fill = func(dst []byte) error { copy(dst, content); return nil }
	}
	return ir.Large(w.Name, types.DataType_DT_FLOAT, dims, func(dst []byte) error {
		if err := fill(dst); err != nil {
			return err
		}
		for i := range len(dst) / 4 {
			f := math.Float32frombits(binary.LittleEndian.Uint32(dst[4*i:]))
			binary.LittleEndian.PutUint32(dst[4*i:], math.Float32bits(float32(float64(f)*by(i))))
		}
		return nil
	})
}

func double(f []float32) []float64 {
	out := make([]float64, len(f))
	for i, x := range f {
		out[i] = float64(x)
	}
	return out
}
