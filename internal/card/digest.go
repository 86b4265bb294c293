package card

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/gosight/vision/internal/fault"
)

// CheckFiles reads the files of the model's folder that c has digests of, and
// returns a *fault.ModelError with What "sha256" for the first that is not there
// or is another one.
func (c *Card) CheckFiles(model fs.FS) error {
	for _, name := range sortedKeys(c.SHA256) {
		sum, err := digest(model, name)
		if err != nil {
			return wrong(&fault.ModelError{Model: c.file, What: "sha256", Err: err})
		}
		if want := strings.ToLower(c.SHA256[name]); sum != want {
			return wrong(&fault.ModelError{Model: c.file, What: "sha256", Want: fmt.Sprintf("%s with digest %s", name, want), Got: sum})
		}
	}
	return nil
}

func digest(fsys fs.FS, name string) (string, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
