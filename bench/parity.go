package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/gosight/vision"
	"github.com/gosight/vision/recognize"
)

// exported are the models of reference/keras/export.py.
var exported = []struct{ name, mode string }{
	{"mobilenet_v2", "tf"}, {"resnet50", "caffe"}, {"efficientnet_b0", ""}, {"inception_v3", "tf"}, {"vgg16", "caffe"},
}

// parityLimit is how far a probability may be from Keras'.
const parityLimit = 1e-4

// An expected is what export.py wrote beside a model.
type expected struct {
	Pictures []struct{ Path string } // relative to the project
	Inputs   block
	Outputs  block
}

type block struct {
	File  string
	Shape []int
}

// read returns the values of the block.
func (b block) read(dir string) ([]float32, error) {
	data, err := os.ReadFile(filepath.Join(dir, b.File))
	if err != nil {
		return nil, err
	}
	n := 1
	for _, d := range b.Shape {
		n *= d
	}
	if len(data) != 4*n {
		return nil, fmt.Errorf("%s: want %d bytes, got %d", b.File, 4*n, len(data))
	}
	v := make([]float32, n)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
	return v, nil
}

// parity compares the answers of five exported Keras models to real pictures, from the file to
// the probabilities, with Keras' own: frozen and not, one by one and in a batch of 8.
func (b *bench) parity() error {
	if b.python != "" {
		cmd := exec.Command(b.python, filepath.Join(b.root, "reference", "keras", "export.py"), filepath.Join(b.root, ".bench", "keras"))
		cmd.Stdout, cmd.Stderr = b.log, b.log
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("export.py: %w", err)
		}
	}
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "largest difference from Keras\tfrozen\tbatch 1\tbatch 8")
	far := 0
	for _, m := range exported {
		for _, frozen := range []bool{true, false} {
			one, eight, info, err := b.compare(m.name, frozen)
			if err != nil {
				return fmt.Errorf("%s: %w", m.name, err)
			}
			if info.Frozen != frozen {
				return fmt.Errorf("%s: want frozen %v, got %v (%s)", m.name, frozen, info.Frozen, info.Why)
			}
			if !(max(one, eight) <= parityLimit) {
				far++
			}
			fmt.Fprintf(t, "%s\t%v\t%.1e\t%.1e\n", m.name, frozen, one, eight)
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if far > 0 {
		return fmt.Errorf("%d of %d differ by more than %g", far, 2*len(exported), parityLimit)
	}
	return nil
}

func (b *bench) compare(name string, frozen bool) (one, eight float64, info vision.Info, err error) {
	dir := b.network(name, "").dir
	var want expected
	data, err := os.ReadFile(filepath.Join(dir, "expected.json"))
	if err != nil {
		return 0, 0, info, err
	}
	if err := json.Unmarshal(data, &want); err != nil {
		return 0, 0, info, err
	}
	outputs, err := want.Outputs.read(dir)
	if err != nil {
		return 0, 0, info, err
	}
	// All eight pictures wait for each other, so that they make one run.
	opts := []vision.Option{vision.Exact(), vision.Batch(8, 300*time.Millisecond)}
	if !frozen {
		opts = append(opts, vision.NoFreeze())
	}
	m, err := recognize.Open(dir, opts...)
	if err != nil {
		return 0, 0, info, err
	}
	defer m.Close()
	var imgs []image.Image
	for _, p := range want.Pictures {
		img, err := vision.ReadFile(filepath.Join(b.root, filepath.FromSlash(p.Path)))
		if err != nil {
			return 0, 0, info, err
		}
		imgs = append(imgs, img)
	}
	classes := want.Outputs.Shape[1]
	for i, img := range imgs {
		labels, err := m.Classify(context.Background(), img)
		if err != nil {
			return 0, 0, info, err
		}
		one = max(one, farthest(labels, outputs[i*classes:(i+1)*classes]))
	}
	all, err := m.ClassifyAll(context.Background(), imgs)
	if err != nil {
		return 0, 0, info, err
	}
	for i, labels := range all {
		eight = max(eight, farthest(labels, outputs[i*classes:(i+1)*classes]))
	}
	return one, eight, m.Info(), nil
}

// farthest returns the largest difference between labels and the row they should be;
// infinity if a class is missing or NaN came.
func farthest(labels vision.Labels, row []float32) float64 {
	if len(labels) != len(row) {
		return math.Inf(1)
	}
	d := 0.0
	for _, l := range labels {
		d = max(d, math.Abs(float64(row[l.Index])-float64(l.Score)))
	}
	return d
}
