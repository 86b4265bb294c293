package tfinstall

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fakePip makes $PYTHON a script that answers as Python with pip does, and puts
// no other Python in the path. The script "downloads" source as name, and keeps
// its arguments in the file it returns.
func fakePip(t *testing.T, source, name, download string) (args string) {
	t.Helper()
	dir := t.TempDir()
	args = filepath.Join(dir, "args")
	script := fmt.Sprintf(`#!/bin/sh
echo "$@" >> %q
[ "$1 $2" = "-m pip" ] || exit 1
[ "$3" = --version ] && exit 0
while [ "$1" != -d ]; do shift; done
src=%q dst="$2/"%q
%s
`, args, source, name, download)
	p := filepath.Join(dir, "python")
	if err := os.WriteFile(p, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PYTHON", p)
	return args
}

// pipOptions install from the fake pip.
func pipOptions(t *testing.T, data []byte) Options {
	t.Helper()
	o := options(t, data)
	o.From, o.SHA256 = nil, ""
	o.Build.Wheels = []Wheel{{Project: "tensorflow-cpu", Version: Version, File: "tf.whl", Size: int64(len(data)), SHA256: sum(data)}}
	return o
}

const copyIt = `cp "$src" "$dst"`

func TestInstallThroughPip(t *testing.T) {
	data := zipOf(t, wheelEntries())
	o := pipOptions(t, data)
	args := fakePip(t, file(t, "w", data), "tf.whl", copyIt)
	if _, already, err := Install(t.Context(), o); err != nil || already {
		t.Fatalf("got already %v, error %v", already, err)
	}
	verify(t, o.Dir)
	got, err := os.ReadFile(args)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"-m pip download --no-deps --only-binary=:all: --platform manylinux2014_x86_64 --python-version 3.11 --implementation cp -d ",
		" tensorflow-cpu==2.18.1 ",
	} {
		if !strings.Contains(string(got), want) {
			t.Errorf("pip was called with %s, want %q in it", got, want)
		}
	}
}

func TestInstallThroughPipFails(t *testing.T) {
	data := zipOf(t, wheelEntries())
	for _, tt := range []struct{ name, download, want string }{
		{"no network", `echo "ERROR: no route to host" >&2; exit 1`, "no route to host"},
		{"another file", `echo saved other.whl`, "another file than tf.whl"},
		{"altered on the way", copyIt + `; echo x >> "$dst"`, "is not the original"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := pipOptions(t, data)
			fakePip(t, file(t, "w", data), "tf.whl", tt.download)
			_, _, err := Install(t.Context(), o)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want one with %q", err, tt.want)
			}
			if left := beside(t, o.Dir); len(left) > 0 {
				t.Errorf("left %q behind", left)
			}
		})
	}
}

func TestNoPip(t *testing.T) {
	o := pipOptions(t, zipOf(t, wheelEntries()))
	bare := t.TempDir()
	t.Setenv("PATH", bare)
	t.Setenv("PYTHON", "")
	var r *RefusalError
	if _, _, err := Install(t.Context(), o); !errors.As(err, &r) || !strings.Contains(err.Error(), "there is no python3") ||
		!strings.Contains(err.Error(), "apt-get install python3") {
		t.Errorf("without Python: %v", err)
	}
	if err := os.WriteFile(filepath.Join(bare, "python3"), []byte("#!/bin/sh\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Install(t.Context(), o); !errors.As(err, &r) || !strings.Contains(err.Error(), "python3 has no pip") {
		t.Errorf("without pip: %v", err)
	}
}
