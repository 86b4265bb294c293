package tfinstall

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// tempMark is in the names of the folders that a run works in, beside the
// installation so that renaming is atomic.
const tempMark = ".part-"

// removeStale clears what killed runs left. The lock is held, so nobody uses it.
func removeStale(dir string) error {
	entries, err := os.ReadDir(filepath.Dir(dir))
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), filepath.Base(dir)+tempMark) {
			if err := os.RemoveAll(filepath.Join(filepath.Dir(dir), e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// publish moves the finished folder into place. An installation already there
// goes aside first; programs that have it loaded keep it.
func (o *Options) publish(tmp string) error {
	old := filepath.Join(tmp, "old")
	err := os.Rename(o.Dir, old)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(filepath.Join(tmp, "tree"), o.Dir); err != nil {
		return errors.Join(err, ignore(os.Rename(old, o.Dir), fs.ErrNotExist))
	}
	return syncDir(filepath.Dir(o.Dir))
}

func ignore(err, kind error) error {
	if errors.Is(err, kind) {
		return nil
	}
	return err
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Remove deletes the installation in dir, waiting for an Install at work there.
// A folder that tfsetup did not make is refused.
func Remove(ctx context.Context, dir string) error {
	if _, err := os.Stat(filepath.Join(dir, manifestName)); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w in %s", ErrNotInstalled, dir)
	}
	unlock, err := lock(ctx, dir+".lock", func() {})
	if err != nil {
		return err
	}
	defer unlock()
	if err := removeStale(dir); err != nil {
		return err
	}
	// Aside first: a killed Remove leaves no half library under the real name.
	tmp, err := os.MkdirTemp(filepath.Dir(dir), filepath.Base(dir)+tempMark)
	if err != nil {
		return err
	}
	if err := os.Rename(dir, filepath.Join(tmp, "old")); err != nil {
		return errors.Join(err, os.RemoveAll(tmp))
	}
	return os.RemoveAll(tmp)
}
