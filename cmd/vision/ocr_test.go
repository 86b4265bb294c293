package main

import (
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// reader are the flags of a detector that sees light on dark, and of a recogniser that reads colours.
func reader(t *testing.T) []string {
	t.Helper()
	dir := abs(t, root+"/testdata/models")
	return []string{"-model", dir + "/text_bright," + dir + "/text_colours", "-card", abs(t, "testdata/cards")}
}

// sheet writes a dark picture with lines of text: white, each letter 16 pixels wide and the left upper
// quarter of it in its colour.
func sheet(t *testing.T, w, h int, lines []string, path ...string) string {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(m, m.Bounds(), image.NewUniform(color.RGBA{20, 20, 20, 255}), image.Point{}, draw.Src)
	inks := map[rune]color.RGBA{'a': {255, 0, 0, 255}, 'b': {0, 255, 0, 255}, 'c': {0, 0, 255, 255}, 'd': {255, 255, 0, 255}, ' ': {0, 255, 255, 255}}
	for i, text := range lines {
		x, y := 10, 10+i*30
		draw.Draw(m, image.Rect(x, y, x+len(text)*16+8, y+16), image.White, image.Point{}, draw.Src)
		for k, c := range text {
			draw.Draw(m, image.Rect(x+8+k*16, y, x+16+k*16, y+8), image.NewUniform(inks[c]), image.Point{}, draw.Src)
		}
	}
	var b strings.Builder
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return put(t, b.String(), path...)
}

// papers is a folder of pages, one of which is empty and one broken.
func papers(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	sheet(t, 200, 80, []string{"ab cd", "dd"}, dir, "a.png")
	sheet(t, 120, 60, nil, dir, "b", "empty.png")
	sheet(t, 120, 60, []string{"cab"}, dir, "c & d.png")
	put(t, "no picture", dir, "notes.jpg")
	return dir
}

// rounded are the outputs with scores to two digits: the last ones depend on the CPU.
func rounded(s string) string {
	return regexp.MustCompile(`\d\.\d{3,}|\d\d+\.\d{3,}`).ReplaceAllStringFunc(s, func(n string) string {
		v, err := strconv.ParseFloat(n, 64)
		if err != nil {
			return n
		}
		return strconv.FormatFloat(v, 'f', 2, 64)
	})
}

func TestOCRFormats(t *testing.T) {
	dir := papers(t)
	for _, format := range []string{"text", "json", "tsv", "hocr", "alto"} {
		out, err, status := outcome(t, fresh(t, dir, append([]string{"ocr", "-format", format, ".", "nofile.png"}, reader(t)...)...))
		if status != statusFailed {
			t.Errorf("%s: status %d, want 1", format, status)
		}
		golden(t, "ocr."+format, rounded(out))
		if format == "text" {
			golden(t, "ocr.err", err)
		}
		if (err == "") != (format == "json") {
			t.Errorf("%s: stderr %q", format, err)
		}
		// The same in a file, whose parts are gone.
		_, _, status = here("", append([]string{"ocr", "-format", format, dir + "/a.png", "-o", dir + "/out." + format}, reader(t)...)...)
		data, readErr := os.ReadFile(filepath.Join(dir, "out."+format))
		plain, _, _ := here("", append([]string{"ocr", "-format", format, dir + "/a.png"}, reader(t)...)...)
		if status != 0 || readErr != nil || string(data) != plain || plain == "" {
			t.Errorf("%s: -o: status %d, %v, %q, want %q", format, status, readErr, data, plain)
		}
		if err := os.Remove(filepath.Join(dir, "out."+format)); err != nil {
			t.Fatal(err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*.part")); len(left) > 0 {
		t.Errorf("left over: %q", left)
	}
}

func TestOCROfOnePictureIsItsText(t *testing.T) {
	dir := papers(t)
	out, err, status := here("", append([]string{"ocr", dir + "/a.png"}, reader(t)...)...)
	if out != "ab cd\ndd\n" || err != "" || status != 0 {
		t.Errorf("%q, %q, %d", out, err, status)
	}
	if out, _, _ = here("", append([]string{"ocr", dir + "/b/empty.png"}, reader(t)...)...); out != "" {
		t.Errorf("an empty page is %q", out)
	}
}

func TestOCRLines(t *testing.T) {
	dir := t.TempDir()
	m := image.NewRGBA(image.Rect(0, 0, 20, 8))
	draw.Draw(m, m.Bounds(), image.White, image.Point{}, draw.Src)
	draw.Draw(m, image.Rect(4, 0, 8, 4), image.NewUniform(color.RGBA{0, 0, 255, 255}), image.Point{}, draw.Src)
	draw.Draw(m, image.Rect(12, 0, 16, 4), image.NewUniform(color.RGBA{255, 0, 0, 255}), image.Point{}, draw.Src)
	var b strings.Builder
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	pic := put(t, b.String(), dir, "word.png")
	models := abs(t, root+"/testdata/models")
	for _, model := range []string{models + "/text_colours", models + "/text_bright," + models + "/text_colours"} {
		out, err, status := here("", "ocr", "-lines", "-json", "-model", model, "-card", abs(t, "testdata/cards"), pic)
		if want := `{"file":"` + pic + `","text":"ca\n","words":[{"text":"ca","score":1,"quad":[[0,0],[20,0],[20,8],[0,8]]}]}` + "\n"; out != want || err != "" || status != 0 {
			t.Errorf("%s: %s%s %d, want %s", model, out, err, status, want)
		}
	}
}

func TestOCRDraws(t *testing.T) {
	dir, to := papers(t), filepath.Join(t.TempDir(), "drawn")
	_, err, status := here("", append([]string{"ocr", "-draw", to, dir + "/a.png", dir + "/b"}, reader(t)...)...)
	if status != 0 || err != "" {
		t.Fatalf("status %d, %s", status, err)
	}
	for _, name := range []string{"a.png", "empty.png"} {
		f, err := os.Open(filepath.Join(to, name))
		if err != nil {
			t.Fatal(err)
		}
		c, err := png.DecodeConfig(f)
		_ = f.Close()
		if want := map[string]int{"a.png": 400, "empty.png": 240}[name]; err != nil || c.Width != want {
			t.Errorf("%s: %v, %d wide, want %d", name, err, c.Width, want)
		}
	}
}

func TestOCRUsage(t *testing.T) {
	pic := sheet(t, 120, 60, nil, t.TempDir(), "a.png")
	dir := t.TempDir()
	for _, c := range []struct {
		why  string
		args []string
		want string
	}{
		{"no model", []string{pic}, "want -model DETECTOR,RECOGNIZER"},
		{"half a pair", []string{"-model", "a", pic}, "want DETECTOR,RECOGNIZER, got 1"},
		{"no model for lines", []string{"-lines", pic}, "want -model DETECTOR or DETECTOR,RECOGNIZER"},
		{"no such format", append(reader(t), "-format", "pdf", pic), "-format pdf: want one of text, json, tsv, hocr, alto"},
		{"two formats", append(reader(t), "-format", "tsv", "-json", pic), "-json and -format tsv"},
		{"a folder to write to", append(reader(t), "-o", dir, pic), "is a folder, want a file"},
		{"nowhere to write to", append(reader(t), "-o", filepath.Join(dir, "no", "such", "file"), pic), "-o "},
		{"no files", reader(t), "want pictures"},
	} {
		out, err, status := here("", append([]string{"ocr"}, c.args...)...)
		if status != statusUnusable || out != "" || !strings.Contains(err, c.want) {
			t.Errorf("%s: status %d, %q, %q, want %q", c.why, status, out, err, c.want)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
	// A model that does not open leaves no file.
	_, err, status := here("", "ocr", "-model", dir+","+dir, "-o", filepath.Join(dir, "out"), pic)
	if left, _ := os.ReadDir(dir); status != statusUnusable || len(left) > 0 {
		t.Errorf("status %d, %s, left %v", status, err, left)
	}
}
