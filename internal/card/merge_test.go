package card

import (
	"maps"
	"reflect"
	"testing"
	"testing/fstest"
)

func parse(t *testing.T, text string) *Card {
	t.Helper()
	c, err := Parse([]byte(text), "x.json")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestMerge(t *testing.T) {
	for _, tt := range []struct {
		why, base, over string
		check           func(c *Card) bool
	}{
		{"what over says wins", `{"task": "recognize", "name": "a"}`, `{"task": "scene"}`,
			func(c *Card) bool { return c.Task == "scene" && c.Name == "a" }},
		{"what over leaves out stays", `{"task": "other", "input": {"width": 5, "channels": "BGR"}}`, `{"task": "other", "input": {"width": 6}}`,
			func(c *Card) bool { return c.Input.Width == 6 && c.Input.Channels == "BGR" }},
		{"a stated zero is said", `{"task": "other", "output": {"multi_label": true, "label_offset": 1}}`, `{"task": "other", "output": {"multi_label": false, "label_offset": 0}}`,
			func(c *Card) bool { return !c.Output.MultiLabel && c.Output.LabelOffset == 0 }},
		{"a new range forgets mean and std", `{"task": "other", "input": {"range": [0, 1], "mean": [0.5], "std": [0.5]}}`, `{"task": "other", "input": {"range": [-1, 1]}}`,
			func(c *Card) bool { return c.Input.Mean == nil && c.Input.Std == nil && c.Input.Range[0] == -1 }},
		{"standardising forgets mean", `{"task": "other", "input": {"range": [0, 1], "mean": [0.5]}}`, `{"task": "other", "input": {"standardize": true}}`,
			func(c *Card) bool { return c.Input.Mean == nil && c.Input.Range == nil && c.Input.Standardize }},
		{"another mode forgets the rest but the resampler", `{"task": "other", "input": {"resize": {"mode": "crop", "shorter": 256, "resampler": "tf-area"}}}`, `{"task": "other", "input": {"resize": {"mode": "squash"}}}`,
			func(c *Card) bool {
				return reflect.DeepEqual(c.Input.Resize, Resize{Mode: "squash", Resampler: "tf-area"})
			}},
		{"the same mode forgets nothing", `{"task": "other", "input": {"resize": {"mode": "crop", "shorter": 256}}}`, `{"task": "other", "input": {"resize": {"mode": "crop", "resampler": "tf-area"}}}`,
			func(c *Card) bool { return c.Input.Resize.Shorter == 256 }},
		{"a shorter side replaces a ratio", `{"preset": "keras-tf"}`, `{"task": "recognize", "input": {"resize": {"shorter": 300}}}`,
			func(c *Card) bool { return c.Input.Resize.CropRatio == 0 && c.Input.Resize.Shorter == 300 }},
		{"names replace a file and its offset", `{"task": "other", "output": {"labels": "l.txt", "label_offset": 1}}`, `{"task": "other", "output": {"label_names": ["a"]}}`,
			func(c *Card) bool { return c.Output.Labels == "" && c.Output.LabelOffset == 0 }},
		{"maps are joined", `{"task": "other", "thresholds": {"a": 1, "b": 2}}`, `{"task": "other", "thresholds": {"b": 3}}`,
			func(c *Card) bool { return maps.Equal(c.Thresholds, map[string]float64{"a": 1, "b": 3}) }},
		{"sections are joined", `{"task": "ocr-detect", "ocr": {"unclip": 2, "max": 5}}`, `{"task": "ocr-detect", "ocr": {"max": 6}}`,
			func(c *Card) bool { return *c.OCR == OCR{Unclip: 2, Max: 6} }},
		{"another head forgets the old one's fields", `{"preset": "yolo"}`, `{"task": "detect", "detect": {"head": "tf-od"}}`,
			func(c *Card) bool {
				return reflect.DeepEqual(*c.Detect, Detect{Head: "tf-od", Score: 0.25, IoU: 0.7, Max: 300})
			}},
	} {
		t.Run(tt.why, func(t *testing.T) {
			base, over := parse(t, tt.base), parse(t, tt.over)
			before, after := *base, *over
			m := base.Merge(over)
			if !tt.check(m) {
				t.Errorf("got %+v", m)
			}
			if !reflect.DeepEqual(*base, before) || !reflect.DeepEqual(*over, after) {
				t.Error("a card that was merged is changed")
			}
		})
	}
}

func TestMergeOfGoValues(t *testing.T) {
	base := &Card{Task: "recognize", Input: Input{Channels: "RGB"}, Constants: map[string]any{"a": 1}}
	m := base.Merge(&Card{Input: Input{Channels: "BGR"}, Constants: map[string]any{"b": true}})
	if m.Task != "recognize" || m.Input.Channels != "BGR" || len(m.Constants) != 2 || len(base.Constants) != 1 {
		t.Errorf("got %+v of %+v", m, base)
	}
	if m := base.Merge(nil); !reflect.DeepEqual(m.Input, base.Input) {
		t.Errorf("merged with nothing: %+v", m)
	}
}

func TestCardOverPreset(t *testing.T) {
	c := parse(t, `{"preset": "keras-tf", "input": {"resize": {"mode": "squash"}}, "output": {"label_names": ["a", "b"]}}`)
	if c.Task != "recognize" || c.Input.Range[0] != -1 || c.Output.Scores != "probabilities" {
		t.Errorf("not from the preset: %+v", c)
	}
	if r := c.Input.Resize; r.Mode != "squash" || r.CropRatio != 0 || r.Resampler != "pillow-bilinear" {
		t.Errorf("resize %+v", r)
	}
	if c.File() != "x.json" || c.Preset != "keras-tf" {
		t.Errorf("from %q, preset %q", c.File(), c.Preset)
	}
}

func TestCardOverThePresetOfTheCaller(t *testing.T) {
	base, err := Preset("keras-torch")
	if err != nil {
		t.Fatal(err)
	}
	fsys := fstest.MapFS{"x.json": {Data: []byte(`{"output": {"label_names": ["a", "b"]}}`)}}
	c, err := ReadOver(base, fsys, "x.json")
	if err != nil {
		t.Fatal(err)
	}
	if c.Task != "recognize" || len(c.Input.Mean) != 3 || len(c.Output.LabelNames) != 2 || c.File() != "x.json" {
		t.Errorf("got %+v", c)
	}
	if _, err := Read(fsys, "x.json"); err == nil {
		t.Error("without the preset the card has no task, and was let pass")
	}
}
