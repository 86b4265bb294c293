package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// root is the module's folder, as this package's tests see it.
const root = "../.."

// The test binary is also the command: with VISION_TEST_MAIN set it runs main, so that
// exit statuses, signals and what a fresh process writes can be tested.
func TestMain(m *testing.M) {
	if os.Getenv("VISION_TEST_MAIN") != "" {
		main()
	}
	os.Exit(m.Run())
}

// fresh returns the command with args as a new process in folder dir, without the
// variable that silences TensorFlow.
func fresh(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(exe, args...)
	c.Dir = dir
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "TF_") {
			c.Env = append(c.Env, e)
		}
	}
	c.Env = append(c.Env, "VISION_TEST_MAIN=1")
	return c
}

// outcome runs a command to its end.
func outcome(t *testing.T, c *exec.Cmd) (stdout, stderr string, status int) {
	t.Helper()
	var out, err bytes.Buffer
	if c.Stdout == nil {
		c.Stdout = &out
	}
	c.Stderr = &err
	runErr := c.Run()
	var exit *exec.ExitError
	if runErr != nil && !errors.As(runErr, &exit) {
		t.Fatal(runErr)
	}
	return out.String(), err.String(), c.ProcessState.ExitCode()
}

// here runs the command in this process.
func here(stdin string, args ...string) (stdout, stderr string, status int) {
	var out, err bytes.Buffer
	a := &app{in: strings.NewReader(stdin), out: &out, err: &err}
	status = a.run(context.Background(), args)
	return out.String(), err.String(), status
}

// golden compares got with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s (go test ./cmd/vision -update writes it anew)\ngot:\n%s\nwant:\n%s", file, got, want)
	}
}

// flat writes a PNG of one colour.
func flat(t *testing.T, c color.Color, path ...string) string {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 6, 5))
	for i := range 30 {
		img.Set(i%6, i/6, c)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return put(t, b.String(), path...)
}

// put writes a file, and the folders above it.
func put(t *testing.T, content string, path ...string) string {
	t.Helper()
	name := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

func abs(t *testing.T, path string) string {
	t.Helper()
	p, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// rgb are the flags of a model whose scores are the means of red, green and blue.
func rgb(t *testing.T) []string {
	t.Helper()
	return []string{"-model", abs(t, root+"/testdata/models/mean_rgb"), "-card", abs(t, "testdata/cards")}
}

// Whose scores are exactly 0 and 1 on every machine.
var blue, red = color.RGBA{0, 0, 255, 255}, color.RGBA{255, 0, 0, 255}
