package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// bright are the flags of a model that finds the bright box of a picture.
func bright(t *testing.T) []string {
	t.Helper()
	return []string{"-model", abs(t, root+"/testdata/models/detect_bright"), "-card", abs(t, "testdata/cards")}
}

var (
	yellow = color.RGBA{255, 204, 0, 255}  // mean 0.6, red is strongest
	cyan   = color.RGBA{51, 255, 204, 255} // mean 2/3, green is strongest
)

// boxed is a dark picture of 64 x 32 pixels with a bright box.
func boxed(box image.Rectangle, c color.Color) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, 64, 32))
	draw.Draw(m, m.Bounds(), image.NewUniform(color.RGBA{20, 20, 20, 255}), image.Point{}, draw.Src)
	draw.Draw(m, box, image.NewUniform(c), image.Point{}, draw.Src)
	return m
}

// still writes a boxed picture as a file of the format that its name says.
func still(t *testing.T, box image.Rectangle, c color.Color, path ...string) string {
	t.Helper()
	var b bytes.Buffer
	var err error
	if strings.HasSuffix(path[len(path)-1], "g.jpg") {
		err = jpeg.Encode(&b, boxed(box, c), &jpeg.Options{Quality: 100})
	} else {
		err = png.Encode(&b, boxed(box, c))
	}
	if err != nil {
		t.Fatal(err)
	}
	return put(t, b.String(), path...)
}

// street is a folder of pictures to find something in, and of one that is broken.
func street(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	still(t, image.Rect(4, 6, 20, 16), yellow, dir, "a.png")
	still(t, image.Rect(32, 0, 64, 32), cyan, dir, "b", "a.png")
	still(t, image.Rectangle{}, cyan, dir, "dark.png")
	put(t, "no picture", dir, "notes.jpg")
	return dir
}

func TestDetectForPeople(t *testing.T) {
	out, err, status := outcome(t, fresh(t, street(t), append([]string{"detect", ".", "nofile.jpg"}, bright(t)...)...))
	if status != statusFailed {
		t.Errorf("status %d, want 1", status)
	}
	golden(t, "detect.txt", out)
	golden(t, "detect.err", err)
}

func TestDetectJSONLines(t *testing.T) {
	dir := street(t)
	for _, c := range []struct{ golden, flags string }{
		{"detect.json", ""},
		{"detect_min.json", "-min 0.65"},
		{"detect_classes.json", "-classes red,light@blue"},
	} {
		args := []string{"detect", "-json", "."}
		for _, f := range strings.Fields(c.flags) {
			args = append(args, strings.ReplaceAll(f, "@", " "))
		}
		out, err, status := outcome(t, fresh(t, dir, append(args, bright(t)...)...))
		if status != statusFailed || err != "" { // notes.jpg
			t.Errorf("%s: status %d, stderr %q", c.flags, status, err)
		}
		// The last digits of a sum depend on the CPU.
		golden(t, c.golden, regexp.MustCompile(`"score":[0-9.]+`).ReplaceAllStringFunc(out, func(s string) string {
			v, err := strconv.ParseFloat(strings.TrimPrefix(s, `"score":`), 64)
			if err != nil {
				t.Fatal(err)
			}
			return fmt.Sprintf(`"score":%.4f`, v)
		}))
	}
}

