package report

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the files of testdata anew")

// told are a run of three epochs, killed before its checkpoint knew of the third, and what resumed it.
func told(t *testing.T, dir string) {
	t.Helper()
	at := time.Unix(1700000000, 250e6)
	for i, e := range []struct {
		to    *Events
		steps []int
	}{{NewEvents(dir, 1), []int{1, 2, 3}}, {NewEvents(dir, 3), []int{3, 4}}} {
		for _, step := range e.steps {
			x := float64(step)
			if err := e.to.Add(at, step, Scalar{"epoch_loss", 1/x + float64(i)}, Scalar{"epoch_learning_rate", x * 1e-7}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestEventsAsPythonReadsThem compares the files with those of testdata, and those with what TensorBoard's own reader
// found in them (reference/report/events.py).
func TestEventsAsPythonReadsThem(t *testing.T) {
	dir := t.TempDir()
	told(t, dir)
	list, err := os.ReadDir(dir)
	if err != nil || len(list) != 2 {
		t.Fatalf("want two files, got %v, %v", list, err)
	}
	for i, f := range list {
		name := fmt.Sprintf("events.out.tfevents.170000000%d.", i) // in the order of their names, though told in one second
		if !regexp.MustCompile("^" + regexp.QuoteMeta(name) + ".+$").MatchString(f.Name()) {
			t.Errorf("got %s, want %sHOST", f.Name(), name)
		}
		got, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		known := filepath.Join("testdata", "events", name+"host")
		if *update {
			if err := os.WriteFile(known, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(known)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s differs from what Python read (%v)", f.Name(), err)
		}
	}
	text, err := os.ReadFile(filepath.Join("testdata", "events.json"))
	if err != nil {
		t.Fatal(err)
	}
	var read map[string][][3]float64 // wall time, step, value
	if err := json.Unmarshal(text, &read); err != nil || len(read) != 2 {
		t.Fatalf("%v: %s", err, text)
	}
	for tag, value := range map[string]func(step float64) float64{
		"epoch_loss": func(s float64) float64 { // of the third the second run's
			if s >= 3 {
				return 1/s + 1
			}
			return 1 / s
		},
		"epoch_learning_rate": func(s float64) float64 { return s * 1e-7 },
	} {
		if len(read[tag]) != 4 {
			t.Fatalf("%s: want four steps, each once, got %v", tag, read[tag])
		}
		for i, e := range read[tag] {
			if want := float64(float32(value(float64(i + 1)))); e[0] != 1700000000.25 || e[1] != float64(i+1) || math.Abs(e[2]-want) > 1e-15*want {
				t.Errorf("%s: Python read %v, want step %d with %v", tag, e, i+1, want)
			}
		}
	}
}

func TestEventsThatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	e := NewEvents(filepath.Join(file, "logs"), 1)
	if err := e.Add(time.Now(), 1, Scalar{"loss", 1}); err == nil {
		t.Error("wrote below a file")
	}
	// When there is room again, nothing is missing at the head of the file.
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := e.Add(time.Unix(1700000000, 250e6), 1, Scalar{"epoch_loss", 1}, Scalar{"epoch_learning_rate", 1e-7}); err != nil {
		t.Fatal(err)
	}
	whole := t.TempDir()
	told(t, whole)
	a, b := only(t, filepath.Join(file, "logs")), only(t, whole)
	if !bytes.HasPrefix(b, a) || len(a) == 0 {
		t.Error("the file begins otherwise after an error")
	}
}

// only is the first file of a folder.
func only(t *testing.T, dir string) []byte {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil || len(list) == 0 {
		t.Fatalf("%v, %v", list, err)
	}
	b, err := os.ReadFile(filepath.Join(dir, list[0].Name()))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
