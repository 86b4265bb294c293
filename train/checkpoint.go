package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/nets"
	"github.com/gosight/vision/internal/session"
)

// A checkpoint is a folder Out/checkpoints/last-STEP with the variables of the net and its optimizer, and
// state.json. It is written beside and renamed when it is whole, so one that is there can be used. best-STEP holds
// the variables of the best epoch, as they will be saved.
const (
	checkpoints = "checkpoints"
	prefix      = "variables"
	stateFile   = "state.json"
	last        = "last-"
	best        = "best-"
	unfinished  = ".new-"
)

// newestState finds the last checkpoint, "" if there is none.
func newestState(out string) (dir string, s *state, err error) {
	found, err := filepath.Glob(filepath.Join(globEscape(out), checkpoints, last+"*"))
	if err != nil || len(found) == 0 {
		return "", nil, err
	}
	dir = slices.Max(found) // numbers have leading zeros
	data, err := os.ReadFile(filepath.Join(dir, stateFile))
	if err != nil {
		return "", nil, fmt.Errorf("train: checkpoint: %w", err)
	}
	s, err = readState(data)
	if err == nil && s.name() != filepath.Base(dir) {
		err = fmt.Errorf("want the state after the step that the folder is named for, got that of step %d", s.Step)
	}
	if err != nil {
		return "", nil, &fault.FormatError{Format: "checkpoint", Reason: filepath.Join(dir, stateFile), Err: err}
	}
	return dir, s, nil
}

func globEscape(s string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(s)
}

// name is that of the checkpoint's folder.
func (s *state) name() string { return fmt.Sprintf("%s%012d", last, s.Step) }

// writeLast writes a checkpoint and removes those before it.
func writeLast(g program, out string, s *state) error {
	data, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		return err
	}
	name := s.name()
	if err := writeFolder(g, out, name, nets.Save, map[string][]byte{stateFile: data}); err != nil {
		return err
	}
	return sweep(out, name, s.Best)
}

// rewriteState replaces the state of a checkpoint whose variables are those of now. There is the old or the new one,
// whole, at every moment.
func rewriteState(out string, s *state) error {
	data, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		return err
	}
	dir := filepath.Join(out, checkpoints, s.name())
	if err := writeBeside(filepath.Join(dir, stateFile), data); err != nil {
		return err
	}
	if err := syncFile(dir); err != nil {
		return fmt.Errorf("train: checkpoint: %w", err)
	}
	return sweep(out, s.name(), s.Best)
}

// writeFolder runs a saving target into a new folder of checkpoints.
func writeFolder(g program, out, name, target string, files map[string][]byte) (err error) {
	parent := filepath.Join(out, checkpoints)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return fmt.Errorf("train: checkpoint: %w", err)
	}
	dir, err := os.MkdirTemp(parent, unfinished+"*")
	if err != nil {
		return fmt.Errorf("train: checkpoint: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(dir)
			err = fmt.Errorf("train: checkpoint %s: %w", filepath.Join(parent, name), err)
		}
	}()
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	path, err := filepath.Abs(filepath.Join(dir, prefix))
	if err != nil {
		return err
	}
	feed := map[string]session.Tensor{nets.Path: {Shape: []int64{}, Data: []string{path}}}
	if _, err := g.Run(feed, nil, []string{target}); err != nil {
		return err
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return err
		}
	}
	if err := syncAll(dir); err != nil {
		return err
	}
	final := filepath.Join(parent, name)
	if err := os.RemoveAll(final); err != nil { // of a run that was resumed from before it
		return err
	}
	if err := os.Rename(dir, final); err != nil {
		return err
	}
	return syncFile(parent)
}

// restore reads the variables of a checkpoint.
func restore(g program, dir string) error {
	path, err := filepath.Abs(filepath.Join(dir, prefix))
	if err != nil {
		return err
	}
	feed := map[string]session.Tensor{nets.Path: {Shape: []int64{}, Data: []string{path}}}
	if _, err := g.Run(feed, nil, []string{nets.Restore}); err != nil {
		return fmt.Errorf("train: checkpoint %s: %w", dir, err)
	}
	return nil
}

// sweep removes what the newest state does not need.
func sweep(out string, keep ...string) error {
	list, err := os.ReadDir(filepath.Join(out, checkpoints))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("train: checkpoints: %w", err)
	}
	for _, e := range list {
		ours := strings.HasPrefix(e.Name(), last) || strings.HasPrefix(e.Name(), best)
		if ours && !slices.Contains(keep, e.Name()) {
			if err := os.RemoveAll(filepath.Join(out, checkpoints, e.Name())); err != nil {
				return fmt.Errorf("train: old checkpoint: %w", err)
			}
		}
	}
	return nil
}

// syncAll brings the files of a folder, and itself, onto the disk.
func syncAll(dir string) error {
	list, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range list {
		if err := syncFile(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return syncFile(dir)
}

func syncFile(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
