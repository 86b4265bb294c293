package tfinstall

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

// The test binary runs itself as another process that installs.
const (
	helperDir   = "TFINSTALL_TEST_DIR"
	helperFile  = "TFINSTALL_TEST_FILE"
	helperSum   = "TFINSTALL_TEST_SHA256"
	helperHangs = "TFINSTALL_TEST_HANGS" // in the middle of unpacking, until killed
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(helperDir); dir != "" {
		os.Exit(helper(dir))
	}
	os.Exit(m.Run())
}

func helper(dir string) int {
	b, err := Lookup(Target{"linux", "amd64", "cpu"})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	b.Unpacked = 1 << 20
	o := Options{Build: b, Dir: dir, From: []string{os.Getenv(helperFile)}, SHA256: os.Getenv(helperSum)}
	if os.Getenv(helperHangs) != "" {
		o.Progress = func(step string, done, total int64) {
			if step == "unpack" && done > total/2 {
				fmt.Println("half")
				select {}
			}
		}
	}
	_, already, err := Install(context.Background(), o)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("already", already)
	return 0
}

func helperCommand(t *testing.T, o Options, more ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), helperDir+"="+o.Dir, helperFile+"="+o.From[0], helperSum+"="+o.SHA256)
	cmd.Env = append(cmd.Env, more...)
	return cmd
}

func TestManyAtOnceInOneProcess(t *testing.T) {
	o := options(t, zipOf(t, wheelEntries()))
	var wg sync.WaitGroup
	var mu sync.Mutex
	worked := 0
	for range 8 {
		wg.Go(func() {
			_, already, err := Install(t.Context(), o)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			} else if !already {
				worked++
			}
		})
	}
	wg.Wait()
	if worked != 1 {
		t.Errorf("%d of 8 installed, want 1 and 7 that wait", worked)
	}
	verify(t, o.Dir)
}

func TestManyProcessesAtOnce(t *testing.T) {
	o := options(t, zipOf(t, wheelEntries()))
	var wg sync.WaitGroup
	outs := make([]string, 8)
	for i := range outs {
		cmd := helperCommand(t, o)
		wg.Go(func() {
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Errorf("%v: %s", err, out)
			}
			outs[i] = strings.TrimSpace(string(out))
		})
	}
	wg.Wait()
	if n := strings.Count(strings.Join(outs, "\n"), "already false"); n != 1 {
		t.Errorf("%d of 8 processes installed, want 1: %q", n, outs)
	}
	verify(t, o.Dir)
}

func TestKilledInTheMiddle(t *testing.T) {
	o := options(t, zipOf(t, wheelEntries()))
	cmd := helperCommand(t, o, helperHangs+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "half\n" {
		rest, _ := io.ReadAll(out)
		t.Fatalf("the other process says %q %q, %v", line, rest, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the other process was not killed")
	}
	if _, err := Load(o.Dir); !errors.Is(err, ErrNotInstalled) {
		t.Errorf("half a library is believed: %v", err)
	}
	if left := beside(t, o.Dir); len(left) != 1 || !strings.Contains(left[0], tempMark) {
		t.Fatalf("the kill came at the wrong moment: %q", left)
	}
	if _, already, err := Install(t.Context(), o); err != nil || already {
		t.Fatalf("afterwards: already %v, error %v", already, err)
	}
	verify(t, o.Dir)
}

// verify reads the installation in dir again and looks for leftovers beside it.
func verify(t *testing.T, dir string) {
	t.Helper()
	inst, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := inst.Verify(nil); err != nil {
		t.Error(err)
	}
	if left := beside(t, dir); len(left) != 1 {
		t.Errorf("left %q", left)
	}
}
