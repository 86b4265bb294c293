package optimize

import (
	"slices"

	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"

	"github.com/gosight/vision/internal/freeze/ir"
)

// channelsOf describes the output of any node as that of a layer, where its
// channels are known.
func (g *graph) channelsOf(o ir.Out, nchw bool) (layer, bool) {
	s := g.shape[o]
	l := layer{n: o.Node, rank: 4, nchw: nchw}
	if len(s) != 4 || o.Index != 0 {
		return l, false
	}
	l.channels = int(s[3])
	if nchw {
		l.channels = int(s[1])
	}
	return l, l.channels > 0
}

// inputScale moves the factors of a normalisation before the first layer into
// its weights. x*s + t is (x + t/s) * s, and zero padding stays zero when scaled, so the
// summand is all that remains.
func (g *graph) inputScale() {
	g.look()
	for _, n := range g.nodes {
		l, ok := layerOf(n)
		if !ok || l.rank != 4 || l.nchw || n.In[0].Index != 0 {
			continue
		}
		var chain []*ir.Node // from the layer back
		for x := n.In[0].Node; len(chain) < 8; {
			if !arithmetic(x.Op) || len(x.In) != 2 || g.protect[x] || !g.single(x) {
				break
			}
			from := x.In[0]
			if from.Node.Op == "Const" {
				from = x.In[1]
			}
			chain = append(chain, x)
			x = from.Node
		}
		g.absorb(n, chain)
	}
}

func arithmetic(op string) bool {
	switch op {
	case "Mul", "Add", "AddV2", "Sub", "RealDiv":
		return true
	}
	return false
}

// single reports whether one node alone reads n.
func (g *graph) single(n *ir.Node) bool { return g.only(n) != nil }

// absorb takes the longest end of the chain that is per-channel arithmetic.
func (g *graph) absorb(n *ir.Node, chain []*ir.Node) {
	w := n.In[1].Node
	cin := int(ir.Dims(w.Attr["value"].GetTensor().GetTensorShape())[2])
	slices.Reverse(chain) // in the order of computing
	for start := range chain {
		source := chain[start].In[0]
		if source.Node.Op == "Const" {
			source = chain[start].In[1]
		}
		l, ok := g.channelsOf(source, false)
		if !ok || l.channels != cin {
			continue
		}
		var scale, shift []float64
		from := source.Node
		for _, u := range chain[start:] {
			s, t, known := l.step(u, from, g.firstOnly)
			if ok = ok && known; !ok {
				break
			}
			scale, shift = compose(scale, shift, s, t)
			from = u
		}
		if !ok || scale == nil || slices.Contains(scale, 0) {
			continue
		}
		g.scaleInput(n, scale)
		n.In[0] = source
		if shift != nil && slices.ContainsFunc(shift, func(x float64) bool { return x != 0 }) {
			b := make([]float32, cin)
			for i := range b {
				b[i] = float32(shift[i] / scale[i])
			}
			c := ir.NewConst(from.Name+"/shift", ir.Value{Type: types.DataType_DT_FLOAT, Dims: []int64{int64(cin)}, F: b})
			n.In[0] = ir.New(from.Name, "BiasAdd", ir.Attrs{"T": ir.Type(types.DataType_DT_FLOAT)}, source, c.Out(0)).Out(0)
		}
		g.Folded++
		return
	}
}

// scaleInput multiplies the weights of a convolution by a factor for each input channel.
func (g *graph) scaleInput(n *ir.Node, by []float64) {
	w := n.In[1].Node
	d := ir.Dims(w.Attr["value"].GetTensor().GetTensorShape())
	out := int(d[3])
	n.In[1] = scaled(w, d, func(i int) float64 { return by[i/out%len(by)] }).Out(0)
}

// norms writes a batch norm that no layer before it can take up as a depthwise
// convolution of one pixel, with a bias that fuse joins to it: one pass over memory, the
// activation included, where the arithmetic takes three.
func (g *graph) norms() {
	if !g.o.CPU || !g.o.OneDNN {
		return
	}
	g.look()
	to := map[ir.Out]ir.Out{}
	done := map[*ir.Node]bool{}
	for _, n := range g.nodes {
		if done[n] || g.protect[n] || len(n.In) < 2 || n.Type("T") != types.DataType_DT_FLOAT || n.Str("data_format", "NHWC") != "NHWC" {
			continue
		}
		source := n.In[0]
		if source.Node.Op == "Const" {
			source = n.In[1]
		}
		l, ok := g.channelsOf(source, false)
		if !ok || l.channels < 8 {
			continue
		}
		var scale, shift []float64
		last := source.Node
		for u := n; u != nil && !g.protect[u]; u = g.only(u) {
			s, t, ok := l.step(u, last, g.firstOnly)
			if !ok {
				break
			}
			scale, shift = compose(scale, shift, s, t)
			last = u
			done[u] = true
		}
		if scale == nil || shift == nil {
			continue
		}
		f, b := make([]float32, len(scale)), make([]float32, len(shift))
		for i := range scale {
			f[i], b[i] = float32(scale[i]), float32(shift[i])
		}
		t := ir.Type(types.DataType_DT_FLOAT)
		filter := ir.NewConst(last.Name+"/scale", ir.Value{Type: types.DataType_DT_FLOAT, Dims: []int64{1, 1, int64(len(f)), 1}, F: f})
		dw := ir.New(last.Name+"/scaled", "DepthwiseConv2dNative", ir.Attrs{
			"T": t, "strides": ir.Ints(1, 1, 1, 1), "padding": ir.String("VALID"), "data_format": ir.String("NHWC"), "dilations": ir.Ints(1, 1, 1, 1),
		}, source, filter.Out(0))
		bias := ir.NewConst(last.Name+"/bias", ir.Value{Type: types.DataType_DT_FLOAT, Dims: []int64{int64(len(b))}, F: b})
		to[last.Out(0)] = ir.New(last.Name, "BiasAdd", ir.Attrs{"T": t}, dw.Out(0), bias.Out(0)).Out(0)
		g.Folded++
	}
	g.redirect(to)
}
