package tfinstall

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// install installs the fake wheel and gives the options it used.
func install(t *testing.T) Options {
	t.Helper()
	o := options(t, zipOf(t, wheelEntries()))
	if _, _, err := Install(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	return o
}

func TestDamagedInstallationIsReplaced(t *testing.T) {
	for _, tt := range []struct {
		name   string
		damage func(dir string) error
	}{
		{"library cut", func(d string) error { return os.Truncate(filepath.Join(d, "lib", "libtensorflow_cc.so.2"), 100) }},
		{"library gone", func(d string) error { return os.Remove(filepath.Join(d, "lib", "libtensorflow_framework.so.2")) }},
		{"header is a folder", func(d string) error {
			p := filepath.Join(d, "include", "tensorflow", "c", "c_api.h")
			return errors.Join(os.Remove(p), os.Mkdir(p, 0o755))
		}},
		{"link gone", func(d string) error { return os.Remove(filepath.Join(d, "lib", "libtensorflow.so")) }},
		{"link elsewhere", func(d string) error {
			p := filepath.Join(d, "lib", "libtensorflow.so")
			return errors.Join(os.Remove(p), os.Symlink("/dev/null", p))
		}},
		{"manifest cut", func(d string) error { return os.Truncate(filepath.Join(d, manifestName), 50) }},
		{"manifest empty object", func(d string) error {
			return os.WriteFile(filepath.Join(d, manifestName), []byte("{}"), 0o600)
		}},
		{"manifest leads out", func(d string) error {
			return os.WriteFile(filepath.Join(d, manifestName), []byte(`{"files":[{"path":"../x"}]}`), 0o600)
		}},
		{"other version", func(d string) error {
			p := filepath.Join(d, manifestName)
			data, err := os.ReadFile(p)
			return errors.Join(err, os.WriteFile(p, []byte(strings.ReplaceAll(string(data), `"2.18.1"`, `"2.17.0"`)), 0o600))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := install(t)
			if err := tt.damage(o.Dir); err != nil {
				t.Fatal(err)
			}
			if _, already, err := Install(t.Context(), o); err != nil || already {
				t.Fatalf("got already %v, error %v", already, err)
			}
			inst, err := Load(o.Dir)
			if err != nil {
				t.Fatal(err)
			}
			if err := inst.Verify(nil); err != nil {
				t.Error(err)
			}
			if left := beside(t, o.Dir); len(left) != 1 {
				t.Errorf("left %q", left)
			}
		})
	}
}

func TestFailedReplacementKeepsWhatWasThere(t *testing.T) {
	o := install(t)
	o.Build.Variant = "gpu"
	o.SHA256 = strings.Repeat("0", 64)
	if _, _, err := Install(t.Context(), o); err == nil {
		t.Fatal("want an error")
	}
	inst, err := Load(o.Dir)
	if err != nil || inst.Variant != "cpu" {
		t.Errorf("the old installation is gone: %v", err)
	}
}

func TestVerifyFindsAFlippedBit(t *testing.T) {
	o := install(t)
	inst, err := Load(o.Dir)
	if err != nil {
		t.Fatal(err)
	}
	p := filepath.Join(o.Dir, "lib", "libtensorflow_cc.so.2")
	data, err := os.ReadFile(p)
	if err != nil {
		t.Fatal(err)
	}
	data[12345] ^= 1
	if err := os.WriteFile(p, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := inst.Verify(nil); err == nil || !strings.Contains(err.Error(), "libtensorflow_cc.so.2 has SHA-256") {
		t.Errorf("got %v", err)
	}
}

func TestFolderOfOthersIsLeftAlone(t *testing.T) {
	o := options(t, zipOf(t, wheelEntries()))
	precious := filepath.Join(o.Dir, "thesis.txt")
	if err := os.MkdirAll(o.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(precious, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Install(t.Context(), o); err == nil || !strings.Contains(err.Error(), "not made by tfsetup") {
		t.Errorf("install says %v", err)
	}
	if err := Remove(t.Context(), o.Dir); !errors.Is(err, ErrNotInstalled) {
		t.Errorf("remove says %v", err)
	}
	if _, err := os.Stat(precious); err != nil {
		t.Error(err)
	}
}

func TestEmptyFolderIsUsed(t *testing.T) {
	o := options(t, zipOf(t, wheelEntries()))
	if err := os.MkdirAll(o.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, already, err := Install(t.Context(), o); err != nil || already {
		t.Errorf("got already %v, error %v", already, err)
	}
}

func TestRemove(t *testing.T) {
	o := install(t)
	if err := Remove(t.Context(), o.Dir); err != nil {
		t.Fatal(err)
	}
	if left := beside(t, o.Dir); len(left) > 0 {
		t.Errorf("left %q", left)
	}
	if err := Remove(t.Context(), o.Dir); !errors.Is(err, ErrNotInstalled) {
		t.Errorf("the second time: %v", err)
	}
}

func TestNoSpaceIsSaidBeforeAnythingIsWritten(t *testing.T) {
	o := options(t, zipOf(t, wheelEntries()))
	o.Build.Unpacked = 1 << 60
	if _, _, err := Install(t.Context(), o); err == nil || !strings.Contains(err.Error(), "MB free, want") {
		t.Errorf("got %v", err)
	}
	if left := beside(t, o.Dir); len(left) > 0 {
		t.Errorf("left %q", left)
	}
}
