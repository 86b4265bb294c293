package scene_test

import (
	"context"
	"errors"
	"image"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gosight/vision"
	"github.com/gosight/vision/scene"
)

// is reports whether err is of the error type T.
func is[T error](err error) bool {
	var e T
	return errors.As(err, &e)
}

// TestCardsThatCannotBe holds what is wrong with a card or its model to a typed error
// that says what was wanted and what came.
func TestCardsThatCannotBe(t *testing.T) {
	colours := func(section string) string {
		return `{"task": "scene", "input": {"channels": "RGB", "range": [0, 1], "resize": {"mode": "squash", "resampler": "pillow-box"}},
			"output": {"scores": "logits", "label_names": ["red", "green", "blue"]}` + section + `}`
	}
	places := func(section string) string {
		return `{"task": "scene", "preset": "places365-torch"` + section + `}`
	}
	for _, c := range []struct {
		why, model, card string
		beside           map[string]string
		says             []string
	}{
		{"another task", "mean_rgb", `{"task": "recognize"}`, nil, []string{"want task scene", "got recognize"}},
		{"nothing says what is indoors", "mean_rgb", colours(``), nil, []string{"scene.table, scene.indoor or scene.outdoor is missing"}},
		{"a vote says nothing about it either", "mean_rgb", colours(`, "scene": {"vote": 1}`), nil, []string{"scene.indoor"}},
		{"a name that no class has", "mean_rgb", colours(`, "scene": {"indoor": ["rde"]}`), nil, []string{"scene.indoor", `"rde"`, "no class"}},
		{"the other list", "mean_rgb", colours(`, "scene": {"indoor": ["red"], "outdoor": ["Blue"]}`), nil, []string{"scene.outdoor", `"Blue"`}},
		{"all indoors", "mean_rgb", colours(`, "scene": {"indoor": ["red", "green", "blue"]}`), nil, []string{"outdoor", "none"}},
		{"none indoors", "mean_rgb", colours(`, "scene": {"indoor": []}`), nil, []string{"indoor"}},
		{"all classes vote", "mean_rgb", colours(`, "scene": {"indoor": ["red"], "vote": 3}`), nil, []string{"scene.vote", "less than the 3 classes", "got 3"}},
		{"all that have a say vote", "mean_rgb", colours(`, "scene": {"indoor": ["red"], "outdoor": ["blue"], "vote": 2}`), nil, []string{"less than the 2 classes"}},
		{"a table for few classes has ten voices", "mean_rgb", colours(`, "scene": {"table": "io.txt"}`), map[string]string{"io.txt": "red 1\ngreen 2\nblue 2\n"},
			[]string{"scene.vote", "got 10"}},
		{"a table that is not there", "scene_places365", places(`, "scene": {"table": "lost.txt"}`), nil, []string{"scene", "lost.txt"}},
		{"a table that is not built in", "scene_places365", places(`, "scene": {"table": "builtin:places"}`), nil, []string{"builtin:places365", "builtin:places"}},
		{"a table of other names", "mean_rgb", colours(`, "scene": {"table": "builtin:places365", "vote": 1}`), nil, []string{"every class in scene.table", "not red, green, blue"}},
		{"a table that is none", "mean_rgb", colours(`, "scene": {"table": "io.txt", "vote": 1}`), map[string]string{"io.txt": "red 1\ngreen\n"}, []string{"io.txt: line 2", "1 (indoor) or 2 (outdoor)", `"green"`}},
		{"a table with a name twice", "mean_rgb", colours(`, "scene": {"table": "io.txt", "vote": 1}`), map[string]string{"io.txt": "red 1\n\nred 2\n"}, []string{"line 3", "twice"}},
		{"an empty table", "mean_rgb", colours(`, "scene": {"table": "io.txt", "vote": 1}`), map[string]string{"io.txt": "\n"}, []string{"no names"}},
		{"other labels than the model has", "mean_rgb", `{"task": "scene", "preset": "places365-torch"}`, nil, []string{"3 rows", "365 names"}},
		{"an output that the graph has not", "scene_places365", places(`, "output": {"name": "places"}`), nil, []string{"output.name", `"places"`, "logits"}},
	} {
		t.Run(c.why, func(t *testing.T) {
			m, err := tryOpen(t, c.model, c.card, c.beside)
			if err == nil {
				_ = m.Close()
				t.Fatal("it opened")
			}
			if !is[*vision.ModelError](err) {
				t.Errorf("got %T, want a *vision.ModelError", err)
			}
			for _, s := range c.says {
				if !strings.Contains(err.Error(), s) {
					t.Errorf("%q does not say %q", err, s)
				}
			}
		})
	}
}

