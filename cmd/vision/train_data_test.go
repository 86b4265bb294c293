package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/cpu"
)

// tinyCard is a card for the models of testdata that classify.
func tinyCard(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "card.json")
	text := `{"task": "recognize", "input": {"channels": "RGB", "range": [0, 1], "resize": {"mode": "squash", "resampler": "pillow-box"}}, "output": {"scores": "logits"}}`
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// Of fewer than ten pictures a tenth is none: all are learnt from, and no accuracy is made up.
func TestTrainOnFewPictures(t *testing.T) {
	dir := t.TempDir()
	for i := range 9 {
		pixels := blue
		if i%2 == 0 {
			pixels = red
		}
		flat(t, pixels, dir, []string{"a", "b"}[i%2], fmt.Sprint(i, ".png"))
	}
	for why, how := range map[string][]string{
		"a net":            {"-net", "lenet5", "-batch", "3", "-plain"},
		"another's, tuned": {"-from", root + "/testdata/models/mean_rgb", "-card", tinyCard(t)},
	} {
		out := filepath.Join(t.TempDir(), "model")
		stdout, stderr, status := here("", append([]string{"train", "-data", dir, "-out", out, "-epochs", "2"}, how...)...)
		if status != statusOK || !strings.Contains(stderr, "has 9 pictures, fewer than 10: none is kept for validation") {
			t.Errorf("%s: status %d, stderr %q", why, status, stderr)
		}
		if !strings.HasSuffix(stdout, ": the weights of epoch 2\n") || strings.Contains(stdout, "validation") {
			t.Errorf("%s: %q", why, stdout)
		}
	}
}

// An empty class folder is an error where it would be a class, and said where it would only be tested.
func TestEmptyClassFolders(t *testing.T) {
	dir := t.TempDir()
	for _, part := range []string{"train", "val"} {
		flat(t, red, dir, part, "airplane", "1.png")
		flat(t, blue, dir, part, "bird", "2.png")
		for _, name := range []string{"frog", ".hidden"} {
			if err := os.MkdirAll(filepath.Join(dir, part, name), 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	args := []string{"train", "-data", dir, "-net", "lenet5", "-epochs", "1", "-plain", "-out"}
	_, stderr, status := here("", append(args, filepath.Join(t.TempDir(), "x"))...)
	if status != statusUnusable || !strings.Contains(stderr, `got none in ["frog"]`) {
		t.Errorf("of the training part: status %d, %q", status, stderr)
	}
	if err := os.Remove(filepath.Join(dir, "train", "frog")); err != nil {
		t.Fatal(err)
	}
	_, stderr, status = here("", append(args, filepath.Join(t.TempDir(), "y"))...)
	if status != statusOK || !strings.Contains(stderr, `validation part: no picture in class folders ["frog"]`) {
		t.Errorf("of the validation part: status %d, %q", status, stderr)
	}
	stdout, stderr, status := here("", "eval", "recognize", "-data", filepath.Join(dir, "val"))
	if status != statusOK || !strings.Contains(stdout, "top-1") || !strings.Contains(stderr, `no picture in class folders ["frog"]`) {
		t.Errorf("measured on: status %d, %q, %q", status, stdout, stderr)
	}
}

// -device, -exact and -bf16 are those of the model whose features are computed; features of one way are not taken for those of another.
func TestTrainFromRunFlags(t *testing.T) {
	out := filepath.Join(t.TempDir(), "model")
	args := []string{"train", "-data", twoClasses(t), "-from", root + "/testdata/models/mean_rgb", "-card", tinyCard(t), "-epochs", "1", "-out"}
	_, stderr, status := here("", append(args, out, "-device", "cpu")...)
	if status != statusOK {
		t.Fatalf("status %d, %q", status, stderr)
	}
	_, stderr, status = here("", append(args, out, "-device", "/device:CPU:0", "-resume")...)
	if status != statusOK {
		t.Errorf("the same device by its other name: status %d, %q", status, stderr)
	}
	for _, flag := range []string{"-bf16", "-exact"} {
		if flag == "-bf16" && !cpu.X86.HasAVX512BF16 && !cpu.X86.HasAMXBF16 {
			t.Log("SKIPPED: this CPU has no bfloat16, so -bf16 computes what is computed without it")
			continue
		}
		_, stderr, status = here("", append(args, out, "-resume", flag)...)
		if status != statusFailed || !strings.Contains(stderr, "another model") {
			t.Errorf("resumed with %s: status %d, %q", flag, status, stderr)
		}
		_, stderr, status = here("", append(args, filepath.Join(t.TempDir(), "new"), flag)...)
		if status != statusOK {
			t.Errorf("%s: status %d, %q", flag, status, stderr)
		}
	}
	for device, want := range map[string]string{"gpu:77": "not present", "cpux": "or grpc://host:port", "cpu,": "names between the commas"} {
		_, stderr, status = here("", append(args, filepath.Join(t.TempDir(), "x"), "-device", device)...)
		if status != statusUnusable || !strings.Contains(stderr, want) {
			t.Errorf("-device %s: status %d, %q, want %q", device, status, stderr, want)
		}
	}
}
