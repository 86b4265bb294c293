package freeze

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"google.golang.org/protobuf/proto"

	attrpb "github.com/wamuir/graft/tensorflow/core/framework/attr_value_go_proto"
	nodepb "github.com/wamuir/graft/tensorflow/core/framework/node_def_go_proto"
	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"
	pb "github.com/wamuir/graft/tensorflow/core/protobuf/for_core_protos_go_proto"

	"github.com/gosight/vision/internal/freeze/ir"
	"github.com/gosight/vision/internal/savedmodel"
)

// Graphs come from files of strangers: whatever they hold, freezing and
// optimising end in a graph or an error. The seed spoils a model in a few places that
// still make a message: other ops, inputs, attributes and shapes.
func FuzzFreeze(f *testing.F) {
	definitions := ops(f)
	folders := []string{"mean_rgb", "control_flow", "jpeg_mean", "tf1_ref", "keras_dense", "mean_grey_nchw", "softmax_features", "detect_heads"}
	var models []fstest.MapFS
	for _, folder := range folders {
		files := fstest.MapFS{}
		for _, name := range []string{"saved_model.pb", "variables/variables.index", "variables/variables.data-00000-of-00001"} {
			b, err := os.ReadFile(filepath.Join(tiny, folder, name))
			if os.IsNotExist(err) {
				continue // a model without variables
			}
			if err != nil {
				f.Fatal(err)
			}
			files[name] = &fstest.MapFile{Data: b}
		}
		models = append(models, files)
	}
	for i := range 400 {
		f.Add(uint64(i), uint8(i))
	}
	f.Fuzz(func(t *testing.T, seed uint64, which uint8) {
		files := models[int(which)%len(models)]
		rng := rand.New(rand.NewPCG(seed, uint64(which)))
		var p pb.SavedModel
		if err := proto.Unmarshal(files["saved_model.pb"].Data, &p); err != nil {
			t.Fatal(err)
		}
		spoil(rng, &p)
		data, err := proto.Marshal(&p)
		if err != nil {
			t.Fatal(err)
		}
		spoilt := fstest.MapFS{"saved_model.pb": {Data: data}}
		for name, file := range files {
			if name != "saved_model.pb" {
				spoilt[name] = file
			}
		}
		m, err := savedmodel.Read(spoilt, ".")
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range m.Graphs() {
			for _, s := range g.Signatures {
				chosen, sig, err := m.Choose(g.Tags, s.Key)
				if err != nil {
					continue
				}
				for _, o := range []Options{{}, {Optimize: true, CPU: true, OneDNN: true, Variables: true}} {
					o.Ops = definitions
					fg, err := Freeze(m, chosen, sig, o)
					if err == nil && (fg.Def == nil || len(fg.Outputs) == 0) {
						t.Error("neither a graph nor an error")
					}
				}
			}
		}
	})
}

func spoil(rng *rand.Rand, p *pb.SavedModel) {
	g := p.GetMetaGraphs()[0].GetGraphDef()
	bodies := [][]*nodepb.NodeDef{g.GetNode()}
	for _, f := range g.GetLibrary().GetFunction() {
		bodies = append(bodies, f.GetNodeDef())
	}
	for range 1 + rng.IntN(6) {
		body := bodies[rng.IntN(len(bodies))]
		if len(body) == 0 {
			continue
		}
		n, other := body[rng.IntN(len(body))], body[rng.IntN(len(body))]
		switch rng.IntN(7) {
		case 0:
			n.Op = other.Op
		case 1:
			ops := []string{"Conv2D", "MatMul", "BiasAdd", "Pad", "Transpose", "Reshape", "StridedSlice", "Switch", "If", "While", "Case",
				"ResourceGather", "ConcatV2", "Mean", "MaxPool", "FusedBatchNormV3", "AddV2", "Mul", "Relu6", "Pack", "Squeeze", "Const"}
			n.Op = ops[rng.IntN(len(ops))]
		case 2:
			n.Input = other.Input
		case 3:
			if len(n.Input) > 0 {
				n.Input = n.Input[:rng.IntN(len(n.Input))]
			}
		case 4:
			if len(n.Input) > 0 && len(other.Input) > 0 {
				n.Input[rng.IntN(len(n.Input))] = other.Input[rng.IntN(len(other.Input))]
			}
		case 5:
			for name := range n.Attr {
				delete(n.Attr, name)
				break
			}
		case 6:
			spoilAttr(rng, n)
		}
	}
}

func spoilAttr(rng *rand.Rand, n *nodepb.NodeDef) {
	if n.Attr == nil {
		n.Attr = map[string]*attrpb.AttrValue{}
	}
	odd := []int64{-1 << 40, -1, 0, 1, 2, 1 << 33}
	dims := make([]int64, rng.IntN(5))
	for i := range dims {
		dims[i] = odd[rng.IntN(len(odd))]
	}
	names := []string{"strides", "padding", "shape", "value", "T", "dilations", "ksize", "squeeze_dims"}
	values := []*attrpb.AttrValue{
		ir.Ints(dims...), ir.String("SAME"), ir.String("EXPLICIT"), ir.Shape(dims), ir.Type(types.DataType_DT_FLOAT), ir.Int(dims0(dims)),
	}
	if v := n.Attr["value"].GetTensor(); v != nil {
		v.TensorShape = ir.ShapeProto(dims)
		return
	}
	n.Attr[names[rng.IntN(len(names))]] = values[rng.IntN(len(values))]
}

func dims0(dims []int64) int64 {
	if len(dims) == 0 {
		return 0
	}
	return dims[0]
}