func TestBadInput(t *testing.T) {
	m, shut := places(t), places(t)
	if err := errors.Join(shut.Close(), shut.Close()); err != nil {
		t.Fatal(err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	nan := open(t, "detect_heads", `{"task": "scene", "input": {"channels": "RGB", "range": [0, 1], "resize": {"mode": "squash", "resampler": "pillow-box"}},
		"output": {"name": "nan_rows", "scores": "probabilities", "label_names": ["1", "2", "3", "4", "5", "6"]}, "scene": {"indoor": ["1"]}}`)
	for _, c := range []struct {
		why  string
		do   func() (scene.Scene, error)
		kind func(error) bool
	}{
		{"no picture", func() (scene.Scene, error) { return m.Describe(t.Context(), nil) }, is[*vision.FormatError]},
		{"a picture of no size", func() (scene.Scene, error) { return m.Describe(t.Context(), image.NewGray(image.Rectangle{})) }, is[*vision.FormatError]},
		{"a JPEG that ends early", func() (scene.Scene, error) { return m.Describe(t.Context(), photo(t, "hostile/cut.jpg")) }, is[*vision.FormatError]},
		{"a picture without an end", func() (scene.Scene, error) { return m.Describe(t.Context(), image.NewUniform(image.Black)) }, is[*vision.LimitError]},
		{"scores that are no numbers", func() (scene.Scene, error) { return nan.Describe(t.Context(), plain(1, 2, 3)) }, is[*vision.ModelError]},
		{"a cancelled context", func() (scene.Scene, error) { return m.Describe(cancelled, plain(1, 2, 3)) }, func(err error) bool { return errors.Is(err, context.Canceled) }},
		{"a closed model", func() (scene.Scene, error) { return shut.Describe(t.Context(), plain(1, 2, 3)) }, func(err error) bool { return errors.Is(err, vision.ErrClosed) }},
		{"nothing wrong", func() (scene.Scene, error) { return m.Describe(t.Context(), plain(1, 2, 3)) }, func(err error) bool { return err == nil }},
	} {
		s, err := c.do()
		if !c.kind(err) {
			t.Errorf("%s: got %T: %v", c.why, err, err)
		}
		if err != nil && (s.Places != nil || s.Indoor || s.IndoorScore != 0) {
			t.Errorf("%s: an answer beside the error: %v", c.why, s)
		}
	}
	if _, err := scene.Open(filepath.Join(models, "nothing")); !is[*vision.ModelError](err) {
		t.Errorf("a folder that is not there: %v", err)
	}
}

func TestNothingIsLeftOfModelsThatDoNotOpen(t *testing.T) {
	models, tensors := vision.Live()
	for range 3 {
		if _, err := tryOpen(t, "mean_rgb", `{"task": "scene", "input": {"channels": "RGB", "range": [0, 1], "resize": {"mode": "squash", "resampler": "pillow-box"}},
			"output": {"scores": "logits"}}`, nil); err == nil {
			t.Fatal("it opened")
		}
	}
	if m, n := vision.Live(); m != models || n != tensors {
		t.Errorf("%d models and %d tensors are left", m-models, n-tensors)
	}
}
