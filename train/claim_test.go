package train

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gosight/vision"
)

// While a run writes to a folder no other does, be it of Fit or FineTune.
func TestOneRunAFolder(t *testing.T) {
	data, out := digits(t, blocks(t, 60)), t.TempDir()
	_, set := colourPictures(t, 3, 1)
	asked := 0 // at the third there is a checkpoint, which FineTune refuses in any case
	_, err := Fit(t.Context(), net(t, "lenet5"), data, Out(out), Epochs(1), Batch(20), onStep(func(Progress) {
		asked++
		_, fit := Fit(t.Context(), net(t, "lenet5"), data, Out(out), Epochs(1), Batch(20), Resume())
		_, tune := FineTune(t.Context(), tiny(t, "mean_rgb", logits), Data{Train: set}, Out(out), Epochs(1), Resume())
		for _, err := range []error{fit, tune}[:min(2, 4-asked)] {
			var o *OccupiedError
			if !errors.As(err, &o) || !o.Busy || o.Dir != out || !strings.Contains(err.Error(), "another run") {
				t.Errorf("got %v", err)
			}
		}
	}))
	if err != nil || asked != 3 {
		t.Fatalf("asked %d times: %v", asked, err)
	}
	if _, err := Fit(t.Context(), net(t, "lenet5"), data, Out(out), Epochs(1), Batch(20), Resume()); err != nil {
		t.Errorf("after its end: %v", err)
	}
}

// What a process left that was killed while it wrote goes when the next begins.
func TestHalfWrittenIsRemoved(t *testing.T) {
	data, out := digits(t, blocks(t, 60)), t.TempDir()
	left := []string{unfinished + "1/saved_model.pb", unfinished + "2", "variables/" + unfinished + "3", checkpoints + "/" + unfinished + "4/state.json"}
	mine := []string{"mine.txt", unfinished + "mine.csv"}
	for _, name := range append(left, mine...) {
		write(t, filepath.Join(out, name), []byte("half"))
	}
	if _, err := Fit(t.Context(), net(t, "lenet5"), data, Out(out), Epochs(1), Batch(20)); err != nil {
		t.Fatal(err)
	}
	for _, name := range left {
		if _, err := os.Stat(filepath.Join(out, name)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is there, %v", name, err)
		}
	}
	for _, name := range mine {
		if _, err := os.Stat(filepath.Join(out, name)); err != nil {
			t.Error(err)
		}
	}
}

// A run that does not begin leaves no folder behind.
func TestFailedStartLeavesNothing(t *testing.T) {
	at := t.TempDir()
	out := filepath.Join(at, "model")
	_, set := colourPictures(t, 3, 1)
	if _, err := FineTune(t.Context(), From(filepath.Join(at, "no", "model")), Data{Train: set}, Out(out)); err == nil {
		t.Fatal("there is no such model")
	}
	if _, err := FineTune(t.Context(), From(filepath.Join(tinyModels, "mean_rgb"), vision.Card(filepath.Join(at, "none.json"))), Data{Train: set}, Out(out)); err == nil {
		t.Fatal("there is no such card")
	}
	if list, err := os.ReadDir(at); err != nil || len(list) > 0 {
		t.Errorf("left: %v, %v", list, err)
	}
	// Folders that were there stay, and a link to one.
	for _, dir := range []string{filepath.Join(at, "disk"), out} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	link := filepath.Join(out, checkpoints)
	if err := os.Symlink(filepath.Join(at, "disk"), link); err != nil {
		t.Skip(err) // Windows may refuse
	}
	if _, err := FineTune(t.Context(), From(filepath.Join(at, "no", "model")), Data{Train: set}, Out(out)); err == nil {
		t.Fatal("there is no such model")
	}
	if to, err := os.Readlink(link); err != nil || to != filepath.Join(at, "disk") {
		t.Errorf("the link of the checkpoints leads to %q, %v", to, err)
	}
	if list, err := os.ReadDir(link); err != nil || len(list) > 0 {
		t.Errorf("left behind the link: %v, %v", list, err)
	}
}

