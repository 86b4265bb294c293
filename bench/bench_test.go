package main

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		why  string
		in   []float64
		want float64
	}{
		{"none", nil, 0},
		{"odd: the middle, whatever the order", []float64{9, 1, 4}, 4},
		{"even: between the two in the middle", []float64{8, 1, 2, 4}, 3},
	} {
		if got := median(c.in); got != c.want {
			t.Errorf("%s: median(%v) = %v, want %v", c.why, c.in, got, c.want)
		}
	}
}

func TestVerdict(t *testing.T) {
	for _, c := range []struct {
		why  string
		r    result
		want string
	}{
		{"at the bound", result{Measure: "photo 10 MP to label", Model: "resnet50", Batch: 1, Contender: "graft", Ratio: 8}, "REACHED"},
		{"below it", result{Measure: "photo 10 MP to label", Model: "resnet50", Batch: 1, Contender: "graft", Ratio: 7.99}, "MISSED"},
		{"5 % over the bare run", result{Measure: "session overhead", Model: "resnet50", Batch: 1, Contender: "bare Session.Run", Ratio: 1 / 1.06}, "MISSED"},
		{"another model's bound does not count", result{Measure: "model only", Model: "mobilenet_v2", Batch: 1, Contender: "graft", Ratio: 1.3}, "MISSED"},
		{"no target", result{Measure: "folder of photos", Model: "mobilenet_v2", Batch: 1, Contender: "graft", Ratio: 3}, ""},
	} {
		got := verdict(c.r)
		if !strings.HasPrefix(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%s: %q, want %q", c.why, got, c.want)
		}
	}
}

// Every turn is counted, and the library's own ratio is 1.
func TestAddAndRecord(t *testing.T) {
	var log bytes.Buffer
	b := &bench{log: &log}
	b.add("model only", "m", 8, "vision", "ms", []float64{10, 30, 20}, []float64{10, 30, 20}, "v1")
	b.add("model only", "m", 8, "graft", "ms", []float64{40, 50}, []float64{10, 30, 20}, "v2")
	path := filepath.Join(t.TempDir(), "speed.csv")
	for range 2 { // the second time appends, without a second header
		if err := record(path, b.results, "cd bench && go run .", machine{model: "cpu, the one"}); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 5 || rows[0][0] != "date" || rows[3][4] != "vision" {
		t.Fatalf("want a header and twice two rows, got %v", rows)
	}
	if got := strings.Join(rows[2][1:9], ","); got != "model only,m,8,graft,45.00,ms,2.250,2" {
		t.Errorf("row %q", got)
	}
}

// A made picture is a JPEG that the contenders can read, and is made once.
func TestSyntheticPhoto(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.jpg")
	if err := synthetic(path, 64, 48); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(before, []byte{0xff, 0xd8}) {
		t.Errorf("want a JPEG, got % x", before[:2])
	}
	if err := os.WriteFile(path, []byte("kept"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := synthetic(path, 64, 48); err != nil {
		t.Fatal(err)
	}
	if after, _ := os.ReadFile(path); string(after) != "kept" {
		t.Error("the picture was made again")
	}
}

// The chart is whole and holds a point a sample and line.
func TestChart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.svg")
	if err := chart(path, []sample{{pictures: 10, rss: 100, heap: 5}, {pictures: 20, rss: 110, heap: 6}}); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if s := string(b); strings.Count(s, "<polyline") != 2 || !strings.HasSuffix(s, "</svg>\n") {
		t.Errorf("chart:\n%s", s)
	}
}

func TestSignificant(t *testing.T) {
	for v, want := range map[float64]string{0.080834: "0.08083", 1.7604: "1.760", 43.218: "43.22", 967.04: "967.0", 20513.6: "20514", 0: "0.000"} {
		if got := significant(v); got != want {
			t.Errorf("%g: %s, want %s", v, got, want)
		}
	}
}
