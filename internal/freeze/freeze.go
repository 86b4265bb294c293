// Package freeze turns a SavedModel into one frozen GraphDef: variables become
// constants, calls are inlined, what the signature does not need is gone. It
// works on protobuf messages alone and never touches the TensorFlow library.
package freeze

import (
	"fmt"

	graphpb "github.com/wamuir/graft/tensorflow/core/framework/graph_go_proto"

	"github.com/gosight/vision/internal/savedmodel"
)

// Options say how a graph is frozen.
type Options struct {
	// Device is written into every node, for example "/device:GPU:1"; empty leaves
	// the choice to TensorFlow.
	Device string
	// Optimize also evaluates what depends on constants alone, folds batch norms into
	// weights and writes fused nodes. Outputs move by rounding only.
	Optimize bool
	// Ops is the serialised OpList of the TensorFlow library that will run the
	// graph (TF_GetAllOpList). It names the outputs of each op, which bodies of functions need.
	Ops []byte
	// CPU says that the graph will run on a CPU device, where more nodes can be fused.
	CPU bool
	// OneDNN says that the library uses oneDNN on the CPU.
	OneDNN bool
}

// A Graph is a frozen model.
type Graph struct {
	Def         *graphpb.GraphDef
	Inputs      map[string]string // signature key to tensor name in Def, "op:0"
	Outputs     map[string]string
	WeightBytes int64 // bytes of all constants
	Report      Report
}

// A Report says what was done, for people to read.
type Report struct {
	Variables int // variables that became constants
	Inlined   int // calls inlined
	Folded    int // nodes evaluated because they depend on constants alone
	Fused     int // nodes that do the work of several
	Nodes     int // nodes left
}

// NotFreezable reports a graph that must run as it was saved: it writes
// variables, uses tables, or holds a variable whose value is not in the checkpoint.
type NotFreezable struct {
	Node   string
	Op     string
	Reason string
}

func (e *NotFreezable) Error() string {
	s := "vision: cannot freeze"
	if e.Node != "" {
		s += " " + e.Node
	}
	if e.Op != "" {
		s += fmt.Sprintf(" (%s)", e.Op)
	}
	return s + ": " + e.Reason
}

// Freeze returns the part of g that sig needs, frozen. A graph that cannot be
// frozen is a *NotFreezable; anything else that is wrong is an error of package fault.
func Freeze(m *savedmodel.Model, g *savedmodel.Graph, sig *savedmodel.Signature, o Options) (*Graph, error) {
	return nil, &NotFreezable{Reason: "freezing is not written yet"}
}

// Features returns the tensor that feeds the classification head of an output,
// and its dimensions, -1 where unknown, as [N, features].
func (g *Graph) Features(outputKey string) (tensor string, dims []int64, err error) {
	return "", nil, &NotFreezable{Reason: "features are not written yet"}
}

// SetDevice writes the device into every node of the graph.
func (g *Graph) SetDevice(name string) {
	for _, n := range g.Def.GetNode() {
		n.Device = name
	}
	for _, f := range g.Def.GetLibrary().GetFunction() {
		for _, n := range f.GetNodeDef() {
			n.Device = name
		}
	}
}
