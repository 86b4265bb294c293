package train

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gosight/vision/internal/lockfile"
)

// An OccupiedError is a folder to write to that holds a model or a run already, or that another run writes to.
type OccupiedError struct {
	Dir     string
	Foreign bool // Resume would not go on with it either
	Busy    bool // another run is writing to it now, in this process or another
}

func (e *OccupiedError) Error() string {
	if e.Busy {
		return fmt.Sprintf("train: another run is writing to %s: wait for its end, or take another folder (it has %s)", e.Dir, filepath.Join(e.Dir, checkpoints, lockName))
	}
	if e.Foreign {
		return fmt.Sprintf("train: %s holds a model or a run already that this one cannot go on with: take another folder", e.Dir)
	}
	return fmt.Sprintf("train: %s holds a model or a run already: resume it, or take another folder", e.Dir)
}

// vacantFor tells whether a run may write to out. Without resume the folder must hold neither a run nor a model; with it, no
// model that is not of the run that is resumed. run: there are files that one of the same kind goes on with.
func vacantFor(out string, run, resume bool) error {
	if run {
		if resume {
			return nil
		}
		return &OccupiedError{Dir: out}
	}
	switch _, err := os.Lstat(filepath.Join(out, modelFile)); {
	case err == nil:
		return &OccupiedError{Dir: out, Foreign: true}
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("train: %w", err)
	}
	return nil
}

// lockName lies in Out/checkpoints.
const lockName = "lock"

// claim makes the folder out, if it is vacant, keeps other runs from it until it is released, and removes what runs that were killed left half
// written. Released, a folder that nothing was written to is gone again.
func claim(out string, vacant func() error) (release func(), err error) {
	if err := vacant(); err != nil { // before anything is made
		return nil, err
	}
	dir := filepath.Join(out, checkpoints)
	var made []string // folders, the inner first
	for _, d := range []string{dir, out} {
		if _, err := os.Lstat(d); errors.Is(err, fs.ErrNotExist) {
			made = append(made, d)
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	name := filepath.Join(dir, lockName)
	unlock, err := lockfile.Try(name)
	if errors.Is(err, lockfile.ErrHeld) {
		return nil, &OccupiedError{Dir: out, Busy: true}
	}
	release = func() {
		if list, err := os.ReadDir(dir); err == nil && len(list) == 1 && list[0].Name() == lockName { // nothing else
			_ = os.Remove(name)
		}
		for _, d := range made {
			_ = os.Remove(d) // which fails if there is anything in it
		}
		if unlock != nil {
			unlock()
		}
	}
	switch {
	case errors.Is(err, errors.ErrUnsupported): // the file system may have no locks
		err = nil
	case err != nil:
		err = fmt.Errorf("train: %w", err)
	}
	if err == nil {
		err = vacant() // another run may have ended meanwhile
	}
	if err == nil {
		err = removeUnfinished(out)
	}
	if err != nil {
		release()
		return nil, err
	}
	return release, nil
}

// removeUnfinished removes what was being written when a run was killed.
func removeUnfinished(out string) error {
	for _, d := range []string{out, filepath.Join(out, "variables"), filepath.Join(out, checkpoints)} {
		found, err := filepath.Glob(filepath.Join(globEscape(d), unfinished+"*"))
		for _, f := range found {
			if strings.Trim(filepath.Base(f)[len(unfinished):], "0123456789") == "" { // as os.MkdirTemp and CreateTemp name theirs
				err = errors.Join(err, os.RemoveAll(f))
			}
		}
		if err != nil {
			return fmt.Errorf("train: what an earlier run left: %w", err)
		}
	}
	return nil
}

// sameFolder tells whether two names are of one folder that is there.
func sameFolder(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}