func TestDetectUsage(t *testing.T) {
	dir := street(t)
	pic := filepath.Join(dir, "a.png")
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		why  string
		args []string
		want string
	}{
		{"no model", []string{"detect", pic}, "want -model DIR"},
		{"a score above 1", append(bright(t), "-min", "1.5", pic), "-min 1.5: want 0 to 1"},
		{"no score", append(bright(t), "-min", "NaN", pic), "-min NaN: want 0 to 1"},
		{"a class that is not there", append(bright(t), "-classes", "red,gren", pic), `the model has no class "gren"; did you mean "green"?`},
		{"part of a name", append(bright(t), "-classes", "blue", pic), `no class "blue"; did you mean "light blue"?`},
		{"nothing like it", append(bright(t), "-classes", "bicycle", pic), "it has red, green, light blue"},
		{"a hole", append(bright(t), "-classes", "red,,green", pic), "want names between the commas"},
		{"an unset variable", append(bright(t), "-draw", "", pic), "-draw is empty"},
		{"drawn into what is read", append(bright(t), "-draw", filepath.Join(dir, "out"), dir), "whose pictures are read"},
		{"into what is read itself", append(bright(t), "-draw", dir, dir), "whose pictures are read"},
		{"by a link", append(bright(t), "-draw", filepath.Join(link, "new", "out"), dir), "whose pictures are read"},
		{"into a file", append(bright(t), "-draw", pic, pic), "-draw " + pic},
	} {
		if c.args[0] != "detect" {
			c.args = append([]string{"detect"}, c.args...)
		}
		out, err, status := here("", c.args...)
		if status != statusUnusable || out != "" || !strings.Contains(err, c.want) || !strings.Contains(err, "\nTry: vision help detect\n") {
			t.Errorf("%s: status %d, output %q, stderr %q, want 2, none and %q", c.why, status, out, err, c.want)
		}
	}
	if left, err := os.ReadDir(filepath.Join(dir)); err != nil || len(left) != 4 {
		t.Errorf("%d entries in the folder, %v: something was made", len(left), err)
	}
}

// A model without names calls its classes by numbers, and says so once.
func TestDetectWithoutNames(t *testing.T) {
	card := put(t, `{"task": "detect", "input": {"channels": "RGB", "range": [0, 1], "resize": {"mode": "squash", "resampler": "tf-nearest"}},
		"output": {"scores": "probabilities"}, "detect": {"head": "rows", "columns": ["x1", "y1", "x2", "y2", "score", "class"], "units": "pixels"}}`, t.TempDir(), "card.json")
	pic := still(t, image.Rect(4, 6, 20, 16), cyan, t.TempDir(), "x.png")
	args := []string{"detect", "-model", root + "/testdata/models/detect_bright", "-card", card, pic}
	out, err, status := here("", append(args, "-classes", "1,2")...)
	if status != 0 || !strings.HasPrefix(out, pic+"\n  1  0.") || strings.Count(err, "\n") != 1 || !strings.Contains(err, "no class names") {
		t.Errorf("status %d, output %q, stderr %q", status, out, err)
	}
	if _, err, status := here("", append(args, "-classes", "green")...); status != 2 || !strings.Contains(err, "want their numbers") {
		t.Errorf("status %d, stderr %q", status, err)
	}
}

func TestDrawnPictures(t *testing.T) {
	dir, out := t.TempDir(), filepath.Join(t.TempDir(), "new", "drawn")
	still(t, image.Rect(4, 6, 20, 16), yellow, dir, "in", "a.png")
	still(t, image.Rect(4, 6, 20, 16), yellow, dir, "in", "sub", "a.png")
	still(t, image.Rect(4, 6, 20, 16), yellow, dir, "in", "a.bmp") // a PNG all the same
	still(t, image.Rect(32, 2, 60, 20), cyan, dir, "in", "img.jpg")
	still(t, image.Rect(4, 6, 20, 16), yellow, dir, "other", "A.PNG")
	put(t, "no picture", dir, "in", "notes.jpg")
	want := []string{"A-2.PNG", "a.bmp.png", "a.png", "img.jpg", "stdin.png", "sub/a.png"}
	in, err := os.ReadFile(filepath.Join(dir, "in", "a.png"))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // again, over what was drawn
		text, stderr, status := here(string(in), append(append([]string{"detect", "-json", "-draw", out}, bright(t)...), filepath.Join(dir, "in"), filepath.Join(dir, "other", "A.PNG"), "-")...)
		if status != statusFailed || stderr != "" || strings.Count(text, "\n") != 7 || strings.Count(text, "error") != 1 {
			t.Fatalf("status %d, output %s, stderr %q", status, text, stderr)
		}
		var got []string
		walkErr := fs.WalkDir(os.DirFS(out), ".", func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				got = append(got, path)
			}
			return err
		})
		if walkErr != nil || !slices.Equal(got, want) {
			t.Fatalf("drawn: %q, %v, want %q", got, walkErr, want)
		}
	}
	for _, name := range want {
		f, err := os.Open(filepath.Join(out, name))
		if err != nil {
			t.Fatal(err)
		}
		img, format, err := image.Decode(f)
		_ = f.Close()
		if err != nil || (format == "jpeg") != strings.HasSuffix(name, ".jpg") || img.Bounds() != image.Rect(0, 0, 64, 32) {
			t.Errorf("%s: %s, %v", name, format, err)
			continue
		}
		at := image.Pt(4, 10) // the left side of the box
		if name == "img.jpg" {
			at = image.Pt(32, 10)
		}
		r, g, b, _ := img.At(at.X, at.Y).RGBA()
		src := yellow
		if name == "img.jpg" {
			src = cyan
		}
		if sr, sg, sb, _ := src.RGBA(); max(r, sr)-min(r, sr)+max(g, sg)-min(g, sg)+max(b, sb)-min(b, sb) < 0x3000 {
			t.Errorf("%s: no line on the box: %04x %04x %04x", name, r, g, b)
		}
	}
}

