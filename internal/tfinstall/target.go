package tfinstall

import (
	"fmt"
	"runtime"
	"strings"
)

// Version is the TensorFlow release installed, and MinorVersion the part of it
// that has to equal that of the Go bindings.
const (
	Version      = "2.18.1"
	MinorVersion = "2.18"
)

// A Target is a kind of machine, and the build of TensorFlow wanted for it.
type Target struct {
	OS      string `json:"os"`      // as in GOOS
	Arch    string `json:"arch"`    // as in GOARCH
	Variant string `json:"variant"` // "cpu" or "gpu"
}

// Host is this machine with the given variant.
func Host(variant string) Target {
	return Target{OS: runtime.GOOS, Arch: runtime.GOARCH, Variant: variant}
}

func (t Target) String() string { return t.OS + " " + t.Arch + " " + t.Variant }

// Name is the name of the folder of an installation for t.
func (t Target) Name() string {
	return strings.Join([]string{"tensorflow", Version, t.OS, t.Arch, t.Variant}, "-")
}

// A Wheel is one file of the Python package index, told apart by its digest.
type Wheel struct {
	Project string // the name pip knows it by
	Version string
	File    string
	Size    int64  // bytes; 0 if not recorded
	SHA256  string // lower-case hexadecimal
}

// A Build says where the C library for a target comes from and what is in it.
type Build struct {
	Target
	Platform  string  // pip's name of the platform
	Wheels    []Wheel // TensorFlow first
	Library   string  // file that holds the C API, in the wheel and in lib/
	Framework string  // the library that Library needs beside it
	Unpacked  int64   // bytes on disk, about
	Untested  bool    // nobody of the project has run it
}

// links are the names under which the linker looks for the libraries (-ltensorflow).
func (b Build) links() map[string]string {
	ext := ".so"
	if b.OS == "darwin" {
		ext = ".dylib"
	}
	return map[string]string{
		"libtensorflow" + ext:           b.Library,
		"libtensorflow_framework" + ext: b.Framework,
	}
}

// A RefusalError says why this machine cannot have the library, and what to do.
type RefusalError struct {
	Reason string
	Advice string // may be empty
}

func (e *RefusalError) Error() string {
	if e.Advice == "" {
		return e.Reason
	}
	return e.Reason + "; " + e.Advice
}

// Lookup finds the build for t. The error is a *RefusalError if there is none.
func Lookup(t Target) (Build, error) {
	if t.Variant != "cpu" && t.Variant != "gpu" {
		return Build{}, &RefusalError{Reason: fmt.Sprintf("unknown variant %q, want cpu or gpu", t.Variant)}
	}
	for _, b := range builds() {
		if b.Target == t {
			return b, nil
		}
	}
	r := &RefusalError{Reason: fmt.Sprintf("there is no TensorFlow %s C library for %s", Version, t)}
	switch {
	case t.OS == "windows":
		r.Reason = fmt.Sprintf("Windows is not supported: TensorFlow %s for Windows has no C library with headers in its wheel", Version)
		r.Advice = "use WSL 2 with Debian or Ubuntu"
	case t.OS == "darwin" && t.Arch == "amd64":
		r.Reason = fmt.Sprintf("macOS on Intel is not supported: TensorFlow %s has no wheel for it", Version)
	case t.Variant == "gpu":
		r.Advice = "the gpu variant exists for linux amd64 only, try -variant cpu"
	default:
		r.Advice = "supported are linux amd64 (cpu, gpu), linux arm64 (cpu) and darwin arm64 (cpu)"
	}
	return Build{}, r
}
