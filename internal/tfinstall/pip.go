package tfinstall

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// A pip is a command line that runs pip.
type pip []string

// findPip looks for a pip. $PYTHON, if set, names the interpreter to ask first.
func findPip(ctx context.Context) (pip, error) {
	var pythons []string
	if p := os.Getenv("PYTHON"); p != "" {
		pythons = append(pythons, p)
	}
	found := ""
	for _, name := range append(pythons, "python3", "python") {
		p, ok := command(name)
		if !ok {
			continue
		}
		if works(ctx, p, "-m", "pip", "--version") {
			return pip{p, "-m", "pip"}, nil
		}
		if found == "" {
			found = name
		}
	}
	for _, name := range []string{"pip3", "pip"} {
		if p, ok := command(name); ok && works(ctx, p, "--version") {
			return pip{p}, nil
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r := &RefusalError{
		Reason: "Python 3 with pip is needed to fetch TensorFlow, and there is no python3",
		Advice: "on Debian or Ubuntu: sudo apt-get install python3 python3-pip; without a network: tfsetup help",
	}
	if found != "" {
		r.Reason = "Python 3 with pip is needed to fetch TensorFlow, and " + found + " has no pip"
	}
	return nil, r
}

// command finds a program by name or path, as a path that holds in any folder.
func command(name string) (string, bool) {
	p, err := exec.LookPath(name)
	if err != nil {
		return "", false
	}
	p, err = filepath.Abs(p)
	return p, err == nil
}

// works runs a command away from the caller's folder, whose pip.py, if there is
// one, Python would take for the real one.
func works(ctx context.Context, name string, args ...string) bool {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = os.TempDir()
	return cmd.Run() == nil
}

// downloadArgs are pip's arguments that fetch exactly w, whatever Python runs
// pip and whatever machine it runs on.
func downloadArgs(b Build, w Wheel, dest string) []string {
	return []string{
		"download", "--no-deps", "--only-binary=:all:",
		"--platform", b.Platform, "--python-version", "3.11", "--implementation", "cp",
		"-d", dest, strings.ReplaceAll(w.Project, "_", "-") + "==" + w.Version,
	}
}

// DownloadCommands are the lines to type on a machine with a network, to carry
// the files to one without.
func (b Build) DownloadCommands() []string {
	var lines []string
	for _, w := range b.Wheels {
		lines = append(lines, "python3 -m pip "+strings.Join(downloadArgs(b, w, "."), " "))
	}
	return lines
}

// download fetches w into the folder dest, which also takes pip's temporary
// files, and returns the file. Progress gets the bytes that have arrived.
func (p pip) download(ctx context.Context, b Build, w Wheel, dest string, progress func(done, total int64)) (string, error) {
	dest, err := filepath.Abs(dest) // pip runs in another folder
	if err != nil {
		return "", err
	}
	tmp := filepath.Join(dest, "tmp")
	if err := os.MkdirAll(tmp, 0o755); err != nil {
		return "", err
	}
	args := append(p[1:len(p):len(p)], downloadArgs(b, w, dest)...)
	// A copy in pip's own cache would never be asked for again.
	args = append(args, "--no-cache-dir", "--progress-bar", "off", "--disable-pip-version-check", "--no-input")
	cmd := exec.CommandContext(ctx, p[0], args...)
	cmd.Dir = dest // see works
	cmd.Env = append(os.Environ(), "TMPDIR="+tmp)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out

	stop := watch(dest, func(n int64) { progress(n, w.Size) })
	err = cmd.Run()
	stop()
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err != nil {
		return "", fmt.Errorf("pip could not fetch %s %s: %w\n%s\nwithout a network, fetch it elsewhere and give it by path: tfsetup help",
			w.Project, w.Version, err, lastLines(out.String(), 6))
	}
	file := filepath.Join(dest, w.File)
	if _, err := os.Stat(file); err != nil {
		return "", fmt.Errorf("pip fetched another file than %s\n%s", w.File, lastLines(out.String(), 6))
	}
	return file, nil
}

// watch reports the bytes in dir a few times a second until it is stopped.
func watch(dir string, report func(int64)) (stop func()) {
	done := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-done:
				return
			case <-time.After(250 * time.Millisecond):
				report(sizeOf(dir))
			}
		}
	}()
	return func() { close(done); <-ended }
}

// sizeOf adds up the files in dir that can be seen; pip may be moving them.
func sizeOf(dir string) int64 {
	var n int64
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil //nolint:nilerr // a file gone between listing and looking is no error
		}
		if info, err := d.Info(); err == nil {
			n += info.Size()
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return 0
	}
	return n
}

func lastLines(s string, n int) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
