package savedmodel

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"

	"github.com/gosight/vision/internal/fault"
)

// Digest returns the SHA-256, in hex, of all that makes the model's answers:
// saved_model.pb and every file in variables and assets, with their names.
// It reads every file once; other files in the folder (cards, labels) do not count.
func (m *Model) Digest() (string, error) {
	files := []string{m.file}
	for _, folder := range []string{"assets", "variables"} {
		err := fs.WalkDir(m.fsys, path.Join(m.Dir, folder), func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			if m.Dir != "." {
				name = name[len(m.Dir)+1:]
			}
			files = append(files, name) // WalkDir goes in lexical order
			return nil
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", m.unreadable(folder, err)
		}
	}
	sum := sha256.New()
	for _, name := range files {
		f, err := m.fsys.Open(path.Join(m.Dir, name))
		if err != nil {
			return "", m.unreadable(name, err)
		}
		one := sha256.New()
		_, err = io.Copy(one, f)
		f.Close()
		if err != nil {
			return "", m.unreadable(name, err)
		}
		fmt.Fprintf(sum, "%x  %s\n", one.Sum(nil), name) // as sha256sum prints it
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

func (m *Model) unreadable(name string, err error) error {
	return &fault.ModelError{Model: called(m.Dir), What: "files", Want: "a readable " + name, Err: err}
}
