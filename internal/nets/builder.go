package nets

import (
	"fmt"
	"strings"

	tf "github.com/wamuir/graft/tensorflow"

	"github.com/gosight/vision/internal/session"
)

// A builder adds operations to a graph. The first error sticks: what follows it adds nothing, and
// err holds it, so that nets read like the tables in their papers.
type builder struct {
	graph *tf.Graph
	err   error
	used  map[string]int // names given so far
	form  string         // before the names of operations, not of variables: a graph may hold a net in two forms
	path  []string       // of the layers around what is being built

	vars     []*variable // in the order in which they were made
	byName   map[string]*variable
	training bool // batch statistics and dropout, not inference
	still    bool // no dropout
	seed     int64
	step     tf.Output        // [2]int64, what random layers draw from; training only
	stepOf   func() tf.Output // makes step for the first of them, if it is not there
	draws    int64            // random layers so far
	updates  []update         // of moving statistics; training only
	averages bool             // read the moving averages of the variables instead of themselves
}

// An update moves a variable towards a value: v -= (v - value) * rate.
type update struct {
	v     *variable
	value tf.Output
	rate  float32
}

func newBuilder(seed int64) *builder {
	return &builder{graph: tf.NewGraph(), used: map[string]int{}, byName: map[string]*variable{}, seed: seed}
}

// name makes a name unique: graft does not, and a name given twice is an error much later.
func (b *builder) name(base string) string {
	full := b.full(base)
	if b.form != "" {
		full = b.form + "/" + full
	}
	n := b.used[full]
	b.used[full]++
	if n == 0 {
		return full
	}
	return b.name(fmt.Sprintf("%s_%d", base, n))
}

// full is the name under the layers around.
func (b *builder) full(name string) string {
	return strings.Join(append(b.path[:len(b.path):len(b.path)], name), "/")
}

// in builds what f builds under a name of its own.
func (b *builder) in(name string, f func()) {
	b.path = append(b.path, name)
	f()
	b.path = b.path[:len(b.path)-1]
}

func (b *builder) fail(err error) {
	if b.err == nil && err != nil {
		b.err = fmt.Errorf("nets: %s: %w", strings.Join(b.path, "/"), err)
	}
}

type attrs = map[string]any

// add adds an operation; it is nil after an error.
func (b *builder) add(spec tf.OpSpec) *tf.Operation {
	if b.err != nil {
		return nil
	}
	if spec.Name == "" {
		spec.Name = spec.Type
	}
	spec.Name = b.name(spec.Name)
	op, err := b.graph.AddOperation(spec)
	if err != nil {
		b.fail(fmt.Errorf("%s: %w", spec.Type, err))
		return nil
	}
	return op
}

// op adds an operation and returns its first output.
func (b *builder) op(typ string, a attrs, in ...tf.Input) tf.Output {
	op := b.add(tf.OpSpec{Type: typ, Input: in, Attrs: a})
	if op == nil || op.NumOutputs() == 0 {
		return tf.Output{}
	}
	return op.Output(0)
}

// group makes a target of operations, without a value.
func (b *builder) group(name string, ops ...*tf.Operation) *tf.Operation {
	if b.err != nil {
		return nil
	}
	return b.add(tf.OpSpec{Type: "NoOp", Name: name, ControlDependencies: ops})
}

func (b *builder) constant(shape []int64, data any) tf.Output {
	if b.err != nil {
		return tf.Output{}
	}
	c, err := session.Constant(b.graph, b.name("Const"), session.Tensor{Shape: shape, Data: data})
	b.fail(err)
	return c
}

func (b *builder) float(v float32) tf.Output { return b.constant([]int64{}, []float32{v}) }

func (b *builder) ints(v ...int32) tf.Output { return b.constant([]int64{int64(len(v))}, v) }

func (b *builder) longs(v ...int64) tf.Output { return b.constant([]int64{int64(len(v))}, v) }

func (b *builder) texts(v []string) tf.Output { return b.constant([]int64{int64(len(v))}, v) }

func (b *builder) placeholder(name string, t tf.DataType, shape ...int64) tf.Output {
	op := b.add(tf.OpSpec{Type: "Placeholder", Name: name, Attrs: attrs{"dtype": t, "shape": tf.MakeShape(shape...)}})
	if op == nil {
		return tf.Output{}
	}
	return op.Output(0)
}

// alias gives an output a name that it can be fetched by.
func (b *builder) alias(name string, x tf.Output) tf.Output {
	op := b.add(tf.OpSpec{Type: "Identity", Name: name, Input: []tf.Input{x}})
	if op == nil {
		return tf.Output{}
	}
	return op.Output(0)
}

// dim returns the size of a dimension, which must be known.
func (b *builder) dim(x tf.Output, i int) int64 {
	if b.err != nil {
		return 1
	}
	s := x.Shape()
	if i < 0 {
		i += s.NumDimensions()
	}
	if i < 0 || i >= s.NumDimensions() || s.Size(i) < 1 {
		b.fail(fmt.Errorf("want dimension %d of %v known and at least 1: the pictures are too small for this net", i, s))
		return 1
	}
	return s.Size(i)
}

// finish returns the graph, which the caller owns, or frees it.
func (b *builder) finish() (*tf.Graph, error) {
	if b.err != nil {
		session.FreeGraph(b.graph)
		return nil, b.err
	}
	return b.graph, nil
}
