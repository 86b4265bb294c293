//go:build unix

package train

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// TestFullDisk has a process train that may write no more to any file than a limit, which is what a test can do without
// a disk of its own: the kernel refuses the rest of a write, as on a full disk.
func TestFullDisk(t *testing.T) {
	if limit := os.Getenv("VISION_TRAIN_FULL"); limit != "" { // the process that trains
		os.Exit(child(os.Getenv("VISION_TRAIN_DIR"), limited(limit)))
	}
	if testing.Short() {
		t.Skip("several processes")
	}
	dir := blocks(t, 140)
	data := digits(t, dir)
	whole, _, err := losses(t.Context(), t, data, longRun(t.TempDir())...)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		why   string
		after int // step, from which on the limit holds
		most  int // bytes a file
		left  int // step of the checkpoint that is there then; 0: none
		want  string
	}{
		{"the pictures", 0, 20000, 0, `(?m)^train: file of prepared pictures: write \S+: file too large$`},
		{"the first checkpoint", 0, 300000, 0, `(?m)^train: checkpoint \S+/last-000000000003: .*File too large`},
		{"a checkpoint in an epoch", 8, 100000, 7, `(?m)^train: checkpoint \S+/last-000000000009: .*File too large`},
		{"the checkpoint of an epoch", 12, 100000, 12, `(?m)^train: checkpoint \S+/last-000000000014: .*File too large`},
		{"the model", 28, 100000, 28, `(?m)^train: write \S+/variables/variables.data-00000-of-00001: write \S+: file too large$`},
	} {
		out := t.TempDir()
		cmd := exec.Command(os.Args[0], "-test.run=^TestFullDisk$")
		cmd.Env = append(os.Environ(), "VISION_TRAIN_DIR="+dir, "VISION_TRAIN_OUT="+out, fmt.Sprintf("VISION_TRAIN_FULL=%d %d", c.after, c.most))
		said, err := cmd.Output()
		var failed *exec.ExitError
		if !errors.As(err, &failed) || failed.ExitCode() != 1 || !regexp.MustCompile(c.want).MatchString(strings.TrimSpace(string(failed.Stderr))) {
			t.Errorf("%s: %v, %s; want %s", c.why, err, failed.Stderr, c.want)
			continue
		}
		got := map[int]float64{}
		for line := range strings.Lines(string(said)) {
			step, loss, _ := strings.Cut(strings.TrimSpace(line), " ")
			s, err1 := strconv.Atoi(step)
			l, err2 := strconv.ParseFloat(loss, 64)
			if err := errors.Join(err1, err2); err != nil {
				t.Fatalf("%s: %q: %v", c.why, line, err)
			}
			got[s] = l
		}
		_, s, err := newestState(out)
		if err != nil || c.left == 0 && s != nil || c.left != 0 && (s == nil || s.Step != c.left) {
			t.Errorf("%s: the checkpoint is %+v, %v; want that of step %d", c.why, s, err, c.left)
		}
		left, err := filepath.Glob(filepath.Join(out, checkpoints, unfinished+"*"))
		if err != nil || len(left) > 0 {
			t.Errorf("%s: left behind: %v, %v", c.why, left, err)
		}
		if _, err := os.Stat(filepath.Join(out, modelFile)); err == nil {
			t.Errorf("%s: there is a model", c.why)
		}
		rest, res, err := losses(t.Context(), t, data, longRun(out)...)
		if err != nil || len(res.History) != 4 {
			t.Errorf("%s: resumed: %v", c.why, err)
		}
		for s, l := range rest {
			got[s] = l
		}
		same(t, c.why, got, whole)
	}
}

// limited takes limit, a step and a number of bytes: after the step no file may become larger. Pictures go to a file.
func limited(limit string) Option {
	var after int
	var most uint64
	_, err := fmt.Sscan(limit, &after, &most)
	signal.Ignore(syscall.SIGXFSZ) // so that the write fails
	hold := func() {
		if e := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: most, Max: most}); e != nil {
			fmt.Fprintln(os.Stderr, e) // which is not the error that is wanted
		}
	}
	return func(s *settings) error {
		s.memory = 0
		if after == 0 {
			hold()
		}
		say := s.progress
		s.progress = func(p Progress) {
			if say(p); p.Step == after {
				hold()
			}
		}
		return err
	}
}
