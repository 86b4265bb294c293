package tfinstall

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A Setting is an environment variable and its value.
type Setting struct{ Name, Value string }

// defaultFlags is what the Go tool uses for CGO_CFLAGS and CGO_LDFLAGS when they
// are not set; setting them replaces it, so it has to be repeated.
const defaultFlags = "-O2 -g"

// Settings are the environment in which the Go tool finds inst. Current gives the
// value of a variable now, empty if there is none; what the user has in it is
// kept, flags of another installation by tfsetup are taken out, and applying the
// settings twice changes nothing.
//
// The run path is written into the programs, so LD_LIBRARY_PATH is not needed. It
// is rpath if that is not empty ($ORIGIN/lib, for a program that is shipped with
// its libraries), else the library's own folder.
func Settings(inst *Installation, rpath string, current func(name string) string) ([]Setting, error) {
	if err := checkPath(inst.Dir, badInPath+"$:"); err != nil {
		return nil, err
	}
	if rpath == "" {
		rpath = inst.Lib()
	} else if err := checkPath(rpath, badInPath); err != nil {
		return nil, err
	}
	add := func(name string, flags ...string) (Setting, error) {
		old := current(name)
		if old == "" {
			old = defaultFlags
		}
		fields, err := splitQuoted(old)
		if err != nil {
			return Setting{}, fmt.Errorf("%s: %w", name, err)
		}
		fields = slices.DeleteFunc(fields, func(f string) bool {
			return slices.Contains(flags, f) || isOurs(f)
		})
		return Setting{name, joinQuoted(append(fields, flags...))}, nil
	}
	cflags, err := add("CGO_CFLAGS", "-I"+inst.Include())
	if err != nil {
		return nil, err
	}
	ldflags, err := add("CGO_LDFLAGS", "-L"+inst.Lib(), "-Wl,-rpath,"+rpath)
	if err != nil {
		return nil, err
	}
	level := current("TF_CPP_MIN_LOG_LEVEL")
	if level == "" {
		level = "2" // errors only: the notices on CPU features and oneDNN go
	}
	return []Setting{{"CGO_ENABLED", "1"}, cflags, ldflags, {"TF_CPP_MIN_LOG_LEVEL", level}}, nil
}

// badInPath is what no quoting gets through compiler, linker and Go tool. A $ and
// a colon mean something in a run path, and so are bad in a plain path only.
const badInPath = ",'\"\n\r"

func checkPath(path, bad string) error {
	if i := strings.IndexAny(path, bad); i >= 0 {
		return fmt.Errorf("the path %q has a %q in it, which the linker's flags cannot carry; use another (-dir)", path, path[i])
	}
	return nil
}

// isOurs recognises a flag that points into an installation made by tfsetup.
func isOurs(flag string) bool {
	for _, prefix := range []string{"-I", "-L", "-Wl,-rpath,"} {
		if p, ok := strings.CutPrefix(flag, prefix); ok && filepath.IsAbs(p) {
			_, err := os.Stat(filepath.Join(filepath.Dir(p), manifestName))
			return err == nil
		}
	}
	return false
}

// splitQuoted splits flags as the Go tool does: at white space, single or double
// quotes around a whole field, no escapes.
func splitQuoted(s string) ([]string, error) {
	var fields []string
	for {
		s = strings.TrimLeft(s, " \t\n\r")
		if s == "" {
			return fields, nil
		}
		if q := s[0]; q == '"' || q == '\'' {
			end := strings.IndexByte(s[1:], q)
			if end < 0 {
				return nil, fmt.Errorf("unterminated %c in %s", q, s)
			}
			fields = append(fields, s[1:1+end])
			s = s[end+2:]
			continue
		}
		end := strings.IndexAny(s, " \t\n\r")
		if end < 0 {
			end = len(s)
		}
		fields = append(fields, s[:end])
		s = s[end:]
	}
}

// joinQuoted is the inverse of splitQuoted: a field with a space in it came out of
// quotes of one kind, and so holds at most the other.
func joinQuoted(fields []string) string {
	quoted := make([]string, len(fields))
	for i, f := range fields {
		switch {
		case f != "" && !strings.ContainsAny(f, " \t\n\r") && f[0] != '"' && f[0] != '\'':
			quoted[i] = f
		case strings.Contains(f, `'`):
			quoted[i] = `"` + f + `"`
		default:
			quoted[i] = `'` + f + `'`
		}
	}
	return strings.Join(quoted, " ")
}
