// Package backbone takes the head off a classifier: what is left is the graph from picture to features, onto which
// another head can be put. It works on protobuf messages alone and never touches the TensorFlow library.
package backbone

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	funcpb "github.com/wamuir/graft/tensorflow/core/framework/function_go_proto"
	graphpb "github.com/wamuir/graft/tensorflow/core/framework/graph_go_proto"
	shapepb "github.com/wamuir/graft/tensorflow/core/framework/tensor_shape_go_proto"
	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"
	corepb "github.com/wamuir/graft/tensorflow/core/protobuf/for_core_protos_go_proto"
	"google.golang.org/protobuf/proto"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/freeze"
	"github.com/gosight/vision/internal/freeze/ir"
	"github.com/gosight/vision/internal/savedmodel"
)

// Keys of the outputs.
const (
	Features = "features"      // of Features: float32 [N, F]
	Output   = "probabilities" // of Classifier: float32 [N, classes]
)

// A Backbone is a frozen graph up to its features. It is for one goroutine.
type Backbone struct {
	def    *graphpb.GraphDef
	inputs []savedmodel.Port
	feeds  []*ir.Node // of the inputs
	taps   []tap      // the features first, then what earlier convolutions read
	joined ir.Out     // [N, F], after Join
	count  int        // F
}

// A tap is a tensor that features are made of.
type tap struct {
	out  ir.Out
	nchw bool
}

// New finds the features in a frozen graph: tensor, by its name in g.Def, and what the last layers convolutions before it
// read. nchw says that the channels of tensor are its second dimension, not its last.
func New(g *freeze.Graph, inputs []savedmodel.Port, tensor string, nchw bool, layers int) (*Backbone, error) {
	graph, err := ir.Decode(g.Def)
	if err != nil {
		return nil, err
	}
	names := make(map[string]*ir.Node, len(graph.Nodes))
	for _, n := range graph.Nodes {
		names[n.Name] = n
	}
	b := &Backbone{def: g.Def, inputs: inputs}
	for _, p := range inputs {
		op, _, _ := strings.Cut(g.Inputs[p.Key], ":")
		if names[op] == nil {
			return nil, &fault.ModelError{What: "graph", Want: "input " + p.Key, Got: "none of that name"}
		}
		b.feeds = append(b.feeds, names[op])
	}
	op, index, _ := strings.Cut(tensor, ":")
	i, err := strconv.Atoi(index)
	if err != nil || names[op] == nil {
		return nil, &fault.ModelError{What: "graph", Want: "features " + tensor, Got: "none of that name"}
	}
	b.tap(names[op].Out(i), nchw)
	convs := slices.DeleteFunc(ir.Reach(names[op]), func(n *ir.Node) bool { return n.Op != "Conv2D" || len(n.In) < 2 })
	for _, n := range slices.Backward(convs) {
		if len(b.taps) > layers {
			break
		}
		b.tap(n.In[0], n.Str("data_format", "NHWC") == "NCHW")
	}
	return b, nil
}

// tap adds a tensor, if it is new and no input.
func (b *Backbone) tap(o ir.Out, nchw bool) {
	if !slices.Contains(b.feeds, o.Node) && !slices.ContainsFunc(b.taps, func(t tap) bool { return t.out == o }) {
		b.taps = append(b.taps, tap{o, nchw})
	}
}

// Taps returns the keys under which Raw gives the tensors that features are made of.
func (b *Backbone) Taps() []string {
	keys := make([]string, len(b.taps))
	for i := range keys {
		keys[i] = "tap" + strconv.Itoa(i)
	}
	return keys
}

// Raw returns the graph with each tap as an output.
func (b *Backbone) Raw() *corepb.MetaGraphDef {
	var outs []port
	for i, key := range b.Taps() {
		t := b.taps[i].out
		outs = append(outs, port{key, nil, ir.New(key, "Identity", ir.Attrs{"T": floats()}, t).Out(0)})
	}
	return b.write(outs)
}

