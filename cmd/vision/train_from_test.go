package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gosight/vision/train"
)

func TestTrainFrom(t *testing.T) {
	dir := t.TempDir()
	data, out, card := twoClasses(t), filepath.Join(dir, "model"), filepath.Join(dir, "card.json")
	text := `{"task": "recognize", "input": {"channels": "RGB", "range": [0, 1], "resize": {"mode": "squash", "resampler": "pillow-box"}}, "output": {"scores": "logits"}}`
	if err := os.WriteFile(card, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"train", "-data", data, "-from", root + "/testdata/models/mean_rgb", "-card", card, "-out", out, "-epochs", "3", "-batch", "12"}
	stdout, stderr, status := here("", append(args, "-json")...)
	if status != statusOK || stderr != "" {
		t.Fatalf("status %d, stderr %q", status, stderr)
	}
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	var e train.Epoch
	if len(lines) != 3 || json.Unmarshal([]byte(lines[2]), &e) != nil || e.Number != 3 || e.Tested != 4 || e.ValidAccuracy != 1 {
		t.Fatalf("got %s", stdout)
	}
	stdout, _, status = here("", "recognize", "-model", out, "-top", "1", filepath.Join(data, "light", "3.png"))
	if status != statusOK || !strings.Contains(stdout, "light") {
		t.Errorf("recognize: status %d, %q", status, stdout)
	}
	_, stderr, status = here("", args...)
	if status != statusUnusable || !strings.Contains(stderr, "holds a model or a run already") {
		t.Errorf("a second run there: status %d, %q", status, stderr)
	}
	stdout, stderr, status = here("", append(args, "-resume", "-hidden", "3", "-lr", "0.1")...)
	if status != statusOK || !strings.Contains(stdout, "validation accuracy") {
		t.Errorf("another head: status %d, %q, %q", status, stdout, stderr)
	}
	for why, c := range map[string]struct {
		args []string
		want string
	}{
		"both":               {[]string{"-net", "lenet5"}, "want one of them"},
		"what is of -net":    {[]string{"-flip"}, "-flip goes with -net"},
		"and with a number":  {[]string{"-crop", "2"}, "-crop goes with -net"},
		"out of its range":   {[]string{"-dropout", "2"}, "dropout"},
		"a rate of -from, 0": {[]string{"-lr", "0"}, "-lr 0: want a number above 0"},
		"nor looked for":     {[]string{"-lr", "auto"}, "-lr auto: want a number above 0"},
		"no card":            {[]string{"-from", root + "/testdata/models/mean_rgb"}, "has no card"},
		"no model":           {[]string{"-from", "nowhere"}, "objects or scenes"},
		"what is of -from":   {[]string{"-net", "lenet5", "-layers", "2"}, "-layers goes with -from"},
		"a card without one": {[]string{"-net", "lenet5", "-card", card}, "-card goes with -from"},
	} {
		a := append([]string{"train", "-data", data, "-out", filepath.Join(t.TempDir(), "x")}, c.args...)
		if strings.Contains(why, "of -net") || why == "both" || why == "and with a number" || why == "out of its range" || slices.Contains(c.args, "-lr") {
			a = append(a, "-from", root+"/testdata/models/mean_rgb", "-card", card)
		}
		_, stderr, status := here("", a...)
		if status != statusUnusable || !strings.Contains(stderr, c.want) {
			t.Errorf("%s: status %d, %q, want %q", why, status, stderr, c.want)
		}
	}
}
