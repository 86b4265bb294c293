package session

// #include <stdlib.h>
// #include <string.h>
// #include "tensorflow/c/c_api.h"
//
// static void import_graph(TF_Graph* g, void* data, size_t n, TF_Status* s) {
//   TF_Buffer* buf = TF_NewBuffer();
//   buf->data = data;
//   buf->length = n;
//   TF_ImportGraphDefOptions* opts = TF_NewImportGraphDefOptions();
//   TF_GraphImportGraphDef(g, buf, opts, s);
//   TF_DeleteImportGraphDefOptions(opts);
//   TF_DeleteBuffer(buf);
// }
import "C"

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"runtime/debug"
	"strings"
	"unsafe"

	tf "github.com/wamuir/graft/tensorflow"
	"golang.org/x/sys/cpu"
	"google.golang.org/protobuf/proto"

	graphpb "github.com/wamuir/graft/tensorflow/core/framework/graph_go_proto"
	corepb "github.com/wamuir/graft/tensorflow/core/protobuf/for_core_protos_go_proto"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/freeze"
	"github.com/gosight/vision/internal/option"
)

// An opener holds what the steps of Open share.
type opener struct {
	src Source
	c   Config
	m   *Model
	p   option.Process
}

// local reports whether the model runs on CPUs of this process alone, whose kernels
// are known.
func (o *opener) local() bool {
	return o.c.Target == "" && !strings.Contains(strings.Join(o.m.info.Devices, ""), "GPU")
}

// precise decides the precision and notes it. The rewriter that brings bfloat16 knows
// TensorFlow's own nodes only.
func (o *opener) precise() (bf16 bool) {
	switch {
	case !o.c.BF16:
	case !o.local():
		o.m.info.Precision = "float32 (bfloat16 was asked for, which is for CPUs of this machine)"
	case !hasBF16():
		o.m.info.Precision = "float32 (bfloat16 was asked for; this CPU has no AVX512-BF16)"
	default:
		o.m.info.Precision = "bfloat16"
		return true
	}
	return false
}

func hasBF16() bool { return cpu.X86.HasAVX512BF16 || cpu.X86.HasAMXBF16 }

// configure returns the ConfigProto for this model, frozen or as it was saved.
func (o *opener) configure(saved, rewrite, bf16 bool) ([]byte, error) {
	return configure(o.p, tuning{saved: saved, rewrite: rewrite, bf16: bf16, soft: !o.local(), remote: o.c.Target != ""})
}

// loadFrozen imports the frozen graph once a device and gives it its weights.
func (o *opener) loadFrozen(fg *freeze.Graph, config []byte) error {
	m := o.m
	m.info.Frozen, m.info.Report, m.info.Weights = true, fg.Report, fg.WeightBytes
	m.features = fg.Features
	names := make(map[string]string, len(fg.Inputs)+len(fg.Outputs))
	for _, from := range []map[string]string{fg.Inputs, fg.Outputs, fg.Kept} {
		for k, v := range from {
			names[k] = v
		}
	}
	weights := fg.Weights
	for i, device := range m.info.Devices {
		fg.SetDevice(device)
		buf, err := marshalNative(fg.Def)
		if err != nil {
			return &fault.ModelError{Model: m.name, What: "graph", Err: err}
		}
		if i == len(m.info.Devices)-1 {
			fg.Release() // each copy of the weights goes before the next is made
			debug.FreeOSMemory()
		}
		g := tf.NewGraph()
		if err := buf.importInto(g); err != nil {
			freeGraph(g)
			return &fault.ModelError{Model: m.name, What: "frozen graph", Err: err}
		}
		sess, err := tf.NewSession(g, &tf.SessionOptions{Target: o.c.Target, Config: config})
		if err != nil {
			freeGraph(g)
			return &fault.DeviceError{Device: device + o.c.Target, Reason: "TensorFlow cannot start a session", Err: err}
		}
		r := &replica{graph: g, sess: sess, names: names, outs: map[string]tf.Output{}}
		m.replicas = append(m.replicas, r)
		if err := r.assign(weights); err != nil {
			return &fault.ModelError{Model: m.name, What: "weights", Err: err}
		}
	}
	trim()
	return nil
}

