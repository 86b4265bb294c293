package train

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/gosight/vision"
)

// A model that no run of ours made is not written over, and nothing is written beside it.
func TestForeignModelIsNotWrittenOver(t *testing.T) {
	_, set := colourPictures(t, 3, 1)
	data, base := Data{Train: set}, tiny(t, "mean_rgb", logits)
	copied := func() string {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(filepath.Join(tinyModels, "mean_rgb"))); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	card := filepath.Join(t.TempDir(), "card.json")
	write(t, card, []byte(`{"task": "recognize", "input": {"channels": "RGB", "range": [0, 1]}, "output": {`+logits+`}}`))
	tuned := t.TempDir()
	if _, err := FineTune(t.Context(), base, data, Out(tuned), Epochs(1)); err != nil {
		t.Fatal(err)
	}
	without := t.TempDir() // the files of its features
	if err := os.CopyFS(without, os.DirFS(tuned)); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(without, checkpoints)); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	m := copied()
	if err := os.Symlink(m, link); err != nil {
		t.Skip(err) // Windows may refuse
	}
	fit := func(dir string, opts ...Option) error {
		_, err := Fit(t.Context(), net(t, "lenet5"), data, append(opts, Out(dir), Epochs(1))...)
		return err
	}
	tune := func(from Base, dir string, opts ...TuneOption) error {
		_, err := FineTune(t.Context(), from, data, append(opts, Out(dir), Epochs(1))...)
		return err
	}
	for why, c := range map[string]struct {
		dir string
		do  func(dir string) error
	}{
		"Fit":                                {copied(), func(dir string) error { return fit(dir) }},
		"Fit resumed":                        {copied(), func(dir string) error { return fit(dir, Resume()) }},
		"Fit resumed where FineTune was":     {tuned, func(dir string) error { return fit(dir, Resume()) }},
		"FineTune":                           {copied(), func(dir string) error { return tune(base, dir) }},
		"FineTune resumed":                   {copied(), func(dir string) error { return tune(base, dir, Resume()) }},
		"FineTune of the folder itself":      {m, func(dir string) error { return tune(From(dir, vision.Card(card)), dir) }},
		"resumed":                            {m, func(dir string) error { return tune(From(dir, vision.Card(card)), dir, Resume()) }},
		"called otherwise":                   {m, func(dir string) error { return tune(From(link, vision.Card(card)), dir, Resume()) }},
		"of what FineTune made":              {tuned, func(dir string) error { return tune(From(dir), dir, Resume()) }},
		"whose features have been deleted":   {without, func(dir string) error { return tune(base, dir, Resume()) }},
		"likewise, of what FineTune made":    {without, func(dir string) error { return tune(From(dir), dir, Resume()) }},
		"FineTune where it was, not resumed": {tuned, func(dir string) error { return tune(base, dir) }},
	} {
		before := filesOf(t, c.dir)
		var occupied *OccupiedError
		if err := c.do(c.dir); !errors.As(err, &occupied) || occupied.Dir != c.dir || occupied.Foreign == (why == "FineTune where it was, not resumed") {
			t.Errorf("%s: got %v, want an *OccupiedError of %s", why, err, c.dir)
		}
		if !maps.Equal(filesOf(t, c.dir), before) {
			t.Errorf("%s: the folder is not as it was", why)
		}
		if _, err := os.Stat(filepath.Join(c.dir, checkpoints)); err == nil && c.dir != tuned {
			t.Errorf("%s: there is a folder of checkpoints", why)
		}
	}
	if err := tune(base, tuned, Resume()); err != nil {
		t.Errorf("a finished run of ours: %v", err)
	}
}
