package main

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/option"
)

func TestFlagsOfTwoModels(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, dir := range []string{"det", "rec", "cards", "a,b"} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	put(t, "{}", "one.json")
	for _, c := range []struct {
		why, args    string
		least        int
		dirs         [2]string
		card, preset []string
		fails        string
	}{
		{"two models", "-model det,rec", 2, [2]string{"det", "rec"}, nil, nil, ""},
		{"two models, one is enough", "-model det,rec", 1, [2]string{"det", "rec"}, nil, nil, ""},
		{"one model, where one is enough", "-model det -card one.json -preset p", 1, [2]string{"det", ""}, []string{"one.json"}, []string{"p"}, ""},
		{"a folder with a comma", "-model a,b", 1, [2]string{"a,b", ""}, nil, nil, ""},
		{"a card for each", "-model det,rec -card one.json,cards", 2, [2]string{"det", "rec"}, []string{"one.json", "cards"}, nil, ""},
		{"one folder of cards", "-model det,rec -card cards", 2, [2]string{"det", "rec"}, []string{"cards"}, nil, ""},
		{"the first has its own card", "-model det,rec -card ,one.json", 2, [2]string{"det", "rec"}, []string{"", "one.json"}, nil, ""},
		{"a preset for the second", "-model det,rec -preset ,p", 2, [2]string{"det", "rec"}, nil, []string{"", "p"}, ""},
		{"no model", "-card cards", 2, [2]string{}, nil, nil, "want -model DETECTOR,RECOGNIZER"},
		{"no model, where one is enough", "", 1, [2]string{}, nil, nil, "want -model DETECTOR or DETECTOR,RECOGNIZER"},
		{"one model of two", "-model det", 2, [2]string{}, nil, nil, "-model det: want DETECTOR,RECOGNIZER, got 1"},
		{"three models", "-model a,b,c", 1, [2]string{}, nil, nil, "-model a,b,c: want DETECTOR or DETECTOR,RECOGNIZER, got 3"},
		{"a hole", "-model det,", 2, [2]string{}, nil, nil, "-model det,: want names between the commas"},
		{"one card file for two models", "-model det,rec -card one.json", 2, [2]string{}, nil, nil, "-card one.json: want 2, one for each model, got 1"},
		{"two cards for one model", "-model det -card a,one.json", 1, [2]string{}, nil, nil, "want 1, one for each model, got 2"},
		{"one preset for two models", "-model det,rec -preset p", 2, [2]string{}, nil, nil, "-preset p: want 2, one for each model, got 1"},
		{"no device", "-model det,rec -device ,", 2, [2]string{}, nil, nil, "-device"},
	} {
		fs := flag.NewFlagSet("ocr", flag.ContinueOnError)
		p := addModelPairFlags(fs, "detector", "recognizer")
		if _, err := parse(fs, strings.Fields(c.args)); err != nil {
			t.Fatalf("%s: %v", c.why, err)
		}
		dirs, opts, err := p.folders(c.least)
		var usage *usageError
		if c.fails != "" {
			if !errors.As(err, &usage) || !strings.Contains(err.Error(), c.fails) {
				t.Errorf("%s: %v, want a usage error with %q", c.why, err, c.fails)
			}
			continue
		}
		if err != nil || dirs != c.dirs {
			t.Errorf("%s: %q, %v", c.why, dirs, err)
			continue
		}
		o, err := option.Apply(opts...)
		if err != nil {
			t.Errorf("%s: %v", c.why, err)
		}
		if card := told(o.Card, o.Cards); !slices.Equal(card, c.card) {
			t.Errorf("%s: cards %q, want %q", c.why, card, c.card)
		}
		if preset := told(o.Preset, o.Presets); !slices.Equal(preset, c.preset) {
			t.Errorf("%s: presets %q, want %q", c.why, preset, c.preset)
		}
	}
}

// told joins the two places where an option stands.
func told(one string, each []string) []string {
	if each == nil && one != "" {
		return []string{one}
	}
	return each
}

// Of two models that do not open, the error says which.
func TestTheModelOfTwoThatDoesNotOpenIsNamed(t *testing.T) {
	tiny := filepath.ToSlash(filepath.Clean(root + "/testdata/models/mean_rgb"))
	for _, c := range []struct {
		err  error
		want string
	}{
		{&fault.ModelError{Model: tiny, What: "card", Got: "none"}, "model " + tiny + " has no card: put"},
		{errors.New("vision: model " + tiny + ": broken"), "model " + tiny + ": broken"},
		{errors.New("vision: broken"), "model x, " + tiny + ": broken"},
	} {
		_, err := openModels(t.Context(), []string{"x", tiny}, func() (int, error) { return 0, c.err })
		var open *openError
		if !errors.As(err, &open) || !strings.HasPrefix(plain(err), c.want) {
			t.Errorf("%v: got %v, want %q", c.err, err, c.want)
		}
	}
}
