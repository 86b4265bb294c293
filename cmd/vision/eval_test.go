package main

import (
	"bufio"
	"encoding/json"
	"image"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gosight/vision/eval"
	"github.com/gosight/vision/internal/sharedtest"
)

// labelled is a folder of classes for the model of means; one picture is broken.
func labelled(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	flat(t, red, dir, "red", "a.png")
	flat(t, blue, dir, "red", "b.png")
	flat(t, blue, dir, "sky_blue", "c.png")
	put(t, "no picture", dir, "sky_blue", "d.png")
	return dir
}

// streetSet is a set of two boxes in YOLO's form, for the model that finds the bright one: the
// first is found, the second by half.
func streetSet(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	still(t, image.Rect(0, 0, 32, 16), yellow, dir, "images", "a.png")
	still(t, image.Rect(0, 0, 64, 16), cyan, dir, "images", "b.png")
	put(t, "0 0.25 0.25 0.5 0.5\n", dir, "labels", "a.txt")
	put(t, "1 0.5 0.5 1 1\n", dir, "labels", "b.txt")
	return dir
}

func TestEvalForPeople(t *testing.T) {
	out, stderr, status := outcome(t, fresh(t, labelled(t), append([]string{"eval", "recognize", "-data", "."}, "-model", abs(t, root+"/testdata/models/mean_rgb"), "-card", abs(t, "testdata/cards"))...))
	if status != statusFailed || stderr != "vision: sky_blue/d.png: unsupported text: this is text, not a picture; JPEG, PNG, GIF, BMP, WebP and TIFF are read\n" {
		t.Errorf("status %d, stderr %q", status, stderr)
	}
	golden(t, "eval_recognize.txt", strings.ReplaceAll(out, abs(t, root)+"/", ""))
	out, stderr, status = outcome(t, fresh(t, streetSet(t), append([]string{"eval", "detect", "-data", "coco:."}, bright(t)...)...))
	if status != 0 || stderr != "" {
		t.Errorf("status %d, stderr %q", status, stderr)
	}
	golden(t, "eval_detect.txt", strings.ReplaceAll(out, abs(t, root)+"/", ""))
}

func TestEvalJSON(t *testing.T) {
	out, stderr, status := here("", append([]string{"eval", "recognize", "-json", "-data", labelled(t)}, rgb(t)...)...)
	var r struct {
		Task, Model, Data, Protocol string
		Pictures                    int
		LeftOut                     int `json:"left_out"`
		Failures                    []struct{ Name, Error string }
		Top1, Top5                  float64
		Classes                     []struct {
			Name            string
			Index, Pictures int
		}
	}
	if err := json.Unmarshal([]byte(out), &r); err != nil || strings.Count(out, "\n") != 1 {
		t.Fatal(err, out)
	}
	if status != statusFailed || stderr != "" || r.Task != "recognize" || r.Pictures != 3 || r.LeftOut != 1 || r.Failures[0].Name != "sky_blue/d.png" {
		t.Errorf("status %d, stderr %q, %+v", status, stderr, r)
	}
	if math.Abs(r.Top1-2./3) > 1e-9 || r.Top5 != 1 || len(r.Classes) != 2 || r.Classes[1].Name != "sky blue" || r.Classes[1].Index != 2 {
		t.Errorf("%+v", r)
	}
	// Half of the second box: an overlap of 0.5 is enough for one of ten thresholds.
	out, stderr, status = here("", append([]string{"eval", "detect", "-json", "-data", streetSet(t)}, bright(t)...)...)
	var d struct {
		AP, AP50 float64
		LeftOut  int `json:"left_out"`
		Failures []string
	}
	if err := json.Unmarshal([]byte(out), &d); err != nil || status != 0 || stderr != "" {
		t.Fatal(err, status, stderr, out)
	}
	if math.Abs(d.AP-(1+.1)/2) > 1e-9 || math.Abs(d.AP50-1) > 1e-9 || d.Failures == nil {
		t.Errorf("%+v", d)
	}
}

func TestEvalUsage(t *testing.T) {
	dir, set := labelled(t), streetSet(t)
	two := t.TempDir()
	put(t, "{}", two, "a.json")
	put(t, "{}", two, "b.json")
	for _, c := range []struct{ why, args, want string }{
		{"no set", "eval recognize", "want -data SET: a folder of classes, mnist:DIR"},
		{"a file", "eval recognize -data " + dir + " x.jpg", `want no arguments, got "x.jpg"`},
		{"no such folder", "eval recognize -data nowhere", "-data nowhere: no such file"},
		{"another task's set", "eval recognize -data coco:" + set, "eval recognize takes a folder of classes"},
		{"a kind without a path", "eval recognize -data mnist:", "eval recognize takes"},
		{"no detector", "eval detect -data " + set, "want -model DIR"},
		{"no labels", "eval detect -model m -data " + dir, "want images and labels in YOLO's form"},
		{"two files of annotations", "eval detect -model m -data coco:" + two, "want one file of annotations, got"},
		{"no such set", "eval detect -model m -data coco:nowhere", "-data coco:nowhere: no such file or directory"},
		{"no embedder", "eval face -model m -data " + dir, "-model m: want DETECTOR,EMBEDDER, got 1"},
		{"no pairs", "eval face -model m,n -data " + dir, "pairs.txt"},
		{"a file for a folder of pairs", "eval face -model m,n -data lfw:" + filepath.Join(two, "a.json"), "want a folder with pairs.txt"},
		{"no recognizer", "eval ocr -model m -data " + dir, "-model m: want DETECTOR,RECOGNIZER, got 1"},
		{"no text", "eval ocr -model m,n -data nowhere", "no such file"},
		{"half a command", "eval", `"eval" is half a command; want eval recognize`},
	} {
		out, err, status := here("", strings.Fields(c.args)...)
		if status != statusUnusable || out != "" || !strings.Contains(err, c.want) || !strings.Contains(err, "\nTry: vision help") {
			t.Errorf("%s: status %d, output %q, stderr %q, want 2, none and %q", c.why, status, out, err, c.want)
		}
	}
	// Classes that the model does not have, and sets that hold nothing.
	for _, c := range []struct{ why, data, want string }{
		{"other classes", streetSet(t), "images"},
		{"an empty folder", t.TempDir(), "got no picture"},
	} {
		_, err, status := here("", append([]string{"eval", "recognize", "-data", c.data}, rgb(t)...)...)
		if status != statusUnusable || !strings.HasPrefix(err, "vision: ") || !strings.Contains(err, c.want) {
			t.Errorf("%s: status %d, stderr %q, want %q", c.why, status, err, c.want)
		}
	}
}

