package tfinstall

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestDir(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("HOME", cache)
	t.Setenv("XDG_CACHE_HOME", filepath.Join(cache, ".cache"))
	t.Setenv(DirVariable, "")
	users, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	target := Target{"linux", "amd64", "gpu"}
	check := func(dir, want string) {
		t.Helper()
		if got, err := Dir(dir, target); err != nil || got != want {
			t.Errorf("got %s, %v, want %s", got, err, want)
		}
	}
	check("", filepath.Join(users, "gosight-vision", "tensorflow-2.18.1-linux-amd64-gpu"))
	t.Setenv(DirVariable, filepath.Join(cache, "a", "..", "b"))
	check("", filepath.Join(cache, "b"))
	check(filepath.Join(cache, "c")+"/", filepath.Join(cache, "c"))
	if d, err := Dir("/", target); err == nil {
		t.Errorf("the root folder gives %s, want an error", d)
	}
}

func TestFind(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", "")
	t.Setenv(DirVariable, "")
	if _, err := Find("", ""); !errors.Is(err, ErrNotInstalled) {
		t.Errorf("nothing there: %v", err)
	}
	o := install(t)
	host := o.Build.Target == Host("cpu")
	inst, err := Find(o.Dir, "")
	if host && (err != nil || inst.Dir != o.Dir) {
		t.Errorf("by flag: %v", err)
	}
	if !host && err == nil {
		t.Errorf("%s is taken on %s", inst.Target, Host("cpu"))
	}
	t.Setenv(DirVariable, o.Dir)
	if inst, err := Find("", "gpu"); host && (err != nil || inst.Variant != "cpu") {
		t.Errorf("by variable: %v", err)
	}
}

func TestFindTakesAFolderOfOthers(t *testing.T) {
	build, err := Lookup(Host("cpu"))
	if err != nil {
		t.Skip("SKIPPED, nothing was tested: this machine has no build of TensorFlow: ", err)
	}
	dir := t.TempDir()
	names := []string{"include/tensorflow/c/c_api.h"}
	for link := range build.links() {
		names = append(names, "lib/"+link)
	}
	if _, err := Find(dir, ""); !errors.Is(err, ErrNotInstalled) {
		t.Errorf("an empty folder: %v", err)
	}
	for _, n := range names {
		p := filepath.Join(dir, filepath.FromSlash(n))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	inst, err := Find(dir, "")
	if err != nil || inst.Dir != dir || len(inst.Files) != 0 {
		t.Errorf("got %+v, %v", inst, err)
	}
}
