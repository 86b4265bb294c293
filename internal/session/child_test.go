package session

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/option"
	"github.com/gosight/vision/internal/session/tfserver"
)

// Process-wide settings and servers need processes of their own: the test binary
// runs itself again with VISION_TEST_CHILD set.
func runChild() bool {
	switch os.Getenv("VISION_TEST_CHILD") {
	case "placement":
		childPlacement()
	case "server":
		childServer()
	default:
		return false
	}
	return true
}

func childPlacement() {
	device, plain := os.Getenv("VISION_TEST_DEVICE"), os.Getenv("VISION_TEST_PLAIN") != ""
	s, err := Read(tiny("mean_rgb"), nil, "")
	if err == nil {
		var m *Model
		m, err = s.Start(Config{Options: option.Options{Devices: []string{device}, NoFreeze: plain,
			Process: option.Process{VirtualCPUs: 4, LogPlacement: true}}})
		if err == nil {
			_, err = m.Run(0, map[string]Tensor{"image": grey4(.25, .5, 1)}, "logits")
		}
	}
	fmt.Fprintln(os.Stderr, "child:", err)
}

// childServer tries ports until one is free, as TensorFlow does not say which it took.
func childServer() {
	for port := 20000 + os.Getpid()%20000; port < 60000; port++ {
		target, err := tfserver.Start(port)
		if err == nil {
			fmt.Printf("target %s\n", strings.Replace(target, "localhost", "127.0.0.1", 1))
			time.Sleep(5 * time.Minute)
			return
		}
	}
}

func child(t *testing.T, mode string, env ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(exe)
	c.Env = append(os.Environ(), append(env, "VISION_TEST_CHILD="+mode)...)
	return c
}

// TestEveryOpIsPlaced reads TensorFlow's own placement log.
func TestEveryOpIsPlaced(t *testing.T) {
	for _, plain := range []string{"", "1"} {
		for _, device := range []string{"/device:CPU:2", "cpu:3"} {
			c := child(t, "placement", "TF_CPP_MIN_LOG_LEVEL=0", "VISION_TEST_DEVICE="+device, "VISION_TEST_PLAIN="+plain)
			var log bytes.Buffer
			c.Stdout, c.Stderr = &log, &log
			if err := c.Run(); err != nil || !strings.Contains(log.String(), "child: <nil>") {
				t.Fatalf("%v\n%s", err, log.String())
			}
			name, err := DeviceName(device)
			if err != nil {
				t.Fatal(err)
			}
			var here, elsewhere int
			for line := range strings.Lines(log.String()) {
				if !strings.Contains(line, "/task:0/device:CPU:") || !strings.Contains(line, "): ") {
					continue
				}
				switch work := strings.Contains(line, "Mean") || strings.Contains(line, "MatMul") || strings.Contains(line, "PartitionedCall"); {
				case strings.Contains(line, name):
					here++
				case plain == "" || work:
					elsewhere++
					t.Log(line)
				}
			}
			if here == 0 || elsewhere != 0 {
				t.Errorf("plain %q: %d ops on %s, %d elsewhere", plain, here, name, elsewhere)
			}
		}
	}
}

// TestRemoteTarget runs a model on a TensorFlow server in another process.
func TestRemoteTarget(t *testing.T) {
	c := child(t, "server")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	stop := sync.OnceFunc(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
	t.Cleanup(stop)
	var target string
	if _, err := fmt.Fscanf(out, "target %s\n", &target); err != nil {
		t.Fatalf("the server did not start: %v", err)
	}
	for _, o := range []option.Options{
		{Target: target}, {Target: target, Devices: []string{"cpu:0"}}, {Target: target, NoFreeze: true},
	} {
		m := start(t, tiny("mean_rgb"), o)
		got, err := m.Run(0, map[string]Tensor{"image": grey4(.25, .5, 1)}, "logits")
		if err != nil || fmt.Sprint(got[0].Data) != "[0.25 0.5 1]" {
			t.Errorf("%+v: got %v, %v", o, got, err)
		}
		if m.Info().Target != target {
			t.Errorf("Info says target %q", m.Info().Target)
		}
		if err := m.Close(); err != nil { // while the server lives
			t.Error(err)
		}
	}
	s, err := Read(tiny("mean_rgb"), nil, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Start(Config{Options: option.Options{Target: target, Devices: []string{"gpu:0"}}}); err == nil {
		t.Error("a GPU that the server does not have was accepted")
	}
	if s, err = Read(tiny("mean_rgb"), nil, ""); err != nil {
		t.Fatal(err)
	}
	m, err := s.Start(Config{Options: option.Options{Target: target}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Run(0, map[string]Tensor{"image": grey4(0, 0, 0)}, "logits"); err != nil {
		t.Fatal(err)
	}
	stop()
	var de *fault.DeviceError
	if err := m.Close(); !errors.As(err, &de) {
		t.Errorf("closing a model whose server is gone: %v, want a DeviceError", err)
	}
}

func TestTargetWhereNobodyListens(t *testing.T) {
	for target, says := range map[string]string{"grpc://127.0.0.1:1": "no server answers", "127.0.0.1:1": "grpc://host:port"} {
		s, err := Read(tiny("mean_rgb"), nil, "")
		if err != nil {
			t.Fatal(err)
		}
		var de *fault.DeviceError
		if _, err := s.Start(Config{Options: option.Options{Target: target}}); !errors.As(err, &de) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want a DeviceError that says %q", target, err, says)
		}
	}
}
