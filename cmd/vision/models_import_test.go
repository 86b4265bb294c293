package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestModelsImportRefuses(t *testing.T) {
	const files = root + "/internal/pretrained/testdata/"
	dir := t.TempDir()
	taken := filepath.Join(dir, "taken")
	if err := os.MkdirAll(filepath.Join(taken, "something"), 0o755); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "model")
	for _, c := range []struct {
		why  string
		args []string
		says string
	}{
		{"no file", []string{"-net", "vgg16", "-out", out}, "want one file of weights, got 0"},
		{"no net", []string{files + "weights.h5", "-out", out}, "want -net and -out"},
		{"no folder", []string{files + "weights.h5", "-net", "vgg16"}, "want -net and -out"},
		{"a net without weights", []string{files + "weights.h5", "-net", "lenet5", "-out", out}, "there are weights for vgg16"},
		{"a taken folder", []string{files + "weights.h5", "-net", "vgg16", "-out", taken}, "holds something already"},
		{"no labels", []string{files + "weights.h5", "-net", "vgg16", "-out", out, "-labels", "absent.txt"}, "-labels absent.txt: "},
		{"an absent file", []string{"absent.h5", "-net", "vgg16", "-out", out}, "absent.h5"},
		{"other weights", []string{files + "weights.h5", "-net", "vgg16", "-out", out}, "layer block1_conv1 (a in the file): want kernel of 3x3x3x64, got 1x1x2x3"},
		{"Keras 3", []string{files + "new.weights.h5", "-net", "vgg16", "-out", out}, `model.save("NAME.h5")`},
		{"a checkpoint of another net", []string{files + "v1.ckpt", "-net", "vgg16", "-out", out}, "googlenet"},
	} {
		text, err, status := here("", append([]string{"models", "import"}, c.args...)...)
		if status != statusUnusable || text != "" || !strings.Contains(err, c.says) {
			t.Errorf("%s: status %d, output %q, error %q; want 2 and %q", c.why, status, text, err, c.says)
		}
		if _, e := os.Stat(out); e == nil {
			t.Errorf("%s: something was written", c.why)
		}
	}
	text, _, status := here("", "models", "import", "-json", files+"other.h5", "-net", "vgg16", "-out", out)
	var line struct{ File, Error string }
	if err := json.Unmarshal([]byte(text), &line); err != nil || status != statusUnusable || line.File != files+"other.h5" || !strings.Contains(line.Error, "layer_names") {
		t.Errorf("with -json: status %d, %q, %v", status, text, err)
	}
}
