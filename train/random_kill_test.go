package train

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestKilledAtRandomMoments kills a process that trains ten times, without warning, each time a random while after a
// random step, so that it dies between two steps, in one, while it writes a checkpoint, validates, or saves the
// best weights; then lets it come to its end. Every loss that any of the eleven processes reported must be that of a run
// that was never stopped. VISION_KILL_NET takes another net than lenet5.
func TestKilledAtRandomMoments(t *testing.T) {
	if testing.Short() {
		t.Skip("twelve processes")
	}
	const kills = 10
	dir := blocks(t, 100)
	r := rand.New(rand.NewPCG(20, 26))
	want := map[int]float64{}
	if n := runChild(t, dir, t.TempDir(), want, 0, 0); n != 60 {
		t.Fatalf("the uninterrupted run made %d steps, want 60", n)
	}
	out, got, made, twice := t.TempDir(), map[int]float64{}, 0, 0
	for kill := range kills {
		lines, wait := 1+r.IntN(6), time.Duration(r.Int64N(int64(60*time.Millisecond)))
		before := len(got)
		n := runChild(t, dir, out, got, lines, wait)
		made += n
		twice += n - (len(got) - before)
		// The checkpoint of a step is written before the step is reported.
		if _, s, err := newestState(out); err != nil {
			t.Fatal(err)
		} else if s != nil && s.Step > 0 {
			if s.Loss != want[s.Step] {
				t.Errorf("kill %d: the checkpoint of step %d has the loss %v, uninterrupted %v", kill+1, s.Step, s.Loss, want[s.Step])
			}
			got[s.Step] = s.Loss
		}
		t.Logf("kill %d: %v after step %d of this process, which made %d; %d steps are known", kill+1, wait, lines, n, len(got))
	}
	made += runChild(t, dir, out, got, 0, 0)
	t.Logf("%d steps were made for 60, %d of them again; no step was lost", made, twice)
	same(t, "killed ten times", got, want)
}

// runChild trains in a process of its own and notes its losses. It is killed a while after so many steps; 0: never. It
// returns how many steps the process reported.
func runChild(t *testing.T, dir, out string, got map[int]float64, lines int, wait time.Duration) (n int) {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), "VISION_TRAIN_CHILD="+dir, "VISION_TRAIN_OUT="+out, "VISION_TRAIN_RECIPE=mixed")
	var said strings.Builder
	c.Stderr = &said
	pipe, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for sc := bufio.NewScanner(pipe); sc.Scan(); {
		var s int
		step, loss, _ := strings.Cut(sc.Text(), " ")
		l, err := strconv.ParseFloat(loss, 64)
		if _, err2 := fmt.Sscan(step, &s); err != nil || err2 != nil {
			continue // killed amid a line
		}
		if old, twice := got[s]; twice && old != l {
			t.Errorf("step %d was made again and gave %g, not %g", s, l, old)
		}
		got[s] = l
		if n++; n == lines {
			time.AfterFunc(wait, func() { _ = c.Process.Kill() })
		}
	}
	if err := c.Wait(); err != nil && lines == 0 {
		t.Fatalf("%v: %s", err, said.String())
	}
	return n
}
