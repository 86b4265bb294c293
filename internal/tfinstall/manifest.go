package tfinstall

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// manifestName is the file that makes a folder an installation.
const manifestName = "tfsetup.json"

// ErrNotInstalled is wrapped by errors about a folder that holds no installation.
var ErrNotInstalled = errors.New("TensorFlow C library is not installed")

// An Installation is what lies in a folder, as its manifest says.
type Installation struct {
	Dir string `json:"-"`

	Target
	TensorFlow string   `json:"tensorflow"` // version
	Library    string   `json:"library"`    // file in lib/ that a program loads
	Framework  string   `json:"framework"`  // file in lib/ that Library loads
	Sources    []Source `json:"sources"`
	Files      []File   `json:"files"`
}

// A Source is a file that was unpacked.
type Source struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
}

// A File is one file of an installation; Link is the target if it is a link.
type File struct {
	Path   string `json:"path"` // slashes, relative to the folder
	Size   int64  `json:"size,omitempty"`
	SHA256 string `json:"sha256,omitempty"`
	Link   string `json:"link,omitempty"`
}

// Lib is the folder of the libraries, for the linker.
func (i *Installation) Lib() string { return filepath.Join(i.Dir, "lib") }

// Include is the folder of the headers, for the compiler.
func (i *Installation) Include() string { return filepath.Join(i.Dir, "include") }

// Size is the number of bytes in all files.
func (i *Installation) Size() int64 {
	var n int64
	for _, f := range i.Files {
		n += f.Size
	}
	return n
}

// Load reads the installation in dir and compares every file's presence and size
// with the manifest; it reads no contents, so it takes milliseconds. An error
// wraps ErrNotInstalled if there is no manifest.
func Load(dir string) (*Installation, error) {
	data, err := os.ReadFile(filepath.Join(dir, manifestName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w in %s", ErrNotInstalled, dir)
	} else if err != nil {
		return nil, err
	}
	inst := &Installation{}
	if err := json.Unmarshal(data, inst); err != nil {
		return nil, fmt.Errorf("%s: broken manifest: %w", dir, err)
	}
	inst.Dir = dir
	if len(inst.Files) == 0 {
		return nil, fmt.Errorf("%s: broken manifest: it lists no files", dir)
	}
	for _, f := range inst.Files {
		if err := inst.check(f); err != nil {
			return nil, fmt.Errorf("%s is damaged: %w", dir, err)
		}
	}
	return inst, nil
}

func (i *Installation) check(f File) error {
	if !filepath.IsLocal(filepath.FromSlash(f.Path)) {
		return fmt.Errorf("manifest names %q, outside the folder", f.Path)
	}
	p := filepath.Join(i.Dir, filepath.FromSlash(f.Path))
	if f.Link != "" {
		got, err := os.Readlink(p)
		if err != nil {
			return err
		}
		if got != f.Link {
			return fmt.Errorf("%s links to %s, want %s", f.Path, got, f.Link)
		}
		return nil
	}
	st, err := os.Lstat(p)
	if err != nil {
		return err
	}
	if !st.Mode().IsRegular() || st.Size() != f.Size {
		return fmt.Errorf("%s has %d bytes, want a file of %d", f.Path, st.Size(), f.Size)
	}
	return nil
}

// Verify reads every file and compares digests. Progress may be nil.
func (i *Installation) Verify(progress func(done, total int64)) error {
	var done int64
	total := i.Size()
	for _, f := range i.Files {
		if err := i.check(f); err != nil {
			return err
		}
		if f.Link != "" {
			continue
		}
		got, err := hashFile(filepath.Join(i.Dir, filepath.FromSlash(f.Path)), func(n int64) {
			if progress != nil {
				progress(done+n, total)
			}
		})
		if err != nil {
			return err
		}
		if got != f.SHA256 {
			return fmt.Errorf("%s has SHA-256 %s, want %s", f.Path, got, f.SHA256)
		}
		done += f.Size
	}
	return nil
}

// write puts the manifest into dir and onto the disk.
func (i *Installation) write(dir string) error {
	data, err := json.MarshalIndent(i, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(dir, manifestName), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(append(data, '\n'))
	return errors.Join(err, f.Sync(), f.Close())
}

// hashFile gives the SHA-256 of a file; progress gets the bytes read so far.
func hashFile(name string, progress func(int64)) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(io.MultiWriter(h, &counter{report: progress}), f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// A counter reports the number of bytes written to it.
type counter struct {
	n      int64
	report func(int64)
}

func (c *counter) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	if c.report != nil {
		c.report(c.n)
	}
	return len(p), nil
}
