package train_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gosight/vision"
	"github.com/gosight/vision/internal/savedmodel"
	"github.com/gosight/vision/recognize"
	"github.com/gosight/vision/train"
)

// slimCheckpoint writes a checkpoint with TF-Slim's names and shapes, and random values, or, for what is refused, zeros; change may
// leave out or replace one. Numbers are checked against TF-Slim by reference/import/check.py.
func slimCheckpoint(t *testing.T, random bool, change func(name string, shape []int64, values []byte) ([]int64, []byte)) string {
	t.Helper()
	table, err := os.ReadFile("../internal/pretrained/testdata/inception_v1.txt")
	if err != nil {
		t.Fatal(err)
	}
	prefix := filepath.Join(t.TempDir(), "inception_v1.ckpt")
	w, err := savedmodel.NewBundleWriter(prefix)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for line := range strings.Lines(string(table)) {
		name, dims, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || name == "#" {
			continue
		}
		var shape []int64
		n, fan := int64(1), 1.0
		for d := range strings.SplitSeq(dims, "x") {
			v := int64(0)
			for _, c := range d {
				v = 10*v + int64(c-'0')
			}
			shape = append(shape, v)
			n *= v
		}
		for _, d := range shape[:len(shape)-1] {
			fan *= float64(d)
		}
		values := make([]byte, 0, 4*n)
		if !random {
			values = make([]byte, 4*n)
		}
		for range n - int64(len(values))/4 {
			v := math.Sqrt(2/fan) * r.NormFloat64()
			switch {
			case strings.HasSuffix(name, "moving_variance"):
				v = 0.5 + r.Float64()
			case len(shape) == 1:
				v = 0.1 * r.NormFloat64()
			}
			values = binary.LittleEndian.AppendUint32(values, math.Float32bits(float32(v)))
		}
		if change != nil {
			if shape, values = change(name, shape, values); values == nil {
				continue
			}
		}
		if err := w.Float32(name, shape, func(out io.Writer) error { _, err := out.Write(values); return err }); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return prefix
}

func googlenet(t *testing.T) train.Net {
	t.Helper()
	n, err := train.ByName("googlenet")
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// nothingBeside checks that nothing half-written stays.
func nothingBeside(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if !slices.Equal(names, want) {
		t.Errorf("the folder holds %q, want %q", names, want)
	}
}

func TestImport(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "model")
	if err := os.Mkdir(out, 0o755); err != nil { // an empty one may be there
		t.Fatal(err)
	}
	file := slimCheckpoint(t, true, nil)
	im, err := train.Import(context.Background(), file, googlenet(t), out)
	if err != nil {
		t.Fatal(err)
	}
	if im.Classes != 1001 || im.Parameters != 6633209 || im.Layout != "tf-checkpoint-v2" || im.Published != "" {
		t.Errorf("got %+v", im)
	}
	nothingBeside(t, dir, "model")
	nothingBeside(t, out, "card.json", "saved_model.pb", "variables")
	// Each variable has the file's values.
	from, err := savedmodel.OpenBundle(os.DirFS(filepath.Dir(file)), filepath.Base(file))
	if err != nil {
		t.Fatal(err)
	}
	to, err := savedmodel.OpenBundle(os.DirFS(out), "variables/variables")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"Mixed_5b/Branch_2/Conv2d_0a_3x3/kernel", "Logits/Conv2d_0c_1x1/bias", "Mixed_3b/Branch_3/Conv2d_0b_1x1/BatchNorm/moving_variance"} {
		theirs := "InceptionV1/" + strings.NewReplacer("/kernel", "/weights", "/bias", "/biases").Replace(key)
		a, err := from.Read(theirs)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := to.Read(key); err != nil || !slices.Equal(a, b) {
			t.Errorf("%s has not the values of %s: %v", key, theirs, err)
		}
	}
	m, err := recognize.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	photo, err := vision.ReadFile("../testdata/images/cat.jpg")
	if err != nil {
		t.Fatal(err)
	}
	labels, err := m.Classify(context.Background(), photo)
	if err != nil {
		t.Fatal(err)
	}
	if len(labels) == 0 {
		t.Fatal("no labels")
	}
	for _, l := range labels {
		if l.Index == 0 && l.Name != "background" || l.Index == 1 && l.Name != "tench" {
			t.Errorf("row %d is called %s", l.Index, l.Name)
		}
	}
	// The folder is taken now.
	var occupied *train.OccupiedError
	if _, err := train.Import(context.Background(), file, googlenet(t), out); !errors.As(err, &occupied) {
		t.Errorf("again: got %v, want an OccupiedError", err)
	}
}

