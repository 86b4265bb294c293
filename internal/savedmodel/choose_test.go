package savedmodel

import (
	"maps"
	"slices"
	"strings"
	"testing"

	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"
	pb "github.com/wamuir/graft/tensorflow/core/protobuf/for_core_protos_go_proto"
	"google.golang.org/protobuf/proto"
)

// modelWith returns mean_rgb with one MetaGraph for each set of tags, and each
// with copies of its signature under these keys.
func modelWith(t *testing.T, tags [][]string, signatures ...string) *Model {
	return edited(t, copyOf(t, "mean_rgb"), func(p *pb.SavedModel) {
		base := p.MetaGraphs[0]
		p.MetaGraphs = nil
		for _, set := range tags {
			g := proto.Clone(base).(*pb.MetaGraphDef)
			g.MetaInfoDef.Tags = set
			sig := g.SignatureDef["serving_default"]
			delete(g.SignatureDef, "serving_default")
			for _, key := range signatures {
				g.SignatureDef[key] = sig
			}
			p.MetaGraphs = append(p.MetaGraphs, g)
		}
	})
}

func TestChooseTags(t *testing.T) {
	for _, c := range []struct {
		name  string
		have  [][]string
		want  []string
		index int // of the graph; -1: an error
		words []string
	}{
		{"the only one", [][]string{{"photoprism"}}, nil, 0, nil},
		{"the only one has no tags", [][]string{{}}, nil, 0, nil},
		{"serve alone before serve with others", [][]string{{"serve", "gpu"}, {"train"}, {"serve"}}, nil, 2, nil},
		{"serve with others before none", [][]string{{"train"}, {"serve", "gpu"}}, nil, 1, nil},
		{"the graph for training is not what is wanted", [][]string{{"train"}, {}}, nil, 1, nil},
		{"none preferred", [][]string{{"small"}, {"large"}}, nil, -1, []string{"want {serve}", "the model has {small}, {large}"}},
		{"two that serve", [][]string{{"serve", "gpu"}, {"serve", "tpu"}}, nil, -1, []string{"{gpu, serve}, {serve, tpu}"}},
		{"asked for", [][]string{{"small"}, {"large"}}, []string{"large"}, 1, nil},
		{"asked for in another order", [][]string{{"serve"}, {"serve", "gpu"}}, []string{"gpu", "serve", "gpu"}, 1, nil},
		{"asked for no tags", [][]string{{"serve"}, {}}, []string{}, 1, nil},
		{"wrong", [][]string{{"serve"}, {"train"}}, []string{"server"}, -1, []string{"tags: want {server}", "{serve}, {train}"}},
		{"a part of the tags is not enough", [][]string{{"serve", "gpu"}}, []string{"serve"}, -1, []string{"want {serve}", "{gpu, serve}"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := modelWith(t, c.have, "serving_default")
			g, sig, err := m.Choose(c.want, "")
			if c.index < 0 {
				check(t, err, "model", c.words...)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if g.Meta != m.Proto.MetaGraphs[c.index] || sig.Key != "serving_default" {
				t.Errorf("chose %v", g.Tags)
			}
		})
	}
}

func TestChooseSignature(t *testing.T) {
	for _, c := range []struct {
		name  string
		have  []string
		want  string
		key   string // empty: an error
		words []string
	}{
		{"default among others", []string{"a", "serving_default", "serve"}, "", "serving_default", nil},
		{"serve among others", []string{"a", "serve", "default"}, "", "serve", nil},
		{"the only one", []string{"predict_images"}, "", "predict_images", nil},
		{"what TensorFlow initialises with is none", []string{"__saved_model_train_op", "predict"}, "", "predict", nil},
		{"TensorFlow Hub 1", []string{"image_feature_vector", "default"}, "", "default", nil},
		{"several", []string{"b", "a"}, "", "", []string{"want serving_default", "the model has a, b"}},
		{"asked for", []string{"b", "a", "serving_default"}, "b", "b", nil},
		{"wrong", []string{"serving_default"}, "classify", "", []string{"signature: want classify", "the model has serving_default"}},
		{"not for calling", []string{"serving_default"}, "__saved_model_init_op", "", []string{"want __saved_model_init_op"}},
		{"none", nil, "", "", []string{"want a signature", "with none"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, sig, err := modelWith(t, [][]string{{"serve"}}, c.have...).Choose(nil, c.want)
			if c.key == "" {
				check(t, err, "model", c.words...)
				return
			}
			if err != nil || sig.Key != c.key {
				t.Fatalf("chose %v, %v", sig, err)
			}
		})
	}
}

// A signature is checked when it is chosen: a session would only say nil.
func TestChoosePorts(t *testing.T) {
	for _, c := range []struct {
		name  string
		edit  func(in, out *pb.TensorInfo, sig *pb.SignatureDef)
		kind  string
		words []string
	}{
		{"unknown op", func(in, _ *pb.TensorInfo, _ *pb.SignatureDef) {
			in.Encoding = &pb.TensorInfo_Name{Name: "nowhere:0"}
		}, "model", []string{"nowhere:0", "image"}},
		{"index is no number", func(_, out *pb.TensorInfo, _ *pb.SignatureDef) {
			out.Encoding = &pb.TensorInfo_Name{Name: "StatefulPartitionedCall:x"}
		}, "model", []string{"StatefulPartitionedCall:x"}},
		{"sparse", func(in, _ *pb.TensorInfo, _ *pb.SignatureDef) {
			in.Encoding = &pb.TensorInfo_CooSparse_{CooSparse: &pb.TensorInfo_CooSparse{}}
		}, "unsupported", []string{"image is a sparse"}},
		{"no output", func(_, _ *pb.TensorInfo, sig *pb.SignatureDef) { clear(sig.Outputs) }, "model", []string{"an output"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := edited(t, copyOf(t, "mean_rgb"), func(p *pb.SavedModel) {
				sig := p.MetaGraphs[0].SignatureDef["serving_default"]
				c.edit(sig.Inputs["image"], sig.Outputs["logits"], sig)
			})
			_, _, err := m.Choose(nil, "")
			check(t, err, c.kind, c.words...)
		})
	}
}

func TestSignatures(t *testing.T) {
	for _, c := range []struct {
		model, tags, key string
		in, out          []Port
	}{
		{"mean_rgb", "serve", "serving_default",
			[]Port{{"image", "serving_default_image:0", types.DataType_DT_FLOAT, []int64{-1, 4, 4, 3}}},
			[]Port{{"logits", "StatefulPartitionedCall:0", types.DataType_DT_FLOAT, []int64{-1, 3}}}},
		{"mean_uint8", "serve", "serving_default",
			[]Port{{"image", "serving_default_image:0", types.DataType_DT_UINT8, []int64{-1, -1, -1, 3}}},
			[]Port{{"logits", "StatefulPartitionedCall:0", types.DataType_DT_FLOAT, []int64{-1, 3}}}},
		{"softmax_features", "serve", "serving_default",
			[]Port{{"image", "serving_default_image:0", types.DataType_DT_FLOAT, []int64{-1, 4, 4, 3}}},
			[]Port{
				{"features", "StatefulPartitionedCall:0", types.DataType_DT_FLOAT, []int64{-1, 3}},
				{"probabilities", "StatefulPartitionedCall:1", types.DataType_DT_FLOAT, []int64{-1, 2}},
			}},
		{"jpeg_mean", "serve", "serving_default",
			[]Port{{"image_bytes", "serving_default_image_bytes:0", types.DataType_DT_STRING, []int64{-1}}},
			[]Port{{"logits", "StatefulPartitionedCall:0", types.DataType_DT_FLOAT, []int64{-1, 3}}}},
		{"control_flow", "serve", "serving_default",
			[]Port{{"x", "serving_default_x:0", types.DataType_DT_FLOAT, []int64{}}},
			[]Port{{"y", "StatefulPartitionedCall:0", types.DataType_DT_FLOAT, []int64{}}}},
		{"tf1_resource", "photoprism", "predict_images",
			[]Port{{"image", "image:0", types.DataType_DT_FLOAT, []int64{-1, 4, 4, 3}}},
			[]Port{{"logits", "logits:0", types.DataType_DT_FLOAT, []int64{-1, 3}}}},
	} {
		t.Run(c.model, func(t *testing.T) {
			g, sig, err := tiny(t, c.model).Choose(nil, "")
			if err != nil {
				t.Fatal(err)
			}
			if strings.Join(g.Tags, " ") != c.tags || sig.Key != c.key || sig.Method != "tensorflow/serving/predict" {
				t.Errorf("chose %v %s %s", g.Tags, sig.Key, sig.Method)
			}
			same := func(a, b Port) bool {
				return a.Key == b.Key && a.Tensor == b.Tensor && a.DType == b.DType && slices.Equal(a.Shape, b.Shape) && (a.Shape == nil) == (b.Shape == nil)
			}
			if !slices.EqualFunc(sig.Inputs, c.in, same) || !slices.EqualFunc(sig.Outputs, c.out, same) {
				t.Errorf("inputs %v, outputs %v", sig.Inputs, sig.Outputs)
			}
		})
	}
}

// What a model leaves open must not look like a scalar, and no size is below -1.
func TestUnknownShapes(t *testing.T) {
	m := edited(t, copyOf(t, "mean_rgb"), func(p *pb.SavedModel) {
		sig := p.MetaGraphs[0].SignatureDef["serving_default"]
		in := sig.Inputs["image"]
		in.TensorShape.Dim[0].Size = -7
		for _, c := range []string{"open", "absent"} {
			sig.Inputs[c] = proto.Clone(in).(*pb.TensorInfo)
		}
		sig.Inputs["open"].TensorShape.UnknownRank = true
		sig.Inputs["absent"].TensorShape = nil
		sig.Inputs["absent"].Encoding = &pb.TensorInfo_Name{Name: "serving_default_image"}
	})
	_, sig, err := m.Choose(nil, "")
	if err != nil {
		t.Fatal(err)
	}
	ports := map[string]Port{}
	for _, p := range sig.Inputs {
		ports[p.Key] = p
	}
	if ports["open"].Shape != nil || ports["absent"].Shape != nil {
		t.Errorf("unknown rank gives %v and %v", ports["open"].Shape, ports["absent"].Shape)
	}
	if got := ports["image"].Shape; !slices.Equal(got, []int64{-1, 4, 4, 3}) {
		t.Errorf("image has shape %v", got)
	}
	if got := ports["absent"].Tensor; got != "serving_default_image:0" {
		t.Errorf("a tensor without index becomes %q", got)
	}
	if keys := slices.Sorted(maps.Keys(ports)); len(keys) != 3 || sig.Inputs[0].Key != keys[0] {
		t.Errorf("inputs are %v", sig.Inputs)
	}
}
