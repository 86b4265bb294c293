package main

import (
	"slices"
	"strings"
	"testing"
)

func TestUsageErrors(t *testing.T) {
	pic := root + "/testdata/images/cat.jpg"
	for _, c := range []struct {
		why, args, want string
	}{
		{"no command", "", "want a command: recognize, train, models inspect,"},
		{"unknown command", "detct x", `unknown command "detct"; there are recognize`},
		{"a flag before the command", "-json recognize x", `unknown command "-json"`},
		{"half a command", "models", `"models" is half a command; want models inspect`},
		{"unknown half", "models paint", `unknown command "models paint"; want models inspect`},
		{"unknown flag", "recognize -tpo 3 " + pic, "vision recognize: unknown flag -tpo"},
		{"two dashes", "recognize --tpo 3 " + pic, "unknown flag -tpo"},
		{"no value", "recognize " + pic + " -top", "-top needs a value"},
		{"no number", "recognize -top many " + pic, `-top many: want a number`},
		{"a number of 20 digits", "recognize -top 99999999999999999999 " + pic, "the number is too large"},
		{"half a truth", "recognize -json=maybe " + pic, "-json maybe: want true or false"},
		{"which of two models", "recognize -model a -model b " + pic, `-model b: given twice, first as "a": want one`},
		{"which of two cards", "models inspect a -card b -card b", `-card b: given twice`},
		{"no label", "recognize -top 0 " + pic, "-top 0: want at least 1"},
		{"fewer than none", "recognize -top -3 " + pic, "-top -3: want at least 1"},
		{"no files", "recognize", "want pictures"},
		{"standard input twice", "recognize - x -", `"-" is named 2 times`},
		{"an unset variable", "recognize -model= " + pic, "-model is empty"},
		{"an unset variable", "recognize -card= -model m " + pic, "-card is empty"},
		{"two models", "recognize -model a,b " + pic, "-model a,b: recognize takes one"},
		{"two cards", "recognize -model a -card b,c " + pic, "-card b,c: recognize takes one"},
		{"a card for the built-in model", "recognize -card x " + pic, "-card goes with -model"},
		{"a preset for the built-in model", "recognize -preset keras-tf " + pic, "-preset goes with -model"},
		{"a hole in a list", "recognize -model m -device cpu,,gpu " + pic, "want names between the commas"},
		{"no folder", "models inspect", "want one folder of a model, got 0"},
		{"two folders", "models inspect a b", "want one folder of a model, got 2"},
		{"devices of what", "devices all", `want no arguments, got "all"`},
		{"doctor of what", "doctor me", `want no arguments, got "me"`},
		{"version of what", "version 2", `want no arguments, got "2"`},
		{"help with what", "help cooking", `unknown command "cooking"`},
	} {
		out, err, status := here("", strings.Fields(c.args)...)
		if status != statusUnusable || out != "" {
			t.Errorf("%s: vision %s: status %d, output %q, want 2 and none", c.why, c.args, status, out)
		}
		if !strings.Contains(err, c.want) || !strings.Contains(err, "\nTry: vision help") || strings.Count(err, "\n") != 2 {
			t.Errorf("%s: vision %s: got %q, want %q and a hint", c.why, c.args, err, c.want)
		}
	}
	if _, err, status := here("", "recognize", ""); status != 2 || !strings.Contains(err, "a file's name is empty") {
		t.Errorf("an empty name: %d, %s", status, err)
	}
}

