package nets

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"

	graphpb "github.com/wamuir/graft/tensorflow/core/framework/graph_go_proto"
	"google.golang.org/protobuf/proto"

	"github.com/gosight/vision/internal/session"
)

// A bench is a program that is being tested.
type bench struct {
	*testing.T
	*Program
	g *session.Program
	n *Net
	c Training
}

func open(t *testing.T, name string, c Training) *bench {
	t.Helper()
	n, err := ByName(name)
	if err != nil {
		t.Fatal(err)
	}
	p, err := n.Program(c)
	if err != nil {
		t.Fatal(err)
	}
	g, err := session.NewProgram(p.Graph, session.ProgramConfig{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	b := &bench{t, p, g, n, c}
	b.run(nil, nil, Init)
	return b
}

func (b *bench) run(feeds map[string]session.Tensor, fetches []string, targets ...string) []session.Tensor {
	b.Helper()
	got, err := b.g.Run(feeds, fetches, targets)
	if err != nil {
		b.Fatal(err)
	}
	return got
}

// step makes one on rows from..to of the batch that noise makes, and returns loss and scores.
func (b *bench) step(i, batch, from, to int, rate float32) (float64, []float32) {
	b.Helper()
	images, targets := noise(i, batch, b.c.Size, b.n.Planes(), b.c.Classes)
	row := len(images) / batch
	rows := int64(to - from)
	feeds := map[string]session.Tensor{
		Images:  {Shape: []int64{rows, int64(b.c.Size), int64(b.c.Size), int64(b.n.Planes())}, Data: images[from*row : to*row]},
		Targets: {Shape: []int64{rows, int64(b.c.Classes)}, Data: targets[from*b.c.Classes : to*b.c.Classes]},
		Rate:    {Shape: []int64{}, Data: []float32{rate}},
		Step:    {Shape: []int64{2}, Data: []int64{int64(i), 1}},
	}
	if b.c.Weighted {
		w := make([]float32, rows)
		for j := range w {
			w[j] = 0.5 + float32((from+j)%3)
		}
		feeds[Weights] = session.Tensor{Shape: []int64{rows}, Data: w}
	}
	got := b.run(feeds, []string{Loss, Scores}, Train)
	return float64(got[0].Data.([]float32)[0]), got[1].Data.([]float32)
}

// values are those of all variables.
func (b *bench) values() [][]float32 {
	b.Helper()
	var names []string
	for _, k := range b.Kept {
		names = append(names, k.Read)
	}
	out := make([][]float32, len(b.Kept))
	for i, t := range b.run(nil, names) {
		out[i] = t.Data.([]float32)
	}
	return out
}

func (b *bench) set(values [][]float32) {
	b.Helper()
	feeds, targets := map[string]session.Tensor{}, []string{}
	for i, k := range b.Kept {
		feeds[k.Initial] = session.Tensor{Shape: k.Shape, Data: values[i]}
		targets = append(targets, k.Assign)
	}
	b.run(feeds, nil, targets...)
}

// whitened gives the first layer a kernel, if the net wants one, since nothing passes its first, zero.
func (b *bench) whitened() {
	b.Helper()
	if !b.n.Whitens {
		return
	}
	kernel := make([]float32, 2*2*3*24)
	for i := range kernel {
		kernel[i] = float32(i%7)/7 - 0.4
	}
	b.run(map[string]session.Tensor{Whitening: {Shape: []int64{2, 2, 3, 24}, Data: kernel}}, nil, Whiten)
}

func relative(got, want float64) float64 { return math.Abs(got-want) / math.Abs(want) }

var (
	one   = []string{"/device:CPU:0"}
	two   = []string{"/device:CPU:0", "/device:CPU:1"}
	three = []string{"/device:CPU:2", "/device:CPU:0", "/device:CPU:1"}
)

// Without batch normalisation and dropout a step on several devices is that of one on the whole batch, whatever the
// optimizer does with the gradients, also where the batch does not divide evenly.
func TestTowersMakeTheStepOfOneDevice(t *testing.T) {
	for _, c := range []struct {
		why     string
		devices []string
		batch   int
		t       Training
		rate    float32
	}{
		{"two", two, 20, Training{Momentum: 0.9, Decay: 5e-4}, 0.02},
		{"two, a batch of 7", two, 7, Training{Momentum: 0.9}, 0.02},
		{"three, a batch of 20", three, 20, Training{AdamW: true, Decay: 0.01, Clip: 1, Average: 0.9}, 1e-3},
		{"two, weighted rows, a batch of 9", two, 9, Training{Weighted: true, Clip: 0.5}, 0.05},
	} {
		c.t.Size, c.t.Classes, c.t.Seed = 28, 10, 1
		alone := c.t
		alone.Devices = one
		spread := c.t
		spread.Devices = c.devices
		a, b := open(t, "lenet5", alone), open(t, "lenet5", spread)
		worst, first, end := 0.0, 0.0, 0.0
		for i := range 20 {
			want, wantScores := a.step(i, c.batch, 0, c.batch, c.rate)
			got, scores := b.step(i, c.batch, 0, c.batch, c.rate)
			worst = max(worst, relative(got, want))
			for j, v := range scores {
				if d := math.Abs(float64(v - wantScores[j])); d > 1e-3 {
					t.Fatalf("%s: step %d: score %d is off by %g: the rows came in another order", c.why, i, j, d)
				}
			}
			if i == 0 {
				first = want
			}
			end = want
		}
		t.Logf("%s: from %.4f to %.4f, largest relative difference of a loss %.2g", c.why, first, end, worst)
		if worst > 1e-5 || math.IsNaN(worst) {
			t.Errorf("%s: losses differ by %g relative, want 1e-5", c.why, worst)
		}
		if end == first {
			t.Errorf("%s: nothing was learnt, so nothing was compared", c.why)
		}
	}
}

// With batch normalisation a step is that of its parts: since plain gradient descent and the moving statistics are linear
// in gradients and statistics, each variable is the mean of those that one device makes of each part alone.
func TestTowersHaveStatisticsOfTheirOwn(t *testing.T) {
	c := Training{Size: 16, Classes: 4, Seed: 1, Devices: one}
	a, b := open(t, "resnet20", c), open(t, "resnet20", c)
	c.Devices = two
	both := open(t, "resnet20", c)
	for i := range 3 {
		start := both.values()
		a.set(start)
		b.set(start)
		lossA, _ := a.step(i, 8, 0, 4, 0.05)
		lossB, _ := b.step(i, 8, 4, 8, 0.05)
		loss, _ := both.step(i, 8, 0, 8, 0.05)
		if want := (lossA + lossB) / 2; relative(loss, want) > 1e-5 {
			t.Errorf("step %d: the loss is %g, want %g", i, loss, want)
		}
		va, vb, got := a.values(), b.values(), both.values()
		moved := 0
		for v, k := range both.Kept {
			for j, x := range got[v] {
				if want := (va[v][j] + vb[v][j]) / 2; math.Abs(float64(x-want)) > 1e-5*(1+math.Abs(float64(want))) {
					t.Fatalf("step %d: value %d of %s is %g, want %g", i, j, k.Name, x, want)
				}
			}
			if strings.HasSuffix(k.Name, "moving_variance") && !slices.Equal(got[v], start[v]) && !slices.Equal(va[v], vb[v]) {
				moved++
			}
		}
		if moved == 0 {
			t.Error("no statistics moved, or those of the parts are the same, so nothing was compared")
		}
	}
}

// Validation is spread, too.
func TestTowersInInference(t *testing.T) {
	c := Training{Size: 16, Classes: 4, Seed: 1, Average: 0.9}
	for _, name := range []string{"airbench"} {
		a := open(t, name, c)
		c.Devices = three
		b := open(t, name, c)
		c.Devices = nil
		a.whitened()
		b.whitened()
		for _, n := range []int64{3, 7} {
			images, _ := noise(2, int(n), 16, 3, 4)
			feeds := map[string]session.Tensor{Images: {Shape: []int64{n, 16, 16, 3}, Data: images}}
			want, got := a.run(feeds, []string{Tested})[0], b.run(feeds, []string{Tested})[0]
			if !slices.Equal(got.Shape, want.Shape) {
				t.Fatalf("%s, %d pictures: shape %v, want %v", name, n, got.Shape, want.Shape)
			}
			for i, v := range got.Data.([]float32) {
				if w := want.Data.([]float32)[i]; math.Abs(float64(v-w)) > 1e-5*(1+math.Abs(float64(w))) {
					t.Errorf("%s, %d pictures: score %d is %g, want %g", name, n, i, v, w)
				}
			}
		}
	}
}

// One device is named in every node and changes no bit.
func TestOneDeviceIsTheSameGraph(t *testing.T) {
	c := Training{Size: 28, Classes: 10, Seed: 1, Momentum: 0.9}
	free := open(t, "lenet5", c)
	c.Devices = one
	named := open(t, "lenet5", c)
	for i := range 5 {
		a, _ := free.step(i, 20, 0, 20, 0.02)
		if b, _ := named.step(i, 20, 0, 20, 0.02); a != b {
			t.Errorf("step %d: %g on the device, %g without a name", i, b, a)
		}
	}
}

// Every operation has a device, those of a tower, its gradients too, the tower's, and variables the first.
func TestDevicesOfNodes(t *testing.T) {
	n, err := ByName("lenet5")
	if err != nil {
		t.Fatal(err)
	}
	gpus := []string{"/device:GPU:1", "/device:GPU:0"}
	p, err := n.Program(Training{Size: 28, Classes: 10, Momentum: 0.9, Devices: gpus})
	if err != nil {
		t.Fatal(err)
	}
	defer session.FreeGraph(p.Graph)
	var buf bytes.Buffer
	if _, err := p.Graph.WriteTo(&buf); err != nil {
		t.Fatal(err)
	}
	def := &graphpb.GraphDef{}
	if err := proto.Unmarshal(buf.Bytes(), def); err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, node := range def.GetNode() {
		want, kind := gpus[0], node.GetOp()
		first, rest, _ := strings.Cut(node.GetName(), "/")
		switch first {
		case "tower1":
			want = gpus[1]
		case feeding:
			want = "/device:CPU:0"
		}
		if node.GetDevice() != want {
			t.Errorf("%s is on %q, want %q", node.GetName(), node.GetDevice(), want)
		}
		if strings.HasPrefix(rest, "gradients") {
			kind = "gradients"
		}
		count[first+" "+kind]++
	}
	for _, want := range []string{"tower0 Conv2D", "tower1 Conv2D", "tower0 gradients", "tower1 gradients", "feeding SplitV", "conv1 VarHandleOp"} {
		if count[want] == 0 {
			t.Errorf("there is no %s", want)
		}
	}
	if count["tower1 Conv2D"] != 4 || count["tower0 gradients"] != count["tower1 gradients"] {
		t.Errorf("got %v", count)
	}
}