// Join makes one row of features of the taps, whose shapes without the batch it is told: what has an area is averaged
// over it. It returns how many features there are.
func (b *Backbone) Join(shapes [][]int64) (int, error) {
	var rows []ir.Out
	b.count = 0
	for i, t := range b.taps {
		o := t.out
		var size int64
		switch s := shapes[i]; len(s) {
		case 1:
			size = s[0]
		case 3:
			axes := []int64{1, 2}
			if size = s[2]; t.nchw {
				axes, size = []int64{2, 3}, s[0]
			}
			which := ir.NewConst("features/axes", ir.Value{Type: types.DataType_DT_INT32, Dims: []int64{2}, I: axes})
			o = ir.New("features/mean", "Mean", ir.Attrs{"T": floats(), "Tidx": ir.Type(types.DataType_DT_INT32), "keep_dims": ir.Bool(false)}, o, which.Out(0)).Out(0)
		default:
			return 0, &fault.ModelError{What: "features " + t.out.Node.Name, Want: "one value a feature, or an area of them: shape [F], [h, w, F] or [F, h, w] a picture", Got: fmt.Sprint(s)}
		}
		if size < 1 || size > math.MaxInt32 {
			return 0, &fault.ModelError{What: "features " + t.out.Node.Name, Want: "at least one", Got: fmt.Sprint(size)}
		}
		rows = append(rows, o)
		b.count += int(size)
	}
	b.joined = rows[0]
	if len(rows) > 1 {
		axis := ir.ScalarInt32("features/axis", 1)
		attrs := ir.Attrs{"N": ir.Int(int64(len(rows))), "T": floats(), "Tidx": ir.Type(types.DataType_DT_INT32)}
		b.joined = ir.New("features/join", "ConcatV2", attrs, append(rows, axis.Out(0))...).Out(0)
	}
	return b.count, nil
}

// Features returns the graph with the joined features as its output, after Join.
func (b *Backbone) Features() *corepb.MetaGraphDef {
	o := ir.New(Features, "Identity", ir.Attrs{"T": floats()}, b.joined)
	return b.write([]port{{Features, []int64{-1, int64(b.count)}, o.Out(0)}})
}

// A port is one output that is written.
type port struct {
	key   string
	shape []int64
	out   ir.Out
}

// write makes the MetaGraph of the nodes that outs need.
func (b *Backbone) write(outs []port) *corepb.MetaGraphDef {
	roots := slices.Clone(b.feeds)
	for _, o := range outs {
		roots = append(roots, o.out.Node)
	}
	nodes := ir.Reach(roots...)
	ir.Unique(nodes, b.feeds...)
	sig := &corepb.SignatureDef{Inputs: map[string]*corepb.TensorInfo{}, Outputs: map[string]*corepb.TensorInfo{},
		MethodName: "tensorflow/serving/predict"} //nolint:staticcheck // programs of TensorFlow 1 look for it
	for i, p := range b.inputs {
		sig.Inputs[p.Key] = info(b.feeds[i].Name+":0", p.DType, p.Shape)
	}
	for _, o := range outs {
		sig.Outputs[o.key] = info(fmt.Sprintf("%s:%d", o.out.Node.Name, o.out.Index), types.DataType_DT_FLOAT, o.shape)
	}
	return &corepb.MetaGraphDef{
		MetaInfoDef: &corepb.MetaGraphDef_MetaInfoDef{Tags: []string{"serve"}},
		GraphDef: &graphpb.GraphDef{Node: ir.Encode(nodes), Versions: b.def.GetVersions(),
			Library: proto.CloneOf[*funcpb.FunctionDefLibrary](b.def.GetLibrary())},
		SignatureDef: map[string]*corepb.SignatureDef{"serving_default": sig},
	}
}

func floats() *attr { return ir.Type(types.DataType_DT_FLOAT) }

// info describes a tensor; a nil shape is one of unknown rank.
func info(tensor string, t types.DataType, shape []int64) *corepb.TensorInfo {
	s := &shapepb.TensorShapeProto{UnknownRank: shape == nil}
	for _, d := range shape {
		s.Dim = append(s.Dim, &shapepb.TensorShapeProto_Dim{Size: d})
	}
	return &corepb.TensorInfo{Encoding: &corepb.TensorInfo_Name{Name: tensor}, Dtype: t, TensorShape: s}
}
