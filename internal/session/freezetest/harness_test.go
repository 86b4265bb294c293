package freezetest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	tf "github.com/wamuir/graft/tensorflow"
	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"
	pb "github.com/wamuir/graft/tensorflow/core/protobuf/for_core_protos_go_proto"
	"google.golang.org/protobuf/proto"

	"github.com/gosight/vision/internal/freeze"
	"github.com/gosight/vision/internal/savedmodel"
)

// A runner is a session with the names of its inputs and outputs.
type runner struct {
	graph           *tf.Graph
	sess            *tf.Session
	inputs, outputs map[string]string
}

// asWritten turns TensorFlow's own graph rewriter off, so that two graphs that do
// the same are computed the same.
func asWritten(t testing.TB) []byte {
	t.Helper()
	c := &pb.ConfigProto{GraphOptions: &pb.GraphOptions{RewriteOptions: &pb.RewriterConfig{DisableMetaOptimizer: true}}}
	b, err := proto.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// best are the options that a CPU session uses here.
func best() freeze.Options {
	return freeze.Options{CPU: true, OneDNN: oneDNN(), Optimize: true, Variables: true}
}

// oneDNN reports whether TensorFlow uses oneDNN
func oneDNN() bool { return true }

// plain loads a model as TensorFlow does.
func plain(t testing.TB, dir string, config []byte) (*runner, *savedmodel.Signature) {
	t.Helper()
	_, g, sig := read(t, dir)
	m, err := tf.LoadSavedModel(dir, g.Tags, &tf.SessionOptions{Config: config})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Session.Close() })
	r := &runner{m.Graph, m.Session, map[string]string{}, map[string]string{}}
	for _, p := range sig.Inputs {
		r.inputs[p.Key] = p.Tensor
	}
	for _, p := range sig.Outputs {
		r.outputs[p.Key] = p.Tensor
	}
	return r, sig
}

func read(t testing.TB, dir string) (*savedmodel.Model, *savedmodel.Graph, *savedmodel.Signature) {
	t.Helper()
	m, err := savedmodel.Read(os.DirFS(dir), ".")
	if err != nil {
		t.Fatal(err)
	}
	g, sig, err := m.Choose(nil, "")
	if err != nil {
		t.Fatal(err)
	}
	return m, g, sig
}

// freezeDir freezes the model in dir.
func freezeDir(t testing.TB, dir string, o freeze.Options) *freeze.Graph {
	t.Helper()
	m, g, sig := read(t, dir)
	o.Ops = Ops()
	fg, err := freeze.Freeze(m, g, sig, o)
	if err != nil {
		t.Fatal(err)
	}
	return fg
}

// frozen imports a frozen graph into a new session.
func frozen(t testing.TB, fg *freeze.Graph, config []byte) *runner {
	t.Helper()
	def, err := fg.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	g := tf.NewGraph()
	if err := g.Import(def, ""); err != nil {
		t.Fatal(err)
	}
	s, err := tf.NewSession(g, &tf.SessionOptions{Config: config})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	r := &runner{g, s, fg.Inputs, fg.Outputs}
	r.assign(t, fg.Weights)
	return r
}

// assign gives the weights that stand outside the graph their values.
func (r *runner) assign(t testing.TB, weights []freeze.Weight) {
	t.Helper()
	if len(weights) == 0 {
		return
	}
	feeds := map[tf.Output]*tf.Tensor{}
	var targets []*tf.Operation
	for _, w := range weights {
		x, err := tf.ReadTensor(tf.DataType(w.DType), w.Shape, fillReader{w})
		if err != nil {
			t.Fatal(err)
		}
		feeds[r.tensor(t, w.Feed)] = x
		targets = append(targets, r.graph.Operation(w.Assign))
	}
	if _, err := r.sess.Run(feeds, nil, targets); err != nil {
		t.Fatal(err)
	}
}

// A fillReader fills what it is given, which must be the whole weight.
type fillReader struct{ w freeze.Weight }

