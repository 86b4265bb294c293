package tfinstall

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// DirVariable is the environment variable that names the folder of the
// installation, instead of the user's cache.
const DirVariable = "VISION_TENSORFLOW"

// Dir is where the installation for t belongs: dir if it is not empty, else
// $VISION_TENSORFLOW, else a folder in the user's cache. It is absolute.
func Dir(dir string, t Target) (string, error) {
	if dir == "" {
		dir = os.Getenv(DirVariable)
	}
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("no place for the library: %w; give one with -dir or $%s", err, DirVariable)
		}
		dir = filepath.Join(cache, "gosight-vision", t.Name())
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if dir == filepath.Dir(dir) {
		return "", fmt.Errorf("%s cannot be the folder of the library", dir)
	}
	return dir, nil
}

// Find loads the installation for this machine. With variant empty it takes the
// CPU's, or the GPU's if that is the only one. A folder named by dir or
// $VISION_TENSORFLOW is taken with any variant, and one that tfsetup did not make
// is taken as it is if it has include/ and lib/; its Files are then empty.
// The error wraps ErrNotInstalled if there is nothing.
func Find(dir, variant string) (*Installation, error) {
	variants := []string{variant}
	if variant == "" {
		variants = []string{"cpu", "gpu"}
	}
	var first error
	for _, v := range variants {
		t := Host(v)
		d, err := Dir(dir, t)
		if err != nil {
			return nil, err
		}
		inst, err := Load(d)
		if err == nil {
			return inst, checkFound(inst)
		}
		if errors.Is(err, ErrNotInstalled) && (dir != "" || os.Getenv(DirVariable) != "") {
			if inst := foreign(d, t); inst != nil {
				return inst, nil
			}
		}
		if first == nil || errors.Is(first, ErrNotInstalled) && !errors.Is(err, ErrNotInstalled) {
			first = err
		}
	}
	return nil, first
}

func checkFound(inst *Installation) error {
	host := Host(inst.Variant)
	if inst.Target != host {
		return fmt.Errorf("%s is for %s, this machine is %s %s", inst.Dir, inst.Target, host.OS, host.Arch)
	}
	if err := fits(inst.TensorFlow); err != nil {
		return fmt.Errorf("%s: %w", inst.Dir, err)
	}
	return nil
}

// foreign takes a folder with a TensorFlow that somebody else put there.
func foreign(dir string, t Target) *Installation {
	ext := ".so"
	if t.OS == "darwin" {
		ext = ".dylib"
	}
	for _, f := range []string{"include/" + roots[0], "lib/libtensorflow" + ext} {
		if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(f))); err != nil {
			return nil
		}
	}
	return &Installation{Dir: dir, Target: t, Library: "libtensorflow" + ext}
}
