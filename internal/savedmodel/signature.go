package savedmodel

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"
	pb "github.com/wamuir/graft/tensorflow/core/protobuf/for_core_protos_go_proto"
)

// A Port is one named input or output of a signature.
type Port struct {
	Key    string         // name in the signature
	Tensor string         // name in the graph, "op:0"; empty for a sparse or composite tensor
	DType  types.DataType // type of the elements
	Shape  []int64        // nil: rank not known; -1: dimension not known; empty, not nil: a scalar
}

// A Signature is one way to call a graph. Inputs and Outputs are sorted by key.
type Signature struct {
	Key     string // "serving_default"
	Method  string // "tensorflow/serving/predict"; may be empty
	Inputs  []Port
	Outputs []Port
}

// A Graph is one MetaGraph of a model. Signatures are sorted by key and leave
// out those that TensorFlow uses to initialise and train.
type Graph struct {
	Tags       []string // sorted; may be empty
	Signatures []Signature
	Meta       *pb.MetaGraphDef
}

// Graphs returns the graphs of the model in the order of the file.
func (m *Model) Graphs() []Graph {
	graphs := make([]Graph, 0, len(m.Proto.GetMetaGraphs()))
	for _, meta := range m.Proto.GetMetaGraphs() {
		g := Graph{Tags: slices.Clone(meta.GetMetaInfoDef().GetTags()), Meta: meta}
		slices.Sort(g.Tags)
		g.Tags = slices.Compact(g.Tags)
		defs := meta.GetSignatureDef()
		for _, key := range slices.Sorted(maps.Keys(defs)) {
			if strings.HasPrefix(key, "__saved_model_") {
				continue
			}
			g.Signatures = append(g.Signatures, Signature{
				Key:     key,
				Method:  defs[key].GetMethodName(),
				Inputs:  ports(defs[key].GetInputs()),
				Outputs: ports(defs[key].GetOutputs()),
			})
		}
		graphs = append(graphs, g)
	}
	return graphs
}

func ports(infos map[string]*pb.TensorInfo) []Port {
	list := make([]Port, 0, len(infos))
	for key, info := range infos {
		p := Port{Key: key, Tensor: info.GetName(), DType: info.GetDtype()}
		if p.Tensor != "" && !strings.Contains(p.Tensor, ":") {
			p.Tensor += ":0"
		}
		if s := info.GetTensorShape(); s != nil && !s.GetUnknownRank() {
			p.Shape = make([]int64, 0, len(s.GetDim()))
			for _, d := range s.GetDim() {
				p.Shape = append(p.Shape, max(d.GetSize(), -1))
			}
		}
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b Port) int { return cmp.Compare(a.Key, b.Key) })
	return list
}
