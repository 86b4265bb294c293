package main

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gosight/vision/internal/tfinstall"
)

// command runs tfsetup in this process, with an empty home and nothing set.
func command(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, &out, &errs)
	return code, out.String(), errs.String()
}

func emptyHome(t *testing.T) {
	t.Helper()
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", "")
	t.Setenv("GOENV", "off") // what the user keeps with go env -w
	for _, name := range []string{tfinstall.DirVariable, "CGO_CFLAGS", "CGO_LDFLAGS", "TF_CPP_MIN_LOG_LEVEL"} {
		t.Setenv(name, "")
	}
}

// wheel writes a tiny wheel for this machine and gives its digest.
func wheel(t *testing.T) (file, digest string) {
	t.Helper()
	build, err := tfinstall.Lookup(tfinstall.Host("cpu"))
	if err != nil {
		t.Skip("SKIPPED, nothing was tested: this machine has no build of TensorFlow: ", err)
	}
	if err := tfinstall.CheckMachine(os.DirFS("/"), build.Target); err != nil {
		t.Skip("SKIPPED, nothing was tested: this machine cannot run TensorFlow: ", err)
	}
	file = filepath.Join(t.TempDir(), "tiny.whl")
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for _, name := range []string{
		build.Library, build.Framework,
		"include/tensorflow/c/c_api.h", "include/tensorflow/c/c_api_experimental.h",
		"include/tensorflow/c/eager/c_api.h", "include/tensorflow/core/platform/ctstring.h",
	} {
		w, err := z.Create("tensorflow/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(name)); err != nil {
			t.Fatal(err)
		}
	}
	w, err := z.Create("tensorflow-2.18.1.dist-info/METADATA")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("Version: 2.18.1\n")); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, buf.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(buf.Bytes())
	return file, hex.EncodeToString(sum[:])
}

func TestUsageIsStatus2(t *testing.T) {
	emptyHome(t)
	for _, args := range [][]string{
		{"fly"}, {"install", "-variant", "tpu"}, {"-nonsense"}, {"env", "-shell", "tcsh"},
		{"dir", "extra"}, {"install", "-sha256", "00"},
	} {
		if code, out, errs := command(t, args...); code != 2 || out != "" || errs == "" {
			t.Errorf("%q: status %d, stdout %q, stderr %q", args, code, out, errs)
		}
	}
	for _, args := range [][]string{{"help"}, {"-h"}, {"--help"}, {"env", "-h"}} {
		if code, out, errs := command(t, args...); code != 0 || out+errs == "" {
			t.Errorf("%q: status %d, stdout %q, stderr %q", args, code, out, errs)
		}
	}
}

func TestNothingInstalled(t *testing.T) {
	emptyHome(t)
	for _, args := range [][]string{{"env"}, {"env", "-write"}, {"dir"}, {"verify"}} {
		code, out, errs := command(t, args...)
		if code != 1 || !strings.Contains(errs, "is not installed") || !strings.Contains(errs, "type: ") {
			t.Errorf("%q: status %d, stderr %q", args, code, errs)
		}
		if want := map[bool]string{true: "false\n"}[args[0] == "env"]; out != want {
			t.Errorf("%q prints %q, want %q", args, out, want)
		}
	}
	for _, shell := range []string{"json", "make", "go"} {
		if code, out, _ := command(t, "env", "-shell", shell); code != 1 || out != "" {
			t.Errorf("env -shell %s: status %d, prints %q", shell, code, out)
		}
	}
	if code, _, errs := command(t, "remove"); code != 0 || !strings.Contains(errs, "nothing to remove") {
		t.Errorf("remove: status %d, %q", code, errs)
	}
}

