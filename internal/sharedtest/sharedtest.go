// Package sharedtest finds the trained models and pictures that tests look at and that are not part of the project.
// Tests import it, nothing else.
package sharedtest

import (
	"os"
	"path/filepath"
	"testing"
)

// Root is the folder of them: VISION_SHARED, or "shared" beside the project. It need not be there.
func Root(t testing.TB) string {
	t.Helper()
	if dir := os.Getenv("VISION_SHARED"); dir != "" {
		return dir
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "go.mod")); err == nil {
			return filepath.Join(filepath.Dir(at), "shared")
		}
		if at == filepath.Dir(at) {
			t.Fatalf("no go.mod above %s", dir)
		}
	}
}

// Path is a file or folder below Root. It skips the test, and says so, if that is not there.
func Path(t testing.TB, elem ...string) string {
	t.Helper()
	name := filepath.Join(append([]string{Root(t)}, elem...)...)
	if _, err := os.Stat(name); err != nil {
		t.Skipf("SKIPPED, nothing was tested: %s is not there (VISION_SHARED names its root)", name)
	}
	return name
}
