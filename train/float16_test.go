package train

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	tf "github.com/wamuir/graft/tensorflow"
	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"
	"github.com/x448/float16"

	"github.com/gosight/vision"
	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/savedmodel"
	"github.com/gosight/vision/recognize"
)

// Kernels that are stored as float16 are the float32 ones, rounded, and the model answers by them however it is opened.
func TestFloat16(t *testing.T) {
	data, full, half := digits(t, blocks(t, 60)), t.TempDir(), t.TempDir()
	opts := []Option{Epochs(2), Batch(20), Plain()}
	if _, err := Fit(t.Context(), net(t, "resnet20"), data, append(opts, Out(full))...); err != nil {
		t.Fatal(err)
	}
	if _, err := Fit(t.Context(), net(t, "resnet20"), data, append(opts, Out(half), Float16())...); err != nil {
		t.Fatal(err)
	}
	variables := func(dir string) *savedmodel.Bundle {
		b, err := savedmodel.OpenBundle(os.DirFS(dir), "variables/variables")
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	a, b := variables(full), variables(half)
	kernels := 0
	for _, key := range a.Keys() {
		want, err := a.Floats(key)
		if err != nil {
			t.Fatal(err)
		}
		e, _ := b.Lookup(key)
		if len(e.Shape) < 2 {
			if got, err := b.Floats(key); err != nil || len(got) != len(want) || got[0] != want[0] {
				t.Errorf("%s: %v, want float32 as it was", key, err)
			}
			continue
		}
		kernels++
		raw := make([]byte, 4*len(want))
		if err := b.ReadWidened(key, raw); err != nil || e.DType != types.DataType_DT_HALF {
			t.Fatalf("%s: %v, %v", key, e.DType, err)
		}
		for i, w := range want {
			got := math.Float32frombits(uint32(raw[4*i]) | uint32(raw[4*i+1])<<8 | uint32(raw[4*i+2])<<16 | uint32(raw[4*i+3])<<24)
			if got != float16.Fromfloat32(w).Float32() || math.Abs(float64(got-w)) > math.Abs(float64(w))/2048+3e-8 {
				t.Fatalf("%s: value %d is %g, want %g rounded", key, i, got, w)
			}
		}
	}
	if kernels < 20 {
		t.Errorf("%d kernels are float16", kernels)
	}

	frozen, err := recognize.Open(half)
	if err != nil {
		t.Fatal(err)
	}
	defer frozen.Close()
	restored, err := recognize.Open(half, vision.NoFreeze()) // by TensorFlow, with the restore op
	if err != nil {
		t.Fatal(err)
	}
	defer restored.Close()
	if !frozen.Info().Frozen || restored.Info().Frozen {
		t.Errorf("frozen: %v (%s) and %v", frozen.Info().Frozen, frozen.Info().Why, restored.Info().Frozen)
	}
	both(t, data.Valid, frozen, restored, func(name string, one, other vision.Labels) {
		scores := map[int]float32{}
		for _, l := range one {
			scores[l.Index] = l.Score
		}
		for _, l := range other {
			if math.Abs(float64(scores[l.Index]-l.Score)) > 1e-5 {
				t.Errorf("%s: class %d has %g frozen, %g as saved", name, l.Index, scores[l.Index], l.Score)
			}
		}
	})

	// What the model saves again is what was read.
	loaded, err := tf.LoadSavedModel(half, []string{"serve"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer loaded.Session.Close()
	read, err := savedmodel.Read(os.DirFS(half), ".")
	if err != nil {
		t.Fatal(err)
	}
	saver := read.Graphs()[0].Meta.GetSaverDef()
	output := func(tensor string) tf.Output {
		name, _, _ := strings.Cut(tensor, ":")
		return loaded.Graph.Operation(name).Output(0)
	}
	again := filepath.Join(t.TempDir(), "variables")
	path, err := tf.NewTensor(again)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := loaded.Session.Run(map[tf.Output]*tf.Tensor{output(saver.GetFilenameTensorName()): path}, []tf.Output{output(saver.GetSaveTensorName())}, nil); err != nil {
		t.Fatal(err)
	}
	copied, err := savedmodel.OpenBundle(os.DirFS(filepath.Dir(again)), "variables")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range b.Keys() {
		x, err := b.Read(key)
		if err != nil {
			t.Fatal(err)
		}
		if y, err := copied.Read(key); err != nil || !bytes.Equal(x, y) {
			t.Errorf("%s was saved as something else, %v", key, err)
		}
	}

	// A graph that does not cast is not given them.
	meta, err := os.ReadFile(filepath.Join(full, "saved_model.pb"))
	if err != nil {
		t.Fatal(err)
	}
	mixed := t.TempDir()
	write(t, filepath.Join(mixed, "saved_model.pb"), meta)
	if err := os.CopyFS(filepath.Join(mixed, "variables"), os.DirFS(filepath.Join(half, "variables"))); err != nil {
		t.Fatal(err)
	}
	m, err := savedmodel.Read(os.DirFS(mixed), ".")
	if err != nil {
		t.Fatal(err)
	}
	var wrong *fault.ModelError
	if _, err := m.VariableKeys(&m.Graphs()[0]); !errors.As(err, &wrong) {
		t.Errorf("float16 in the checkpoint, no cast: got %v", err)
	}

	// A run that is done writes its model anew.
	if _, err := Fit(t.Context(), net(t, "resnet20"), data, append(opts, Out(full), Float16(), Resume())...); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"saved_model.pb", "variables/variables.index", "variables/variables.data-00000-of-00001"} {
		x, err := os.ReadFile(filepath.Join(full, name))
		if err != nil {
			t.Fatal(err)
		}
		if y, err := os.ReadFile(filepath.Join(half, name)); err != nil || !bytes.Equal(x, y) {
			t.Errorf("%s differs from that of a run with Float16 from the start, %v", name, err)
		}
	}
}

// A weight that float16 has no room for is refused by name, before the model that is there is touched.
func TestFloat16TooLarge(t *testing.T) {
	data, out := digits(t, blocks(t, 40)), t.TempDir()
	opts := []Option{Epochs(1), Batch(20), Plain(), Out(out)}
	if _, err := Fit(t.Context(), net(t, "lenet5"), data, opts...); err != nil {
		t.Fatal(err)
	}
	_, state, err := newestState(out)
	if err != nil {
		t.Fatal(err)
	}
	from := filepath.Join(out, checkpoints, state.Best)
	old, err := savedmodel.OpenBundle(os.DirFS(from), prefix)
	if err != nil {
		t.Fatal(err)
	}
	type tensor struct {
		shape  []int64
		values []byte
	}
	all, last := map[string]tensor{}, ""
	for _, key := range old.Keys() {
		e, _ := old.Lookup(key)
		v, err := old.Read(key)
		if err != nil {
			t.Fatal(err)
		}
		if len(e.Shape) > 1 {
			last = key
		}
		all[key] = tensor{e.Shape, v}
	}
	for _, large := range []float32{70000, float32(math.NaN())} {
		binary.LittleEndian.PutUint32(all[last].values, math.Float32bits(large))
		w, err := savedmodel.NewBundleWriter(filepath.Join(from, prefix))
		if err != nil {
			t.Fatal(err)
		}
		for key, v := range all {
			if err := w.Float32(key, v.shape, func(out io.Writer) error { _, err := out.Write(v.values); return err }); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		var unsupported *fault.UnsupportedError
		if _, err := Fit(t.Context(), net(t, "lenet5"), data, append(opts, Float16(), Resume())...); !errors.As(err, &unsupported) || !strings.Contains(err.Error(), last) {
			t.Errorf("%g: %v", large, err)
		}
		if _, err := os.Stat(filepath.Join(out, "saved_model.pb")); err != nil {
			t.Errorf("%g: the model is gone: %v", large, err)
		}
	}
}
