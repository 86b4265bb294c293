package train

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/gosight/vision/dataset"
)

// What a stopped and resumed run must repeat: momentum, averages, augmentation, order of pictures, sums of an epoch.
func longRun(out string) []Option {
	return []Option{Out(out), Epochs(4), Batch(20), PadCrop(2), Average(0.9), CheckpointEvery(3), Resume()}
}

// Likewise, of what draws more.
func mixedRun(out string) []Option {
	return []Option{Out(out), Epochs(4), Batch(20), CheckpointEvery(3), Resume(), AlternatingFlip(), ReflectCrop(2), RandomResizedCrop(0.3),
		ColorJitter(0.4, 0.4, 0.4, 0.1), Mixup(0.4), CutMix(1), MixPart(0.8), Balanced(), AutoRate(), Patience(3)}
}

func TestStoppedAndResumedLikeUninterrupted(t *testing.T) {
	stoppedAndResumed(t, longRun, 1, 7, 13, 27) // within an epoch, at its end, before the last step
	stoppedAndResumed(t, mixedRun, 13)
}

func stoppedAndResumed(t *testing.T, longRun func(out string) []Option, stops ...int) {
	t.Helper()
	data := digits(t, blocks(t, 140))
	whole, want, err := losses(t.Context(), t, data, longRun(t.TempDir())...)
	if err != nil {
		t.Fatal(err)
	}
	for _, stop := range stops {
		out := t.TempDir()
		ctx, cancel := context.WithCancel(t.Context())
		got := map[int]float64{}
		note := onStep(func(p Progress) {
			if old, twice := got[p.Step]; twice && old != p.Loss {
				t.Errorf("stopped at %d: step %d was made again and gave %g, not %g", stop, p.Step, p.Loss, old)
			}
			if got[p.Step] = p.Loss; p.Step == stop {
				cancel()
			}
		})
		_, err := Fit(ctx, net(t, "lenet5"), data, append(longRun(out), note)...)
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("stopped at %d: %v", stop, err)
		}
		if _, err := os.Stat(filepath.Join(out, modelFile)); err == nil {
			t.Errorf("stopped at %d: there is a model", stop)
		}
		res, err := Fit(t.Context(), net(t, "lenet5"), data, append(longRun(out), note)...)
		if err != nil {
			t.Fatalf("resumed at %d: %v", stop, err)
		}
		same(t, fmt.Sprintf("stopped at %d", stop), got, whole)
		for i, e := range res.History {
			w := want.History[i]
			if e.Seconds, w.Seconds = 0, 0; e != w {
				t.Errorf("stopped at %d: epoch %+v, want %+v", stop, e, w)
			}
		}
	}
}

func same(t *testing.T, why string, got, want map[int]float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d steps, want %d", why, len(got), len(want))
	}
	for s, l := range want {
		if got[s] != l {
			t.Errorf("%s: step %d has the loss %v, uninterrupted %v", why, s, got[s], l)
		}
	}
}

// TestKilled kills a process that trains, without warning, and goes on where it was.
func TestKilled(t *testing.T) {
	dir := blocks(t, 140)
	data := digits(t, dir)
	whole, _, err := losses(t.Context(), t, data, longRun(t.TempDir())...)
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	got := map[int]float64{}
	for _, lines := range []int{5, 6, 100} { // killed twice, then left alone
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), "VISION_TRAIN_CHILD="+dir, "VISION_TRAIN_OUT="+out)
		c.Stderr = os.Stderr
		pipe, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		n := 0
		for sc := bufio.NewScanner(pipe); sc.Scan(); {
			step, loss, ok := strings.Cut(sc.Text(), " ")
			if !ok {
				continue
			}
			s, err1 := strconv.Atoi(step)
			l, err2 := strconv.ParseFloat(loss, 64)
			if err1 != nil || err2 != nil {
				t.Fatalf("child: %q", sc.Text())
			}
			if old, twice := got[s]; twice && old != l {
				t.Errorf("step %d was made again and gave %g, not %g", s, l, old)
			}
			got[s] = l
			if n++; n == lines {
				if err := c.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := c.Wait(); (err == nil) != (n < lines) {
			t.Fatalf("the child that was to make %d steps made %d and ended with %v", lines, n, err)
		}
	}
	same(t, "killed", got, whole)
}

// child trains until it is killed and writes each loss.
func child(dir string, more ...Option) int {
	if err := trainAlone(dir, more); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func trainAlone(dir string, more []Option) error {
	a, err := dataset.MNIST(dir, "train")
	if err != nil {
		return err
	}
	b, err := dataset.MNIST(dir, "test")
	if err != nil {
		return err
	}
	n, err := ByName(cmp.Or(os.Getenv("VISION_KILL_NET"), "lenet5"))
	if err != nil {
		return err
	}
	opts := longRun(os.Getenv("VISION_TRAIN_OUT"))
	if os.Getenv("VISION_TRAIN_RECIPE") == "mixed" {
		opts = append(mixedRun(os.Getenv("VISION_TRAIN_OUT")), Epochs(12), Patience(12))
	}
	note := onStep(func(p Progress) { fmt.Println(p.Step, strconv.FormatFloat(p.Loss, 'g', -1, 64)) })
	_, err = Fit(context.Background(), n, Data{a, b}, append(append(opts, note), more...)...)
	return err
}

func TestHalfWrittenCheckpointsAreNotUsed(t *testing.T) {
	data, out := digits(t, blocks(t, 60)), t.TempDir()
	write(t, filepath.Join(out, checkpoints, unfinished+"1", stateFile), []byte(`{"step": 99`))
	if _, err := Fit(t.Context(), net(t, "lenet5"), data, Out(out), Epochs(1), Batch(20), Resume()); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(filepath.Join(out, checkpoints))
	if err != nil || len(left) != 3 {
		t.Errorf("want one last, one best and the lock, got %v, %v", left, err)
	}
	broken := filepath.Join(out, checkpoints, last+"999999999999", stateFile)
	write(t, broken, []byte(`{"step": 99`))
	if _, err := Fit(t.Context(), net(t, "lenet5"), data, Out(out), Epochs(1), Batch(20), Resume()); err == nil || !strings.Contains(err.Error(), "broken checkpoint") {
		t.Errorf("a broken state: %v", err)
	}
}

func TestFinishedRunResumed(t *testing.T) {
	data, out := digits(t, blocks(t, 60)), t.TempDir()
	opts := []Option{Out(out), Epochs(1), Batch(20), Resume()}
	first, err := Fit(t.Context(), net(t, "lenet5"), data, opts...)
	if err != nil {
		t.Fatal(err)
	}
	steps, again, err := losses(t.Context(), t, data, opts...)
	if err != nil || len(steps) != 0 || again.Best != first.Best {
		t.Errorf("made %d steps more: %+v, %v", len(steps), again, err)
	}
}
