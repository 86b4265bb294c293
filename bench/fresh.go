package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// once is the work of a fresh process: open the model of the request and, where it
// names a file, classify it. The time runs from before Open to the answer.
func once(name, line string) error {
	build, ok := contenders[name]
	if !ok {
		return fmt.Errorf("no contender %q", name)
	}
	var r request
	if err := json.Unmarshal([]byte(line), &r); err != nil {
		return err
	}
	c := build()
	var data []byte
	if r.File != "" {
		var err error
		if data, err = os.ReadFile(r.File); err != nil {
			return err
		}
	}
	empty := status("VmHWM")
	start := time.Now()
	if err := c.Open(r); err != nil {
		return err
	}
	if data != nil {
		if _, err := c.Photo(r.Model, data); err != nil {
			return err
		}
	}
	a := answer{MS: []float64{ms(time.Since(start))}, PeakMB: status("VmHWM"), EmptyMB: empty}
	if o, ok := c.(*ours); ok {
		a.Weights = float64(o.models[r.Model].Info().Weights) / 1e6
	}
	return json.NewEncoder(os.Stdout).Encode(a)
}

// inFresh runs once in a process of its own.
func inFresh(name string, r request) (answer, error) {
	self, err := os.Executable()
	if err != nil {
		return answer{}, err
	}
	line, err := json.Marshal(r)
	if err != nil {
		return answer{}, err
	}
	out, err := exec.Command(self, "-once", name, "-request", string(line)).Output()
	if err != nil {
		return answer{}, fmt.Errorf("%s in a fresh process: %w", name, err)
	}
	var a answer
	return a, json.Unmarshal(out, &a)
}

func (b *bench) open() error {
	files, err := b.ordinaryPhotos(1)
	if err != nil {
		return err
	}
	names := []string{"vision", "graft"}
	if b.peers["onnxruntime"] != nil {
		names = append(names, "onnxruntime")
	}
	for _, n := range b.networks() {
		r := n.open(b.places)
		r.File = files[0]
		times := make([][]float64, len(names))
		for round := range b.rounds + 1 {
			for i, name := range names {
				a, err := inFresh(name, r)
				if err != nil {
					return err
				}
				if round > 0 { // the first brings the files into the page cache
					times[i] = append(times[i], a.MS...)
				}
			}
		}
		for i, name := range names {
			b.add("open to first answer", n.name, 1, name, "ms", times[i], times[0], b.versionsOf(name))
		}
	}
	return nil
}

func (b *bench) versionsOf(name string) string {
	if p := b.peers[name]; p != nil {
		return p.versions
	}
	return ""
}

// memory compares the peak resident memory of a process that opens a model, warm-up
// included, with what is allowed; TensorFlow's own library is in it. The weights are counted
// as they run: Keras 3 writes each twice into its checkpoint. Plain graft's, which
// only loads, is there for information.
func (b *bench) memory() error {
	ns := b.networks()
	// The largest of the exported models, where it has been made.
	if vgg := b.network("vgg16", "caffe"); exists(filepath.Join(vgg.dir, "expected.json")) {
		ns = append(ns, vgg)
	}
	for _, n := range ns {
		var peak, plain []float64
		var weights, empty float64
		for range min(3, b.rounds) {
			a, err := inFresh("vision", n.open(b.places))
			if err != nil {
				return err
			}
			peak, weights, empty = append(peak, a.PeakMB), a.Weights, a.EmptyMB
			if a, err = inFresh("graft", n.open(b.places)); err != nil {
				return err
			}
			plain = append(plain, a.PeakMB)
		}
		const name = "peak memory of Open"
		b.add(name, n.name, 0, "vision", "MB", peak, peak, b.versionsOf("vision"))
		b.add(name, n.name, 0, "allowed", "MB", []float64{2.2*weights + 300}, peak, "")
		b.add(name, n.name, 0, "process before Open", "MB", []float64{empty}, peak, "")
		b.add(name, n.name, 0, "weights", "MB", []float64{weights}, peak, "")
		b.add(name, n.name, 0, "graft", "MB", plain, peak, b.versionsOf("graft"))
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
