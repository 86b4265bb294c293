package engine

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gosight/vision/internal/card"
	"github.com/gosight/vision/internal/option"
)

const tinyModels = "../../testdata/models/"

func withCard(path string) option.Option {
	return func(o *option.Options) error { o.Card = path; return nil }
}

func inspect(t *testing.T, dir string, opts ...option.Option) *Inspection {
	t.Helper()
	in, err := Inspect(dir, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// TestDraftsAsk holds that each "?" of a draft has its question, and that a draft which is
// not filled in does not open.
func TestDraftsAsk(t *testing.T) {
	folders, err := os.ReadDir(tinyModels)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, f := range folders {
		if !f.IsDir() {
			continue
		}
		n++
		dir := tinyModels + f.Name()
		in := inspect(t, dir)
		if len(in.Graphs) == 0 || in.Draft == nil || in.Card != nil || (in.Info == nil) != (len(in.Problems) > 0) {
			t.Errorf("%s: %+v", f.Name(), in)
			continue
		}
		var values map[string]any
		if err := json.Unmarshal(in.Draft.Card, &values); err != nil {
			t.Errorf("%s: %v in %s", f.Name(), err, in.Draft.Card)
		}
		open := strings.Count(string(in.Draft.Card), `"?"`)
		for _, q := range in.Draft.Questions {
			at := any(values)
			for name := range strings.SplitSeq(q.Field, ".") {
				m, _ := at.(map[string]any)
				at = m[name]
			}
			if at == nil || q.Want == "" {
				t.Errorf("%s: question %+v is about nothing in %s", f.Name(), q, in.Draft.Card)
			}
			if at == "?" {
				open--
			}
		}
		if open != 0 {
			t.Errorf("%s: %d fields are open without a question: %s", f.Name(), open, in.Draft.Card)
		}
		again := withText(t, dir, string(in.Draft.Card))
		if strings.Contains(string(in.Draft.Card), `"?"`) && again.Problems == nil {
			t.Errorf("%s opens with an unanswered draft", f.Name())
		}
	}
	if n < 15 {
		t.Errorf("%d models", n)
	}
}

// withText inspects with a card of the given text.
func withText(t *testing.T, dir, text string) *Inspection {
	t.Helper()
	file := filepath.Join(t.TempDir(), "card.json")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return inspect(t, dir, withCard(file))
}

// TestDraftsLead fills drafts in and opens the models with them.
func TestDraftsLead(t *testing.T) {
	for _, c := range []struct {
		model   string
		answers []string // field in its group, answer
		rows    int
		fed     string
	}{
		{"mean_rgb", []string{"channels", `"RGB"`, "mode", `"squash"`, "resampler", `"tf-bilinear"`, "range", "[0, 1]", "scores", `"logits"`, "labels", `"builtin:mnist"`}, 0, ""},
		{"mean_grey_nchw", []string{"mode", `"crop", "crop_ratio": 0.5`, "resampler", `"pillow-box"`, "range", "[-1, 1]", "scores", `"logits"`}, 2, "GRAY planes, -1..1"},
		{"mean_uint8", []string{"channels", `"BGR"`, "mode", `"squash"`, "resampler", `"opencv-linear"`, "width", "7", "height", "5", "scores", `"logits"`}, 3, "squashed to 7x5 opencv-linear, BGR, bytes"},
		{"jpeg_mean", []string{"scores", `"logits"`}, 3, "the picture's file as it is"},
		{"softmax_features", []string{"channels", `"RGB"`, "mode", `"squash"`, "resampler", `"tf-area"`, "range", "[0, 1]", "name", `"probabilities"`, "scores", `"probabilities"`}, 2, "tf-area"},
	} {
		text := string(inspect(t, tinyModels+c.model).Draft.Card)
		for i := 0; i < len(c.answers); i += 2 {
			open := `"` + c.answers[i] + `": "?"`
			if !strings.Contains(text, open) {
				t.Errorf("%s: the draft does not ask for %s: %s", c.model, c.answers[i], text)
			}
			text = strings.Replace(text, open, `"`+c.answers[i]+`": `+c.answers[i+1], 1)
		}
		text = strings.Replace(text, ",\n    \"labels\": \"?\"", "", 1)
		in := withText(t, tinyModels+c.model, text)
		if c.rows == 0 { // ten names for three rows
			if len(in.Problems) != 1 || !strings.Contains(in.Problems[0], "a name for each of the 3 rows") {
				t.Errorf("%s: problems %q", c.model, in.Problems)
			}
			continue
		}
		if in.Problems != nil || in.Info == nil || in.Draft != nil || len(in.Labels) != c.rows || !strings.Contains(in.Info.Preprocess, c.fed) {
			t.Errorf("%s: %q, %d labels, %+v with %s", c.model, in.Problems, len(in.Labels), in.Info, text)
		}
	}
}

func TestGuess(t *testing.T) {
	scores := card.Port{Key: "s", DType: "float32", Shape: []int64{-1, 10}}
	for _, c := range []struct {
		why     string
		outputs []card.Port
		want    string
	}{
		{"scores", []card.Port{scores}, "recognize"},
		{"scores in the middle of a 1x1 area", []card.Port{{Key: "s", DType: "float32", Shape: []int64{-1, 1, 1, 10}}}, "recognize"},
		{"a detector", []card.Port{{Key: "detection_boxes"}, {Key: "detection_scores", DType: "float32", Shape: []int64{1, 100}}}, "detect"},
		{"a map", []card.Port{{Key: "m", DType: "float32", Shape: []int64{-1, 80, 80, 1}}}, ""},
		{"integers", []card.Port{{Key: "m", DType: "int64", Shape: []int64{-1, 80}}}, ""},
		{"no rank", []card.Port{{Key: "m", DType: "float32"}}, ""},
	} {
		if got := guess(c.outputs); got != c.want {
			t.Errorf("%s: got %q, want %q", c.why, got, c.want)
		}
	}
}

func TestCardTextIsTheCard(t *testing.T) {
	const text = `{"task": "other", "comment": "a, b <c> \"d\"", "input": {"mean": [1.5, 2, 3e-7], "resize": {"mode": "none"}},
		"constants": {"k": [true, 1, "x,y"], "a": 1e20}, "output": {"label_names": ["a, b", "c"]},
		"accuracy": [{"metric": "top-1", "value": 0.5, "data": "x, y"}]}`
	c, err := card.Parse([]byte(text), "t.json")
	if err != nil {
		t.Fatal(err)
	}
	written := CardText(c)
	again, err := card.Parse(written, "t.json")
	if err != nil {
		t.Fatalf("%v in\n%s", err, written)
	}
	a, _ := json.Marshal(c)
	b, _ := json.Marshal(again)
	if string(a) != string(b) {
		t.Errorf("got %s, want %s", b, a)
	}
	if !strings.Contains(string(written), `"mean": [1.5, 2, 3e-7]`) || !strings.Contains(string(written), `"label_names": ["a, b", "c"]`) ||
		!strings.Contains(string(written), `"accuracy": [{"metric": "top-1", "value": 0.5, "data": "x, y"}]`) ||
		!strings.Contains(string(written), `"a, b <c> \"d\""`) {
		t.Errorf("got\n%s", written)
	}
}

// TestInspectAModelOfNoTask loads a model whose card is for no package and leaves all open.
func TestInspectAModelOfNoTask(t *testing.T) {
	path := filepath.Join(t.TempDir(), "card.json")
	if err := os.WriteFile(path, []byte(`{"task": "other", "name": "features"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	in := inspect(t, tinyModels+"mean_rgb", withCard(path))
	if len(in.Problems) > 0 || in.Info == nil || !in.Info.Frozen || in.Card == nil || in.Card.Name != "features" {
		t.Errorf("got %+v", in)
	}
	none := func(o *option.Options) error { o.Tags = []string{"absent"}; return nil }
	if in := inspect(t, tinyModels+"mean_rgb", withCard(path), none); len(in.Problems) == 0 || in.Info != nil {
		t.Errorf("tags that are not there: got %+v", in)
	}
}