func (f fillReader) Read(p []byte) (int, error) {
	if int64(len(p)) != f.w.Size {
		return 0, fmt.Errorf("%d bytes asked of a weight of %d", len(p), f.w.Size)
	}
	return len(p), f.w.Fill(p)
}

func (r *runner) tensor(t testing.TB, name string) tf.Output {
	t.Helper()
	op, index, _ := strings.Cut(name, ":")
	i, err := strconv.Atoi(index)
	if err != nil {
		t.Fatal(err)
	}
	o := r.graph.Operation(op)
	if o == nil {
		t.Fatalf("the graph has no operation %q", op)
	}
	return o.Output(i)
}

// run returns every output, by key.
func (r *runner) run(t testing.TB, feeds map[string]*tf.Tensor) map[string]*tf.Tensor {
	t.Helper()
	feed := map[tf.Output]*tf.Tensor{}
	for k, v := range feeds {
		feed[r.tensor(t, r.inputs[k])] = v
	}
	keys := slices.Sorted(maps.Keys(r.outputs))
	var fetch []tf.Output
	for _, k := range keys {
		fetch = append(fetch, r.tensor(t, r.outputs[k]))
	}
	res, err := r.sess.Run(feed, fetch, nil)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*tf.Tensor{}
	for i, k := range keys {
		out[k] = res[i]
	}
	return out
}

// random fills a tensor: floats evenly from lo to hi, bytes from all values.
func random(t testing.TB, rng *rand.Rand, d types.DataType, shape []int64, lo, hi float32) *tf.Tensor {
	t.Helper()
	n := int64(1)
	for _, s := range shape {
		n *= s
	}
	switch d {
	case types.DataType_DT_FLOAT:
		f := make([]float32, n)
		for i := range f {
			f[i] = lo + (hi-lo)*rng.Float32()
		}
		return floatTensor(t, shape, f)
	case types.DataType_DT_UINT8:
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
		return rawTensor(t, tf.Uint8, shape, b)
	}
	t.Fatalf("no random values of %v", d)
	return nil
}

func floatTensor(t testing.TB, shape []int64, f []float32) *tf.Tensor {
	t.Helper()
	b := make([]byte, 0, 4*len(f))
	for _, v := range f {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return rawTensor(t, tf.Float, shape, b)
}

func rawTensor(t testing.TB, d tf.DataType, shape []int64, b []byte) *tf.Tensor {
	t.Helper()
	x, err := tf.ReadTensor(d, shape, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// differ returns the largest difference between two tensors, relative to the
// larger of 1 and the largest value.
func differ(t testing.TB, a, b *tf.Tensor) float64 {
	t.Helper()
	if !slices.Equal(a.Shape(), b.Shape()) {
		t.Fatalf("shapes %v and %v", a.Shape(), b.Shape())
	}
	x, y := floats(t, a), floats(t, b)
	worst, scale := 0.0, 1.0
	for i := range x {
		scale = max(scale, math.Abs(x[i]))
		if d := math.Abs(x[i] - y[i]); !(d <= worst) {
			worst = d
		}
	}
	return worst / scale
}

func floats(t testing.TB, x *tf.Tensor) []float64 {
	t.Helper()
	var buf bytes.Buffer
	if _, err := x.WriteContentsTo(&buf); err != nil {
		t.Fatal(err)
	}
	b := buf.Bytes()
	var out []float64
	switch x.DataType() {
	case tf.Float:
		for i := 0; i < len(b); i += 4 {
			out = append(out, float64(math.Float32frombits(binary.LittleEndian.Uint32(b[i:]))))
		}
	case tf.Int32:
		for i := 0; i < len(b); i += 4 {
			out = append(out, float64(int32(binary.LittleEndian.Uint32(b[i:]))))
		}
	case tf.Int64:
		for i := 0; i < len(b); i += 8 {
			out = append(out, float64(int64(binary.LittleEndian.Uint64(b[i:]))))
		}
	default:
		t.Fatalf("no numbers in a tensor of %v", x.DataType())
	}
	return out
}
