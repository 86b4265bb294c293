package pretrained

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/hdf5"
)

// The files are of reference/import/goldens.py: layers a (kernel 1x1x2x3, bias 3) and head (kernel 3x4, bias 4), of which
// value k is k/8.

func openFile(t *testing.T, name string) *File {
	t.Helper()
	f, err := Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func values(t *testing.T, x Tensor) []float32 {
	t.Helper()
	var b bytes.Buffer
	if err := x.Write(&b); err != nil {
		t.Fatal(err)
	}
	list := make([]float32, b.Len()/4)
	for i := range list {
		list[i] = math.Float32frombits(binary.LittleEndian.Uint32(b.Bytes()[4*i:]))
	}
	return list
}

func ramp(n int) []float32 {
	list := make([]float32, n)
	for i := range list {
		list[i] = float32(i) / 8
	}
	return list
}

func TestKerasFiles(t *testing.T) {
	for _, name := range []string{"weights.h5", "variable.h5", "whole.h5", "cut.h5"} {
		f := openFile(t, name)
		if f.Layout != KerasH5 || len(f.layers) != 2 || f.layers[0].name != "a" || f.layers[1].name != "head" {
			t.Fatalf("%s: got %s with %+v", name, f.Layout, f.layers)
		}
		for _, c := range []struct {
			layer, weight int
			name          string
			shape         []int64
		}{
			{0, 0, "a/a/kernel:0", []int64{1, 1, 2, 3}}, {0, 1, "a/a/bias:0", []int64{3}},
			{1, 0, "head/head/kernel:0", []int64{3, 4}}, {1, 1, "head/head/bias:0", []int64{4}},
		} {
			x := f.layers[c.layer].weights[c.weight]
			if x.Name != c.name || !slices.Equal(x.Shape, c.shape) {
				t.Errorf("%s: got %s %v, want %s %v", name, x.Name, x.Shape, c.name, c.shape)
			}
			if got := values(t, x); !slices.Equal(got, ramp(len(got))) {
				t.Errorf("%s: %s: got %v", name, c.name, got)
			}
		}
	}
}

func TestCheckpoints(t *testing.T) {
	for name, layout := range map[string]string{"v1.ckpt": CheckpointV1, "v2.ckpt": CheckpointV2, "v2.ckpt.index": CheckpointV2,
		"v2.ckpt.data-00000-of-00001": CheckpointV2} {
		f := openFile(t, name)
		m, err := f.Match("googlenet")
		if err != nil || f.Layout != layout || m.Classes != 5 {
			t.Fatalf("%s: got %s, %+v, %v", name, f.Layout, m, err)
		}
		x, ok := m.Tensor("Conv2d_1a_7x7/kernel")
		if got := values(t, x); !ok || !slices.Equal(x.Shape, []int64{2, 2, 1, 3}) || !slices.Equal(got, ramp(12)) {
			t.Errorf("%s: got %v %v", name, x.Shape, got)
		}
		if x, _ := m.Tensor("Conv2d_1a_7x7/BatchNorm/beta"); !slices.Equal(values(t, x), slices.Repeat([]float32{0.5}, 600)) {
			t.Errorf("%s: beta is not 600 times 0.5", name)
		}
		if x, ok := m.Tensor("Mixed_3b/Branch_0/Conv2d_0a_1x1/kernel"); ok || x.Name != "InceptionV1/Mixed_3b/Branch_0/Conv2d_0a_1x1/weights" {
			t.Errorf("%s: absent: got %+v", name, x)
		}
		if _, err := f.Match("vgg16"); err == nil || !strings.Contains(err.Error(), "googlenet") {
			t.Errorf("%s: vgg16: got %v", name, err)
		}
	}
}

func TestRefusals(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	whole, err := os.ReadFile("testdata/weights.h5")
	if err != nil {
		t.Fatal(err)
	}
	v1, err := os.ReadFile("testdata/v1.ckpt")
	if err != nil {
		t.Fatal(err)
	}
	swapped := bytes.Clone(v1)
	swapped[100] ^= 1
	renamed := func(names ...string) []byte { // old and new by turns, of the same bytes
		return []byte(strings.NewReplacer(names...).Replace(string(whole)))
	}
	const listed, weights = "a\x00\x00\x00\x00\x00\x00flatten", "a/kernel:0a/bias:0\x00\x00"
	var broken *fault.FormatError
	var unsupported *fault.UnsupportedError
	for _, c := range []struct {
		name string
		as   any
		says string
	}{
		{"testdata/missing.h5", &broken, "layer head, which layer_names lists"},
		{"testdata/new.weights.h5", &unsupported, `model.save("NAME.h5")`},
		{"testdata/other.h5", &broken, "layer_names"},
		{"testdata", &unsupported, "folder"},
		{write("new.keras", []byte("PK\x03\x04 and so on")), &unsupported, `model.save("NAME.h5")`},
		{write("slim.tar.gz", []byte("\x1f\x8b and so on")), &unsupported, "unpack"},
		{write("text.h5", []byte("version https://git-lfs")), &broken, "neither"},
		{write("empty.h5", nil), &broken, "empty"},
		{write("layer.h5", renamed(listed, "a\x00\x00\x00\x00\x00\x00a\x00\x00\x00\x00\x00\x00")), &broken, "layer a is listed twice"},
		{write("layer2.h5", renamed(listed, "a\x00\x00\x00\x00\x00\x00/a\x00\x00\x00\x00\x00")), &broken, "pointed to twice"},
		{write("weight.h5", renamed(weights, "a/kernel:0a/kernel:0")), &broken, "weight a/kernel:0 of layer a is listed twice"},
		{write("weight2.h5", renamed(weights, "a/bias:0\x00\x00a//bias:0\x00")), &broken, "pointed to twice"},
		{write("half.h5", whole[:len(whole)/2]), &broken, "cut off"},
		{write("half.ckpt", v1[:len(v1)/2]), &broken, "cut off"},
		{write("swapped.ckpt", swapped), &broken, "checksum"},
	} {
		_, err := Open(c.name)
		if !errors.As(err, c.as) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want %T that says %q", c.name, err, c.as, c.says)
		}
	}
	if _, err := Open(filepath.Join(dir, "absent.h5")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("absent: got %v", err)
	}
	f := openFile(t, "nan.h5")
	if err := f.layers[1].weights[0].Write(io.Discard); !errors.As(err, &broken) || !strings.Contains(err.Error(), "value 6 is NaN") {
		t.Errorf("nan: got %v", err)
	}
}

