package recognize_test

import (
	"testing"
	"testing/fstest"

	attrpb "github.com/wamuir/graft/tensorflow/core/framework/attr_value_go_proto"
	graphpb "github.com/wamuir/graft/tensorflow/core/framework/graph_go_proto"
	nodepb "github.com/wamuir/graft/tensorflow/core/framework/node_def_go_proto"
	tensorpb "github.com/wamuir/graft/tensorflow/core/framework/tensor_go_proto"
	shapepb "github.com/wamuir/graft/tensorflow/core/framework/tensor_shape_go_proto"
	typepb "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"
	corepb "github.com/wamuir/graft/tensorflow/core/protobuf/for_core_protos_go_proto"
	"google.golang.org/protobuf/proto"

	"github.com/gosight/vision"
	"github.com/gosight/vision/recognize"
)

// Graphs that testdata/models has not got are built here, node by node. They hold no
// variables, so saved_model.pb is the whole model.

const (
	floatType = typepb.DataType_DT_FLOAT
	intType   = typepb.DataType_DT_INT32
)

// A graph is a SavedModel in the making: one input "image", outputs as they are named.
type graph struct {
	def     graphpb.GraphDef
	input   *corepb.TensorInfo
	outputs map[string]*corepb.TensorInfo
}

func newGraph(shape ...int64) *graph {
	g := &graph{outputs: map[string]*corepb.TensorInfo{}}
	g.op("image", "Placeholder", nil, "dtype", floatType, "shape", dims(shape...))
	g.input = tensorInfo("image:0", shape)
	return g
}

func dims(shape ...int64) *shapepb.TensorShapeProto {
	s := &shapepb.TensorShapeProto{}
	for _, d := range shape {
		s.Dim = append(s.Dim, &shapepb.TensorShapeProto_Dim{Size: d})
	}
	return s
}

func tensorInfo(name string, shape []int64) *corepb.TensorInfo {
	return &corepb.TensorInfo{Encoding: &corepb.TensorInfo_Name{Name: name}, Dtype: floatType, TensorShape: dims(shape...)}
}

// op adds a node. attrs are pairs of a name and a value.
func (g *graph) op(name, op string, in []string, attrs ...any) string {
	n := &nodepb.NodeDef{Name: name, Op: op, Input: in, Attr: map[string]*attrpb.AttrValue{}}
	for i := 0; i < len(attrs); i += 2 {
		a := &attrpb.AttrValue{}
		switch v := attrs[i+1].(type) {
		case typepb.DataType:
			a.Value = &attrpb.AttrValue_Type{Type: v}
		case bool:
			a.Value = &attrpb.AttrValue_B{B: v}
		case string:
			a.Value = &attrpb.AttrValue_S{S: []byte(v)}
		case *shapepb.TensorShapeProto:
			a.Value = &attrpb.AttrValue_Shape{Shape: v}
		case *tensorpb.TensorProto:
			a.Value = &attrpb.AttrValue_Tensor{Tensor: v}
		case []int64:
			a.Value = &attrpb.AttrValue_List{List: &attrpb.AttrValue_ListValue{I: v}}
		}
		n.Attr[attrs[i].(string)] = a
	}
	g.def.Node = append(g.def.Node, n)
	return name
}

func (g *graph) ints(name string, v ...int32) string {
	return g.op(name, "Const", nil, "dtype", intType, "value",
		&tensorpb.TensorProto{Dtype: intType, TensorShape: dims(int64(len(v))), IntVal: v})
}

func (g *graph) floats(name string, shape []int64, v ...float32) string {
	return g.op(name, "Const", nil, "dtype", floatType, "value",
		&tensorpb.TensorProto{Dtype: floatType, TensorShape: dims(shape...), FloatVal: v})
}

func (g *graph) mean(name, of string, axes ...int32) string {
	return g.op(name, "Mean", []string{of, g.ints(name+"/axes", axes...)}, "T", floatType, "Tidx", intType, "keep_dims", false)
}

// out names an output and its shape.
func (g *graph) out(key, node string, shape ...int64) *graph {
	g.outputs[key] = tensorInfo(node+":0", shape)
	return g
}

