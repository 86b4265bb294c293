package session

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/option"
)

// The tests see the CPU as four devices, so that placement shows without GPUs.
var four = option.Process{VirtualCPUs: 4}

func TestMain(m *testing.M) {
	if runChild() {
		return
	}
	if _, err := Devices(four); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if models, tensors := Live(); models != 0 || tensors != 0 {
		fmt.Fprintf(os.Stderr, "%d models and %d tensors are still live after all tests\n", models, tensors)
		code = 1
	}
	os.Exit(code)
}

func tiny(name string) Source {
	dir := filepath.Join("..", "..", "testdata", "models", name)
	return Source{FS: os.DirFS(dir), Dir: ".", Host: dir, Name: name}
}

func start(t testing.TB, src Source, o option.Options) *Model {
	t.Helper()
	s, err := Read(src, o.Tags, o.Sig)
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.Start(Config{Options: o})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

// grey4 is a picture of 4x4 pixels whose channels have the means r, g, b.
func grey4(r, g, b float32) Tensor {
	d := make([]float32, 0, 48)
	for range 16 {
		d = append(d, r, g, b)
	}
	return Tensor{Shape: []int64{1, 4, 4, 3}, Data: d}
}

// An answer is one call of answers.json.
type answer struct {
	Tags            []string
	Signature       string
	Inputs, Outputs map[string]value
}

type value struct {
	DType  string
	Shape  []int64
	Values []any
	Base64 [][]byte // of strings
}

func (v value) tensor(t *testing.T) Tensor {
	t.Helper()
	shape := append([]int64{}, v.Shape...)
	if v.DType == "string" {
		s := make([]string, len(v.Base64))
		for i, b := range v.Base64 {
			s[i] = string(b)
		}
		return Tensor{Shape: shape, Data: s}
	}
	c, err := constant(v.DType, v.Values)
	if err != nil {
		t.Fatal(err)
	}
	c.Shape = shape
	return c
}

func TestTinyModelsAnswerAsWorkedOutByHand(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("..", "..", "testdata", "models", "answers.json"))
	if err != nil {
		t.Fatal(err)
	}
	var models map[string][]answer
	if err := json.Unmarshal(b, &models); err != nil {
		t.Fatal(err)
	}
	for name, answers := range models {
		for i, a := range answers {
			for _, plain := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%d/plain=%v", name, i, plain), func(t *testing.T) {
					m := start(t, tiny(name), option.Options{Tags: a.Tags, Sig: a.Signature, NoFreeze: plain, AllowIO: true})
					if info := m.Info(); !plain && !info.Frozen && !slices.Contains([]string{"counter", "asset_table", "tf1_partitioned"}, name) {
						t.Errorf("not frozen: %s", info.Why)
					}
					checkAnswer(t, m, a)
				})
			}
		}
	}
}

func checkAnswer(t *testing.T, m *Model, a answer) {
	t.Helper()
	feeds := map[string]Tensor{}
	for k, v := range a.Inputs {
		feeds[k] = v.tensor(t)
	}
	for k, v := range a.Outputs {
		got, err := m.Run(0, feeds, k)
		if err != nil {
			t.Fatal(err)
		}
		want := v.tensor(t)
		if !slices.Equal(got[0].Shape, want.Shape) {
			t.Fatalf("%s has shape %v, want %v", k, got[0].Shape, want.Shape)
		}
		if f, ok := want.Data.([]float32); ok {
			for i, x := range got[0].Data.([]float32) {
				if math.Abs(float64(x-f[i])) > 1e-5*max(1, math.Abs(float64(f[i]))) {
					t.Fatalf("%s[%d] = %v, want %v", k, i, x, f[i])
				}
			}
		} else if fmt.Sprint(got[0].Data) != fmt.Sprint(want.Data) {
			t.Fatalf("%s = %v, want %v", k, got[0].Data, want.Data)
		}
	}
}

