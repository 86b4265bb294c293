package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gosight/vision/train"
)

// Every kind of set opens, to train on and to measure on.
func TestKindsOfClassSets(t *testing.T) {
	testdata := root + "/dataset/testdata"
	dir := t.TempDir()
	for _, part := range []string{"train", "t10k"} {
		put(t, "\x00\x00\x08\x03\x00\x00\x00\x02\x00\x00\x00\x01\x00\x00\x00\x01ab", dir, "raw", part+"-images.idx3-ubyte")
		put(t, "\x00\x00\x08\x01\x00\x00\x00\x02\x01\x02", dir, "raw", part+"-labels.idx1-ubyte")
	}
	flat(t, red, dir, "in", "train", "n01440764", "a.png")
	flat(t, blue, dir, "in", "val", "ILSVRC2012_val_00000001.png")
	put(t, "490\n", dir, "in", "ILSVRC2012_validation_ground_truth.txt")
	flat(t, red, dir, "flat", "n01440764_a.png")
	put(t, "in/train/n01440764/a.png,x,train\nflat/n01440764_a.png,y,test\nflat/n01440764_a.png,x,val\n", dir, "parts.csv")
	put(t, "in/train/n01440764/a.png,x\nflat/n01440764_a.png,y\n", dir, "list.csv")
	for _, c := range []struct {
		data               string
		offset             int
		train, valid, test int // pictures; -1: none
		classes            int
	}{
		{"mnist:" + dir, 0, 2, 2, 2, 10},
		{"cifar10:" + testdata + "/cifar10-bin.tar.gz", 0, 15, 2, 2, 10},
		{"cifar10:" + testdata + "/cifar10-python2.tar.gz", 0, 15, 2, 2, 10},
		{"cifar100:" + testdata + "/cifar100-bin.tar.gz", 0, 5, 2, 2, 100},
		{"cifar100-coarse:" + testdata + "/cifar100-python2.tar.gz", 0, 5, 2, 2, 20},
		{"imagenet:" + filepath.Join(dir, "in"), 0, 1, 1, 1, 1000},
		{"imagenet:" + filepath.Join(dir, "flat"), 0, 1, -1, 1, 1000},
		{"tfrecord:" + testdata + "/tfrecord/plain", 0, 9, 3, 3, 3},
		{"tfrecord:" + testdata + "/tfrecord/plain/train-*", 0, 9, -1, 9, 3},
		{"tfrecord:" + testdata + "/tfrecord/gzip/train", 1, 4, -1, 4, 3},
		{"csv:" + filepath.Join(dir, "parts.csv"), 0, 1, 1, 1, 2},
		{"csv:" + filepath.Join(dir, "list.csv"), 0, 2, -1, 2, 2},
		{filepath.Join(dir, "in", "train"), 0, 1, -1, 1, 1},
	} {
		f := setFlags{labelOffset: c.offset}
		tr, v, err := trainingSet(c.data, f)
		if err != nil {
			t.Errorf("%s: %v", c.data, err)
			continue
		}
		test, err := classSet("recognize", c.data, f)
		if err != nil {
			t.Errorf("%s: %v", c.data, err)
			continue
		}
		valid := -1
		if v != nil {
			valid = v.Len()
		}
		got := fmt.Sprint(tr.Len(), valid, test.Len(), len(tr.Classes))
		if want := fmt.Sprint(c.train, c.valid, c.test, c.classes); got != want {
			t.Errorf("%s: %s pictures to train, validate and measure, and classes; want %s", c.data, got, want)
		}
	}
}

func TestClassSetUsage(t *testing.T) {
	dir := t.TempDir()
	put(t, "a.png\n", dir, "broken.csv")
	for why, c := range map[string]struct{ data, offset, want string }{
		"an offset elsewhere":  {"csv:x.csv", "1", "-label-offset: want it with tfrecord:PATTERN alone"},
		"a negative one":       {"tfrecord:x", "-1", "-label-offset -1: want 0 or more"},
		"no such file":         {"csv:nowhere.csv", "0", "-data csv:nowhere.csv"},
		"no such shards":       {"tfrecord:nowhere/train", "0", "nowhere/train"},
		"no path":              {"tfrecord:", "0", "tfrecord:"},
		"no training part":     {"imagenet:" + dir, "0", "want one of train, ILSVRC2012_img_train"},
		"a list that is wrong": {"csv:" + filepath.Join(dir, "broken.csv"), "0", "broken.csv:1: "},
	} {
		for _, args := range [][]string{
			{"train", "-net", "lenet5", "-out", filepath.Join(t.TempDir(), "out"), "-data", c.data, "-label-offset", c.offset},
			{"eval", "recognize", "-data", c.data, "-label-offset", c.offset},
		} {
			want := c.want
			if why == "no training part" && args[0] == "eval" {
				want = "got none"
			}
			_, stderr, status := here("", args...)
			if status != statusUnusable || !strings.Contains(stderr, want) {
				t.Errorf("%s: %s: status %d, %q, want 2 and %q", why, args[0], status, stderr, want)
			}
		}
	}
}

// A list of the pictures trains as their folders do, and a broken one is named by list and line, or left out.
func TestTrainFromCSV(t *testing.T) {
	data := twoClasses(t)
	var list strings.Builder
	list.WriteString("path,label,split\n")
	pictures, err := filepath.Glob(filepath.Join(data, "*", "*.png"))
	if err != nil || len(pictures) == 0 {
		t.Fatalf("%q, %v", pictures, err)
	}
	for i, p := range pictures {
		rel, _ := filepath.Rel(data, p)
		fmt.Fprintf(&list, "%s,%s,%s\n", filepath.ToSlash(rel), filepath.Base(filepath.Dir(p)), []string{"train", "val"}[i%2])
	}
	put(t, list.String(), data, "good.csv")
	put(t, list.String()+"missing.png,dark,train\n", data, "bad.csv")
	out := filepath.Join(t.TempDir(), "model")
	stdout, stderr, status := here("", "train", "-data", "csv:"+filepath.Join(data, "good.csv"), "-net", "lenet5", "-out", out, "-epochs", "6", "-batch", "12", "-json")
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	var e train.Epoch
	if status != statusOK || json.Unmarshal([]byte(lines[len(lines)-1]), &e) != nil || e.Tested != len(pictures)/2 || e.ValidAccuracy != 1 {
		t.Fatalf("status %d, %s, %s", status, stdout, stderr)
	}
	if labels, err := os.ReadFile(filepath.Join(out, "labels.txt")); err != nil || string(labels) != "dark\nlight\n" {
		t.Errorf("labels %q, %v", labels, err)
	}
	args := []string{"train", "-data", "csv:" + filepath.Join(data, "bad.csv"), "-net", "lenet5", "-out", out + "2", "-epochs", "1", "-batch", "12"}
	line := fmt.Sprintf("bad.csv:%d: missing.png", len(pictures)+2)
	if _, stderr, status = here("", args...); status != statusFailed || !strings.Contains(stderr, line) || !strings.Contains(stderr, "-skip leaves out pictures") {
		t.Errorf("a missing picture: status %d, %q, want %q", status, stderr, line)
	}
	if _, stderr, status = here("", append(args, "-skip")...); status != statusOK || !strings.Contains(stderr, "left out") || !strings.Contains(stderr, line) {
		t.Errorf("a missing picture left out: status %d, %q, want %q", status, stderr, line)
	}
}
