package main

import (
	"encoding/json"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// placesModel is the tiny model in the shape of Places365, which looks at the red of a
// picture.
func placesModel(t *testing.T) []string {
	t.Helper()
	return []string{"-model", abs(t, root+"/testdata/models/scene_places365"), "-preset", "places365-torch"}
}

func TestSceneTextForPeople(t *testing.T) {
	dir := mixed(t)
	out, err, status := outcome(t, fresh(t, dir, append([]string{"scene", ".", "nofile.jpg", "-top", "2"}, placesModel(t)...)...))
	if status != statusFailed {
		t.Errorf("status %d, want 1", status)
	}
	golden(t, "scene.txt", out)
	golden(t, "scene.err", err)
}

func TestSceneJSONLines(t *testing.T) {
	dir := mixed(t)
	// A model whose scores are exactly 0 and 1 on every machine.
	c := fresh(t, dir, "scene", "-json", "-top", "2", "-model", abs(t, root+"/testdata/models/mean_rgb"), "-card", abs(t, "testdata/cards/scene.json"),
		"b.png", "nofile.jpg", ".", "-", "a")
	in, openErr := os.Open(filepath.Join(dir, "b.png"))
	if openErr != nil {
		t.Fatal(openErr)
	}
	defer in.Close()
	c.Stdin = in
	out, err, status := outcome(t, c)
	if status != statusFailed || err != "" {
		t.Errorf("status %d, stderr %q, want 1 and nothing", status, err)
	}
	golden(t, "scene.json", out)
}

// TestSceneVotesByAllPlaces: how many are printed does not change the answer.
func TestSceneVotesByAllPlaces(t *testing.T) {
	pic := flat(t, color.RGBA{8, 0, 0, 255}, t.TempDir(), "x.png")
	for _, top := range []string{"1", "365"} {
		out, err, status := here("", append([]string{"scene", "-json", "-top", top, pic}, placesModel(t)...)...)
		var line struct {
			File        string
			Places      []struct{ Name string }
			Indoor      bool
			IndoorScore float64 `json:"indoor_score"`
		}
		if e := json.Unmarshal([]byte(out), &line); e != nil || status != 0 || err != "" {
			t.Fatal(status, err, e)
		}
		// Six of the ten best, rows 7 to 16, are indoors.
		if !line.Indoor || math.Abs(line.IndoorScore-.6) > 1e-6 || line.Places[0].Name != "arcade" {
			t.Errorf("-top %s: %s", top, out)
		}
	}
}

func TestSceneUsage(t *testing.T) {
	pic := flat(t, blue, t.TempDir(), "x.png")
	for _, c := range []struct {
		why  string
		args []string
		says string
	}{
		{"no files", nil, "file"},
		{"no places asked for", []string{"-top", "0", pic}, "at least 1"},
		{"a model of another task", []string{"-model", root + "/testdata/models/mean_rgb", "-card", root + "/recognize/testdata/cards/mean_rgb.json", pic}, "want task scene"},
		{"two models", []string{"-model", "a,b", pic}, "scene takes one"},
	} {
		_, err, status := here("", append([]string{"scene"}, c.args...)...)
		if status != statusUnusable || !strings.Contains(err, c.says) {
			t.Errorf("%s: status %d, stderr %q, want 2 and %q", c.why, status, err, c.says)
		}
	}
}

// TestTheScenesThatAreBuiltIn is what the README shows.
func TestTheScenesThatAreBuiltIn(t *testing.T) {
	pic := root + "/testdata/images/rocket.jpg"
	for _, flags := range [][]string{nil, {"-exact"}, {"-device=cpu"}} {
		out, stderr, status := here("", append([]string{"scene", pic}, flags...)...)
		lines := strings.Split(out, "\n")
		if status != 0 || stderr != "" || len(lines) != 7 || !strings.HasPrefix(lines[0], pic+": outdoor 0.") {
			t.Errorf("%v: status %d, stderr %q, output\n%s", flags, status, stderr, out)
		}
	}
}
