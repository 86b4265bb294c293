package main

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
)

// inspect runs in the module's folder, so that names in the output are the same
// everywhere.
func inspect(t *testing.T, args ...string) (out, err string, status int) {
	t.Helper()
	return outcome(t, fresh(t, root, append([]string{"models", "inspect"}, args...)...))
}

// optimised is what a better optimiser, or another CPU, changes.
var optimised = regexp.MustCompile(`(frozen     (?:yes; |no: )|weights    |features   ).*`)

func TestInspect(t *testing.T) {
	const cards = "cmd/vision/testdata/cards"
	for _, c := range []struct {
		file   string
		args   []string
		status int
		stderr string
	}{
		{"inspect_card", []string{"testdata/models/mean_rgb", "-card", cards}, 0, ""},
		{"inspect_bare", []string{"testdata/models/mean_rgb"}, 0, ""},
		{"inspect_unfrozen", []string{"testdata/models/counter"}, 0, ""},
		{"inspect_choice", []string{"testdata/models/two_signatures"}, 0, ""},
		{"inspect_half", []string{"testdata/models/mean_rgb", "-card", cards + "/half.json"}, 2, "input.range to be"},
		{"inspect_preset", []string{"testdata/models/mean_rgb", "-preset", "keras-tf"}, 0, ""},
	} {
		out, err, status := inspect(t, c.args...)
		if status != c.status || !strings.Contains(err, c.stderr) || (err == "") != (c.stderr == "") {
			t.Errorf("%s: status %d, stderr %q, want %d and %q", c.file, status, err, c.status, c.stderr)
		}
		golden(t, c.file+".txt", optimised.ReplaceAllString(out, "$1..."))
		js, _, status := inspect(t, append(c.args, "-json")...)
		if status != c.status || strings.Count(js, "\n") != 1 || !json.Valid([]byte(js)) {
			t.Errorf("%s: -json: status %d, %s", c.file, status, js)
		}
	}
}

func TestInspectJSON(t *testing.T) {
	out, _, _ := inspect(t, "-json", "testdata/models/mean_rgb", "-card", "cmd/vision/testdata/cards")
	var got struct {
		Model  string
		Graphs []struct {
			Tags       []string
			Signatures []struct {
				Key             string
				Inputs, Outputs []struct {
					Key, DType string
					Shape      []int64
				}
			}
		}
		Info struct {
			Frozen     bool
			Signature  string
			Preprocess string
			Card       string
		}
		Card   struct{ Input struct{ Width, Height int } }
		Labels []string
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	if got.Model != "testdata/models/mean_rgb" || len(got.Graphs) != 1 || got.Graphs[0].Tags[0] != "serve" ||
		got.Graphs[0].Signatures[0].Inputs[0].Key != "image" || got.Graphs[0].Signatures[0].Inputs[0].Shape[0] != -1 ||
		!got.Info.Frozen || got.Info.Signature != "serving_default" || got.Info.Preprocess == "" ||
		got.Card.Input.Width != 4 || len(got.Labels) != 3 {
		t.Errorf("got %+v", got)
	}
}

func TestInspectWhatIsNoModel(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"nowhere", "nowhere"},
		{"testdata", "want saved_model.pb"},
		{"README.md", "README.md"},
		{"testdata/models/mean_rgb -card nowhere.json", "nowhere.json"},
		{"testdata/models/mean_rgb -card testdata/cards", "mean_rgb.json"},
	} {
		out, err, status := inspect(t, strings.Fields(c.args)...)
		if status != statusUnusable || out != "" || !strings.Contains(err, c.want) {
			t.Errorf("%s: status %d, output %q, stderr %q", c.args, status, out, err)
		}
	}
}
