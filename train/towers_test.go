package train

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gosight/vision"
	"github.com/gosight/vision/internal/nets"
	"github.com/gosight/vision/internal/session/tfserver"
	"github.com/gosight/vision/recognize"
)

// near tells of losses that differ by more than 1e-5 of themselves.
func near(t *testing.T, why string, got, want map[int]float64) {
	t.Helper()
	if len(got) == 0 || len(got) != len(want) {
		t.Fatalf("%s: %d steps, want %d", why, len(got), len(want))
	}
	for s, w := range want {
		if g, ok := got[s]; !ok || !(math.Abs(g-w) <= 1e-5*w) {
			t.Errorf("%s: step %d: loss %g, want %g", why, s, g, w)
		}
	}
}

// sameSteps are steps that were made, with the losses of a whole run.
func sameSteps(t *testing.T, why string, got, whole map[int]float64) {
	t.Helper()
	for s, g := range got {
		if w, ok := whole[s]; !ok || g != w {
			t.Errorf("%s: step %d: loss %v, want %v", why, s, g, w)
		}
	}
	if len(got) == 0 {
		t.Errorf("%s: no step was made", why)
	}
}

// stopAt ends a run after a step, and returns its losses.
func stopAt(t *testing.T, data Data, step int, opts ...Option) map[int]float64 {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	got := map[int]float64{}
	note := onStep(func(p Progress) {
		if got[p.Step] = p.Loss; p.Step == step {
			cancel()
		}
	})
	if _, err := Fit(ctx, net(t, "lenet5"), data, append(opts, note)...); !errors.Is(err, context.Canceled) {
		t.Fatalf("stopped at %d: %v", step, err)
	}
	return got
}

// A run on two devices has the losses and the validation of one; stopped and resumed, to the bit its own. The batch of 15
// does not divide evenly, nor do the 20 pictures of the validation part.
func TestSeveralDevices(t *testing.T) {
	data := digits(t, blocks(t, 60))
	opts := func(out string, more ...Option) []Option {
		return append([]Option{Out(out), Epochs(3), Batch(15), PadCrop(1), Plain()}, more...)
	}
	alone, one, err := losses(t.Context(), t, data, opts(t.TempDir())...)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(one.Devices, []string{"/device:CPU:0"}) {
		t.Errorf("by default it ran on %q", one.Devices)
	}
	out := t.TempDir()
	both := On(vision.OnDevices("cpu:0", "cpu:1"))
	spread, two, err := losses(t.Context(), t, data, opts(out, both)...)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "two devices", spread, alone)
	if !slices.Equal(two.Devices, []string{"/device:CPU:0", "/device:CPU:1"}) {
		t.Errorf("two devices were %q", two.Devices)
	}
	if a, b := one.Best, two.Best; a.ValidAccuracy != b.ValidAccuracy || math.Abs(a.ValidLoss-b.ValidLoss) > 1e-5*a.ValidLoss {
		t.Errorf("validation gives %+v on one, %+v on two", a, b)
	}
	m, err := recognize.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}

	again := t.TempDir()
	sameSteps(t, "until it was stopped", stopAt(t, data, 5, opts(again, both)...), spread)
	_, _, err = losses(t.Context(), t, data, opts(again, Resume())...)
	var other *vision.UnsupportedError
	if !errors.As(err, &other) || !strings.Contains(err.Error(), "devices was 2 and is 1") {
		t.Errorf("resumed on one device: %v", err)
	}
	// Which they are does not matter.
	rest, _, err := losses(t.Context(), t, data, opts(again, Resume(), On(vision.OnDevices("cpu:2", "/device:CPU:0")))...)
	if err != nil {
		t.Fatal(err)
	}
	sameSteps(t, "resumed", rest, spread)
}

func TestDevicesRefused(t *testing.T) {
	data := digits(t, blocks(t, 20))
	for why, c := range map[string]struct {
		opt  Option
		want string
	}{
		"no such device":     {On(vision.OnGPU(7)), "device /device:GPU:7: not present; present: /device:CPU:0, /device:CPU:1"},
		"one of two":         {On(vision.OnDevices("cpu", "cpu:9")), "device /device:CPU:9: not present"},
		"no name":            {On(vision.OnDevice("tpux")), "not a device name"},
		"no server":          {On(vision.OnTarget("grpc://127.0.0.1:1")), "no server answers"},
		"no target":          {On(vision.OnTarget("127.0.0.1:1")), "grpc://host:port"},
		"a model's option":   {On(vision.Card("card.json")), "got one about a model or a picture"},
		"none":               {On(vision.OnDevices()), "at least one device"},
		"other process-wide": {On(vision.VirtualCPUs(5)), "once a process"},
	} {
		out := filepath.Join(t.TempDir(), "m")
		_, err := Fit(t.Context(), net(t, "lenet5"), data, Out(out), c.opt)
		var de *vision.DeviceError
		if !errors.As(err, &de) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want a *DeviceError with %q", why, err, c.want)
		}
		if _, err := os.Stat(out); err == nil {
			t.Errorf("%s: a folder was made", why)
		}
	}
	_, err := Fit(t.Context(), net(t, "lenet5"), data, Out(t.TempDir()), Batch(2), On(vision.OnDevices("cpu", "cpu:1", "cpu:2")))
	var se *SettingError
	if !errors.As(err, &se) || !strings.Contains(err.Error(), "at most 2, one for each picture of a batch, got 3") {
		t.Errorf("more devices than pictures: %v", err)
	}
}

