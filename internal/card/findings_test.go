package card

import (
	"errors"
	"strings"
	"testing"

	"github.com/gosight/vision/internal/fault"
)

func TestAllThatIsWrongIsSaidAtOnce(t *testing.T) {
	_, err := Parse([]byte(`{"task": "recognize", "inptu": {"a": [1, {}]}, "labels": "x", "input": {"mean": 0.5, "channels": "rgb", "mode": null,
		"resize": {"mode": "stretch", "padd": 1}}, "output": {"scores": 1, "scores": 2}, "constants": {"a": [1e999]}, "tags": [1, ""], "detect": {"heat": 1}}`), "x.json")
	for _, want := range []string{
		`unknown field "inptu"`, `unknown field "labels"`, "input.mean: want an array", `(did you mean "RGB"?)`, `unknown field "input.mode"`, `(did you mean "squash"?)`,
		`"input.resize.padd"; did you mean "input.resize.pad"?`, "output.scores: want a text", "output.scores is said twice", "constants.a[0]", "tags[0]: want a text",
		`unknown field "detect.heat"`, "detect belongs to task",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nwant %s", err, want)
		}
	}
	var all *Error
	if !errors.As(err, &all) || all.File != "x.json" || strings.Count(err.Error(), "x.json") != 1 || strings.Count(err.Error(), "\n") != len(all.Problems) {
		t.Errorf("want the file once and a line for each problem: %v", err)
	}
	for _, p := range all.Problems {
		var model *fault.ModelError
		if !errors.As(p, &model) || model.Model != "x.json" || model.What != "card" {
			t.Errorf("%T %v: want a ModelError about the card x.json", p, p)
		}
	}
}

// TestNoProblemIsSaidTwice has values that are wrong by their kind and would be missed, or
// misread, afterwards.
func TestNoProblemIsSaidTwice(t *testing.T) {
	for _, tt := range []struct {
		why, text string
		problems  int
	}{
		{"a task that is no text", `{"task": 1}`, 1},
		{"a task by another name", `{"type": "recognize"}`, 1},
		{"an unknown preset, which would have said the task", `{"preset": "keras-cafe"}`, 1},
		{"an unknown preset and a bad value", `{"preset": "keras-cafe", "input": {"channels": "rgb"}}`, 2},
		{"a list that is too short once its text is left out", `{"task": "other", "input": {"range": ["a", 1]}}`, 1},
		{"a list of nothing but a text", `{"task": "other", "input": {"range": "[0, 1]"}}`, 1},
		{"a figure without its value", `{"task": "other", "accuracy": [{"metric": "m", "value": "?", "data": 1}]}`, 2},
	} {
		_, err := Parse([]byte(tt.text), "x.json")
		var all *Error
		if !errors.As(err, &all) || len(all.Problems) != tt.problems {
			t.Errorf("%s: %v, want %d problems", tt.why, err, tt.problems)
		}
	}
}

func TestEveryOpenQuestionIsNamed(t *testing.T) {
	_, err := Parse([]byte(`{"task": "?", "comment": "?", "input": {"channels": "?", "range": "?", "width": "?", "resize": {"mode": "?", "resampler": "?"}},
		"output": {"scores": "?", "label_names": ["?", "a"]}, "constants": {"k": "?"}}`), "x.json")
	const want = `vision: card x.json: answer the "?" of task (recognize, detect, face-detect, face-embed, ocr-detect, ocr-recognize, scene or other), ` +
		`input.channels (RGB, BGR or GRAY), input.range (two numbers, such as [0, 1], [-1, 1] or [0, 255]), input.width (pixels), ` +
		`input.resize.mode (crop, central, squash, letterbox, height or none), input.resize.resampler (such as pillow-bilinear, tf-bilinear or opencv-linear), ` +
		`output.scores (probabilities or logits), constants.k (the value for the input k); see doc/cards.md`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