// assign gives the variables of a replica their values, which go from the checkpoint
// straight into native memory; TensorFlow keeps the tensors as they are.
func (r *replica) assign(weights []freeze.Weight) error {
	if len(weights) == 0 {
		return nil
	}
	feeds := make(map[tf.Output]*tf.Tensor, len(weights))
	defer func() {
		for _, t := range feeds {
			free(t)
		}
	}()
	targets := make([]*tf.Operation, len(weights))
	for i := range weights {
		w := &weights[i]
		feed, err := r.output(w.Feed)
		if err != nil {
			return err
		}
		if targets[i] = r.graph.Operation(w.Assign); targets[i] == nil {
			return &fault.ModelError{What: "graph", Want: w.Assign}
		}
		t, err := tf.ReadTensor(tf.DataType(w.DType), w.Shape, fillReader{w})
		if err != nil {
			return fmt.Errorf("%s: %w", w.Assign, err)
		}
		feeds[feed] = own(t)
	}
	_, err := r.sess.Run(feeds, nil, targets)
	return err
}

// A fillReader writes a weight into the whole of the native tensor, which ReadTensor
// offers in one piece.
type fillReader struct{ w *freeze.Weight }

func (f fillReader) Read(p []byte) (int, error) {
	if int64(len(p)) != f.w.Size {
		return 0, fmt.Errorf("want room for %d bytes, got %d", f.w.Size, len(p))
	}
	return len(p), f.w.Fill(p)
}

// A nativeBuffer is a serialised message in C memory, so that it needs no second
// copy on its way into TensorFlow and goes back to the system when freed.
type nativeBuffer struct {
	p unsafe.Pointer
	n int
}

func marshalNative(def *graphpb.GraphDef) (nativeBuffer, error) {
	n := proto.Size(def)
	b := nativeBuffer{C.malloc(C.size_t(max(n, 1))), n}
	if b.p == nil {
		return b, errors.New("out of memory")
	}
	dst := unsafe.Slice((*byte)(b.p), n)
	out, err := proto.MarshalOptions{UseCachedSize: true}.MarshalAppend(dst[:0], def)
	if err == nil && len(out) != n {
		err = errors.New("the size of the graph changed while it was written")
	}
	if err != nil {
		C.free(b.p)
		return b, err
	}
	return b, nil
}

// importInto adds the graph to g and frees the buffer.
func (b nativeBuffer) importInto(g *tf.Graph) error {
	defer C.free(b.p)
	c := (*C.TF_Graph)(cPointer(reflect.ValueOf(g)))
	if c == nil {
		return g.Import(unsafe.Slice((*byte)(b.p), b.n), "")
	}
	s := C.TF_NewStatus()
	defer C.TF_DeleteStatus(s)
	C.import_graph(c, b.p, C.size_t(b.n), s)
	if C.TF_GetCode(s) != C.TF_OK {
		return errors.New(C.GoString(C.TF_Message(s)))
	}
	return nil
}

// writePlaced writes a SavedModel of one graph with the device in the nodes that
// carry it: calls pass theirs on to the bodies of their functions.
func writePlaced(path string, meta *corepb.MetaGraphDef, device string) error {
	meta = proto.Clone(meta).(*corepb.MetaGraphDef)
	if device != "" {
		for _, n := range meta.GetGraphDef().GetNode() {
			n.Device = device
		}
	}
	b, err := proto.Marshal(&corepb.SavedModel{SavedModelSchemaVersion: 1, MetaGraphs: []*corepb.MetaGraphDef{meta}})
	if err != nil {
		return err
	}
	return os.WriteFile(path, b, 0o600)
}