func TestDrawingNeverTouchesWhatIsRead(t *testing.T) {
	dir := t.TempDir()
	pic := still(t, image.Rect(4, 6, 20, 16), yellow, dir, "a.png")
	before, err := os.ReadFile(pic)
	if err != nil {
		t.Fatal(err)
	}
	if _, stderr, status := here("", append([]string{"detect", pic, "-draw", dir}, bright(t)...)...); status != 0 || stderr != "" {
		t.Fatal(status, stderr)
	}
	after, err := os.ReadFile(pic)
	if err != nil || !bytes.Equal(before, after) {
		t.Error("the picture was written over")
	}
	if drawn, err := os.ReadFile(filepath.Join(dir, "a-2.png")); err != nil || bytes.Equal(drawn, before) {
		t.Errorf("the drawing: %v", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("%v, %v: something was left", entries, err)
	}
}

func TestDrawingsThatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	put(t, "a file where a folder is wanted", out, "sub")
	still(t, image.Rect(4, 6, 20, 16), yellow, dir, "in", "sub", "a.png")
	still(t, image.Rect(4, 6, 20, 16), yellow, dir, "in", "b.png")
	text, stderr, status := here("", append([]string{"detect", "-json", filepath.Join(dir, "in"), "-draw", out}, bright(t)...)...)
	if status != statusFailed || stderr != "" || strings.Count(text, `"error":"-draw `+out+`: `) != 1 || strings.Count(text, `"objects":[{`) != 1 {
		t.Errorf("status %d, output %s, stderr %q", status, text, stderr)
	}
}

// Pictures that are drawn on keep their order too, however many there are.
func TestManyDrawnKeepTheirOrder(t *testing.T) {
	dir, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
	args := append([]string{"detect", "-json", "-draw", out}, bright(t)...)
	for i := range 40 {
		args = append(args, still(t, image.Rect(i, 6, 64, 16), yellow, dir, fmt.Sprintf("%02d.png", i)))
	}
	text, stderr, status := here("", args...)
	if status != 0 || stderr != "" {
		t.Fatal(status, stderr)
	}
	n := 0
	for line := range strings.Lines(text) {
		var v struct {
			File    string
			Objects []struct{ Box [4]int }
		}
		if err := json.Unmarshal([]byte(line), &v); err != nil || filepath.Base(v.File) != fmt.Sprintf("%02d.png", n) || len(v.Objects) != 1 || v.Objects[0].Box[0]-n > 1 || n-v.Objects[0].Box[0] > 1 {
			t.Errorf("line %d: %v: %s", n, err, line)
		}
		n++
	}
	if n != 40 {
		t.Errorf("%d lines", n)
	}
}
