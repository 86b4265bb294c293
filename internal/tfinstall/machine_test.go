package tfinstall

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"
)

func TestCheckMachine(t *testing.T) {
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	const glibc, musl = "lib64/ld-linux-x86-64.so.2", "lib/ld-musl-x86_64.so.1"
	cpu := file("processor\t: 0\nflags\t\t: fpu sse sse2 avx avx2\nbugs\t\t: x\n")
	old := file("processor\t: 0\nflags\t\t: fpu sse sse2 avx2fake\n")
	amd64 := Target{"linux", "amd64", "cpu"}
	for _, tt := range []struct {
		name   string
		root   fstest.MapFS
		target Target
		want   string // in the refusal; empty if it can run
	}{
		{"debian", fstest.MapFS{glibc: file(""), "proc/cpuinfo": cpu}, amd64, ""},
		{"debian with musl beside", fstest.MapFS{glibc: file(""), musl: file(""), "proc/cpuinfo": cpu}, amd64, ""},
		{"loader in no known place", fstest.MapFS{"proc/cpuinfo": cpu}, amd64, ""},
		{"alpine", fstest.MapFS{musl: file(""), "etc/alpine-release": file("3.20"), "proc/cpuinfo": cpu}, amd64, "musl"},
		{"alpine with a shim for glibc", fstest.MapFS{musl: file(""), glibc: file(""), "etc/alpine-release": file("3.20")}, amd64, "musl"},
		{"another musl system", fstest.MapFS{musl: file(""), "proc/cpuinfo": cpu}, amd64, "musl"},
		{"no AVX", fstest.MapFS{glibc: file(""), "proc/cpuinfo": old}, amd64, "AVX"},
		{"no /proc", fstest.MapFS{glibc: file("")}, amd64, ""},
		{"arm64 has no AVX to ask for", fstest.MapFS{"proc/cpuinfo": file("Features\t: fp asimd\n")}, Target{"linux", "arm64", "cpu"}, ""},
		{"arm64 musl", fstest.MapFS{"lib/ld-musl-aarch64.so.1": file("")}, Target{"linux", "arm64", "cpu"}, "musl"},
		{"apple silicon", fstest.MapFS{}, Target{"darwin", "arm64", "cpu"}, ""},
		{"intel mac", fstest.MapFS{}, Target{"darwin", "amd64", "cpu"}, "macOS on Intel"},
		{"windows", fstest.MapFS{}, Target{"windows", "amd64", "cpu"}, "WSL 2"},
		{"arm64 gpu", fstest.MapFS{}, Target{"linux", "arm64", "gpu"}, "-variant cpu"},
		{"32 bit", fstest.MapFS{}, Target{"linux", "386", "cpu"}, "supported are"},
		{"unknown variant", fstest.MapFS{}, Target{"linux", "amd64", "tpu"}, "cpu or gpu"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := CheckMachine(tt.root, tt.target)
			if tt.want == "" {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			var r *RefusalError
			if !errors.As(err, &r) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want a refusal with %q", err, tt.want)
			}
		})
	}
}

func TestTableIsWellFormed(t *testing.T) {
	seen := map[string]string{}
	for _, b := range builds() {
		if b.Library == "" || b.Framework == "" || b.Platform == "" || b.Unpacked == 0 || len(b.Wheels) == 0 {
			t.Errorf("%s: something is empty", b.Target)
		}
		for _, w := range b.Wheels {
			if len(w.SHA256) != 64 || strings.Trim(w.SHA256, "0123456789abcdef") != "" {
				t.Errorf("%s: %q is no SHA-256", w.File, w.SHA256)
			}
			if other, ok := seen[w.SHA256]; ok {
				t.Errorf("%s and %s have one digest", w.File, other)
			}
			seen[w.SHA256] = w.File
			prefix := strings.ReplaceAll(w.Project, "-", "_") + "-" + w.Version + "-"
			if !strings.HasPrefix(w.File, prefix) || !strings.HasSuffix(w.File, ".whl") {
				t.Errorf("%s: want a wheel that begins with %s", w.File, prefix)
			}
		}
		if fits(b.Wheels[0].Version) != nil {
			t.Errorf("%s: %s does not fit the bindings", b.Target, b.Wheels[0].Version)
		}
	}
}
