package savedmodel

import (
	corepb "github.com/wamuir/graft/tensorflow/core/protobuf/for_core_protos_go_proto"
	"google.golang.org/protobuf/proto"
)

// Marshal returns the content of the saved_model.pb that holds one MetaGraph.
func Marshal(meta *corepb.MetaGraphDef) ([]byte, error) {
	return proto.MarshalOptions{Deterministic: true}.Marshal(&corepb.SavedModel{SavedModelSchemaVersion: 1, MetaGraphs: []*corepb.MetaGraphDef{meta}})
}