func TestFlagsStandAnywhere(t *testing.T) {
	for _, c := range []struct {
		args  string
		top   string
		json  string
		files string
	}{
		{"-top 3 a b", "3", "false", "a b"},
		{"a -top 3 b -json", "3", "true", "a b"},
		{"a b --top=3", "3", "false", "a b"},
		{"--json - -top 7", "7", "true", "-"},
		{"-top 3 -- -json -top", "3", "false", "-json -top"},
		{"a -- -top", "5", "false", "a -top"},
		{"-json=false a", "5", "false", "a"},
		{"-top 1 a -top 2", "2", "false", "a"},
	} {
		cmd := recognizeCommand()
		files, err := parse(cmd.flags, strings.Fields(c.args))
		if err != nil {
			t.Errorf("%s: %v", c.args, err)
			continue
		}
		top, js := cmd.flags.Lookup("top").Value.String(), cmd.flags.Lookup("json").Value.String()
		if top != c.top || js != c.json || !slices.Equal(files, strings.Fields(c.files)) {
			t.Errorf("%s: top %s, json %s, files %q", c.args, top, js, files)
		}
	}
}

func TestHelpIsNoError(t *testing.T) {
	for _, args := range []string{"help", "-h", "--help", "recognize -h", "recognize x --help", "help recognize", "models -h", "help models",
		"models inspect -help", "help models inspect", "help help", "doctor -h", "devices -h", "version -h"} {
		out, err, status := here("", strings.Fields(args)...)
		if status != 0 || err != "" || !strings.HasPrefix(out, "Usage: vision ") && !strings.Contains(out, "\nUsage: vision ") {
			t.Errorf("vision %s: status %d, stderr %q, output %q", args, status, err, out)
		}
		for line := range strings.Lines(out) {
			if len(line) > width+1 {
				t.Errorf("vision %s: a line of %d characters: %s", args, len(line), line)
			}
		}
	}
	// The same, however it is asked for.
	a, _, _ := here("", "recognize", "-h")
	b, _, _ := here("", "help", "recognize")
	if a != b {
		t.Error("recognize -h and help recognize differ")
	}
}

func TestEveryCommandIsDocumented(t *testing.T) {
	for _, c := range commands() {
		if c.about == "" || c.run == nil || strings.HasSuffix(c.about, ".") {
			t.Errorf("%s: %q", c.name, c.about)
		}
	}
}

func TestModelsThatDoNotOpen(t *testing.T) {
	pic, models := root+"/testdata/images/cat.jpg", root+"/testdata/models/"
	for _, c := range []struct{ why, args, want string }{
		{"no folder", "-model nowhere -card testdata/cards/half.json", "vision: model nowhere: files: want a folder with saved_model.pb: no such file or directory\n"},
		{"no SavedModel", "-model testdata -card testdata/cards/half.json", "want saved_model.pb, got a folder without it"},
		{"no card", "-model " + models + "mean_rgb", `mean_rgb has no card: put card.json beside saved_model.pb, or name one with -card, or a family with -preset; "vision models inspect `},
		{"a file", "-model " + models + "README.md", "this is a file, not a model's folder"},
		{"no such card", "-model " + models + "mean_rgb -card nowhere.json", "nowhere.json"},
		{"half a card", "-model " + models + "mean_rgb -card testdata/cards/half.json", "/mean_rgb: card testdata/cards/half.json: 3 problems:\n  want input.range to be"},
		{"no such preset", "-model " + models + "mean_rgb -preset kears-tf", `did you mean "keras-tf"?`},
		{"no such device", "-model " + models + "mean_rgb -card testdata/cards -device gpu:7", "/device:GPU:7: not present"},
		{"no device name", "-model " + models + "mean_rgb -card testdata/cards -device tpux", "or grpc://host:port"},
	} {
		out, err, status := here("", append([]string{"recognize", "-json", pic}, strings.Fields(c.args)...)...)
		if status != statusUnusable || out != "" || !strings.Contains(err, c.want) {
			t.Errorf("%s: status %d, output %q, stderr %q, want 2, none and %q", c.why, status, out, err, c.want)
		}
		for line := range strings.Lines(err) {
			if strings.HasPrefix(line, "  want ") {
				continue // of a list
			}
			if !strings.HasPrefix(line, "vision: model ") && !strings.HasPrefix(line, "vision: device ") && !strings.HasPrefix(line, "vision: card: ") ||
				strings.Count(line, "vision: ") != 1 {
				t.Errorf("%s: line %q", c.why, line)
			}
		}
	}
}
