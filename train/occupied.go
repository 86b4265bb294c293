package train

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// An OccupiedError is a folder to write to that holds a model or a run already.
type OccupiedError struct {
	Dir     string
	Foreign bool // Resume would not go on with it either
}

func (e *OccupiedError) Error() string {
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

// sameFolder tells whether two names are of one folder that is there.
func sameFolder(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}