// Where the checkpoint of a run that is stopped cannot be written, its error says both.
func TestStoppedAndUnsaved(t *testing.T) {
	data, out := digits(t, blocks(t, 60)), t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := Fit(ctx, net(t, "lenet5"), data, Out(out), Epochs(2), Batch(20), onStep(func(p Progress) {
		if p.Step != 2 {
			return
		}
		if err := os.RemoveAll(filepath.Join(out, checkpoints)); err != nil {
			t.Error(err)
		}
		write(t, filepath.Join(out, checkpoints), []byte("a file where the folder was"))
		cancel()
	}))
	var unsaved *UnsavedError
	if !errors.As(err, &unsaved) || !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "not a directory") {
		t.Errorf("got %v", err)
	}
}

// Names that a file of lines would be misread of come back as they were.
func TestClassNamesComeBack(t *testing.T) {
	for _, names := range [][2]string{{"0 healthy", "1 rust"}, {"0 none", "10 eur"}, {"00", "01"}, {"a\r", "b"}} {
		set, out := folders(t, map[string]int{names[0] + "/1.png": 0, names[0] + "/2.png": 0, names[1] + "/3.png": 1, names[1] + "/4.png": 1}), t.TempDir()
		if _, err := Fit(t.Context(), net(t, "lenet5"), Data{Train: set}, Out(out), Epochs(1), Plain()); err != nil {
			t.Fatal(err)
		}
		m, err := vision.ReadFile(filepath.Join("..", "testdata", "images", "cat.jpg"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := classes(t, out, m)
		if slices.Sort(got); err != nil || !slices.Equal(got, names[:]) {
			t.Errorf("%q came back as %q, %v", names, got, err)
		}
	}
	set := folders(t, map[string]int{"a/1.png": 0, "b/2.png": 1})
	for _, bad := range []string{"", "caf\xe9"} {
		set.Classes[1] = bad
		if _, err := Fit(t.Context(), net(t, "lenet5"), Data{Train: set}, Out(t.TempDir())); err == nil || !strings.Contains(err.Error(), "class 1: want a name in UTF-8") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// Settings that would do nothing, or nothing but harm, are refused.
func TestSettingsThatDoNotAgree(t *testing.T) {
	data := digits(t, blocks(t, 40))
	for says, opts := range map[string][]Option{
		"momentum: AdamW has moments of its own":        {AdamW(), Momentum(0.5)},
		"warm-up epochs: want at most the 3 of the run": {Epochs(3), Cosine(4)},
		"pad-crop: want at most 14 pixels":              {PadCrop(15)},
		"cutout: want at most 28 pixels":                {Cutout(29)},
		"reflect-crop: want at most 27 pixels":          {ReflectCrop(28)},
	} {
		out := filepath.Join(t.TempDir(), "model")
		_, err := Fit(t.Context(), net(t, "lenet5"), data, append(opts, Out(out))...)
		var setting *SettingError
		if !errors.As(err, &setting) || !strings.Contains(err.Error(), says) {
			t.Errorf("want %q, got %v", says, err)
		}
		if _, err := os.Stat(out); err == nil {
			t.Errorf("%s: the folder was made", says)
		}
	}
	if _, err := Fit(t.Context(), net(t, "lenet5"), data, Out(t.TempDir()), Epochs(1), AdamW(), Cosine(1), PadCrop(14), Cutout(28)); err != nil {
		t.Errorf("as much as may be: %v", err)
	}
}

// Fit tells of the pictures that it prepares, of both parts, before the first step.
func TestProgressOfPictures(t *testing.T) {
	data, prepared, steps := digits(t, blocks(t, 40)), 0, 0
	_, err := Fit(t.Context(), net(t, "lenet5"), data, Out(t.TempDir()), Epochs(1), Batch(20), OnProgress(func(p Progress) {
		switch {
		case p.Step > 0:
			if steps++; p.Prepared != 60 || p.Pictures != 60 {
				t.Errorf("step %d: %d of %d pictures, want all of 60", p.Step, p.Prepared, p.Pictures)
			}
		case steps > 0 || p.Prepared != prepared+1 || p.Pictures != 60 || p.Left < 0 || p.Left > time.Hour:
			t.Errorf("after %d pictures and %d steps: %+v", prepared, steps, p)
		default:
			prepared++
		}
	}))
	if err != nil || prepared != 60 || steps != 2 {
		t.Errorf("%d pictures, %d steps, %v", prepared, steps, err)
	}
}
