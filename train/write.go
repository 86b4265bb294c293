package train

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gosight/vision/internal/card"
	"github.com/gosight/vision/internal/engine"
)

const (
	modelFile = "saved_model.pb"
	labelFile = "labels.txt"
)

// A saved is a SavedModel with what lies beside it, to be written by Fit, FineTune and Import.
type saved struct {
	model   []byte // saved_model.pb
	card    *card.Card
	labels  []string // nil: none of its own
	history []Epoch  // nil: none

	// variables writes those of the model into a folder, brings them onto the disk, and returns their digests by name; nil: all
	// are constants. Without digests the card gets none, of the model neither.
	variables func(dir string) (sums map[string]string, err error)
}

// write writes all to folder out, which is there. saved_model.pb goes first and comes last, and sync, which is syncFile but in tests, brings
// the folder onto the disk on either side of it: one that has a model has the rest that belongs to it, also after the power failed.
func (s *saved) write(out string, sync func(name string) error) error {
	if err := os.Remove(filepath.Join(out, modelFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("train: model: %w", err)
	}
	if err := sync(out); err != nil {
		return fmt.Errorf("train: model: %w", err)
	}
	sums := map[string]string{}
	if s.variables != nil {
		dir := filepath.Join(out, "variables")
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("train: model: %w", err)
		}
		var err error
		if sums, err = s.variables(dir); err != nil {
			return err
		}
		if err := sync(dir); err != nil {
			return fmt.Errorf("train: model: %w", err)
		}
	}
	text, plain := card.FileOf(s.labels)
	switch {
	case s.labels == nil:
		text = nil
	case !plain: // names that the file would be misread of are in the card
		text, s.card.Output.Labels, s.card.Output.LabelNames = nil, "", s.labels
		if err := os.Remove(filepath.Join(out, labelFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("train: labels: %w", err)
		}
	}
	if sums != nil {
		s.card.SHA256 = map[string]string{modelFile: sum(s.model)} // not of the labels, which people may want to reword
		for name, digest := range sums {
			s.card.SHA256["variables/"+name] = digest
		}
	}
	type file struct {
		name string
		data []byte
	}
	files := []file{{"card.json", append(engine.CardText(s.card), '\n')}}
	if text != nil {
		files = append(files, file{labelFile, text})
	}
	if s.history != nil {
		history, err := json.MarshalIndent(s.history, "", " ")
		if err != nil {
			return err
		}
		files = append(files, file{"history.json", append(history, '\n')})
	}
	for _, f := range files {
		if err := writeBeside(filepath.Join(out, f.name), f.data); err != nil {
			return err
		}
	}
	if err := sync(out); err != nil {
		return fmt.Errorf("train: model: %w", err)
	}
	if err := writeBeside(filepath.Join(out, modelFile), s.model); err != nil {
		return err
	}
	return sync(out)
}

// sum is the digest of a file as a card holds it.
func sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}

// writeBeside writes a file so that there is the old one or the new one, whole.
func writeBeside(name string, data []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), unfinished+"*")
	if err != nil {
		return fmt.Errorf("train: write: %w", err)
	}
	defer func() {
		if err != nil {
			f.Close()
			_ = os.Remove(f.Name())
			err = fmt.Errorf("train: write %s: %w", name, err)
		}
	}()
	if _, err = f.Write(data); err != nil {
		return err
	}
	if err = f.Chmod(0o644); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