// TestNames reads files of more names than may be: 17 bytes of layers, 52 of weights with that of their layer.
func TestNames(t *testing.T) {
	for _, file := range []string{"weights.h5", "cut.h5"} {
		for _, c := range []struct {
			most int
			says string // "": it is read
		}{{1 << 10, ""}, {40, "of all weights"}, {16, "layer_names"}} {
			h, err := hdf5.Open(filepath.Join("testdata", file))
			if err != nil {
				t.Fatal(err)
			}
			_, err = readKeras(h, c.most)
			var broken *fault.FormatError
			if ok := errors.As(err, &broken); c.says == "" && err != nil || c.says != "" && (!ok || !strings.Contains(err.Error(), c.says)) {
				t.Errorf("%s: %d bytes: got %v, want a FormatError that says %q", file, c.most, err, c.says)
			}
			if err := h.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// fake makes a file of the layers of a net's table.
func fake(t *testing.T, net string, change func([]layer) []layer) *File {
	t.Helper()
	rows, err := table(net)
	if err != nil {
		t.Fatal(err)
	}
	var layers []layer
	for _, r := range rows {
		l := layer{name: r.name}
		for i, w := range r.weights {
			l.weights = append(l.weights, Tensor{Name: r.name + "/" + w, Shape: slices.Clone(r.shapes[i])})
		}
		layers = append(layers, l)
	}
	return &File{Layout: KerasH5, path: "x.h5", layers: change(layers)}
}

func TestMatch(t *testing.T) {
	rename := func(l []layer) []layer { // as a second net of a process, or an older Keras, names them
		for i := range l {
			l[i].name += "_7"
		}
		return l
	}
	for _, c := range []struct {
		name, of, as string
		change       func([]layer) []layer
		says         string // "": it fits
	}{
		{"as it is", "resnet50", "resnet50", func(l []layer) []layer { return l }, ""},
		{"other names, by place", "inception_v3", "inception_v3", rename, ""},
		{"other order, by names", "resnet50", "resnet50", func(l []layer) []layer { slices.Reverse(l); return l }, ""},
		{"ten classes", "mobilenet_v2", "mobilenet_v2", func(l []layer) []layer {
			head := l[len(l)-1].weights
			head[0].Shape[1], head[1].Shape[0] = 10, 10
			return l
		}, ""},
		{"classes that differ", "mobilenet_v2", "mobilenet_v2", func(l []layer) []layer { l[len(l)-1].weights[0].Shape[1] = 10; return l }, "10 classes and a bias for 1000"},
		{"another depth", "resnet101", "resnet50", func(l []layer) []layer { return l }, "they are of resnet101"},
		{"another net", "vgg16", "vgg19", func(l []layer) []layer { return l }, "they are of vgg16"},
		{"another family", "vgg16", "inception_v3", func(l []layer) []layer { return l }, "layer conv2d (block1_conv1 in the file): want 1 weights (kernel), got 2"},
		{"no top", "resnet50", "resnet50", func(l []layer) []layer { return l[:len(l)-1] }, "notop"},
		{"no top", "vgg16", "vgg16", func(l []layer) []layer { return l[:len(l)-3] }, "from fc1 on"},
		{"no top of another", "vgg19", "vgg16", func(l []layer) []layer { return l[:len(l)-3] }, "vgg19 (without its top)"},
		{"a layer missing", "vgg16", "vgg16", func(l []layer) []layer { return slices.Delete(l, 3, 4) }, "layer block2_conv2 (block3_conv1 in the file): want kernel of 3x3x128x128, got 3x3x128x256"},
		{"a layer too many", "vgg16", "vgg16", func(l []layer) []layer { return append(l, layer{name: "more", weights: l[0].weights}) }, "first beyond it is more"},
		{"transposed", "vgg16", "vgg16", func(l []layer) []layer {
			slices.Reverse(l[1].weights[0].Shape)
			l[1].weights[0].Shape[0] = 64
			return l
		}, "same sizes in another order"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := fake(t, c.of, c.change)
			m, err := f.Match(c.as)
			if c.says == "" {
				if err != nil {
					t.Fatal(err)
				}
				rows, _ := table(c.as)
				for _, r := range rows {
					x, ok := m.Tensor(r.name + "/" + r.weights[0])
					if !ok || x.Name != r.name+"/"+r.weights[0] {
						t.Fatalf("%s: got %+v", r.name, x)
					}
				}
				return
			}
			var mismatch *MismatchError
			if !errors.As(err, &mismatch) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want a MismatchError that says %q", err, c.says)
			}
		})
	}
	if _, err := fake(t, "vgg16", func(l []layer) []layer { return l }).Match("googlenet"); err == nil || !strings.Contains(err.Error(), "no googlenet") {
		t.Errorf("googlenet: got %v", err)
	}
}

func TestRecognise(t *testing.T) {
	file := filepath.Join(t.TempDir(), "vgg16_weights_tf_dim_ordering_tf_kernels.h5")
	if err := os.WriteFile(file, []byte("something else"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, warning, err := Recognise(context.Background(), file)
	if p != nil || err != nil || !strings.Contains(warning, "64373286793e3c8b2b4e3219cbf3544b") {
		t.Errorf("another content: got %v, %q, %v", p, warning, err)
	}
	if p, warning, err := Recognise(context.Background(), "testdata/weights.h5"); p != nil || warning != "" || err != nil {
		t.Errorf("another name: got %v, %q, %v", p, warning, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := Recognise(ctx, file); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: got %v", err)
	}
	sums := map[string]bool{}
	for _, p := range published() {
		if len(p.md5) != 32 || sums[p.md5] || !slices.Contains(Nets(), p.Net) {
			t.Errorf("%+v: want a sum of its own and a net", p)
		}
		sums[p.md5] = true
	}
}
