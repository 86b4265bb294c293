//go:build linux

package main

import (
	"strings"
	"testing"
)

// TestNothingOnStandardError runs each command that uses TensorFlow in a fresh process.
func TestNothingOnStandardError(t *testing.T) {
	pic := flat(t, blue, t.TempDir(), "x.png")
	models := root + "/testdata/models/"
	recognize := append([]string{"recognize", pic, root + "/testdata/images/cat.jpg"}, rgb(t)...)
	for _, test := range []struct {
		level string // as it comes, or as tfsetup env sets it
		args  []string
	}{
		{"", recognize},
		{"2", recognize},
		{"", []string{"models", "inspect", models + "counter"}}, // loaded as it is, not frozen
		{"", []string{"devices"}},
		{"", []string{"doctor"}},
		{"", []string{"version"}},
	} {
		c := fresh(t, ".", test.args...)
		if test.level != "" {
			c.Env = append(c.Env, logLevel+"="+test.level)
		}
		out, err, status := outcome(t, c)
		if test.args[0] == "doctor" {
			status = 0 // something may be off on this machine
		}
		if status != 0 || out == "" || err != "" {
			t.Errorf("vision %s, level %q: status %d, output %q, stderr %q", strings.Join(test.args, " "), test.level, status, out, err)
		}
	}
}

// TestAllOfItWhenAsked shows that the test above could fail: there is something to be
// kept quiet, and who asks for it gets it.
func TestAllOfItWhenAsked(t *testing.T) {
	c := fresh(t, ".", "models", "inspect", root+"/testdata/models/counter")
	c.Env = append(c.Env, logLevel+"=0")
	_, err, status := outcome(t, c)
	if status != 0 || !strings.Contains(err, "MLIR V1 optimization pass is not enabled") || !strings.Contains(err, "InitializeLog") ||
		strings.Count(err, "\n") < 3 {
		t.Errorf("status %d, stderr %q", status, err)
	}
}

func TestOnlyTheNoticesAreDropped(t *testing.T) {
	const absl = "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n"
	const mlir = "I0000 00:00:1795459759.685336   29600 mlir_graph_optimization_pass.cc:401] MLIR V1 optimization pass is not enabled\n"
	const other = "E0000 00:00:1795459759.685336   29600 cuda_dnn.cc:8310] Unable to register cuDNN factory\n"
	for _, c := range []struct{ why, said, want string }{
		{"nothing", "", ""},
		{"both", absl + mlir, ""},
		{"the notice alone", mlir, ""},
		{"something before", "a\n" + absl + mlir, "a\n"},
		{"something after", absl + mlir + "b\n", "b\n"},
		{"another message of absl's keeps its warning", absl + mlir + other, absl + other},
		{"an unfinished line", absl + mlir + "half", "half"},
		{"a notice cut short", strings.TrimSuffix(mlir, "\n"), strings.TrimSuffix(mlir, "\n")},
		{"the words elsewhere", "x: MLIR V1 optimization pass is not enabled\n", "x: MLIR V1 optimization pass is not enabled\n"},
	} {
		if got := string(withoutNotices([]byte(c.said))); got != c.want {
			t.Errorf("%s: got %q, want %q", c.why, got, c.want)
		}
	}
}
