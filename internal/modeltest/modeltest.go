// Package modeltest checks a folder with an embedded model: its card, its digests, its labels, its size. Tests
// import it, nothing else.
package modeltest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"slices"
	"strings"
	"testing"
)

// Want is what a model must be.
type Want struct {
	Task   string
	Side   int    // pixels
	Labels string // with spaces between
	Most   int64  // bytes of all files: programs carry them
}

// card is what is looked at; the whole is checked where cards are loaded.
type card struct {
	Task  string `json:"task"`
	Input struct {
		Width  int `json:"width"`
		Height int `json:"height"`
		Resize struct {
			Mode      string `json:"mode"`
			Resampler string `json:"resampler"`
		} `json:"resize"`
	} `json:"input"`
	Output struct {
		Scores string `json:"scores"`
		Labels string `json:"labels"`
	} `json:"output"`
	Licence  string            `json:"licence"`
	Source   string            `json:"source"`
	SHA256   map[string]string `json:"sha256"`
	Accuracy []struct {
		Metric string  `json:"metric"`
		Value  float64 `json:"value"`
		Data   string  `json:"data"`
	} `json:"accuracy"`
}

// Check reports what is not as it should be.
func Check(t *testing.T, files fs.FS, want Want) {
	t.Helper()
	content, err := fs.ReadFile(files, "card.json")
	if err != nil {
		t.Fatal(err)
	}
	var c card
	if err := json.Unmarshal(content, &c); err != nil {
		t.Fatal(err)
	}
	if c.Task != want.Task || c.Licence != "Apache-2.0" || c.Source == "" {
		t.Errorf("task %q, licence %q, source %q", c.Task, c.Licence, c.Source)
	}
	if c.Input.Width != want.Side || c.Input.Height != want.Side || c.Input.Resize.Mode == "" || c.Input.Resize.Resampler == "" {
		t.Errorf("input %+v: want %d pixels a side and a full resize rule", c.Input, want.Side)
	}
	if c.Output.Scores == "" {
		t.Error("the card does not say whether scores are logits")
	}
	if len(c.Accuracy) == 0 {
		t.Error("the card states no accuracy")
	}
	for _, a := range c.Accuracy {
		if a.Metric == "" || a.Data == "" || a.Value <= 0 || a.Value >= 1 {
			t.Errorf("accuracy %+v: want a metric, its data and a share between 0 and 1", a)
		}
	}
	labels, err := fs.ReadFile(files, c.Output.Labels)
	if got := strings.Join(strings.Fields(string(labels)), " "); err != nil || got != want.Labels {
		t.Errorf("labels %q, %v, want %q", got, err, want.Labels)
	}
	digests(t, files, c.SHA256)
	if size := size(t, files); size > want.Most {
		t.Errorf("%d bytes, want at most %d: programs carry them", size, want.Most)
	}
}

// digests checks that every file but the card itself is in the card's sha256, so that a half-copied or exchanged model
// is noticed.
func digests(t *testing.T, files fs.FS, sums map[string]string) {
	t.Helper()
	want := []string{"card.json"}
	for name, digest := range sums {
		want = append(want, name)
		content, err := fs.ReadFile(files, name)
		if err != nil {
			t.Error(err)
			continue
		}
		sum := sha256.Sum256(content)
		if got := hex.EncodeToString(sum[:]); got != digest {
			t.Errorf("%s: card says %s, file is %s", name, digest, got)
		}
	}
	var got []string
	err := fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			got = append(got, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("embedded %v, in the card %v", got, want)
	}
	if !slices.Contains(got, "saved_model.pb") || !slices.Contains(got, "variables/variables.index") {
		t.Errorf("embedded %v: not a SavedModel", got)
	}
}

func size(t *testing.T, files fs.FS) (size int64) {
	t.Helper()
	err := fs.WalkDir(files, ".", func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return size
}
