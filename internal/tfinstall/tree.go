package tfinstall

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// A tree is the folder being filled. It writes through os.Root, so that no name
// and no link in an archive can reach outside, and it overwrites nothing.
type tree struct {
	ctx   context.Context
	root  *os.Root
	files []File
	wrote func(n int64) // bytes written since the last call
}

func newTree(ctx context.Context, dir string, wrote func(int64)) (*tree, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &tree{ctx: ctx, root: root, wrote: wrote}, nil
}

func (t *tree) close() error { return t.root.Close() }

// local refuses names that lead out of the folder, whatever the system makes of them.
func local(name string) error {
	if strings.Contains(name, `\`) || !fs.ValidPath(name) || !filepath.IsLocal(filepath.FromSlash(name)) {
		return fmt.Errorf("entry %q leads out of the archive", name)
	}
	return nil
}

// put writes size bytes of r to name. A shorter or longer r is an error.
func (t *tree) put(name string, mode fs.FileMode, size int64, r io.Reader) (err error) {
	if err := local(name); err != nil {
		return err
	}
	if err := t.root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := t.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, h, t), io.LimitReader(r, size+1))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if n != size {
		return fmt.Errorf("%s: got %d bytes, want %d", name, n, size)
	}
	// A library lost to a power failure would still have its right size.
	if size > 1<<20 {
		if err := f.Sync(); err != nil {
			return err
		}
	}
	t.files = append(t.files, File{Path: name, Size: n, SHA256: hex.EncodeToString(h.Sum(nil))})
	return nil
}

// Write counts what put writes, and stops it when the context ends.
func (t *tree) Write(p []byte) (int, error) {
	if err := t.ctx.Err(); err != nil {
		return 0, err
	}
	if t.wrote != nil {
		t.wrote(int64(len(p)))
	}
	return len(p), nil
}

// link makes name a link to a file of the same folder.
func (t *tree) link(name, target string) error {
	if err := local(name); err != nil {
		return err
	}
	if target == "" || target != path.Base(target) || target == ".." || target == "." {
		return fmt.Errorf("entry %q links to %q, want a name in the same folder", name, target)
	}
	if err := t.root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	if err := t.root.Symlink(target, name); err != nil {
		return err
	}
	t.files = append(t.files, File{Path: name, Link: target})
	return nil
}

// has says whether name was put or linked.
func (t *tree) has(name string) bool {
	for _, f := range t.files {
		if f.Path == name {
			return true
		}
	}
	return false
}
