package doctor

import (
	"debug/elf"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// ReadRunPath fills RunPath and Others from the program's file, an ELF file in folder dir;
// of other kinds of files nothing is known.
func (f *Facts) ReadRunPath(program io.ReaderAt, dir string) {
	e, err := elf.NewFile(program)
	if err != nil {
		return
	}
	f.RunPath = []string{}
	for _, tag := range []elf.DynTag{elf.DT_RUNPATH, elf.DT_RPATH} {
		paths, err := e.DynString(tag)
		if err != nil {
			continue
		}
		for _, p := range strings.Split(strings.Join(paths, ":"), ":") {
			if p != "" {
				f.RunPath = append(f.RunPath, strings.NewReplacer("$ORIGIN", dir, "${ORIGIN}", dir).Replace(p))
			}
		}
	}
	f.Others = others(f.RunPath, f.Loaded)
}

// others returns the libraries that the run path leads to and that are not the loaded ones: the first
// of each name along the path, as the loader would take it.
func others(runPath, loaded []string) []string {
	list := []string{}
	for _, l := range loaded {
		base := filepath.Base(l)
		if !strings.HasPrefix(base, "libtensorflow") {
			continue
		}
		for _, dir := range runPath {
			own, err := os.Stat(filepath.Join(dir, base))
			if err != nil {
				continue
			}
			if in, err := os.Stat(l); err == nil && !os.SameFile(own, in) {
				list = append(list, filepath.Join(dir, base))
			}
			break
		}
	}
	return list
}
