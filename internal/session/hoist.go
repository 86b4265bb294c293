package session

import (
	"bytes"
	"errors"
	"fmt"
	"runtime/debug"

	attrpb "github.com/wamuir/graft/tensorflow/core/framework/attr_value_go_proto"
	graphpb "github.com/wamuir/graft/tensorflow/core/framework/graph_go_proto"
	nodepb "github.com/wamuir/graft/tensorflow/core/framework/node_def_go_proto"
	shapepb "github.com/wamuir/graft/tensorflow/core/framework/tensor_shape_go_proto"
	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"

	tf "github.com/wamuir/graft/tensorflow"
)

// Constants in a graph are copied at every step between import and the first run,
// seven times in all. So large weights leave the graph: each becomes a variable of the session
// that is set once, from a tensor that TensorFlow then keeps as it is. Kernels that
// prepare weights ahead go by the node's is_filter_const, which stands.

// hoistBytes is the size from which a weight leaves the graph; what is smaller costs
// little, and nodes that need a constant get one.
const hoistBytes = 16 << 10

// A weight is a constant that has left the graph.
type weight struct {
	name  string // of the node that reads it, formerly the constant
	dtype types.DataType
	shape []int64
	data  []byte
}

func (w weight) handle() string { return w.name + "/hoisted_handle" }
func (w weight) value() string  { return w.name + "/hoisted_value" }
func (w weight) set() string    { return w.name + "/hoisted_set" }

// hoist takes the large float constants out of def and puts variables in their place.
func hoist(def *graphpb.GraphDef) []weight {
	var ws []weight
	for i, n := range def.GetNode() {
		t := n.GetAttr()["value"].GetTensor()
		if n.GetOp() != "Const" || t.GetDtype() != types.DataType_DT_FLOAT || len(t.GetTensorContent()) < hoistBytes {
			continue
		}
		w := weight{name: n.GetName(), dtype: t.GetDtype(), data: t.GetTensorContent()}
		for _, d := range t.GetTensorShape().GetDim() {
			w.shape = append(w.shape, d.GetSize())
		}
		if Elements(w.shape)*4 != int64(len(w.data)) {
			continue // one value repeated
		}
		def.Node[i] = &nodepb.NodeDef{Name: w.name, Op: "ReadVariableOp", Device: n.GetDevice(),
			Input: append([]string{w.handle()}, n.GetInput()...), Attr: map[string]*attrpb.AttrValue{"dtype": attrType(w.dtype)}}
		ws = append(ws, w)
	}
	for _, w := range ws {
		shape := &attrpb.AttrValue{Value: &attrpb.AttrValue_Shape{Shape: shapeProto(w.shape)}}
		def.Node = append(def.Node,
			&nodepb.NodeDef{Name: w.handle(), Op: "VarHandleOp", Attr: map[string]*attrpb.AttrValue{
				"dtype": attrType(w.dtype), "shape": shape,
				"shared_name": {Value: &attrpb.AttrValue_S{S: []byte(w.name)}}, "container": {Value: &attrpb.AttrValue_S{}}}},
			&nodepb.NodeDef{Name: w.value(), Op: "Placeholder", Attr: map[string]*attrpb.AttrValue{"dtype": attrType(w.dtype), "shape": shape}},
			&nodepb.NodeDef{Name: w.set(), Op: "AssignVariableOp", Input: []string{w.handle(), w.value()},
				Attr: map[string]*attrpb.AttrValue{"dtype": attrType(w.dtype)}})
	}
	return ws
}

func attrType(t types.DataType) *attrpb.AttrValue {
	return &attrpb.AttrValue{Value: &attrpb.AttrValue_Type{Type: t}}
}

func shapeProto(dims []int64) *shapepb.TensorShapeProto {
	p := &shapepb.TensorShapeProto{}
	for _, d := range dims {
		p.Dim = append(p.Dim, &shapepb.TensorShapeProto_Dim{Size: d})
	}
	return p
}

// keepBytes is how much of Go's copies may lie unfreed while weights are set.
const keepBytes = 64 << 20

// set gives the variables of a replica their values. The last replica lets go of each
// value as it is copied.
func (r *replica) set(ws []weight, last bool) error {
	if len(ws) == 0 {
		return nil
	}
	feeds := make(map[tf.Output]*tf.Tensor, len(ws))
	defer func() {
		for _, t := range feeds {
			free(t)
		}
	}()
	targets := make([]*tf.Operation, len(ws))
	kept := 0
	for i, w := range ws {
		in, set := r.graph.Operation(w.value()), r.graph.Operation(w.set())
		if in == nil || set == nil {
			return errors.New("a weight is not in the graph: " + w.name)
		}
		t, err := tf.ReadTensor(tf.DataType(w.dtype), w.shape, bytes.NewReader(w.data))
		if err != nil {
			return fmt.Errorf("weight %s: %w", w.name, err)
		}
		feeds[in.Output(0)], targets[i] = own(t), set
		if last {
			kept += len(w.data)
			ws[i].data = nil
			if kept > keepBytes {
				debug.FreeOSMemory()
				kept = 0
			}
		}
	}
	if last {
		debug.FreeOSMemory()
	}
	_, err := r.sess.Run(feeds, nil, targets)
	return err
}
