package tfinstall

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// CheckMachine says whether a machine of the kind t, whose file system is root
// (os.DirFS("/") for this one), can run the library. The error is a *RefusalError.
// It looks at what makes TensorFlow's builds fail with an illegal instruction or
// a loader message that names neither cause nor cure: the C library and the CPU.
func CheckMachine(root fs.FS, t Target) error {
	if _, err := Lookup(t); err != nil {
		return err
	}
	if t.OS != "linux" {
		return nil
	}
	if usesMusl(root) {
		return &RefusalError{
			Reason: "this system's C library is musl (Alpine?), and TensorFlow's builds need glibc 2.17 or newer",
			Advice: "use Debian, Ubuntu or another glibc system, in a container debian:12-slim",
		}
	}
	if t.Arch != "amd64" {
		return nil
	}
	// Without /proc nothing is known, and nothing is refused.
	if flags := cpuFlags(root); len(flags) > 0 && !slices.Contains(flags, "avx") {
		return &RefusalError{
			Reason: fmt.Sprintf("this CPU has no AVX, which every build of TensorFlow %s for x86-64 needs", Version),
			Advice: "in a virtual machine let the host's CPU through (for QEMU: -cpu host)",
		}
	}
	return nil
}

// usesMusl tells by the loader. Debian can carry musl beside glibc and Alpine a
// shim for glibc's loader, so the release file decides first.
func usesMusl(root fs.FS) bool {
	if _, err := fs.Stat(root, "etc/alpine-release"); err == nil {
		return true
	}
	has := func(pattern string) bool {
		m, err := fs.Glob(root, pattern)
		return err == nil && len(m) > 0
	}
	if !has("lib/ld-musl-*.so.1") {
		return false
	}
	for _, dir := range []string{"lib", "lib64", "usr/lib", "usr/lib64"} {
		if has(path.Join(dir, "ld-linux-*.so.*")) {
			return false
		}
	}
	return true
}

// cpuFlags reads the feature flags of the first CPU in /proc/cpuinfo; none if they
// cannot be had.
func cpuFlags(root fs.FS) []string {
	data, err := fs.ReadFile(root, "proc/cpuinfo")
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(data)) {
		name, value, ok := strings.Cut(line, ":")
		if ok && strings.TrimSpace(name) == "flags" {
			return strings.Fields(value)
		}
	}
	return nil
}