func TestModelsFromAnyFileSystem(t *testing.T) {
	for _, plain := range []bool{false, true} {
		sub, err := fs.Sub(os.DirFS(filepath.Join("..", "..", "testdata")), "models")
		if err != nil {
			t.Fatal(err)
		}
		m := start(t, Source{FS: sub, Dir: "mean_rgb", Name: "mean_rgb"}, option.Options{NoFreeze: plain})
		got, err := m.Run(0, map[string]Tensor{"image": grey4(.25, .5, 1)}, "logits")
		if err != nil || fmt.Sprint(got[0].Data) != "[0.25 0.5 1]" {
			t.Errorf("plain %v: got %v, %v, want the means", plain, got, err)
		}
	}
}

func TestReplicasAnswerAlikeFromManyGoroutines(t *testing.T) {
	m := start(t, tiny("mean_rgb"), option.Options{Devices: []string{"cpu:1", "/device:CPU:3"}})
	if m.Replicas() != 2 {
		t.Fatalf("%d replicas, want 2", m.Replicas())
	}
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			v := float32(i) / 64
			got, err := m.Run(i%2, map[string]Tensor{"image": grey4(v, 0, 1)}, "logits")
			if err != nil || math.Abs(float64(got[0].Data.([]float32)[0]-v)) > 1e-6 {
				t.Errorf("call %d: %v, %v", i, got, err)
			}
		})
	}
	wg.Wait()
}

func TestAbsentDeviceListsThosePresent(t *testing.T) {
	for _, name := range []string{"gpu:7", "cpu:9"} {
		s, err := Read(tiny("mean_rgb"), nil, "")
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Start(Config{Options: option.Options{Devices: []string{name}}})
		var de *fault.DeviceError
		if !errors.As(err, &de) || !slices.Contains(de.Have, "/device:CPU:3") {
			t.Errorf("%s: %v, want a DeviceError that lists the four CPUs", name, err)
		}
	}
}

func TestPreferGPUFallsBackAndSaysSo(t *testing.T) {
	ds, err := Devices(option.Process{})
	if err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(ds, func(d Device) bool { return d.Type == "GPU" }) {
		t.Skip("SKIPPED, nothing was tested: this machine has a GPU, so there is nothing to fall back from")
	}
	m := start(t, tiny("mean_rgb"), option.Options{PreferGPU: true})
	if i := m.Info(); i.Devices[0] != CPU || !strings.Contains(i.DeviceNote, "no GPU") {
		t.Errorf("devices %v, note %q", i.Devices, i.DeviceNote)
	}
}

func TestProcessWideWishesMustAgree(t *testing.T) {
	for _, wish := range []option.Process{{IntraOp: 7}, {InterOp: 3}, {VirtualCPUs: 2}, {MemoryGrowth: true}, {MemoryFraction: .5}} {
		var de *fault.DeviceError
		if _, err := Devices(wish); !errors.As(err, &de) || !strings.Contains(err.Error(), "once a process") {
			t.Errorf("%+v: %v, want a DeviceError", wish, err)
		}
	}
	if _, err := Devices(four); err != nil {
		t.Errorf("the same wish again: %v", err)
	}
}

func TestDeviceNames(t *testing.T) {
	for in, want := range map[string]string{
		"cpu": "/device:CPU:0", "GPU": "/device:GPU:0", "gpu:1": "/device:GPU:1", "/device:CPU:2": "/device:CPU:2",
		"/job:worker/replica:0/task:1/device:GPU:0": "/job:worker/replica:0/task:1/device:GPU:0",
		"": "", "tpu0": "", "/device:FPGA:0": "", "gpu:-1": "", "gpu:x": "",
	} {
		got, err := DeviceName(in)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("DeviceName(%q) = %q, %v, want %q", in, got, err, want)
		}
	}
}

