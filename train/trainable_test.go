package train

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	tf "github.com/wamuir/graft/tensorflow"

	"github.com/gosight/vision/internal/session"
	"github.com/gosight/vision/recognize"
)

// The model of a run goes on learning in any program of graft's by its signature "train": the loss of a batch is that of
// the probabilities that serving_default gives, and falls.
func TestTheModelGoesOnLearning(t *testing.T) {
	data, out := digits(t, blocks(t, 60)), filepath.Join(t.TempDir(), "model")
	if _, err := Fit(t.Context(), net(t, "lenet5"), data, Out(out), Epochs(1), Batch(20), Rate(0.01), Plain()); err != nil {
		t.Fatal(err)
	}
	m, err := tf.LoadSavedModel(out, []string{"serve"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Session.Close()
	at := func(of map[string]tf.TensorInfo, key string) tf.Output {
		name := of[key].Name
		op := m.Graph.Operation(name[:len(name)-2])
		if op == nil {
			t.Fatalf("%s: no operation of %q", key, name)
		}
		return op.Output(0)
	}
	images, targets := make([][][][1]float32, 20), make([][10]float32, 20)
	i := 0
	for ex, err := range data.Valid.All() {
		if err != nil {
			t.Fatal(err)
		}
		images[i] = make([][][1]float32, 28)
		for y := range images[i] {
			images[i][y] = make([][1]float32, 28)
			for x := range images[i][y] {
				grey, _, _, _ := ex.Image.At(x, y).RGBA()
				images[i][y][x][0] = float32(grey) / 0xffff
			}
		}
		targets[i][ex.Class] = 1
		i++
	}
	tensor := func(v any) *tf.Tensor {
		nt, err := tf.NewTensor(v)
		if err != nil {
			t.Fatal(err)
		}
		return nt
	}
	serve, learn := m.Signatures["serving_default"], m.Signatures["train"]
	image := tensor(images)
	want := func() (loss float64) {
		got, err := m.Session.Run(map[tf.Output]*tf.Tensor{at(serve.Inputs, "image"): image}, []tf.Output{at(serve.Outputs, "probabilities")}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range got[0].Value().([][]float32) {
			for c, p := range row {
				loss -= float64(targets[i][c]) * math.Log(float64(p)) / 20
			}
		}
		return loss
	}
	feeds := map[tf.Output]*tf.Tensor{at(learn.Inputs, "image"): image, at(learn.Inputs, "targets"): tensor(targets), at(learn.Inputs, "rate"): tensor(float32(0.1))}
	first, end := 0.0, 0.0
	for step := range 20 {
		before := want()
		got, err := m.Session.Run(feeds, []tf.Output{at(learn.Outputs, "loss")}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if end = float64(got[0].Value().(float32)); math.Abs(end-before) > 1e-4*before {
			t.Errorf("step %d: the loss is %g, the probabilities say %g", step, end, before)
		}
		if step == 0 {
			first = end
		}
	}
	if !(end < first/2) {
		t.Errorf("the loss went from %g to %g", first, end)
	}
}

// What serves does not know that the model can learn: it is frozen to the same nodes and weights, and its file holds the
// weights once.
func TestServingIsNotChangedByTheSignature(t *testing.T) {
	data, out := digits(t, blocks(t, 40)), filepath.Join(t.TempDir(), "model")
	if _, err := Fit(t.Context(), net(t, "lenet5"), data, Out(out), Epochs(1), Batch(20), Plain()); err != nil {
		t.Fatal(err)
	}
	graphs, err := session.Graphs(session.Source{FS: os.DirFS(out), Dir: ".", Host: out, Name: out})
	if err != nil {
		t.Fatal(err)
	}
	if len(graphs) != 1 || len(graphs[0].Signatures) != 2 || graphs[0].Signatures[0].Key != "serving_default" || graphs[0].Signatures[1].Key != "train" {
		t.Errorf("got %+v", graphs)
	}
	m, err := recognize.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	const values = 61706 // of LeNet-5
	if i := m.Info(); !i.Frozen || i.Signature != "serving_default" || i.Report.Variables != 10 || i.Weights < 4*values || i.Weights > 4*values+1000 {
		t.Errorf("got %+v", i)
	}
	if f, err := os.Stat(filepath.Join(out, "variables", "variables.data-00000-of-00001")); err != nil || f.Size() != 4*values {
		t.Errorf("the variables are %v, want %d bytes (%v)", f, 4*values, err)
	}
}
