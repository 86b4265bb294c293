package engine

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

// Beside reads the file that stands beside the card and is called like it, with suffix for
// ".json": card.anchors.json for card.json and suffix ".anchors.json". It returns nil and
// no error if there is none, and an error if it is larger than limit bytes. The name is the
// file's, for errors.
func (e *Engine) Beside(suffix string, limit int64) (data []byte, name string, err error) {
	if e.cardPath == "" {
		return nil, "", nil
	}
	name = strings.TrimSuffix(e.cardPath, path.Ext(e.cardPath)) + suffix
	f, err := e.cardFS.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", nil
	}
	if err != nil {
		return nil, name, err
	}
	defer func() { _ = f.Close() }()
	data, err = io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("%s is larger than %d bytes", name, limit)
	}
	return data, name, err
}
