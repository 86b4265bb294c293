package card

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/gosight/vision/internal/fault"
)

// whole is a card with nothing left to ask for but what a signature says.
const whole = `{
  "task": "recognize",
  "input": {
    "width": 224, "height": 224, "channels": "RGB", "range": [0, 1],
    "resize": {"mode": "squash", "resampler": "tf-bilinear"}
  },
  "output": {"scores": "logits"}
}`

func TestReadRefusesWithPlaceAndRemedy(t *testing.T) {
	for _, tt := range []struct {
		why, text, want string
		broken          bool // *fault.FormatError, else *fault.ModelError
	}{
		{"nothing there", "", "empty", true},
		{"white space alone", " \n\t", "empty", true},
		{"not JSON", "task: recognize", "line 1, column 2: not JSON", true},
		{"cut off", `{"task": "recognize"`, "not JSON: unexpected end", true},
		{"two values", "{\"task\": \"other\"}\n{}", "line 2, column 1: not JSON", true},
		{"a comma too many", "{\n  \"task\": \"other\",\n}", "line 3, column 1: not JSON", true},
		{"Latin-1", "{\"name\": \"caf\xe9\"}", "line 1, column 14: not UTF-8", true},
		{"nested beyond reason", strings.Repeat("[", 20000), "not JSON", true},
		{"an array", `[]`, "line 1, column 1: the card: want an object {...}, got an array", false},
		{"a misspelt field", "{\"task\": \"other\",\n \"inptu\": {}}", `line 2, column 2: unknown field "inptu"; did you mean "input"?`, false},
		{"another case", `{"Task": "other"}`, `unknown field "Task"; did you mean "task"?`, false},
		{"a field one level too high", `{"task": "other", "input": {"resampler": "tf-area"}}`, `"input.resampler"; did you mean "input.resize.resampler"?`, false},
		{"torch's name for it", `{"task": "other", "interpolation": "bilinear"}`, `did you mean "input.resize.resampler"?`, false},
		{"timm's name for it", `{"input": {"resize": {"crop_pct": 0.9}}}`, `did you mean "input.resize.crop_ratio"?`, false},
		{"an American licence", `{"license": "MIT"}`, `did you mean "licence"?`, false},
		{"like nothing", `{"task": "other", "xylophones": 1}`, "the card has $schema, comment, name, task", false},
		{"columns count characters", `{"name": "äöü", "tusk": 1}`, "column 17: unknown", false},
		{"said twice", `{"task": "other", "task": "detect"}`, "line 1, column 19: task is said twice", false},
		{"null", `{"task": null}`, "task is null: leave the field out", false},
		{"a text for a number", `{"input": {"width": "224"}}`, `column 21: input.width: want a whole number, got the text "224"`, false},
		{"half a pixel", `{"input": {"width": 224.5}}`, "input.width: want a whole number, got 224.5", false},
		{"an exponent", `{"input": {"width": 2e2}}`, "input.width: want a whole number, got 2e2", false},
		{"more than 32 bits", `{"input": {"width": 99999999999}}`, "want a whole number", false},
		{"beyond float64", `{"input": {"range": [0, 1e999]}}`, "input.range[1]: the number 1e999 is too large", false},
		{"a constant beyond float64", `{"constants": {"a": [1e999]}}`, "constants.a[0]: the number 1e999 is too large", false},
		{"a number for a text", `{"task": 1}`, "task: want a text in double quotes, got the number 1", false},
		{"a text for a truth", `{"input": {"encoded": "yes"}}`, "want true or false", false},
		{"a number for a list", `{"input": {"mean": 127.5}}`, "input.mean: want an array [...], got the number 127.5", false},
		{"a list for an object", `{"input": []}`, "input: want an object {...}, got an array", false},
		{"no task", `{}`, "want task to be one of recognize, detect", false},
		{"a task of another tool", `{"task": "classification"}`, `got "classification" (did you mean "recognize"?)`, false},
		{"an unknown preset", `{"preset": "keras-cafe"}`, `got "keras-cafe" (did you mean "keras-caffe"?)`, false},
	} {
		t.Run(tt.why, func(t *testing.T) {
			_, err := Parse([]byte(tt.text), "x.json")
			if err == nil {
				t.Fatal("no error")
			}
			var format *fault.FormatError
			var model *fault.ModelError
			if errors.As(err, &format) != tt.broken || errors.As(err, &model) == tt.broken {
				t.Errorf("%T: want broken %v", err, tt.broken)
			}
			if model != nil && model.What != "card" {
				t.Errorf("What is %q, want card", model.What)
			}
			if !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "x.json") {
				t.Errorf("got  %v\nwant x.json and %s", err, tt.want)
			}
		})
	}
}

