package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// A mixed folder: pictures by content whatever their name, and everything that is none.
func mixed(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	flat(t, blue, dir, "b.png")
	flat(t, red, dir, "a", "picture without extension")
	flat(t, blue, dir, "a", "z.txt")
	flat(t, blue, dir, ".hidden.png")
	flat(t, blue, dir, ".hidden", "in.png")
	put(t, "no picture", dir, "notes.jpg")
	put(t, "", dir, "empty.png")
	put(t, "%PDF-1.7 no picture either", dir, "paper.pdf")
	put(t, "\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\x00\x00", dir, "cut.png")
	put(t, "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", dir, "phone.heic")
	if err := os.Symlink(dir, filepath.Join(dir, "loop")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("b.png", filepath.Join(dir, "link.png")); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestTextForPeople(t *testing.T) {
	dir := mixed(t)
	out, err, status := outcome(t, fresh(t, dir, append([]string{"recognize", ".", "nofile.jpg", "-top", "2"}, rgb(t)...)...))
	if status != statusFailed {
		t.Errorf("status %d, want 1", status)
	}
	golden(t, "recognize.txt", out)
	golden(t, "recognize.err", err)
}

func TestJSONLines(t *testing.T) {
	dir := mixed(t)
	c := fresh(t, dir, append([]string{"recognize", "-json", "b.png", "nofile.jpg", ".", "-", "a"}, rgb(t)...)...)
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
	golden(t, "recognize.json", out)
}

// TestScoresAreWhole compares with the means that the model computes: an eighth of a
// colour step would show.
func TestScoresAreWhole(t *testing.T) {
	dir := t.TempDir()
	flat(t, color.RGBA{7, 133, 201, 255}, dir, "x.png")
	out, err, status := here("", append([]string{"recognize", "-json", "-top", "1000000", filepath.Join(dir, "x.png")}, rgb(t)...)...)
	if status != 0 || err != "" {
		t.Fatal(status, err)
	}
	var line struct {
		File   string
		Labels []struct {
			Name  string
			Index int
			Score float64
		}
	}
	if err := json.Unmarshal([]byte(out), &line); err != nil {
		t.Fatal(err)
	}
	if len(line.Labels) != 3 {
		t.Fatalf("%d labels, want all 3", len(line.Labels))
	}
	for i, want := range []struct {
		index int
		score float64
	}{{2, 201. / 255}, {1, 133. / 255}, {0, 7. / 255}} {
		if l := line.Labels[i]; l.Index != want.index || math.Abs(l.Score-want.score) > 1e-6 {
			t.Errorf("label %d: %+v, want row %d with %v", i, l, want.index, want.score)
		}
	}
}

func TestExitStatuses(t *testing.T) {
	dir := t.TempDir()
	good, bad := flat(t, blue, dir, "good.png"), put(t, "\x89PNG\r\n\x1a\n cut", dir, "bad.png")
	if err := os.Mkdir(filepath.Join(dir, "nothing"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		why    string
		args   []string
		status int
		stdout bool
		stderr string
	}{
		{"answered", []string{good}, 0, true, ""},
		{"answered on a named device", []string{good, "-device", "cpu"}, 0, true, ""},
		{"answered on the same device twice", []string{good, "-device", "cpu:0,/device:CPU:0"}, 0, true, ""},
		{"exact and bf16", []string{"-exact", "-bf16", good}, 0, true, ""},
		{"one fails", []string{bad, good}, 1, true, "vision: " + bad + ": broken png: "},
		{"all fail", []string{bad}, 1, false, "broken png"},
		{"not there", []string{"nowhere.png"}, 1, false, "vision: nowhere.png: no such file or directory\n"},
		{"an empty folder", []string{filepath.Join(dir, "nothing")}, 1, false, "no picture in this folder"},
		{"a name like a flag", []string{"--", "-json"}, 1, false, "vision: -json: no such file"},
	} {
		out, err, status := here("", append(append([]string{"recognize"}, rgb(t)...), c.args...)...)
		if status != c.status || (out != "") != c.stdout || !strings.Contains(err, c.stderr) || (err == "") != (c.stderr == "") {
			t.Errorf("%s: status %d, output %q, stderr %q", c.why, status, out, err)
		}
	}
}

func TestStandardInputHoldsOnePicture(t *testing.T) {
	data, err := os.ReadFile(flat(t, blue, t.TempDir(), "x.png"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		in, want string
		status   int
	}{
		{string(data), `{"file":"-","labels":[{"name":"sky blue","index":2,"score":1}]}`, 0},
		{"", `{"file":"-","error":"broken: want a picture file, got 0 bytes"}`, 1},
	} {
		out, _, status := here(c.in, append([]string{"recognize", "-json", "-top=1", "-"}, rgb(t)...)...)
		if status != c.status || strings.TrimSpace(out) != c.want {
			t.Errorf("status %d, got %s, want %s", status, out, c.want)
		}
	}
}

func TestNumbersForNamesAreExplainedOnce(t *testing.T) {
	pic := flat(t, color.RGBA{255, 255, 255, 255}, t.TempDir(), "x.png")
	args := []string{"recognize", "-model", abs(t, root+"/testdata/models/mean_rgb"), "-preset", "keras-tf", pic, pic}
	const note = "vision: no class names: the card has no output.labels\n"
	if out, err, status := here("", args...); status != 0 || err != note || !strings.Contains(out, "\n  0  1.000\n") {
		t.Errorf("status %d, output %q, stderr %q", status, out, err)
	}
	if _, err, status := here("", append(args, "-json")...); status != 0 || err != "" {
		t.Errorf("-json: status %d, stderr %q, want nothing: the index says it", status, err)
	}
	for classes, want := range map[int]string{0: "imagenet-1000", 1000: "imagenet-1000", 1001: "imagenet-1001"} {
		if got := builtinHint(classes); !strings.Contains(got, want) {
			t.Errorf("%d classes: %q", classes, got)
		}
	}
}

func TestDamagedPicturesOfAFolderAreTold(t *testing.T) {
	for _, name := range []string{"a.jpg", "a.JPEG", "a.png", "a.GIF", "a.bmp", "a.webp", "a.tif", "a.TIFF"} {
		for _, content := range []string{"", "x\n", "a longer text that is no picture", "%PDF-1.7 no picture", "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"} {
			dir := t.TempDir()
			put(t, content, dir, name)
			put(t, content, dir, "README.md")
			_, err, status := here("", append([]string{"recognize", dir}, rgb(t)...)...)
			if status != statusFailed || strings.Count(err, "\n") != 1 || !strings.Contains(err, name+": ") {
				t.Errorf("%s with %q: status %d, stderr %q", name, content, status, err)
			}
		}
	}
}

// TestInterrupt sends SIGINT while the last picture is awaited on standard input: every
// answer that there is has been written, none is a failure, and the status says so.
func TestInterrupt(t *testing.T) {
	pic := flat(t, blue, t.TempDir(), "x.png")
	const many = 300 // more than are under way at a time
	args := append([]string{"recognize", "-json"}, rgb(t)...)
	c := fresh(t, ".", append(append(args, slices.Repeat([]string{pic}, many)...), "-")...)
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	c.Stderr = &stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	lines := 0
	for s := bufio.NewScanner(out); s.Scan(); lines++ {
		if lines == 0 {
			if err := c.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
		}
		var line struct {
			File   string
			Error  string
			Labels []json.RawMessage
		}
		if err := json.Unmarshal(s.Bytes(), &line); err != nil || line.File != pic || line.Error != "" || len(line.Labels) != 3 {
			t.Errorf("line %d: %v: %s", lines, err, s.Text())
		}
	}
	_ = c.Wait()
	if status := c.ProcessState.ExitCode(); status != statusInterrupted {
		t.Errorf("status %d, want 130; %v", status, c.ProcessState)
	}
	if lines == 0 || lines > many || stderr.String() != "" {
		t.Errorf("%d lines, stderr %q", lines, stderr.String())
	}
}

func TestAnswersThatCannotBeWritten(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("SKIPPED, nothing was tested: needs /dev/full")
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	pic := flat(t, blue, t.TempDir(), "x.png")
	c := fresh(t, ".", append([]string{"recognize", pic, pic, pic}, rgb(t)...)...)
	c.Stdout = full
	if _, stderr, status := outcome(t, c); status != statusFailed || strings.Count(stderr, "no space left") != 1 {
		t.Errorf("status %d, stderr %q, want 1 and the reason once", status, stderr)
	}
}

// TestManyFilesKeepTheirOrder mixes failures in at every distance.
func TestManyFilesKeepTheirOrder(t *testing.T) {
	dir := t.TempDir()
	var want []string
	args := append([]string{"recognize", "-json", "-top", "1"}, rgb(t)...)
	for i := range 400 {
		name := filepath.Join(dir, fmt.Sprintf("%03d.png", i))
		if i%7 == 3 || i > 200 && i < 280 || i > 395 {
			args, want = append(args, name), append(want, name+" error") // not there
			continue
		}
		c, label := color.RGBA{200, 0, 0, 255}, "red"
		if i%2 == 1 {
			c, label = color.RGBA{0, 200, 0, 255}, "green"
		}
		args, want = append(args, flat(t, c, name)), append(want, name+" "+label)
	}
	out, stderr, status := here("", args...)
	if status != statusFailed || stderr != "" {
		t.Fatal(status, stderr)
	}
	var got []string
	for text := range strings.Lines(out) {
		var line struct {
			File, Error string
			Labels      []struct{ Name string }
		}
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatal(err)
		}
		if line.Error != "" {
			got = append(got, line.File+" error")
		} else {
			got = append(got, line.File+" "+line.Labels[0].Name)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %d lines, want %d, or in another order:\n%s", len(got), len(want), strings.Join(got, "\n"))
	}
}

// TestTheModelThatIsBuiltIn is the README's first command.
func TestTheModelThatIsBuiltIn(t *testing.T) {
	pic := root + "/testdata/images/cat.jpg"
	out, stderr, status := outcome(t, fresh(t, ".", "recognize", pic))
	lines := strings.Split(out, "\n")
	if status != 0 || stderr != "" || len(lines) != 7 || lines[0] != pic || !strings.HasPrefix(lines[1], "  cat ") {
		t.Errorf("status %d, stderr %q, output\n%s", status, stderr, out)
	}
	for _, flag := range []string{"-exact", "-bf16", "-device=cpu"} {
		out, stderr, status := here("", "recognize", flag, "-top=1", "-json", pic)
		if status != 0 || stderr != "" || !strings.HasPrefix(out, `{"file":"`+pic+`","labels":[{"name":"cat","index":3,"score":0.`) {
			t.Errorf("%s: status %d, stderr %q, output %s", flag, status, stderr, out)
		}
	}
}
