package session

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	tf "github.com/wamuir/graft/tensorflow"
	"golang.org/x/sys/cpu"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/freeze"
	"github.com/gosight/vision/internal/savedmodel"
)

// A Saved is a SavedModel that has been read, with the graph and signature that will
// run. Nothing native is held yet.
type Saved struct {
	src   Source
	model *savedmodel.Model
	graph *savedmodel.Graph
	sig   *savedmodel.Signature
	info  Info
}

// Read parses the SavedModel and chooses its graph and signature; nil tags and
// an empty signature are found.
func Read(src Source, tags []string, signature string) (*Saved, error) {
	sm, err := savedmodel.Read(src.FS, src.Dir)
	if err != nil {
		return nil, named(err, src.Name)
	}
	graph, sig, err := sm.Choose(tags, signature)
	if err != nil {
		return nil, named(err, src.Name)
	}
	return &Saved{src: src, model: sm, graph: graph, sig: sig, info: Info{
		Tags: graph.Tags, Signature: sig.Key,
		Inputs: describePorts(sig.Inputs), Outputs: describePorts(sig.Outputs),
	}}, nil
}

// Inputs returns the inputs of the signature, sorted by key.
func (s *Saved) Inputs() []Port { return s.info.Inputs }

// Outputs returns the outputs of the signature, sorted by key.
func (s *Saved) Outputs() []Port { return s.info.Outputs }

// Name returns the name of the model, for messages.
func (s *Saved) Name() string { return s.src.Name }

// Freeze returns the frozen graph as it was saved: nothing is folded or fused, and all weights are constants of it.
// keep names further tensors that are wanted.
func (s *Saved) Freeze(keep ...string) (*freeze.Graph, *savedmodel.Signature, error) {
	g, err := freeze.Freeze(s.model, s.graph, s.sig, freeze.Options{Ops: opList(), Keep: keep})
	return g, s.sig, named(err, s.src.Name)
}

// A Graph is one of the graphs of a SavedModel, for people to read.
type Graph struct {
	Tags       []string    `json:"tags"`
	Signatures []Signature `json:"signatures"`
}

// A Signature is one way to call a graph.
type Signature struct {
	Key     string `json:"key"`
	Inputs  []Port `json:"inputs"`
	Outputs []Port `json:"outputs"`
}

// Graphs lists what the SavedModel holds, without choosing.
func Graphs(src Source) ([]Graph, error) {
	sm, err := savedmodel.Read(src.FS, src.Dir)
	if err != nil {
		return nil, named(err, src.Name)
	}
	var out []Graph
	for _, g := range sm.Graphs() {
		gr := Graph{Tags: g.Tags}
		for _, s := range g.Signatures {
			gr.Signatures = append(gr.Signatures, Signature{s.Key, describePorts(s.Inputs), describePorts(s.Outputs)})
		}
		out = append(out, gr)
	}
	return out, nil
}

// Start freezes the model if it can, puts a replica on each device, and makes it
// ready to run. The result must be closed.
func (s *Saved) Start(c Config) (*Model, error) {
	p, err := decide(c.Process)
	if err != nil {
		return nil, err
	}
	if !c.AllowIO {
		if ops := s.model.Unsafe(s.graph, s.sig); len(ops) > 0 {
			return nil, &fault.ModelError{Model: s.src.Name, What: "graph",
				Want: "no op that touches files or the network (vision.AllowIO admits them)", Got: strings.Join(ops, ", ")}
		}
	}
	devices, note, err := place(c.Options, p)
	if err != nil {
		return nil, err
	}
	m := &Model{name: s.src.Name, sig: s.sig, info: s.info}
	m.info.Devices, m.info.DeviceNote, m.info.Target = devices, note, c.Target
	m.info.Precision, m.info.IntraOp, m.info.InterOp = "float32", p.IntraOp, p.InterOp
	if err := m.fix(c.Constants); err != nil {
		return nil, err
	}
	o := opener{src: s.src, c: c, m: m, p: p}
	if err := o.load(s.model, s.graph, s.sig); err != nil {
		_ = m.release()
		return nil, err
	}
	live.models.Add(1)
	return m, nil
}

// named puts the model's name into an error that does not have it.
func named(err error, name string) error {
	var me *fault.ModelError
	if errors.As(err, &me) && (me.Model == "" || me.Model == ".") {
		me.Model = name
	}
	return err
}

