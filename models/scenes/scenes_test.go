package scenes

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"slices"
	"strings"
	"testing"
)

// card is what these tests read of card.json; the whole is checked where cards are
// loaded.
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
	SHA256   map[string]string `json:"sha256"`
	Accuracy []struct {
		Metric string  `json:"metric"`
		Value  float64 `json:"value"`
		Data   string  `json:"data"`
	} `json:"accuracy"`
}

func readCard(t *testing.T) card {
	t.Helper()
	content, err := fs.ReadFile(FS(), "card.json")
	if err != nil {
		t.Fatal(err)
	}
	var c card
	if err := json.Unmarshal(content, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCardSaysWhatTheGraphCannot(t *testing.T) {
	c := readCard(t)
	if c.Task != "scene" || c.Licence != "Apache-2.0" {
		t.Errorf("task %q, licence %q", c.Task, c.Licence)
	}
	if c.Input.Width != 144 || c.Input.Height != 144 || c.Input.Resize.Mode == "" || c.Input.Resize.Resampler == "" {
		t.Errorf("input %+v: want 144x144 and a full resize rule", c.Input)
	}
	if c.Output.Scores == "" {
		t.Error("the card does not say whether scores are logits")
	}
	if len(c.Accuracy) == 0 {
		t.Fatal("no accuracy")
	}
	for _, a := range c.Accuracy {
		if a.Metric == "" || a.Data == "" || a.Value <= 0 || a.Value >= 1 {
			t.Errorf("accuracy %+v: want a metric, its data and a share between 0 and 1", a)
		}
	}
}

// Every file but the card itself is in the card's sha256, so a half-copied or
// exchanged model is noticed.
func TestDigestsAreThoseOfTheFiles(t *testing.T) {
	c := readCard(t)
	want := []string{"card.json"}
	for name, digest := range c.SHA256 {
		want = append(want, name)
		content, err := fs.ReadFile(FS(), name)
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
	err := fs.WalkDir(FS(), ".", func(path string, entry fs.DirEntry, err error) error {
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

func TestLabelsAreTheFifteenPlaces(t *testing.T) {
	content, err := fs.ReadFile(FS(), readCard(t).Output.Labels)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for lines := bufio.NewScanner(bytes.NewReader(content)); lines.Scan(); {
		got = append(got, lines.Text())
	}
	want := "Bedroom Coast Forest Highway Industrial InsideCity Kitchen LivingRoom Mountain Office OpenCountry Store Street Suburb TallBuilding"
	if strings.Join(got, " ") != want {
		t.Errorf("labels %q, want %q", got, want)
	}
}

// A program that describes scenes carries the model, so it stays small.
func TestModelIsSmall(t *testing.T) {
	const most = 8 << 20
	var size int64
	err := fs.WalkDir(FS(), ".", func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	})
	if err != nil || size > most {
		t.Errorf("%d bytes, %v, want at most %d", size, err, most)
	}
}
