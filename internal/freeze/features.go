package freeze

import (
	"strconv"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/freeze/ir"
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
		e := &fault.ModelError{What: "output", Want: outputKey + " behind a dense or 1x1 convolution layer"}
		for k := range g.features {
			e.Have = append(e.Have, k)
		}
		return "", nil, e
	}
	return f.tensor, append([]int64(nil), f.dims...), nil
}

// head walks back from an output to the layer that makes classes of features.
func head(o ir.Out) (feature, bool) {
	for o.Index == 0 && len(o.Node.In) > 0 {
		n := o.Node
		switch n.Op {
		case "MatMul", "_FusedMatMul", "_MklFusedMatMul", "_MklNativeFusedMatMul":
			if len(n.In) < 2 || n.Attr["transpose_a"].GetB() {
				return feature{}, false
			}
			size := dims(n.In[1], 2)[0]
			if n.Attr["transpose_b"].GetB() {
				size = dims(n.In[1], 2)[1]
			}
			return feature{name(n.In[0]), []int64{-1, size}}, true
		case "Conv2D", "_FusedConv2D", "_MklNativeFusedConv2D":
			k := dims(n.In[1], 4)
			if k[0] != 1 || k[1] != 1 {
				return feature{}, false
			}
			d := []int64{-1, -1, -1, k[2]}
			if n.Str("data_format", "NHWC") == "NCHW" {
				d = []int64{-1, k[2], -1, -1}
			}
			return feature{name(n.In[0]), d}, true
		case "Identity", "Softmax", "LogSoftmax", "Sigmoid", "BiasAdd", "Cast", "Squeeze", "Reshape", "Mean", "AvgPool", "StopGradient",
			"Relu", "Relu6", "Mul", "Sub", "RealDiv":
			o = n.In[0]
		case "Add", "AddV2":
			o = n.In[0]
			if o.Node.Op == "Const" && len(n.In) > 1 {
				o = n.In[1]
			}
		default:
			return feature{}, false
		}
	}
	return feature{}, false
}

// dims returns the size of a constant, or of a variable that one became, -1 in each of rank dimensions where it cannot be told.
func dims(o ir.Out, rank int) []int64 {
	for o.Node.Op == "Identity" && len(o.Node.In) > 0 {
		o = o.Node.In[0]
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