func TestFilesAndNetworkAreRefused(t *testing.T) {
	s, err := Read(tiny("reads_file"), nil, "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Start(Config{})
	var me *fault.ModelError
	if !errors.As(err, &me) || !strings.Contains(err.Error(), "ReadFile") {
		t.Fatalf("%v, want a ModelError that names ReadFile", err)
	}
	m, err := s.Start(Config{Options: option.Options{AllowIO: true}})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}

func TestUnknownTensorIsAnErrorNotACrash(t *testing.T) {
	m := start(t, tiny("mean_rgb"), option.Options{})
	for _, fetch := range []string{"nothing", "nothing:0", "logits:9", ""} {
		var me *fault.ModelError
		if _, err := m.Run(0, map[string]Tensor{"image": grey4(0, 0, 0)}, fetch); !errors.As(err, &me) {
			t.Errorf("fetch %q: %v, want a ModelError", fetch, err)
		}
	}
	if _, err := m.Run(0, map[string]Tensor{"picture": grey4(0, 0, 0)}, "logits"); err == nil {
		t.Error("an unknown input was accepted")
	}
	if _, err := m.Run(0, map[string]Tensor{"image": {Shape: []int64{1, 4, 4, 3}, Data: make([]float32, 47)}}, "logits"); err == nil {
		t.Error("47 values of 48 were accepted")
	}
	if _, err := m.Run(0, map[string]Tensor{"image": {Shape: []int64{1, 4, 4, 3}, Data: make([]uint8, 48)}}, "logits"); err == nil {
		t.Error("bytes for floats were accepted")
	}
}

func TestCloseWaitsAndMayBeRepeated(t *testing.T) {
	m := start(t, tiny("mean_rgb"), option.Options{})
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			if _, err := m.Run(0, map[string]Tensor{"image": grey4(0, 0, 0)}, "logits"); err != nil && !errors.Is(err, fault.ErrClosed) {
				t.Error(err)
			}
		})
	}
	runtime.Gosched()
	if err := errors.Join(m.Close(), m.Close()); err != nil {
		t.Error(err)
	}
	wg.Wait()
	if _, err := m.Run(0, nil, "logits"); !errors.Is(err, fault.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestBrokenModels(t *testing.T) {
	whole := func() fstest.MapFS {
		dir := fstest.MapFS{}
		for _, f := range []string{"saved_model.pb", "variables/variables.index", "variables/variables.data-00000-of-00001"} {
			b, err := os.ReadFile(filepath.Join("..", "..", "testdata", "models", "mean_rgb", f))
			if err != nil {
				t.Fatal(err)
			}
			dir[f] = &fstest.MapFile{Data: b}
		}
		return dir
	}
	for _, c := range []struct {
		why   string
		spoil func(fstest.MapFS)
		tags  []string
		sig   string
		want  any
	}{
		{"no saved_model.pb", func(d fstest.MapFS) { delete(d, "saved_model.pb") }, nil, "", new(*fault.ModelError)},
		{"empty saved_model.pb", func(d fstest.MapFS) { d["saved_model.pb"] = &fstest.MapFile{} }, nil, "", new(*fault.FormatError)},
		{"corrupt protobuf", func(d fstest.MapFS) {
			d["saved_model.pb"] = &fstest.MapFile{Data: []byte("\x08\x01\x12\xff\xff\xff\xff\x0fhello")}
		}, nil, "", new(*fault.FormatError)},
		{"missing variables", func(d fstest.MapFS) {
			delete(d, "variables/variables.index")
			delete(d, "variables/variables.data-00000-of-00001")
		}, nil, "", new(*fault.ModelError)},
		{"missing values", func(d fstest.MapFS) { delete(d, "variables/variables.data-00000-of-00001") }, nil, "", new(*fault.ModelError)},
		{"wrong tag", func(fstest.MapFS) {}, []string{"train"}, "", new(*fault.ModelError)},
		{"wrong signature", func(fstest.MapFS) {}, nil, "predict", new(*fault.ModelError)},
	} {
		dir := whole()
		c.spoil(dir)
		s, err := Read(Source{FS: dir, Dir: ".", Name: "spoilt"}, c.tags, c.sig)
		if err == nil {
			var m *Model
			if m, err = s.Start(Config{}); err == nil {
				_ = m.Close()
			}
		}
		if err == nil || !errors.As(err, c.want) || !strings.Contains(err.Error(), "vision:") {
			t.Errorf("%s: got %v, want a %T", c.why, err, c.want)
		}
	}
}