func describePorts(ps []savedmodel.Port) []Port {
	out := make([]Port, len(ps))
	for i, p := range ps {
		out[i] = Port{Key: p.Key, DType: savedmodel.DTypeName(p.DType), Shape: p.Shape}
	}
	return out
}

// load freezes, or says why it cannot and takes the SavedModel as it is.
func (o *opener) load(sm *savedmodel.Model, graph *savedmodel.Graph, sig *savedmodel.Signature) error {
	bf16 := o.precise()
	if o.c.NoFreeze {
		o.m.info.Why = "asked not to"
		return o.loadPlain(graph, sig, bf16)
	}
	// On the CPUs of this process, freeze writes the nodes that are fastest there and keeps large
	// weights out of the graph; TensorFlow's rewriter then has nothing to gain and would cost
	// seconds and copies of the weights. Elsewhere the rewriter knows more.
	own := o.local() && !bf16
	fg, err := freeze.Freeze(sm, graph, sig, freeze.Options{
		Optimize: true, Ops: opList(), CPU: own, OneDNN: own && cpu.X86.HasAVX2, Variables: own, Keep: o.c.Keep,
	})
	var not *freeze.NotFreezableError
	var unread *fault.UnsupportedError // a checkpoint that only TensorFlow itself reads
	switch {
	case errors.As(err, &not), errors.As(err, &unread):
		o.m.info.Why = strings.TrimPrefix(strings.TrimPrefix(err.Error(), "vision: "), "cannot freeze ")
		return o.loadPlain(graph, sig, bf16)
	case err != nil:
		return named(err, o.src.Name)
	}
	config, err := o.configure(false, !own, bf16)
	if err != nil {
		return err
	}
	return o.loadFrozen(fg, config)
}

func (o *opener) loadPlain(graph *savedmodel.Graph, sig *savedmodel.Signature, bf16 bool) error {
	config, err := o.configure(true, true, bf16)
	if err != nil {
		return err
	}
	names := make(map[string]string)
	for _, ps := range [][]savedmodel.Port{sig.Inputs, sig.Outputs} {
		for _, p := range ps {
			names[p.Key] = p.Tensor
		}
	}
	for _, device := range o.m.info.Devices {
		dir, done, err := o.placed(graph, device)
		if err != nil {
			return err
		}
		sm, err := tf.LoadSavedModel(dir, graph.Tags, &tf.SessionOptions{Target: o.c.Target, Config: config})
		done()
		if err != nil {
			return &fault.ModelError{Model: o.src.Name, What: "load", Err: err}
		}
		o.m.replicas = append(o.m.replicas, &replica{graph: sm.Graph, sess: sm.Session, names: names, outs: map[string]tf.Output{}})
	}
	return nil
}

// placed returns a folder on the machine's own file system with the model placed
// on device: the model's own folder where that is enough, else a copy that done removes.
func (o *opener) placed(graph *savedmodel.Graph, device string) (dir string, done func(), err error) {
	if o.src.Host != "" && (device == CPU || device == "") {
		return o.src.Host, func() {}, nil
	}
	dir, err = os.MkdirTemp("", "vision-model-")
	if err != nil {
		return "", nil, err
	}
	done = func() { _ = os.RemoveAll(dir) }
	err = writePlaced(filepath.Join(dir, "saved_model.pb"), graph.Meta, device)
	if err == nil {
		err = o.copyRest(dir)
	}
	if err != nil {
		done()
		return "", nil, &fault.ModelError{Model: o.src.Name, What: "copy for loading", Err: err}
	}
	return dir, done, nil
}

// copyRest brings the variables and assets: by link where they are files already.
func (o *opener) copyRest(dir string) error {
	for _, sub := range []string{"variables", "assets"} {
		if o.src.Host != "" {
			abs, err := filepath.Abs(filepath.Join(o.src.Host, sub))
			if err != nil {
				return err
			}
			if _, err := os.Stat(abs); err == nil {
				if err := os.Symlink(abs, filepath.Join(dir, sub)); err != nil {
					return err
				}
			}
			continue
		}
		part, err := fs.Sub(o.src.FS, join(o.src.Dir, sub))
		if err != nil {
			return err
		}
		if _, err := fs.Stat(part, "."); err != nil {
			continue
		}
		if err := os.CopyFS(filepath.Join(dir, sub), part); err != nil {
			return err
		}
	}
	return nil
}

func join(dir, sub string) string {
	if dir == "." || dir == "" {
		return sub
	}
	return dir + "/" + sub
}