func TestReadTakesWhatEditorsWrite(t *testing.T) {
	crlf := strings.ReplaceAll(whole, "\n", "\r\n")
	for why, text := range map[string]string{"plain": whole, "byte order mark": "\ufeff" + whole, "CR LF": crlf} {
		c, err := Parse([]byte(text), "x.json")
		if err != nil {
			t.Errorf("%s: %v", why, err)
		} else if c.Input.Width != 224 || c.Output.Scores != "logits" || c.File() != "x.json" {
			t.Errorf("%s: %+v", why, c)
		}
	}
}

func TestReadFile(t *testing.T) {
	fsys := fstest.MapFS{
		"m/card.json": {Data: []byte(whole)},
		"dir":         {Mode: fs.ModeDir},
		"big.json":    {Data: []byte(whole + strings.Repeat(" ", MaxBytes))},
	}
	if _, err := Read(fsys, "m/card.json"); err != nil {
		t.Error(err)
	}
	var model *fault.ModelError
	if _, err := Read(fsys, "no.json"); !errors.Is(err, fs.ErrNotExist) || !errors.As(err, &model) {
		t.Errorf("a file that is not there: %v", err)
	}
	for _, name := range []string{"dir", "big.json"} {
		if _, err := Read(fsys, name); !errors.As(err, &model) || model.What != "card" {
			t.Errorf("%s: %v", name, err)
		}
	}
	var format *fault.FormatError
	if _, err := Parse(fsys["big.json"].Data, "big.json"); !errors.As(err, &format) {
		t.Errorf("too large in memory: %v", err)
	}
}

func TestDiskTakesAnyPath(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"cards/a.json": whole, "labels.txt": "cat\ndog\n"} {
		at := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c, err := Read(Disk(), filepath.Join(dir, "cards", "a.json"))
	if err != nil {
		t.Fatal(err)
	}
	for why, path := range map[string]string{"above the card": "../labels.txt", "absolute": filepath.Join(dir, "labels.txt")} {
		c.Output.Labels = path
		got, err := c.Labels(Disk(), filepath.Join(dir, "cards"), 2)
		if err != nil || len(got) != 2 || got[1] != "dog" {
			t.Errorf("%s: %q, %v", why, got, err)
		}
	}
	if _, err := Read(Disk(), "/dev/zero"); err == nil {
		t.Error("a device was read as a card")
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(whole))
	f.Add([]byte(`{"preset": "yolo", "input": {"resize": {"mode": "squash"}}, "output": {"labels": "builtin:coco-80"}}`))
	f.Add([]byte(`{"task": "other", "constants": {"a": [[1, 2], [3, {"b": true}]]}, "sha256": {"x": ""}}`))
	f.Add([]byte(`{"task": "ocr-recognize", "ocr": {"alphabet": "ab\ud83d\ude00"}}`))
	cards, err := filepath.Glob(filepath.Join(cardsDir, "*.json"))
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range cards {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	in, out := []Port{f32("x", -1, 224, 224, 3)}, []Port{f32("y", -1, 10)}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse(data, "x.json")
		if err != nil {
			if err.Error() == "" {
				t.Error("an error that says nothing")
			}
			return
		}
		// What was accepted is valid, alone and after merging, and does not crash on.
		if err := c.Validate(); err != nil {
			t.Errorf("accepted, then refused: %v", err)
		}
		if err := c.Merge(c).Validate(); err != nil {
			t.Errorf("merged with itself: %v", err)
		}
		if err := c.Complete(in, out); err != nil {
			return
		}
		if err := c.Merge(nil).Complete(in, out); err != nil {
			t.Errorf("completed twice: %v", err)
		}
		if names, err := c.Labels(fstest.MapFS{}, ".", 10); err == nil && len(names) != 10 {
			t.Errorf("%d labels for 10 rows", len(names))
		}
	})
}
