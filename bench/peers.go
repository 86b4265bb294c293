package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// places are where things lie.
type places struct {
	root   string // of the project
	shared string // models and pictures beside it
	python string // empty if there is none
	ortLib string // the onnxruntime shared library; empty if there is none
}

func findPlaces() (places, error) {
	dir, err := os.Getwd()
	if err != nil {
		return places{}, err
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "reference", "bench", "peer.py")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			return places{}, fmt.Errorf("run this inside the project")
		}
	}
	p := places{root: dir, shared: os.Getenv("VISION_SHARED"), python: os.Getenv("VISION_PYTHON"), ortLib: os.Getenv("ONNXRUNTIME_LIB")}
	if p.shared == "" {
		p.shared = filepath.Join(dir, "..", "shared")
	}
	if p.python == "" {
		p.python = filepath.Join(dir, ".venv", "bin", "python")
	}
	if _, err := os.Stat(p.python); err != nil {
		p.python = ""
	}
	if p.ortLib == "" && p.python != "" {
		if out, err := exec.Command(p.python, filepath.Join(dir, "reference", "bench", "to_onnx.py"), "--library").Output(); err == nil {
			p.ortLib = strings.TrimSpace(string(out))
		}
	}
	return p, nil
}

// A network is a model in the forms that the contenders take it.
type network struct {
	name          string
	dir, onnx     string
	inputs        string // float32 rows, as Keras preprocessed them
	size, shorter int
	mode          string
}

func (p places) network(name, mode string) network {
	dir := filepath.Join(p.root, ".bench", "keras", name)
	return network{name: name, dir: dir, onnx: filepath.Join(p.root, ".bench", "onnx", name+".onnx"),
		inputs: filepath.Join(dir, "inputs.f32"), size: 224, shorter: 256, mode: mode}
}

func (p places) networks() []network {
	return []network{p.network("mobilenet_v2", "tf"), p.network("resnet50", "caffe")}
}

// prepare makes the models if they are not there. An ONNX file that is older than the model it was made
// of is made anew.
func (p places) prepare(out *os.File) error {
	var absent []string
	for _, n := range p.networks() {
		model, err1 := os.Stat(filepath.Join(n.dir, "expected.json"))
		made, err2 := os.Stat(n.onnx)
		if err1 == nil && err2 == nil && made.ModTime().Before(model.ModTime()) {
			if err := os.Remove(n.onnx); err != nil {
				return err
			}
		}
		for _, f := range []string{filepath.Join(n.dir, "expected.json"), n.onnx} {
			if _, err := os.Stat(f); err != nil {
				absent = append(absent, f)
			}
		}
	}
	if len(absent) == 0 {
		return nil
	}
	if p.python == "" {
		return fmt.Errorf("%s is not there, and no Python to make it: run make reference, or set VISION_PYTHON to a Python with tensorflow, keras, tf2onnx, onnxruntime and pillow", absent[0])
	}
	fmt.Fprintln(out, "making the models (once; minutes)")
	keras, onnx := filepath.Join(p.root, ".bench", "keras"), filepath.Join(p.root, ".bench", "onnx")
	for _, args := range [][]string{
		{filepath.Join(p.root, "reference", "keras", "export.py"), keras, "--only", "mobilenet_v2,resnet50"},
		{filepath.Join(p.root, "reference", "bench", "to_onnx.py"), keras, onnx, "mobilenet_v2", "resnet50"},
	} {
		cmd := exec.Command(p.python, args...)
		cmd.Stdout, cmd.Stderr = out, out
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("%s: %w", args[0], err)
		}
	}
	return nil
}

func (n network) open(p places) request {
	return request{Op: "open", Model: n.name, Dir: n.dir, ONNX: n.onnx, Library: p.ortLib, Size: n.size, Shorter: n.shorter, Mode: n.mode}
}

// start starts the process of a contender and opens the networks in it.
func (p places) start(name string, networks []network) (*peer, error) {
	var cmd *exec.Cmd
	switch name {
	case "python":
		if p.python == "" {
			return nil, fmt.Errorf("no Python: run make reference, or set VISION_PYTHON")
		}
		cmd = exec.Command(p.python, filepath.Join(p.root, "reference", "bench", "peer.py"))
	case "onnxruntime":
		if p.ortLib == "" {
			return nil, fmt.Errorf("no onnxruntime shared library: run make reference, or set ONNXRUNTIME_LIB")
		}
		fallthrough
	default:
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		cmd = exec.Command(self, "-serve", name)
	}
	c, err := p.startProcess(name, cmd)
	if err != nil {
		return nil, err
	}
	for _, n := range networks {
		if _, err := c.ask(n.open(p)); err != nil {
			_ = c.close()
			return nil, err
		}
	}
	a, err := c.ask(request{Op: "versions"})
	c.versions = a.Versions
	return c, err
}
