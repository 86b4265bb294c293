package main

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/gosight/vision/internal/doctor"
)

func TestDevices(t *testing.T) {
	out, err, status := here("", "devices")
	if status != 0 || err != "" || !strings.HasPrefix(out, "/device:CPU:0\n") {
		t.Errorf("status %d, output %q, stderr %q", status, out, err)
	}
	out, _, _ = here("", "devices", "-json")
	for line := range strings.Lines(out) {
		var d struct {
			Name, Type string
			Memory     int64
		}
		if err := json.Unmarshal([]byte(line), &d); err != nil || !strings.HasPrefix(d.Name, "/device:"+d.Type+":") || d.Memory <= 0 {
			t.Errorf("%v: %s", err, line)
		}
	}
}

func TestVersion(t *testing.T) {
	for _, name := range []string{"version", "-version", "--version"} {
		out, err, status := here("", name)
		if status != 0 || err != "" || !regexp.MustCompile(`^vision \S+, TensorFlow 2\.18\.\d+, graft \S+, go1\.\d+\S* \w+/\w+\n$`).MatchString(out) {
			t.Errorf("%s: status %d, output %q, stderr %q", name, status, out, err)
		}
	}
}

func TestDoctor(t *testing.T) {
	out, stderr, status := outcome(t, fresh(t, ".", "doctor", "-json"))
	if stderr != "" || strings.Count(out, "\n") != 1 {
		t.Fatalf("output %q, stderr %q", out, stderr)
	}
	var got struct {
		OK       bool
		Findings []doctor.Finding
		doctor.Facts
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	if got.OK != (status == statusOK) || got.OK != doctor.Fine(got.Findings) {
		t.Errorf("ok %v, status %d, findings %v", got.OK, status, got.Findings)
	}
	if !strings.HasPrefix(got.Library, "2.18.") || got.Works != "" || len(got.Devices) == 0 || got.CPU.Cores == 0 {
		t.Errorf("got %+v", got.Facts)
	}
	for _, v := range got.Env {
		if v.Name == "TF_CPP_MIN_LOG_LEVEL" {
			t.Error("the variable that the command sets itself is told as the user's")
		}
	}
	text, _, again := outcome(t, fresh(t, ".", "doctor"))
	if again != status || !strings.Contains(text, "TensorFlow   "+got.Library) || strings.Contains(text, "All is well.") != got.OK {
		t.Errorf("status %d, output %s", again, text)
	}
	for _, path := range got.Loaded {
		if !strings.Contains(text, path) {
			t.Errorf("%s is not in the text", path)
		}
	}
}
