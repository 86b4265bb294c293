package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gosight/vision/face"
)

// spots are the flags of a detector that takes a patch of red, green or blue for a face, and of
// an embedder that gives the mean colours of its quarters.
func spots(t *testing.T) []string {
	t.Helper()
	return []string{"-model", abs(t, root+"/testdata/models/face_bright") + "," + abs(t, root+"/testdata/models/face_mean"), "-card", abs(t, "testdata/cards")}
}

var (
	ada  = spot{image.Rect(4, 4, 24, 24), color.RGBA{204, 0, 0, 255}}
	bo   = spot{image.Rect(30, 6, 40, 16), color.RGBA{0, 0, 153, 255}}
	bush = spot{image.Rect(8, 2, 28, 22), color.RGBA{0, 255, 0, 255}}
)

type spot struct {
	box image.Rectangle
	c   color.Color
}

// crowd writes a picture of spots.
func crowd(t *testing.T, list []spot, path ...string) string {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 60, 40))
	draw.Draw(m, m.Bounds(), image.NewUniform(color.RGBA{0, 0, 0, 255}), image.Point{}, draw.Src)
	for _, s := range list {
		draw.Draw(m, s.box, image.NewUniform(s.c), image.Point{}, draw.Src)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return put(t, b.String(), path...)
}

// album is a folder of pictures of nobody, one and two, and of one that is broken.
func album(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	crowd(t, []spot{ada}, dir, "ada.png")
	crowd(t, []spot{bo}, dir, "bo.png")
	crowd(t, []spot{ada, bo}, dir, "both.png")
	crowd(t, []spot{bush}, dir, "bush.png")
	crowd(t, nil, dir, "nobody.png")
	put(t, "no picture", dir, "notes.jpg")
	return dir
}

func TestFaceFind(t *testing.T) {
	dir := album(t)
	for _, c := range []struct{ golden, flags string }{
		{"face_find", ""}, {"face_find_json", "-json"}, {"face_find_min", "-json -min 0.7"},
	} {
		args := append([]string{"face", "find", ".", "nofile.jpg"}, append(spots(t), strings.Fields(c.flags)...)...)
		out, err, status := outcome(t, fresh(t, dir, args...))
		if status != statusFailed {
			t.Errorf("%s: status %d, want 1", c.flags, status)
		}
		golden(t, c.golden+".txt", out)
		if c.flags == "" {
			golden(t, "face_find.err", err)
		} else if err != "" {
			t.Errorf("%s: stderr %q", c.flags, err)
		}
	}
	out, _, status := here("", append([]string{"face", "find", "-json", "-embeddings", filepath.Join(dir, "bush.png")}, spots(t)...)...)
	var line struct {
		Faces []struct{ Embedding []float64 }
	}
	if err := json.Unmarshal([]byte(out), &line); err != nil || status != 0 || len(line.Faces) != 1 || len(line.Faces[0].Embedding) != 12 {
		t.Fatalf("status %d, %v, output %s", status, err, out)
	}
	length := 0.
	for i, v := range line.Faces[0].Embedding { // red, green and blue of four quarters, of a green face
		if length += v * v; (i%3 == 1) != (v > 0.3) {
			t.Errorf("number %d is %v", i, v)
		}
	}
	if length < 0.99999 || length > 1.00001 {
		t.Errorf("squared length %v", length)
	}
	// One model is enough to find.
	one := []string{"-model", abs(t, root+"/testdata/models/face_bright"), "-card", abs(t, "testdata/cards/face_bright.json")}
	out, _, status = here("", append([]string{"face", "find", "-json", filepath.Join(dir, "ada.png")}, one...)...)
	if status != 0 || !strings.Contains(out, `"box":[4,4,24,24],"score":0.8,"landmarks":[[10,12],`) {
		t.Errorf("status %d, output %s", status, out)
	}
}

