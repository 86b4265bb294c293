package nets

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	tf "github.com/wamuir/graft/tensorflow"
	corepb "github.com/wamuir/graft/tensorflow/core/protobuf/for_core_protos_go_proto"

	"github.com/gosight/vision/internal/savedmodel"
	"github.com/gosight/vision/internal/session"
)

// write makes the SavedModel of a program as it is.
func (b *bench) write() (dir string, meta *corepb.MetaGraphDef) {
	b.Helper()
	dir = b.TempDir()
	meta, err := b.n.Serving(b.c.Size, b.c.Classes, Form{})
	if err != nil {
		b.Fatal(err)
	}
	data, err := savedmodel.Marshal(meta)
	if err != nil {
		b.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "variables"), 0o755); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "saved_model.pb"), data, 0o644); err != nil {
		b.Fatal(err)
	}
	b.run(map[string]session.Tensor{Path: {Shape: []int64{}, Data: []string{filepath.Join(dir, "variables", "variables")}}}, nil, Export)
	return dir, meta
}

// fed are the pictures of noise as the signatures take them.
func (b *bench) fed(i, batch int) (images []float32, targets []float32) {
	pix, targets := noise(i, batch, b.c.Size, b.n.Planes(), b.c.Classes)
	for j, v := range pix {
		images = append(images, float32(b.n.Fed(float64(v), j%b.n.Planes())))
	}
	return images, targets
}

func native(t *testing.T, shape []int64, data any) *tf.Tensor {
	t.Helper()
	v, err := tf.NewTensor(data)
	if err != nil {
		t.Fatal(err)
	}
	if shape == nil {
		return v
	}
	if err := v.Reshape(shape); err != nil {
		t.Fatal(err)
	}
	return v
}

// What the signature learns is what the program learns without momentum and decay: losses of several steps, then all
// variables, those of batch normalisation and those that learn at rates of their own too. Dropout draws the same.
func TestSavedModelsGoOnLearning(t *testing.T) {
	for _, c := range []struct {
		name    string
		size    int
		dropout bool
		rate    float32
	}{{"lenet5", 28, false, 0.05}, {"resnet20", 8, false, 0.01}, {"airbench", 16, false, 0.002}, {"googlenet", 80, true, 1e-4}} {
		if c.dropout && testing.Short() {
			continue
		}
		b := open(t, c.name, Training{Size: c.size, Classes: 4, Seed: 1})
		b.whitened()
		dir, meta := b.write()
		m, err := tf.LoadSavedModel(dir, []string{"serve"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = m.Session.Close() })
		sig := m.Signatures[TrainSignature]
		if _, ok := sig.Inputs[Step]; ok != c.dropout || len(m.Signatures) != 2 {
			t.Fatalf("%s: signatures %v; want a step to be taken: %v", c.name, m.Signatures, c.dropout)
		}
		out := func(name string) tf.Output {
			op, _, _ := strings.Cut(name, ":")
			o := m.Graph.Operation(op)
			if o == nil {
				t.Fatalf("%s: no operation %q", c.name, op)
			}
			return o.Output(0)
		}
		const batch = 8
		before := b.values()
		for i := range 4 {
			images, targets := b.fed(i, batch)
			feeds := map[tf.Output]*tf.Tensor{
				out(sig.Inputs[Input].Name):   native(t, []int64{batch, int64(c.size), int64(c.size), int64(b.n.Planes())}, images),
				out(sig.Inputs[Targets].Name): native(t, []int64{batch, 4}, targets),
				out(sig.Inputs[Rate].Name):    native(t, nil, c.rate),
			}
			if c.dropout {
				feeds[out(sig.Inputs[Step].Name)] = native(t, []int64{2}, []int64{int64(i), 1})
			}
			got, err := m.Session.Run(feeds, []tf.Output{out(sig.Outputs[Loss].Name)}, nil)
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			end := float64(got[0].Value().(float32))
			want, _ := b.step(i, batch, 0, batch, c.rate)
			if relative(end, want) > 1e-4 {
				t.Errorf("%s: step %d: the loss is %g, the program's %g", c.name, i, end, want)
			}
		}
		after := b.values()
		moved := 0
		for i, k := range b.Kept {
			got, err := m.Session.Run(nil, []tf.Output{out(k.Read)}, nil)
			if err != nil {
				t.Fatal(err)
			}
			var buf bytes.Buffer
			if _, err := got[0].WriteContentsTo(&buf); err != nil {
				t.Fatal(err)
			}
			v := make([]float32, len(after[i]))
			if err := binary.Read(&buf, binary.LittleEndian, v); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(v, before[i]) {
				moved++
			}
			for j, x := range v {
				if w := float64(after[i][j]); math.Abs(float64(x)-w) > 1e-3*(0.1+math.Abs(w)) {
					t.Errorf("%s: value %d of %s is %g, the program's %g", c.name, j, k.Name, x, w)
					break
				}
			}
		}
		if want := len(b.Kept); moved != want && c.name != "airbench" || moved != want-1 && c.name == "airbench" { // whose whitening stays
			t.Errorf("%s: %d of %d variables were changed", c.name, moved, want)
		}
		// Nothing is kept beside the net's variables.
		if n, of := len(meta.GetCollectionDef()["variables"].GetBytesList().GetValue()), len(b.Kept); n != of {
			t.Errorf("%s: %d variables are saved, the net has %d", c.name, n, of)
		}
		if !slices.Equal(meta.GetMetaInfoDef().GetTags(), []string{"serve"}) {
			t.Errorf("%s: tags %v", c.name, meta.GetMetaInfoDef().GetTags())
		}
	}
}