func TestImportRefuses(t *testing.T) {
	drop := func(suffix string) func(string, []int64, []byte) ([]int64, []byte) {
		return func(name string, shape []int64, values []byte) ([]int64, []byte) {
			if strings.HasSuffix(name, suffix) {
				values = nil
			}
			return shape, values
		}
	}
	var mismatch *train.MismatchError
	var broken *vision.FormatError
	var unsupported *vision.UnsupportedError
	var setting *train.SettingError
	stopped, stop := context.WithCancel(context.Background())
	stop()
	good := slimCheckpoint(t, false, nil)
	for _, c := range []struct {
		name, file, net string
		ctx             context.Context
		opts            []train.ImportOption
		as              any
		says            string
	}{
		{name: "a variable missing", file: slimCheckpoint(t, false, drop("Mixed_4d/Branch_1/Conv2d_0b_3x3/weights")), as: &mismatch,
			says: "InceptionV1/Mixed_4d/Branch_1/Conv2d_0b_3x3/weights of [3 3 128 256]"},
		{name: "no head", file: slimCheckpoint(t, false, drop("Logits/Conv2d_0c_1x1/weights")), as: &mismatch, says: "without the head"},
		{name: "another shape", file: slimCheckpoint(t, false, func(name string, shape []int64, values []byte) ([]int64, []byte) {
			if strings.HasSuffix(name, "Conv2d_2b_1x1/BatchNorm/beta") {
				return []int64{32}, values[:128]
			}
			return shape, values
		}), as: &mismatch, says: "beta: want [64], got [32]"},
		{name: "not a number", file: slimCheckpoint(t, false, func(name string, shape []int64, values []byte) ([]int64, []byte) {
			if strings.HasSuffix(name, "Mixed_5c/Branch_0/Conv2d_0a_1x1/weights") {
				binary.LittleEndian.PutUint32(values[40:], math.Float32bits(float32(math.NaN())))
			}
			return shape, values
		}), as: &broken, says: "value 10 is NaN"},
		{name: "another net", file: good, net: "vgg16", as: &unsupported, says: "googlenet"},
		{name: "a net without weights", file: good, net: "lenet5", as: &unsupported, says: "vgg16"},
		{name: "too few names", file: good, opts: []train.ImportOption{train.Labels("cat", "dog")}, as: &setting, says: "1001 classes"},
		{name: "stopped", file: good, ctx: stopped, says: context.Canceled.Error()},
		{name: "Keras 3", file: "../internal/pretrained/testdata/new.weights.h5", net: "vgg16", as: &unsupported, says: "model.save"},
		{name: "other layers", file: "../internal/pretrained/testdata/weights.h5", net: "vgg16", as: &mismatch, says: "block1_conv1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.net == "" {
				c.net = "googlenet"
			}
			if c.ctx == nil {
				c.ctx = context.Background()
			}
			n, err := train.ByName(c.net)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			im, err := train.Import(c.ctx, c.file, n, filepath.Join(dir, "deep", "model"), c.opts...)
			if err == nil || im != nil || c.as != nil && !errors.As(err, c.as) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, %v; want %T that says %q", im, err, c.as, c.says)
			}
			if _, err := os.Stat(filepath.Join(dir, "deep")); err == nil {
				nothingBeside(t, filepath.Join(dir, "deep"))
			}
		})
	}
	_, err := train.Import(context.Background(), "absent.h5", googlenet(t), filepath.Join(t.TempDir(), "m"))
	if !errors.Is(err, fs.ErrNotExist) || err.Error() != "train: import: absent.h5: no such file or directory" {
		t.Errorf("absent: got %v", err)
	}
	if _, err := train.Import(context.Background(), good, train.Net{}, "m"); !errors.As(err, &unsupported) {
		t.Errorf("no net: got %v", err)
	}
}

// TestImportDestination: what cannot be written to is found before the file is read, and a link stays one.
func TestImportDestination(t *testing.T) {
	dir, file := t.TempDir(), slimCheckpoint(t, false, nil)
	t.Chdir(dir)
	for _, name := range []string{"empty", "taken/by", "linked"} {
		if err := os.MkdirAll(name, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile("text", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string]string{"link": "linked", "dangling": "nothing", "tolink": "text"} {
		if err := os.Symlink(to, name); err != nil {
			t.Fatal(err)
		}
	}
	n := googlenet(t)
	into := func(file, out string) error {
		_, err := train.Import(context.Background(), file, n, out)
		return err
	}
	for out, says := range map[string]string{
		"": "want a folder to write to", "text": "want a folder, got a file", "text/model": "a path through a file", "tolink": "want a folder, got a file",
		"dangling": "a symbolic link to nothing",
	} {
		var setting *train.SettingError
		if err := into("absent.h5", out); !errors.As(err, &setting) || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: got %v, want a SettingError that says %q", out, err, says)
		}
	}
	var occupied *train.OccupiedError
	if err := into("absent.h5", "taken"); !errors.As(err, &occupied) || occupied.Dir != "taken" {
		t.Errorf("taken: got %v, want an OccupiedError", err)
	}
	t.Chdir("empty")
	for _, out := range []string{".", dir + "/empty", "../empty/"} {
		var setting *train.SettingError
		if err := into("absent.h5", out); !errors.As(err, &setting) || !strings.Contains(err.Error(), "the working folder") {
			t.Errorf("%q: got %v, want a SettingError of the working folder", out, err)
		}
	}
	t.Chdir(dir)
	if err := into(file, "link"); err != nil {
		t.Fatal(err)
	}
	nothingBeside(t, dir, "dangling", "empty", "link", "linked", "taken", "text", "tolink")
	nothingBeside(t, "linked", "card.json", "saved_model.pb", "variables")
	if info, err := os.Lstat("link"); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link is %v, %v", info, err)
	}
}