func TestFromInstallToRemove(t *testing.T) {
	emptyHome(t)
	file, digest := wheel(t)
	t.Setenv(tfinstall.DirVariable, filepath.Join(t.TempDir(), "with a space"))
	dir := os.Getenv(tfinstall.DirVariable)

	if code, _, errs := command(t, "-from", file); code != 1 || !strings.Contains(errs, "is not known") {
		t.Fatalf("without its digest: status %d, %s", code, errs)
	}
	if code, out, errs := command(t, "-from", file, "-sha256", digest, "-quiet"); code != 0 || out+errs != "" {
		t.Fatalf("status %d, %s%s", code, out, errs)
	}
	if code, _, errs := command(t, "install"); code != 0 || !strings.Contains(errs, "is already in "+dir) {
		t.Errorf("again: status %d, %s", code, errs)
	}
	if code, out, _ := command(t, "dir"); code != 0 || out != dir+"\n" {
		t.Errorf("dir: status %d, %s", code, out)
	}
	if code, out, errs := command(t, "verify"); code != 0 || !strings.Contains(out, "all as installed") {
		t.Errorf("verify: status %d, %s%s", code, out, errs)
	}

	code, env, errs := command(t, "env")
	if code != 0 || errs != "" {
		t.Fatalf("env: status %d, %s", code, errs)
	}
	script := env + env + `printf '%s|%s|%s' "$CGO_ENABLED" "$CGO_CFLAGS" "$TF_CPP_MIN_LOG_LEVEL"`
	got, err := exec.CommandContext(t.Context(), "sh", "-euc", script).CombinedOutput()
	if want := "1|-O2 -g '-I" + dir + "/include'|2"; err != nil || string(got) != want {
		t.Errorf("in a shell: %s, %v, want %s", got, err, want)
	}

	if err := os.Truncate(filepath.Join(dir, "include", "tensorflow", "c", "c_api.h"), 1); err != nil {
		t.Fatal(err)
	}
	if code, out, errs := command(t, "env"); code != 1 || out != "false\n" || !strings.Contains(errs, "damaged") {
		t.Errorf("damaged: status %d, %s%s", code, out, errs)
	}
	if code, _, errs := command(t, "remove"); code != 0 || !strings.Contains(errs, "removed "+dir) {
		t.Errorf("remove: status %d, %s", code, errs)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("after remove: %v", err)
	}
}

func TestEnvWithDirKeepsTheDir(t *testing.T) {
	emptyHome(t)
	file, digest := wheel(t)
	dir := filepath.Join(t.TempDir(), "tf")
	if code, _, errs := command(t, "install", "-from", file, "-sha256", digest, "-dir", dir); code != 0 {
		t.Fatal(errs)
	}
	if _, out, _ := command(t, "env", "-dir", dir); !strings.Contains(out, "export VISION_TENSORFLOW="+dir+"\n") {
		t.Errorf("got %s", out)
	}
}

func TestInterruptedIsStatus130(t *testing.T) {
	emptyHome(t)
	file, digest := wheel(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs bytes.Buffer
	code := run(ctx, []string{"-from", file, "-sha256", digest}, &out, &errs)
	if code != 130 || !strings.Contains(errs.String(), "nothing is left behind") {
		t.Errorf("status %d, %s", code, errs.String())
	}
}

func TestProgressOffTerminalIsBrief(t *testing.T) {
	var buf bytes.Buffer
	p := newProgress(&buf)
	for i := range int64(1000) {
		p.step("fetch", i, 1000)
	}
	p.line("done")
	if buf.String() != "done\n" {
		t.Errorf("a short step wrote %q", buf.String())
	}
}

func TestProgressOnTerminal(t *testing.T) {
	var buf bytes.Buffer
	p := newProgress(&buf)
	p.terminal = true
	for i := range int64(1001) {
		p.step("fetch", i, 1000)
	}
	p.end()
	if n := strings.Count(buf.String(), "\r"); n != 101 {
		t.Errorf("wrote the line %d times, want once each percent", n)
	}
	if want := "[==============================] 100 % \n"; !strings.HasSuffix(buf.String(), want) {
		t.Errorf("ends in %q, want %q", buf.String()[max(0, buf.Len()-60):], want)
	}
}
