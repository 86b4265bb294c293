package freezetest

import (
	"bufio"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	tf "github.com/wamuir/graft/tensorflow"

	"github.com/gosight/vision/internal/freeze"
)

// Speed is looked at by hand, as machines are noisy:
//
//	go test ./internal/session/freezetest -run Speed -v -speed DIR [-batch 8] [-peer COMMAND]
//
// A peer is a program that does one inference for each line it reads and answers with the
// milliseconds that passed and those that the processors worked.
var (
	speedDir   = flag.String("speed", "", "folder of a SavedModel with one image input")
	speedBatch = flag.Int64("batch", 1, "pictures in one run")
	speedRuns  = flag.Int("runs", 30, "runs of each contender, in turn")
	speedSide  = flag.Int64("side", 224, "width and height where the model leaves them open")
	speedPeer  = flag.String("peer", "", "command to compare with")
	speedDump  = flag.String("dump", "", "file to write the optimized GraphDef to")
	speedSkip  = flag.String("skip", "", "contenders to leave out, comma-separated")
)

// A contender's run returns the milliseconds that passed and those that the
// processors worked for it, which other programs disturb less.
type contender struct {
	name      string
	run       func() (wall, cpu float64)
	wall, cpu []float64
}

// worked returns the processor time of this process in milliseconds.
func worked(t *testing.T) float64 {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e6
}

func TestSpeed(t *testing.T) {
	if *speedDir == "" {
		t.Skip("SKIPPED, nothing was measured: no -speed folder was given")
	}
	_, _, sig := read(t, *speedDir)
	if *speedDump != "" {
		o := best()
		o.Variables = false
		def, err := freezeDir(t, *speedDir, o).Marshal()
		if err == nil {
			err = os.WriteFile(*speedDump, def, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	p := sig.Inputs[0]
	shape := slices.Clone(p.Shape)
	shape[0] = *speedBatch
	for i, d := range shape {
		if d < 0 {
			shape[i] = *speedSide
		}
	}
	x := random(t, rand.New(rand.NewPCG(1, 2)), p.DType, shape, -1, 1)
	feeds := map[string]*tf.Tensor{p.Key: x}

	var cs []*contender
	add := func(name string, open func() *runner) {
		if slices.Contains(strings.Split(*speedSkip, ","), name) {
			return
		}
		start := time.Now()
		r := open()
		r.run(t, feeds)
		t.Logf("%-28s open to first answer %6.0f ms", name, time.Since(start).Seconds()*1e3)
		cs = append(cs, &contender{name: name, run: func() (float64, float64) {
			start, before := time.Now(), worked(t)
			r.run(t, feeds)
			return time.Since(start).Seconds() * 1e3, worked(t) - before
		}})
	}
	add("saved", func() *runner { r, _ := plain(t, *speedDir, nil); return r })
	add("frozen", func() *runner { return frozen(t, freezeDir(t, *speedDir, freeze.Options{}), nil) })
	add("optimized", func() *runner { return frozen(t, freezeDir(t, *speedDir, best()), nil) })
	add("optimized, not rewritten", func() *runner { return frozen(t, freezeDir(t, *speedDir, best()), asWritten(t)) })
	if *speedPeer != "" {
		cs = append(cs, peer(t, *speedPeer))
	}
	for range *speedRuns {
		for _, c := range cs {
			wall, cpu := c.run()
			c.wall, c.cpu = append(c.wall, wall), append(c.cpu, cpu)
		}
	}
	for _, c := range cs {
		slices.Sort(c.wall)
		slices.Sort(c.cpu)
		mid := len(c.wall) / 2
		t.Logf("%-28s median %7.2f ms, least %7.2f, %5.2f times as fast as the first; processors %7.2f ms, least %7.2f, %5.2f", c.name,
			c.wall[mid], c.wall[0], cs[0].wall[mid]/c.wall[mid], c.cpu[mid], c.cpu[0], cs[0].cpu[mid]/c.cpu[mid])
	}
}

func peer(t *testing.T, command string) *contender {
	t.Helper()
	cmd := exec.Command("sh", "-c", command)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); _ = cmd.Wait() })
	lines := bufio.NewScanner(out)
	c := &contender{name: "peer", run: func() (float64, float64) {
		fmt.Fprintln(in)
		if !lines.Scan() {
			t.Fatal("the peer has stopped")
		}
		var wall, cpu float64
		if _, err := fmt.Sscan(lines.Text(), &wall, &cpu); err != nil {
			t.Fatal(err)
		}
		return wall, cpu
	}}
	c.run()
	return c
}