// files returns the SavedModel as a file system, with its card.
func (g *graph) files(t testing.TB, card string) fstest.MapFS {
	t.Helper()
	b, err := proto.Marshal(&corepb.SavedModel{SavedModelSchemaVersion: 1, MetaGraphs: []*corepb.MetaGraphDef{{
		MetaInfoDef: &corepb.MetaGraphDef_MetaInfoDef{Tags: []string{"serve"}},
		GraphDef:    &g.def,
		SignatureDef: map[string]*corepb.SignatureDef{"serving_default": {
			Inputs: map[string]*corepb.TensorInfo{"image": g.input}, Outputs: g.outputs, MethodName: "tensorflow/serving/predict",
		}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return fstest.MapFS{"m/saved_model.pb": {Data: b}, "m/card.json": {Data: []byte(card)}}
}

func (g *graph) open(t testing.TB, card string, opts ...vision.Option) *recognize.Model {
	t.Helper()
	m, err := recognize.OpenFS(g.files(t, card), "m", opts...)
	if err != nil {
		t.Fatal(err)
	}
	closeAtEnd(t, m)
	return m
}

// colours is the card of graphs that give three logits for a picture of 0..1.
const colours = `{"task": "recognize",
	"input": {"channels": "RGB", "range": [0, 1], "resize": {"mode": "squash", "resampler": "pillow-box"}},
	"output": {"scores": "logits", "label_names": ["red", "green", "blue"]}}`

// fixed4 takes four pictures at a time: the means of the channels.
func fixed4() *graph {
	g := newGraph(4, 4, 4, 3)
	return g.out("logits", g.mean("logits", "image", 1, 2), 4, 3)
}

// unbatched takes one picture without a batch dimension.
func unbatched() *graph {
	g := newGraph(4, 4, 3)
	return g.out("logits", g.mean("logits", "image", 0, 1), 3)
}

// corner sees only the upper left part of its input: the mean of all of it is the same
// whichever way a picture is turned.
func corner() *graph {
	g := newGraph(-1, 4, 4, 3)
	part := g.op("part", "StridedSlice", []string{"image", g.ints("from", 0, 0, 0, 0), g.ints("to", 1<<30, 2, 3, 3), g.ints("step", 1, 1, 1, 1)},
		"T", floatType, "Index", intType)
	return g.out("logits", g.mean("logits", part, 1, 2), -1, 3)
}

// manyClasses does not say how many classes it has; there are three.
func manyClasses() *graph {
	g := newGraph(-1, 4, 4, 3)
	return g.out("logits", g.mean("logits", "image", 1, 2), -1, -1)
}

// logMean gives log(mean), so that softmax gives mean / sum of means; NaN for a
// picture without any light.
func logMean() *graph {
	g := newGraph(-1, 4, 4, 3)
	return g.out("logits", g.op("logits", "Log", []string{g.mean("mean", "image", 1, 2)}, "T", floatType), -1, 3)
}

// convHead has a 1x1 convolution as its head, the identity with no bias to speak of, and the mean after it.
func convHead() *graph {
	g := newGraph(-1, 4, 4, 3)
	k := g.floats("kernel", []int64{1, 1, 3, 3}, 1, 0, 0, 0, 1, 0, 0, 0, 1)
	c := g.op("head", "Conv2D", []string{g.op("light", "Relu", []string{"image"}, "T", floatType), k}, "T", floatType, "strides", []int64{1, 1, 1, 1}, "padding", "SAME")
	c = g.op("biased", "BiasAdd", []string{c, g.floats("bias", []int64{3}, 0, 0, 0)}, "T", floatType)
	return g.out("logits", g.mean("logits", c, 1, 2), -1, 3)
}

// slow multiplies matrices of 512 x 512 that depend on the picture, some milliseconds a
// round. The logits are the means of the channels all the same.
func slow(rounds int) *graph {
	const n = 512
	g := newGraph(-1, 4, 4, 3)
	all := g.op("small", "Mul", []string{g.mean("all", "image", 1, 2, 3), g.floats("share", nil, 1./n)}, "T", floatType)
	for i, axis := range []int32{1, 2} {
		name := []string{"column", "cell"}[i]
		all = g.op(name, "ExpandDims", []string{all, g.op(name+"/axis", "Const", nil, "dtype", intType, "value",
			&tensorpb.TensorProto{Dtype: intType, TensorShape: dims(), IntVal: []int32{axis}})}, "T", floatType, "Tdim", intType)
	}
	big := g.op("big", "Tile", []string{all, g.ints("times", 1, n, n)}, "T", floatType, "Tmultiples", intType)
	power := big
	for range rounds {
		power = g.op(power+"x", "BatchMatMulV2", []string{power, big}, "T", floatType)
	}
	zero := g.op("zero", "Mul", []string{g.mean("shrunk", power, 1, 2), g.floats("nil", nil, 0)}, "T", floatType)
	zeros := g.op("zeros", "ExpandDims", []string{zero, "column/axis"}, "T", floatType, "Tdim", intType)
	return g.out("logits", g.op("logits", "AddV2", []string{g.mean("mean", "image", 1, 2), zeros}, "T", floatType), -1, 3)
}
