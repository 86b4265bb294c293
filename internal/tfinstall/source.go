package tfinstall

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// expand replaces folders by the wheels and archives in them.
func expand(from []string) ([]string, error) {
	var files []string
	for _, name := range from {
		st, err := os.Stat(name)
		if err != nil {
			return nil, err
		}
		if !st.IsDir() {
			files = append(files, name)
			continue
		}
		entries, err := os.ReadDir(name)
		if err != nil {
			return nil, err
		}
		before := len(files)
		for _, e := range entries {
			if strings.HasSuffix(e.Name(), ".whl") || strings.HasSuffix(e.Name(), ".tar.gz") {
				files = append(files, filepath.Join(name, e.Name()))
			}
		}
		if len(files) == before {
			return nil, fmt.Errorf("%s holds no .whl or .tar.gz file", name)
		}
	}
	return files, nil
}

// A given is a file that the caller gave, and the wheel of the build it is.
type given struct {
	file   string
	sha256 string
	wheel  int // index into Build.Wheels; -1 for a file vouched for by digest
}

// identify tells the files apart by digest. A file with the digest vouched may be
// anything that unpacks; every other one has to be in the table for b. Files of a
// folder that belong to other builds are passed over if what b needs is there.
func identify(b Build, files []string, vouched string, progress func(done, total int64)) ([]given, error) {
	var out []given
	var stranger error
	for _, file := range files {
		size := int64(0)
		if st, err := os.Stat(file); err == nil {
			size = st.Size()
		}
		sum, err := hashFile(file, func(n int64) { progress(n, size) })
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(b.Wheels, func(w Wheel) bool { return w.SHA256 == sum })
		switch {
		case i >= 0:
			out = append(out, given{file, sum, i})
		case vouched != "" && strings.EqualFold(vouched, sum):
			out = append(out, given{file, sum, -1})
		case stranger == nil:
			stranger = explain(b, file, sum, vouched)
		}
	}
	if missing := missing(b, out); len(missing) > 0 {
		if stranger != nil {
			return nil, stranger
		}
		return nil, fmt.Errorf("missing for %s: %s", b.Target, strings.Join(missing, ", "))
	}
	if stranger != nil && len(files) == 1 {
		return nil, stranger
	}
	return out, nil
}

// missing lists the wheels of b that are not given. A vouched file stands for
// TensorFlow itself.
func missing(b Build, have []given) []string {
	var names []string
	for i, w := range b.Wheels {
		if !slices.ContainsFunc(have, func(g given) bool { return g.wheel == i || g.wheel < 0 && i == 0 }) {
			names = append(names, w.File)
		}
	}
	return names
}

// explain says what a file with an unexpected digest is.
func explain(b Build, file, sum, vouched string) error {
	for _, other := range builds() {
		for _, w := range other.Wheels {
			if w.SHA256 == sum {
				return fmt.Errorf("%s is the file for %s, want %s for %s", file, other.Target, b.Wheels[0].File, b.Target)
			}
		}
	}
	if vouched != "" {
		return fmt.Errorf("%s has SHA-256 %s, want %s as given", file, sum, vouched)
	}
	for _, w := range b.Wheels {
		if w.File == filepath.Base(file) {
			return fmt.Errorf("%s is damaged or not the original: it has SHA-256 %s, want %s", file, sum, w.SHA256)
		}
	}
	return fmt.Errorf("%s is not known: it has SHA-256 %s, want %s (%s); if you trust it, say -sha256 with its digest",
		file, sum, b.Wheels[0].SHA256, b.Wheels[0].File)
}
