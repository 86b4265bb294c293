package nets

import (
	"bytes"

	graphpb "github.com/wamuir/graft/tensorflow/core/framework/graph_go_proto"
	shapepb "github.com/wamuir/graft/tensorflow/core/framework/tensor_shape_go_proto"
	typespb "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"
	varpb "github.com/wamuir/graft/tensorflow/core/framework/variable_go_proto"
	corepb "github.com/wamuir/graft/tensorflow/core/protobuf/for_core_protos_go_proto"
	"google.golang.org/protobuf/proto"

	tf "github.com/wamuir/graft/tensorflow"
)

// Keys of the signature serving_default.
const (
	Input  = "image"         // float32 [N, H, W, C], normalised
	Output = "probabilities" // float32 [N, classes]
)

// A Form is what a SavedModel may have otherwise than its net in training.
type Form struct {
	Half        bool    // the checkpoint has as float16 what StoredHalf tells
	Temperature float64 // that logits are divided by; 0: 1
}

// Serving makes the MetaGraph of a SavedModel: the net's inference form, with what saves and restores its
// variables, initializers that work, the signature serving_default, and TrainSignature, by which it goes on learning.
// Its variables come from the checkpoint that Export wrote, or one that f tells of.
func (n *Net) Serving(size, classes int, f Form) (*corepb.MetaGraphDef, error) {
	b := newBuilder(0)
	shape := []int64{-1, int64(size), int64(size), int64(n.Planes())}
	x := b.placeholder(Input, tf.Float, shape...)
	heads := n.build(b, x, int64(classes))
	var scores tf.Output
	if b.err == nil {
		scores = heads[0]
		if f.Temperature != 0 {
			scores = b.scale(scores, float32(1/f.Temperature))
		}
		scores = b.op("Softmax", nil, scores)
	}
	scores = b.alias(Output, scores)
	learn := n.trainable(b, x, size, classes)
	saver := b.saver(f.Half)
	collections := map[string]*corepb.CollectionDef{}
	for _, v := range b.vars {
		for _, key := range []string{"variables", "trainable_variables"} {
			if key == "trainable_variables" && !v.Trainable || b.err != nil {
				continue
			}
			b.fail(collect(collections, key, v))
		}
	}
	g, err := b.finish()
	if err != nil {
		return nil, err
	}
	defer freeGraph(g)
	def, err := definition(g)
	if err != nil {
		return nil, err
	}
	return &corepb.MetaGraphDef{
		MetaInfoDef:   &corepb.MetaGraphDef_MetaInfoDef{Tags: []string{"serve"}, TensorflowVersion: tf.Version()},
		GraphDef:      def,
		SaverDef:      saver,
		CollectionDef: collections,
		SignatureDef: map[string]*corepb.SignatureDef{"serving_default": {
			Inputs:     map[string]*corepb.TensorInfo{Input: info(Input+":0", shape...)},
			Outputs:    map[string]*corepb.TensorInfo{Output: info(scores.Op.Name()+":0", -1, int64(classes))},
			MethodName: "tensorflow/serving/predict",
		}, TrainSignature: learn},
	}, nil
}

// definition is a graph as a message.
func definition(g *tf.Graph) (*graphpb.GraphDef, error) {
	var buf bytes.Buffer
	if _, err := g.WriteTo(&buf); err != nil {
		return nil, err
	}
	def := &graphpb.GraphDef{}
	return def, proto.Unmarshal(buf.Bytes(), def)
}

// saver adds what TensorFlow's loaders run: the path in a scalar string, save, and restore.
func (b *builder) saver(half bool) *corepb.SaverDef {
	path := b.op("PlaceholderWithDefault", attrs{"shape": tf.ScalarShape()}, b.constant([]int64{}, []string{"model"}))
	values := make([]tf.Output, len(b.vars))
	inits := make([]*tf.Operation, len(b.vars))
	for i, v := range b.vars {
		values[i], inits[i] = v.read, v.init
		if half && StoredHalf(v.Shape) {
			values[i] = b.op("Cast", attrs{"DstT": tf.Half}, v.read)
		}
	}
	save := b.save(Save, path, b.vars, values)
	if b.err != nil {
		return nil
	}
	saved := b.add(tf.OpSpec{Type: "Identity", Name: "saved", Input: []tf.Input{path}, ControlDependencies: []*tf.Operation{save}})
	b.restore(Restore, path, b.vars, half)
	b.group(Init, inits...)
	if b.err != nil {
		return nil
	}
	return &corepb.SaverDef{FilenameTensorName: path.Op.Name() + ":0", SaveTensorName: saved.Name() + ":0", RestoreOpName: Restore,
		MaxToKeep: 5, KeepCheckpointEveryNHours: 10000, Version: corepb.SaverDef_V2}
}

// collect notes a variable for TensorFlow's loaders.
func collect(into map[string]*corepb.CollectionDef, key string, v *variable) error {
	def, err := proto.Marshal(&varpb.VariableDef{
		VariableName: v.handle.Op.Name() + ":0", InitializerName: v.init.Name(), SnapshotName: v.read.Op.Name() + ":0",
		InitialValueName: v.initial.Op.Name() + ":0", IsResource: true, Trainable: v.Trainable,
	})
	if err != nil {
		return err
	}
	if into[key] == nil {
		into[key] = &corepb.CollectionDef{Kind: &corepb.CollectionDef_BytesList_{BytesList: &corepb.CollectionDef_BytesList{}}}
	}
	list := into[key].GetBytesList()
	list.Value = append(list.Value, def)
	return nil
}

func info(tensor string, shape ...int64) *corepb.TensorInfo {
	s := &shapepb.TensorShapeProto{}
	for _, d := range shape {
		s.Dim = append(s.Dim, &shapepb.TensorShapeProto_Dim{Size: d})
	}
	return &corepb.TensorInfo{Encoding: &corepb.TensorInfo_Name{Name: tensor}, Dtype: typespb.DataType_DT_FLOAT, TensorShape: s}
}
