//go:build linux

package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// console returns both ends of a pseudo-terminal.
func console(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	t.Cleanup(func() { master.Close() })
	fd := int(master.Fd())
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	return master, slave
}

// TestProgress runs the command with standard error on a terminal.
func TestProgress(t *testing.T) {
	pic := flat(t, blue, t.TempDir(), "x.png")
	for _, c := range []struct {
		why    string
		files  []string
		stdout bool // on the terminal too
		bar    bool
	}{
		{"many files", append(slices.Repeat([]string{pic}, 20), "nowhere.png"), false, true},
		{"one file", []string{pic}, false, false},
		{"answers on the terminal", []string{pic, pic, pic}, true, false},
	} {
		master, slave := console(t)
		cmd := fresh(t, ".", append(append([]string{"recognize"}, rgb(t)...), c.files...)...)
		cmd.Stderr = slave
		if c.stdout {
			cmd.Stdout = slave
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		slave.Close()
		shown, _ := io.ReadAll(master) // ends with an error when the other end closes
		_ = cmd.Wait()
		text := string(shown)
		if bar := strings.Contains(text, "%"); bar != c.bar {
			t.Errorf("%s: bar %v, want %v: %q", c.why, bar, c.bar, text)
		}
		if c.bar && !strings.Contains(text, "vision: nowhere.png: no such file or directory\r\n") {
			t.Errorf("%s: the failure is not on a line of its own: %q", c.why, text)
		}
	}
}
