package main

import (
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gosight/vision/eval"
)

func TestEvalReport(t *testing.T) {
	data, dir := labelled(t), filepath.Join(t.TempDir(), "new", "report")
	args := append([]string{"eval", "recognize", "-data", data, "-report", dir}, rgb(t)...)
	bare, _, _ := here("", append([]string{"eval", "recognize", "-data", data}, rgb(t)...)...)
	for range 2 { // the second replaces the files of the first
		stdout, stderr, status := here("", args...)
		if status != statusFailed || stdout != bare || strings.Contains(stderr, "report") { // one picture is broken
			t.Errorf("status %d, stderr %q, stdout %q, without -report %q", status, stderr, stdout, bare)
		}
		got, err := os.ReadFile(filepath.Join(dir, "confusion.csv"))
		if want := "truth,red,sky blue\nred,1,1\nsky blue,0,1\n"; err != nil || string(got) != want {
			t.Errorf("the table is %q, %v, want %q", got, err, want)
		}
		for _, name := range []string{"confusion.png", "worst.png"} {
			f, err := os.Open(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if m, kind, err := image.Decode(f); err != nil || kind != "png" || m.Bounds().Dx() < 400 {
				t.Errorf("%s: %s, %v", name, kind, err)
			}
			f.Close()
		}
		if list, err := os.ReadDir(dir); err != nil || len(list) != 3 {
			t.Errorf("in the folder are %v, %v", list, err)
		}
	}
}

func TestEvalReportRefusals(t *testing.T) {
	data := labelled(t)
	file := flat(t, red, t.TempDir(), "file.png")
	for why, c := range map[string]struct{ dir, want string }{
		"within the set":     {filepath.Join(data, "report"), "lies in"},
		"the set itself":     {data, "lies in"},
		"below a file":       {filepath.Join(file, "report"), "not a directory"},
		"a file of its name": {file, "not a directory"},
	} {
		_, stderr, status := here("", append([]string{"eval", "recognize", "-data", data, "-report", c.dir}, rgb(t)...)...)
		if status != statusUnusable || !strings.Contains(stderr, "-report "+c.dir) || !strings.Contains(stderr, c.want) {
			t.Errorf("%s: status %d, %q", why, status, stderr)
		}
	}
	if _, err := os.Stat(filepath.Join(data, "report")); err == nil {
		t.Error("a folder was made within the set")
	}
	// What cannot be written is said behind the answer.
	dir := t.TempDir()
	put(t, "", dir, "worst.png", "in the way")
	stdout, stderr, status := here("", append([]string{"eval", "recognize", "-data", data, "-report", dir}, rgb(t)...)...)
	if status != statusFailed || !strings.Contains(stdout, "top-1") || !strings.Contains(stderr, "-report "+dir+": worst.png: ") {
		t.Errorf("status %d, %q, %q", status, stdout, stderr)
	}
}

func TestEvalReportOfClassesThatAreNone(t *testing.T) {
	r, err := newEvalReport(t.TempDir(), "recognize", t.TempDir(), []string{"a", "b"})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range []eval.Answer{{Truth: -1, Class: 0}, {Truth: 0, Class: 2}, {Truth: 5, Class: 5}, {Truth: 0, Class: 1}} {
		r.add(a)
	}
	if err := r.write("title"); err == nil || !strings.Contains(err.Error(), "want classes of 0 to 1, got -1 answered as 0") {
		t.Errorf("got %v, want the error of the first", err)
	}
}

func TestTrainReports(t *testing.T) {
	data := twoClasses(t)
	args := []string{"train", "-data", data, "-net", "lenet5", "-epochs", "1", "-batch", "12", "-out"}
	plainly := filepath.Join(t.TempDir(), "model")
	if _, stderr, status := here("", append(args, plainly, "-plain")...); status != statusOK {
		t.Fatalf("status %d, %q", status, stderr)
	}
	if _, err := os.Stat(filepath.Join(plainly, "curves.png")); err == nil {
		t.Error("-plain drew curves")
	}
	out := t.TempDir()
	put(t, "", out, "curves.png", "in the way")
	stdout, stderr, status := here("", append(args, out)...)
	if status != statusFailed || !strings.Contains(stdout, "the weights of epoch 1") || !strings.Contains(stderr, "report curves.png: ") {
		t.Errorf("status %d, %q, %q", status, stdout, stderr)
	}
	if _, err := os.Stat(filepath.Join(out, "saved_model.pb")); err != nil {
		t.Error(err)
	}
}