// The kind of a set of texts is told by what lies beside its pictures.
func TestKindsOfTextSets(t *testing.T) {
	for _, c := range []struct {
		file string
		kind eval.TextKind
	}{{"gt.tsv", eval.Words}, {"x.csv", eval.Receipts}, {"gt_x.txt", eval.Street}, {"x.txt", eval.Pages}, {"x.gold.txt", eval.Pages}} {
		dir := t.TempDir()
		flat(t, blue, dir, "x.png")
		put(t, map[string]string{"gt.tsv": "x.png\ttext\n"}[c.file], dir, c.file)
		if set, kind, err := ocrSet("ocr:" + dir); err != nil || kind != c.kind || set.Len() != 1 {
			t.Errorf("%s: kind %d, %v", c.file, kind, err)
		}
	}
}

func TestWhereSetsLie(t *testing.T) {
	dir := t.TempDir()
	put(t, "x", dir, "set.tar.gz")
	if file, under := archive(filepath.Join(dir, "set.tar.gz", "scene15", "test")); file != filepath.Join(dir, "set.tar.gz") || under != "scene15/test" {
		t.Errorf("within an archive: %s, %s", file, under)
	}
	for _, p := range []string{filepath.Join(dir, "set.tar.gz"), dir, filepath.Join(dir, "not", "there"), "not/there"} {
		if file, under := archive(p); file != p || under != "" {
			t.Errorf("%s: %s, %s", p, file, under)
		}
	}
	for _, c := range []struct{ why, json, images string }{
		{"as COCO lies", "annotations/instances_val2017.json", "val2017"},
		{"a part within images", "annotations/instances_val2017.json", "images/val2017"},
		{"images beside", "annotations.json", "images"},
		{"beside the file", "coco.json", "."},
	} {
		dir := t.TempDir()
		put(t, "{}", dir, c.json)
		put(t, "", dir, c.images, "x.jpg")
		for _, name := range []string{dir, filepath.Join(dir, c.json)} {
			file, images, err := cocoFiles(name)
			if err != nil || file != filepath.Join(dir, c.json) || images != filepath.Join(dir, c.images) {
				t.Errorf("%s: %s, %s, %v", c.why, file, images, err)
			}
		}
	}
	odd := filepath.Join(t.TempDir(), "a[1]:b")
	put(t, "{}", odd, "x.json")
	if file, _, err := cocoFiles(odd); err != nil || file != filepath.Join(odd, "x.json") {
		t.Errorf("a folder with marks in its name: %s, %v", file, err)
	}
	if kind, path, err := setKind("detect", odd); err != nil || kind != "coco" || path != odd {
		t.Errorf("a folder with a colon in its name: %s, %s, %v", kind, path, err)
	}
}

// TestMeanAveragePrecisionEqualsPython holds both COCO models to what TensorFlow, Pillow and pycocotools
// say (reference/detect/evaluate.py): within 0.005, since boxes here are in whole pixels.
func TestMeanAveragePrecisionEqualsPython(t *testing.T) {
	data := sharedtest.Path(t, "data", "coco")
	f, err := os.Open("testdata/eval_detect_python.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	models := 0
	for s := bufio.NewScanner(f); s.Scan(); models++ {
		var want, got struct {
			Model    string
			Pictures int
			LeftOut  int `json:"left_out"`
			AP, AP50 float64
		}
		if err := json.Unmarshal(s.Bytes(), &want); err != nil {
			t.Fatal(err)
		}
		out, stderr, status := here("", "eval", "detect", "-json", "-model", sharedtest.Path(t, "models", want.Model), "-card", root+"/testdata/cards", "-data", "coco:"+data)
		if err := json.Unmarshal([]byte(out), &got); err != nil || status != 0 {
			t.Fatal(err, status, stderr)
		}
		if got.Pictures != want.Pictures || got.LeftOut != 0 || math.Abs(got.AP-want.AP) > 0.005 || math.Abs(got.AP50-want.AP50) > 0.005 {
			t.Errorf("%s: %+v, want %+v", want.Model, got, want)
		}
		t.Logf("%s: AP %.4f, in Python %.4f", want.Model, got.AP, want.AP)
	}
	if models != 2 {
		t.Errorf("%d models", models)
	}
}
