package face

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/gosight/vision/internal/lockfile"
)

// UpdateGallery loads the gallery of a file, or a new one if there is no such file, has change
// change it, and saves it, while no other UpdateGallery of this or any other process is at the same file: none
// loses what the other adds. If change fails nothing is saved and its error is returned. When ctx ends while it waits
// for another one, its error is returned.
//
// It holds the file path.lock, which stays behind, empty.
func UpdateGallery(ctx context.Context, path string, change func(*Gallery) error) error {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	unlock, err := lockfile.Lock(ctx, path+".lock")
	if err != nil {
		return fmt.Errorf("face: lock the gallery: %w", err)
	}
	defer unlock()
	g, err := LoadGallery(path)
	if errors.Is(err, fs.ErrNotExist) {
		g, err = NewGallery(), nil
	}
	if err != nil {
		return err
	}
	if err := change(g); err != nil {
		return err
	}
	return g.Save(path)
}