// serve is a TensorFlow server in a process of its own.
func serve() int {
	for port := 20000 + os.Getpid()%20000; port < 60000; port++ {
		if target, err := tfserver.Start(port); err == nil {
			fmt.Printf("target %s\n", strings.Replace(target, "localhost", "127.0.0.1", 1))
			time.Sleep(5 * time.Minute)
			return 0
		}
	}
	return 1
}

func server(t *testing.T) (target string) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(exe)
	c.Env = append(os.Environ(), "VISION_TRAIN_SERVER=1")
	c.Dir = t.TempDir() // nothing may be written there
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
	if _, err := fmt.Fscanf(out, "target %s\n", &target); err != nil {
		t.Fatalf("the server did not start: %v", err)
	}
	return target
}

// Variables live on the server, files here: a run there has the losses of one here, its checkpoints are resumed there and
// here, and two runs at once do not touch each other's variables, which have the same names.
func TestServer(t *testing.T) {
	data, target := digits(t, blocks(t, 60)), server(t)
	opts := func(out string, more ...Option) []Option {
		return append([]Option{Out(out), Epochs(2), Batch(15), PadCrop(1), Average(0.9), Plain()}, more...)
	}
	hereOut, thereOut := filepath.Join(t.TempDir(), "m"), filepath.Join(t.TempDir(), "m")
	here, _, err := losses(t.Context(), t, data, opts(hereOut)...)
	if err != nil {
		t.Fatal(err)
	}
	// A second run begins in the middle of the first.
	var inner error
	all := map[int]float64{}
	between := onStep(func(p Progress) {
		all[p.Step] = p.Loss
		if p.Step == 3 && p.Done == nil {
			_, inner = Fit(t.Context(), net(t, "lenet5"), data, opts(t.TempDir(), Seed(5), Epochs(1), On(vision.OnTarget(target)))...)
		}
	})
	res, err := Fit(t.Context(), net(t, "lenet5"), data, opts(thereOut, between, On(vision.OnTarget(target)))...)
	if err != nil || inner != nil {
		t.Fatal(err, inner)
	}
	near(t, "on a server", all, here)
	if len(res.Devices) != 1 || res.Devices[0] != "" {
		t.Errorf("the server's choice is called %q", res.Devices)
	}
	a, b := modelVariables(t, hereOut), modelVariables(t, thereOut)
	if len(a) == 0 || len(a) != len(b) {
		t.Fatalf("%d variables here, %d from the server", len(a), len(b))
	}
	for i, v := range a {
		if math.Abs(float64(b[i]-v)) > 1e-5 {
			t.Fatalf("value %d is %g here, %g from the server", i, v, b[i])
		}
	}
	m, err := recognize.Open(thereOut)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}

	again := filepath.Join(t.TempDir(), "m")
	stopAt(t, data, 5, opts(again, On(vision.OnTarget(target), vision.OnDevice("cpu:0")))...)
	copied := filepath.Join(t.TempDir(), "m")
	if err := os.CopyFS(copied, os.DirFS(again)); err != nil {
		t.Fatal(err)
	}
	for out, more := range map[string][]Option{again: {Resume(), On(vision.OnTarget(target))}, copied: {Resume()}} {
		rest, _, err := losses(t.Context(), t, data, opts(out, more...)...)
		if err != nil {
			t.Fatal(err)
		}
		want := map[int]float64{}
		for s := range rest {
			want[s] = here[s]
		}
		near(t, "resumed", rest, want)
	}
}

// modelVariables are the values in a model's checkpoint, one behind the other.
func modelVariables(t *testing.T, dir string) []float32 {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "variables", "variables.data-00000-of-00001"))
	if err != nil {
		t.Fatal(err)
	}
	values := make([]float32, len(data)/4)
	if err := binary.Read(bytes.NewReader(data), binary.LittleEndian, values); err != nil {
		t.Fatal(err)
	}
	return values
}

// A message carries a part of the variables, in their order, and each of them once.
func TestGroupsOfVariables(t *testing.T) {
	of := func(sizes ...int64) (list []nets.Kept) {
		for _, n := range sizes {
			list = append(list, nets.Kept{Variable: nets.Variable{Shape: []int64{n}}})
		}
		return list
	}
	const most = atOnce / 4
	for _, c := range []struct {
		list []nets.Kept
		want string
	}{
		{nil, "[]"},
		{of(1, 2, 3), "[[0 1 2]]"},
		{of(most, 1, most-1, 1), "[[0] [1 2] [3]]"},
		{of(2*most, 1), "[[0] [1]]"},
	} {
		if got := fmt.Sprint(groups(c.list)); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}