func TestFaceFindDraws(t *testing.T) {
	dir, drawn := album(t), filepath.Join(t.TempDir(), "drawn")
	_, _, status := here("", append([]string{"face", "find", "-json", "-draw", drawn, dir}, spots(t)...)...)
	if status != statusFailed {
		t.Errorf("status %d", status)
	}
	f, err := os.Open(filepath.Join(drawn, "both.png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil || img.Bounds() != image.Rect(0, 0, 60, 40) {
		t.Fatal(img.Bounds(), err)
	}
	if c := color.RGBAModel.Convert(img.At(4, 20)); c == ada.c || c == (color.RGBA{0, 0, 0, 255}) {
		t.Errorf("no frame at the left of the face, but %v", c)
	}
}

// A card without threshold is told of when it can still be mended, once.
func TestEnrollWithoutThreshold(t *testing.T) {
	dir := album(t)
	cards := t.TempDir()
	for _, name := range []string{"face_bright.json", "face_mean.json"} {
		text, err := os.ReadFile(filepath.Join(abs(t, "testdata/cards"), name))
		if err != nil {
			t.Fatal(err)
		}
		put(t, strings.Replace(string(text), `"same-person": 0.1`, "", 1), cards, name)
	}
	args := append([]string{"face", "enroll", "-gallery", filepath.Join(dir, "people"), "-name", "Bo", "bo.png", "bo.png"}, spots(t)...)
	args[slices.Index(args, "-card")+1] = cards
	out, err, status := outcome(t, fresh(t, dir, args...))
	if status != 0 || !strings.Contains(out, "bo.png") || strings.Count(err, "thresholds.same-person") != 1 {
		t.Errorf("status %d, %s%s", status, out, err)
	}
}

func TestEnrollAndIdentify(t *testing.T) {
	dir := album(t)
	gallery := filepath.Join(t.TempDir(), "people.gallery")
	enroll := func(args ...string) (string, string, int) {
		return outcome(t, fresh(t, dir, append(append([]string{"face", "enroll", "-gallery", gallery}, spots(t)...), args...)...))
	}
	var out, errs strings.Builder
	for _, c := range []struct {
		args   string
		status int
	}{
		{"-name Ada ada.png", 0},
		{"-name Bo -json bo.png nofile.jpg", 1},
		{"-name Ada both.png nobody.png notes.jpg", 1},
		{"-name Ada -json both.png nobody.png", 1},
		{"-name Ada -largest both.png", 0},
		{"-name Ada -largest -json both.png ada.png", 0},
	} {
		o, e, status := enroll(strings.Fields(c.args)...)
		if status != c.status {
			t.Errorf("%s: status %d, want %d", c.args, status, c.status)
		}
		fmt.Fprintf(&out, "$ %s\n%s", c.args, o)
		fmt.Fprintf(&errs, "$ %s\n%s", c.args, e)
	}
	golden(t, "face_enroll.txt", out.String())
	golden(t, "face_enroll.err", errs.String())
	g, err := face.LoadGallery(gallery)
	if err != nil || !slices.Equal(g.People(), []string{"Ada", "Bo"}) || g.Samples("Ada") != 4 || g.Samples("Bo") != 1 {
		t.Fatalf("%v, %v", g, err)
	}
	for name, flags := range map[string][]string{"face_identify.txt": nil, "face_identify_json.txt": {"-json"}} {
		out, err, status := outcome(t, fresh(t, dir, append(append([]string{"face", "identify", "-gallery", gallery, "."}, spots(t)...), flags...)...))
		if status != statusFailed || (err == "") != (flags != nil) {
			t.Errorf("status %d, stderr %q", status, err)
		}
		golden(t, name, out)
	}
}

// Two processes at one gallery lose nothing of each other.
func TestTwoProcessesEnroll(t *testing.T) {
	dir := album(t)
	gallery := filepath.Join(t.TempDir(), "people.gallery")
	const each = 150 // more than is written at once
	args := func(name, file string) []string {
		return append(append([]string{"face", "enroll", "-json", "-gallery", gallery, "-name", name}, spots(t)...), slices.Repeat([]string{file}, each)...)
	}
	one, two := fresh(t, dir, args("Ada", "ada.png")...), fresh(t, dir, args("Bo", "bo.png")...)
	if err := one.Start(); err != nil {
		t.Fatal(err)
	}
	if out, err, status := outcome(t, two); status != 0 || err != "" || strings.Count(out, "\n") != each {
		t.Errorf("status %d, stderr %q, %d lines", status, err, strings.Count(out, "\n"))
	}
	if err := one.Wait(); err != nil {
		t.Error(err)
	}
	g, err := face.LoadGallery(gallery)
	if err != nil || g.Samples("Ada") != each || g.Samples("Bo") != each {
		t.Errorf("%d and %d samples, %v", g.Samples("Ada"), g.Samples("Bo"), err)
	}
}

func TestGalleriesThatCannotBeUsed(t *testing.T) {
	dir := t.TempDir()
	pic := crowd(t, []spot{ada}, dir, "ada.png")
	other := face.NewGallery()
	if err := other.Add("Ada", face.Embedding{Model: "another", Vector: []float32{1, 0}}); err != nil {
		t.Fatal(err)
	}
	if err := other.Save(filepath.Join(dir, "other")); err != nil {
		t.Fatal(err)
	}
	if err := face.NewGallery().Save(filepath.Join(dir, "empty")); err != nil {
		t.Fatal(err)
	}
	put(t, "no gallery at all", dir, "broken")
	for _, c := range []struct{ why, args, want string }{
		{"no file", "identify -gallery DIR/none", "vision: gallery DIR/none: no such file or directory\n"},
		{"a folder", "enroll -name Ada -gallery DIR", "vision: gallery DIR: is a directory\n"},
		{"another file", "enroll -name Ada -gallery DIR/broken", "vision: gallery DIR/broken: broken gallery: not a gallery's file\n"},
		{"another file", "identify -gallery DIR/broken", "vision: gallery DIR/broken: broken gallery: not a gallery's file\n"},
		{"of another model", "enroll -name Ada -gallery DIR/other", `vision: gallery DIR/other: it holds embeddings of model "another", and this one is "mean": vectors of two models cannot be compared` + "\n"},
		{"of another model", "identify -gallery DIR/other", `it holds embeddings of model "another"`},
		{"nobody in it", "identify -gallery DIR/empty", "vision: gallery DIR/empty: nobody is in it\n"},
	} {
		out, err, status := here("", append(append([]string{"face"}, strings.Fields(strings.ReplaceAll(c.args, "DIR", dir))...), append(spots(t), "-json", pic)...)...)
		if want := strings.ReplaceAll(c.want, "DIR", dir); status != statusUnusable || out != "" || !strings.Contains(err, want) {
			t.Errorf("%s: status %d, output %q, stderr %q, want %q", c.why, status, out, err, want)
		}
	}
	// A gallery that cannot be written: nothing is said to be in it.
	if os.Getuid() != 0 { // who may write anywhere
		if err := os.Chmod(dir, 0o500); err != nil {
			t.Fatal(err)
		}
		out, err, status := here("", append([]string{"face", "enroll", "-json", "-name", "Ada", "-gallery", filepath.Join(dir, "new"), pic}, spots(t)...)...)
		if status != statusFailed || out != "" || !strings.Contains(err, "permission denied") {
			t.Errorf("status %d, output %q, stderr %q", status, out, err)
		}
	}
	below := filepath.Join(pic, "new")
	out, err, status := here("", append([]string{"face", "enroll", "-json", "-name", "Ada", "-gallery", below, pic}, spots(t)...)...)
	if status == 0 || out != "" || !strings.Contains(err, "vision: gallery "+below+": not a directory\n") {
		t.Errorf("status %d, output %q, stderr %q", status, out, err)
	}
}

func TestFaceUsageErrors(t *testing.T) {
	pic := root + "/testdata/images/cat.jpg"
	pair := strings.Join(spots(t), " ")
	for _, c := range []struct{ args, want string }{
		{"face", `"face" is half a command; want face find, face enroll, face identify`},
		{"face paint x", `unknown command "face paint"`},
		{"face find", "want pictures"},
		{"face find " + pic, "want -model DETECTOR or DETECTOR,EMBEDDER"},
		{"face find -min 2 " + pair + " " + pic, "-min 2: want 0 to 1"},
		{"face find -embeddings -json -model " + root + "/testdata/models/face_bright " + pic, "-embeddings: want -model DETECTOR,EMBEDDER"},
		{"face find -embeddings " + pair + " " + pic, "-embeddings goes with -json"},
		{"face find -draw " + root + "/testdata/images/drawn " + pair + " " + root + "/testdata/images", "lies in"},
		{"face enroll -gallery g " + pair + " " + pic, "want -name PERSON"},
		{"face enroll -name= -gallery g " + pair + " " + pic, "-name is empty"},
		{"face enroll -name A -name B -gallery g " + pair + " " + pic, `-name B: given twice, first as "A"`},
		{"face enroll -name Ada " + pair + " " + pic, "want -gallery FILE"},
		{"face enroll -name Ada -gallery g -model " + root + "/testdata/models/face_bright " + pic, "want DETECTOR,EMBEDDER, got 1"},
		{"face identify " + pair + " " + pic, "want -gallery FILE"},
		{"face identify -gallery g " + pair, "want pictures"},
	} {
		out, err, status := here("", strings.Fields(c.args)...)
		if status != statusUnusable || out != "" || !strings.Contains(err, c.want) || !strings.Contains(err, "\nTry: vision help") {
			t.Errorf("vision %s: status %d, output %q, stderr %q, want %q", c.args, status, out, err, c.want)
		}
	}
	if out, err, status := here("", append([]string{"face", "enroll", "-gallery", "g", "-name", "two\nlines", pic}, spots(t)...)...); status != statusUnusable || out != "" || !strings.Contains(err, "text on one line") {
		t.Errorf("status %d, output %q, stderr %q", status, out, err)
	}
}

// The lines of identify are those that doc/cli.md promises.
func TestIdentifyJSON(t *testing.T) {
	b, err := json.Marshal(identified{[4]int{1, 2, 3, 4}, face.Identity{Person: "", Distance: 0.5, Margin: 0.25}})
	if want := `{"box":[1,2,3,4],"person":"","distance":0.5,"margin":0.25}`; err != nil || string(b) != want {
		t.Errorf("got %s, want %s; %v", b, want, err)
	}
}
