package freeze

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/freeze/ir"
	"github.com/gosight/vision/internal/savedmodel"
)

// A feature is the tensor that a classification head reads.
type feature struct {
	tensor string
	dims   []int64
}

// Features returns the tensor that feeds the classification head of an output,
// and its dimensions, -1 where unknown: [-1, F], or [-1, h, w, F] where the head is a
// 1x1 convolution. An output without such a head is a *fault.ModelError.
func (g *Graph) Features(outputKey string) (tensor string, dims []int64, err error) {
	f, ok := g.features[outputKey]
	if !ok {
		e := &fault.ModelError{What: "output", Want: outputKey + " behind a dense or 1x1 convolution layer, or the features' tensor named by the card's output.features"}
		e.Have = slices.Sorted(maps.Keys(g.features))
		return "", nil, e
	}
	return f.tensor, append([]int64(nil), f.dims...), nil
}

// A headOf is the input of an output's head, as one more thing that b returns.
type headOf struct {
	ret  int
	dims []int64
}

// heads has b return the features of each output too, before anything is
// optimised: what is returned keeps its value.
func (f *freezer) heads(b *ir.Body, sig *savedmodel.Signature) {
	f.head = map[string]headOf{}
	for i, p := range sig.Outputs {
		if at, d, ok := head(b.Rets[i]); ok {
			f.head[p.Key] = headOf{len(b.Rets), d}
			b.Rets = append(b.Rets, at)
		}
	}
}

// keep has b return the named tensors too.
func (f *freezer) keep(b *ir.Body, tensors []string) error {
	f.kept = map[string]int{}
	if len(tensors) == 0 {
		return nil
	}
	roots := make([]*ir.Node, len(b.Rets))
	for i, r := range b.Rets {
		roots[i] = r.Node
	}
	nodes := map[string]*ir.Node{}
	for _, n := range ir.Reach(roots...) {
		nodes[n.Name] = n
	}
	for _, t := range tensors {
		op, index, found := strings.Cut(t, ":")
		if !found {
			index = "0"
		}
		i, err := strconv.Atoi(index)
		n := nodes[op]
		if n == nil || err != nil || i < 0 {
			return &fault.ModelError{What: "graph", Want: fmt.Sprintf("a tensor %q on the way to the outputs (the card's output.features; within a function the name is CALL/NODE:0)", t), Got: "none of that name"}
		}
		f.kept[t] = len(b.Rets)
		b.Rets = append(b.Rets, n.Out(i))
	}
	return nil
}

// head walks back from an output to the layer that makes classes of features, and
// returns what that layer reads.
func head(o ir.Out) (at ir.Out, size []int64, ok bool) {
	for o.Index == 0 && len(o.Node.In) > 0 {
		n := o.Node
		switch n.Op {
		case "MatMul":
			if len(n.In) < 2 || n.Attr["transpose_a"].GetB() {
				return ir.Out{}, nil, false
			}
			size := dims(n.In[1], 2)[0]
			if n.Attr["transpose_b"].GetB() {
				size = dims(n.In[1], 2)[1]
			}
			return n.In[0], []int64{-1, size}, true
		case "Conv2D":
			k := dims(n.In[1], 4)
			if k[0] != 1 || k[1] != 1 {
				return ir.Out{}, nil, false
			}
			d := []int64{-1, -1, -1, k[2]}
			if n.Str("data_format", "NHWC") == "NCHW" {
				d = []int64{-1, k[2], -1, -1}
			}
			return n.In[0], d, true
		case "Identity", "Softmax", "LogSoftmax", "Sigmoid", "BiasAdd", "Cast", "Squeeze", "Reshape", "Mean", "AvgPool", "StopGradient",
			"Relu", "Relu6", "Mul", "Sub", "RealDiv":
			o = n.In[0]
		case "Maximum", "Minimum", "Add", "AddV2": // a clip's bound or a bias may stand first
			o = n.In[0]
			if o.Node.Op == "Const" && len(n.In) > 1 {
				o = n.In[1]
			}
		default:
			return ir.Out{}, nil, false
		}
	}
	return ir.Out{}, nil, false
}

// dims returns the size of a constant, or of a variable that one became, -1 in each of rank dimensions where it cannot be told.
func dims(o ir.Out, rank int) []int64 {
	for o.Node.Op == "Identity" && len(o.Node.In) > 0 {
		o = o.Node.In[0]
	}
	if n := o.Node; n.Op == "Transpose" && len(n.In) > 1 { // a kernel that was stored in another order
		of := dims(n.In[0], rank)
		if p, ok := ir.Const(n.In[1].Node); ok && len(p.I) == rank {
			d := make([]int64, rank)
			for i, from := range p.I {
				if from < 0 || from >= int64(rank) {
					return of
				}
				d[i] = of[from]
			}
			return d
		}
	}
	shape := o.Node.Attr["value"].GetTensor().GetTensorShape()
	if o.Node.Op == "ReadVariableOp" && len(o.Node.In) > 0 {
		shape = o.Node.In[0].Node.Attr["shape"].GetShape()
	}
	if d := ir.Dims(shape); len(d) == rank {
		return d
	}
	d := make([]int64, rank)
	for i := range d {
		d[i] = -1
	}
	return d
}

func name(o ir.Out) string { return o.Node.Name + ":" + strconv.Itoa(o.Index) }
