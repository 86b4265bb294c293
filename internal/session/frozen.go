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

// configure returns the ConfigProto for this model and notes the precision.
func (o *opener) configure(rewrite bool) ([]byte, error) {
	t := tuning{rewrite: rewrite, soft: strings.Contains(strings.Join(o.m.info.Devices, ""), "GPU")}
	if o.c.BF16 {
		if hasBF16() {
			t.bf16 = true
			o.m.info.Precision = "bfloat16"
		} else {
			o.m.info.Precision = "float32 (bfloat16 was asked for; this CPU has no AVX512-BF16)"
		}
	}
	return configure(o.p, t)
}

func hasBF16() bool { return cpu.X86.HasAVX512BF16 || cpu.X86.HasAMXBF16 }

// oneDNN reports whether TensorFlow uses oneDNN: by default on x86-64 since 2.9.
func oneDNN() bool {
	switch os.Getenv("TF_ENABLE_ONEDNN_OPTS") {
	case "0", "false":
		return false
	case "1", "true":
		return true
	}
	return cpu.X86.HasAVX2
}

// loadFrozen imports the frozen graph once a device. The weights are the bulk of
// the memory, so each copy goes before the next is made.
func (o *opener) loadFrozen(fg *freeze.Graph) error {
	m := o.m
	m.info.Frozen, m.info.Report, m.info.Weights = true, fg.Report, fg.WeightBytes
	m.features = fg.Features
	// freeze has done what TensorFlow's rewriter would do, which costs seconds and several
	// copies of the weights: it stays off.
	config, err := o.configure(false)
	if err != nil {
		return err
	}
	names := make(map[string]string, len(fg.Inputs)+len(fg.Outputs))
	for _, from := range []map[string]string{fg.Inputs, fg.Outputs} {
		for k, v := range from {
			names[k] = v
		}
	}
	var ws []weight
	if local := o.c.Target == "" && !strings.Contains(strings.Join(m.info.Devices, ""), "GPU"); local && m.info.Precision != "bfloat16" {
		ws = hoist(fg.Def)
	}
	for i, device := range m.info.Devices {
		last := i == len(m.info.Devices)-1
		fg.SetDevice(device)
		buf, err := marshalNative(fg.Def)
		if err != nil {
			return &fault.ModelError{Model: m.name, What: "graph", Err: err}
		}
		if last {
			fg.Release()
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
		if err := r.set(ws, last); err != nil {
			return &fault.ModelError{Model: m.name, What: "weights", Err: err}
		}
	}
	return nil
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
