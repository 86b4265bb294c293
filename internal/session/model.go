// Package session runs SavedModels. It is the only package that imports graft
// or uses cgo: it loads, freezes, places and warms up a model, and owns the native
// memory.
package session

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"time"

	tf "github.com/wamuir/graft/tensorflow"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/freeze"
	"github.com/gosight/vision/internal/option"
	"github.com/gosight/vision/internal/savedmodel"
)

// A Source is where a SavedModel lies.
type Source struct {
	FS   fs.FS
	Dir  string // folder inside FS
	Host string // the same folder on the machine's own file system; empty if it has none
	Name string // for messages
}

// A Config is what Start needs beside the model.
type Config struct {
	option.Options
	Constants map[string]any // signature keys that always get this value
	Keep      []string       // tensors of the saved graph that will be fetched by name
}

// A Port is one named input or output of the signature.
type Port struct {
	Key   string  `json:"key"`
	DType string  `json:"dtype"` // "float32", "uint8", "string", ...
	Shape []int64 `json:"shape"` // null: rank not known; -1: dimension not known
}

func (p Port) String() string {
	return fmt.Sprintf("%s %s %s", p.Key, p.DType, ShapeString(p.Shape))
}

// ShapeString writes a shape as people do: "[-1, 224, 224, 3]", "of any shape".
func ShapeString(s []int64) string {
	if s == nil {
		return "of any shape"
	}
	return strings.ReplaceAll(fmt.Sprint(s), " ", ", ")
}

// Info says what is in force for an open model.
type Info struct {
	Tags       []string      `json:"tags"`
	Signature  string        `json:"signature"`
	Inputs     []Port        `json:"inputs"`
	Outputs    []Port        `json:"outputs"`
	Frozen     bool          `json:"frozen"`
	Why        string        `json:"why,omitempty"` // why it is not frozen
	Report     freeze.Report `json:"report"`
	Weights    int64         `json:"weight_bytes"`
	Devices    []string      `json:"devices"`
	DeviceNote string        `json:"device_note,omitempty"` // what was asked for and not to be had
	Target     string        `json:"target,omitempty"`
	Precision  string        `json:"precision"`
	IntraOp    int           `json:"intra_op_threads"` // 0: TensorFlow's default, one a core
	InterOp    int           `json:"inter_op_threads"`
}

// A Model is an open SavedModel. It is safe for concurrent use.
type Model struct {
	name      string
	info      Info
	sig       *savedmodel.Signature
	replicas  []*replica
	constants map[string]Tensor
	features  func(output string) (string, []int64, error)

	mu     sync.RWMutex // held for reading by every Run
	closed bool
}

// A replica is the model on one device.
type replica struct {
	graph *tf.Graph
	sess  *tf.Session
	names map[string]string // signature key to tensor name in graph

	mu   sync.Mutex
	outs map[string]tf.Output // tensor name to graph output, as they are asked for
}

// Info returns what is in force. The caller must not change its slices.
func (m *Model) Info() Info { return m.info }

// Replicas returns the number of copies, one a device; Run takes an index below it.
func (m *Model) Replicas() int { return len(m.replicas) }

// Features returns the tensor that feeds the classification head of the given output,
// for use as a fetch, and its shape.
func (m *Model) Features(output string) (string, []int64, error) {
	if m.features == nil {
		return "", nil, &fault.ModelError{Model: m.name, What: "features",
			Got: "a graph that runs unfrozen (" + m.info.Why + ")", Want: "the tensor's name in the card's output.features"}
	}
	return m.features(output)
}

// Run feeds inputs by their key in the signature and returns the fetched
// outputs, in order. A fetch is a key of the signature or a tensor name "op:0". Inputs
// that the card holds constant are fed by themselves.
func (m *Model) Run(r int, feeds map[string]Tensor, fetches ...string) ([]Tensor, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.closed {
		return nil, fault.ErrClosed
	}
	return m.replicas[r].run(m.name, m.constants, feeds, fetches)
}

func (r *replica) run(name string, constants, feeds map[string]Tensor, fetches []string, targets ...*tf.Operation) ([]Tensor, error) {
	in := make(map[tf.Output]*tf.Tensor, len(feeds)+len(constants))
	defer func() {
		for _, t := range in {
			freeFed(t)
		}
	}()
	for _, from := range []map[string]Tensor{constants, feeds} {
		for key, t := range from {
			o, err := r.output(key)
			if err != nil {
				return nil, err
			}
			nt, err := t.native()
			if err != nil {
				return nil, &fault.ModelError{Model: name, What: "input " + key, Err: err}
			}
			freeFed(in[o])
			in[o] = nt
		}
	}
	outs := make([]tf.Output, len(fetches))
	for i, f := range fetches {
		var err error
		if outs[i], err = r.output(f); err != nil {
			return nil, err
		}
	}
	got, err := r.sess.Run(in, outs, targets)
	if err != nil {
		return nil, &fault.ModelError{Model: name, What: "run", Err: err}
	}
	for _, t := range got {
		own(t)
	}
	defer free(got...)
	res := make([]Tensor, len(got))
	for i, t := range got {
		if res[i], err = fetched(t); err != nil {
			return nil, &fault.ModelError{Model: name, What: "output " + fetches[i], Err: err}
		}
	}
	return res, nil
}

// output finds a tensor by signature key or by name. graft returns nil for an
// unknown operation, which must not reach TensorFlow.
func (r *replica) output(key string) (tf.Output, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if o, ok := r.outs[key]; ok {
		return o, nil
	}
	name, ok := r.names[key]
	if !ok {
		name = key
	}
	opName, index := splitTensor(name)
	op := r.graph.Operation(opName)
	if op == nil || index >= op.NumOutputs() {
		have := make([]string, 0, len(r.names))
		for k := range r.names {
			have = append(have, k)
		}
		slices.Sort(have)
		return tf.Output{}, &fault.ModelError{What: "tensor", Want: key, Have: have}
	}
	o := op.Output(index)
	r.outs[key] = o
	return o, nil
}

// splitTensor splits "op:1" into its operation and output index.
func splitTensor(name string) (op string, index int) {
	i := strings.LastIndexByte(name, ':')
	if i < 0 {
		return name, 0
	}
	if _, err := fmt.Sscanf(name[i+1:], "%d", &index); err != nil || index < 0 {
		return name, 0
	}
	return name[:i], index
}

// Close waits for running calls and frees the model. It may be called more than once.
func (m *Model) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil
	}
	m.closed = true
	live.models.Add(-1)
	return m.release()
}

func (m *Model) release() error {
	var first error
	for _, r := range m.replicas {
		if err := m.closeSession(r.sess); err != nil {
			if first == nil {
				first = err
			}
			continue // its graph may still be in use
		}
		freeGraph(r.graph)
	}
	m.replicas = nil
	return first
}

// remoteRun bounds a run on a server elsewhere: TensorFlow waits for one that has died
// for ever.
const remoteRun = time.Minute

// remoteClose bounds how long Close waits for a server elsewhere: TensorFlow waits
// for one that has died for ever.
const remoteClose = 5 * time.Second

func (m *Model) closeSession(s *tf.Session) error {
	return closeSession(s, m.info.Target, "model "+m.name)
}
