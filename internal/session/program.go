package session

import (
	"sync"

	tf "github.com/wamuir/graft/tensorflow"

	"github.com/gosight/vision/internal/fault"
)

// A Program is a graph that was built in Go, and its session with the values of its variables. Run
// may be called by any number of goroutines.
type Program struct {
	r      *replica
	target string
	mu     sync.RWMutex // held for reading by every Run
	closed bool
}

// A ProgramConfig is how a Program is run.
type ProgramConfig struct {
	Place      // its devices must be written into the graph already
	BF16  bool // compute in bfloat16, with the variables in float32, where the CPU can
}

// NewProgram opens g, which it owns from then on, also if it fails.
func NewProgram(g *tf.Graph, c ProgramConfig) (*Program, error) {
	if c.BF16 {
		if err := c.takesBF16(); err != nil {
			freeGraph(g)
			return nil, err
		}
	}
	p, err := decide(c.Process)
	if err != nil {
		freeGraph(g)
		return nil, err
	}
	config, err := configure(p, tuning{rewrite: true, saved: true, bf16: c.BF16, soft: true, remote: c.Target != "", own: c.Target != ""})
	if err != nil {
		freeGraph(g)
		return nil, err
	}
	s, err := tf.NewSession(g, &tf.SessionOptions{Target: c.Target, Config: config})
	if err != nil {
		freeGraph(g)
		return nil, &fault.DeviceError{Device: c.Target, Reason: "TensorFlow cannot start a session", Err: err}
	}
	live.models.Add(1)
	return &Program{target: c.Target, r: &replica{graph: g, sess: s, outs: map[string]tf.Output{}}}, nil
}

// Run feeds tensors by name, runs the target operations, and returns what is fetched by name, in order.
func (g *Program) Run(feeds map[string]Tensor, fetches, targets []string) ([]Tensor, error) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if g.closed {
		return nil, fault.ErrClosed
	}
	ops := make([]*tf.Operation, len(targets))
	for i, name := range targets {
		if ops[i] = g.r.graph.Operation(name); ops[i] == nil {
			return nil, &fault.ModelError{What: "operation", Want: name, Got: "none of that name"}
		}
	}
	return g.r.run("", nil, feeds, fetches, ops...)
}

// Close waits for running calls and frees the graph and its variables. It may be called more than once.
func (g *Program) Close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return nil
	}
	g.closed = true
	live.models.Add(-1)
	if err := closeSession(g.r.sess, g.target, "graph"); err != nil {
		return err // the graph may still be in use
	}
	freeGraph(g.r.graph)
	return nil
}

// Constant adds a constant to a graph that is being built. TensorFlow copies the value, whose
// native tensor is freed at once.
func Constant(g *tf.Graph, name string, t Tensor) (tf.Output, error) {
	nt, err := t.native()
	if err != nil {
		return tf.Output{}, err
	}
	defer freeFed(nt)
	op, err := g.AddOperation(tf.OpSpec{Type: "Const", Name: name, Attrs: map[string]any{"dtype": nt.DataType(), "value": nt}})
	if err != nil {
		return tf.Output{}, err
	}
	return op.Output(0), nil
}

// FreeGraph frees a graph that was built and given to no session.
func FreeGraph(g *tf.Graph) { freeGraph(g) }
