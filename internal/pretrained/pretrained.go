// Package pretrained reads the files in which pre-trained weights are published: HDF5 files of Keras in the layout that it had
// before version 3, and checkpoints of TF-Slim, and finds what in them belongs to which variable of a net.
//
// Nothing but shapes is read until a Tensor is written somewhere.
package pretrained

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/hdf5"
	"github.com/gosight/vision/internal/savedmodel"
)

// Layouts of files.
const (
	KerasH5      = "keras-h5"
	CheckpointV1 = "tf-checkpoint-v1"
	CheckpointV2 = "tf-checkpoint-v2"
)

// A Tensor is one array of a file.
type Tensor struct {
	Name  string // in the file
	Shape []int64
	write func(io.Writer) error
}

// Write writes the values as little-endian float32. One that is no number, or infinite, is a *fault.FormatError.
func (t Tensor) Write(w io.Writer) error {
	return t.write(&finite{w: w, name: t.Name})
}

// A File is an open weight file.
type File struct {
	Layout string

	path   string
	layers []layer    // of Keras
	slim   checkpoint // of TF-Slim
	close  func() error
}

// A Match is a file that fits a net.
type Match struct {
	Classes  int      // rows of its head
	Warnings []string // what a person should know
	tensor   func(variable string) (Tensor, bool)
}

// Tensor returns what belongs to a variable of the net, by its name there.
func (m *Match) Tensor(variable string) (Tensor, bool) { return m.tensor(variable) }

// A MismatchError is a weight file of another network than the one that was asked for.
type MismatchError struct {
	File   string
	Net    string
	Reason string   // the first difference: what the net wants and what the file has
	Fits   []string // nets that the file is of, if any is known
}

func (e *MismatchError) Error() string {
	s := fmt.Sprintf("vision: weights %s: they are not of %s: %s", e.File, e.Net, e.Reason)
	if len(e.Fits) > 0 {
		s += "; they are of " + strings.Join(e.Fits, " or ")
	}
	return s
}

// Nets returns the names of all nets that have a Match.
func Nets() []string { return append(kerasNets(), slimNet) }

// Open opens a weight file: HDF5, a checkpoint of one file, or a checkpoint of several by its prefix or by one of them. What is
// neither is a *fault.FormatError; layouts that are known and not read are a *fault.UnsupportedError that says what to do.
func Open(name string) (*File, error) {
	f := &File{path: name, close: func() error { return nil }}
	if err := f.open(); err != nil {
		var p *fs.PathError
		if errors.As(err, &p) && p.Path == name {
			err = fmt.Errorf("%s: %w", name, p.Err) // the file once, and not what was called
		}
		return nil, err
	}
	return f, nil
}

func (f *File) open() error {
	name := f.path
	info, err := os.Stat(name)
	if err != nil {
		if _, e := os.Stat(name + ".index"); e == nil {
			return f.openV2(name)
		}
		return err
	}
	if info.IsDir() {
		return &fault.UnsupportedError{Format: "weights", Reason: name + " is a folder: want the file of weights; a SavedModel needs no import"}
	}
	for _, end := range []string{".index", ".data-00000-of-"} {
		if i := strings.LastIndex(name, end); i > 0 {
			return f.openV2(name[:i])
		}
	}
	r, err := os.Open(name)
	if err != nil {
		return err
	}
	defer r.Close()
	var head [8]byte
	n, err := r.ReadAt(head[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("vision: weights: %w", err)
	}
	switch start := string(head[:n]); {
	case strings.HasPrefix(start, "\x89HDF"):
		return f.openKeras()
	case strings.HasPrefix(start, "PK\x03\x04"):
		return &fault.UnsupportedError{Format: "weights", Reason: name + " is a .keras archive of Keras 3. " + convert}
	case strings.HasPrefix(start, "\x1f\x8b"):
		return &fault.UnsupportedError{Format: "weights", Reason: name + " is compressed: unpack it first (tar xzf), and name the .ckpt or .h5 within"}
	case savedmodel.IsTable(r, info.Size()):
		return f.openV1()
	case n == 0:
		return &fault.FormatError{Format: "weights", Reason: name + " is empty"}
	}
	return &fault.FormatError{Format: "weights",
		Reason: name + ": want HDF5 or a checkpoint of TensorFlow; it begins or ends as neither, and may be cut off"}
}

// convert says how files of Keras 3 become readable.
const convert = `Load it in Keras and write it in the older layout: model.save("NAME.h5")`

// Close closes the file.
func (f *File) Close() error { return f.close() }

// Match finds what belongs to the net of a name; a file of another is a *MismatchError.
func (f *File) Match(net string) (*Match, error) {
	if f.Layout == KerasH5 {
		return f.matchKeras(net)
	}
	return f.matchSlim(net)
}

func (f *File) mismatch(net, reason string, args ...any) *MismatchError {
	return &MismatchError{File: f.path, Net: net, Reason: fmt.Sprintf(reason, args...)}
}

func (f *File) openKeras() error {
	h, err := hdf5.Open(f.path)
	if err != nil {
		return f.named(err)
	}
	f.Layout, f.close = KerasH5, h.Close
	if f.layers, err = readKeras(h, maxNames); err != nil {
		_ = h.Close()
		return f.named(err)
	}
	return nil
}

func (f *File) openV1() error {
	c, err := savedmodel.OpenV1(rooted(f.path))
	f.Layout, f.slim = CheckpointV1, c
	return f.named(err)
}

func (f *File) openV2(prefix string) error {
	c, err := savedmodel.OpenBundle(rooted(prefix))
	f.Layout, f.slim = CheckpointV2, c
	return f.named(err)
}

func rooted(name string) (fs.FS, string) {
	return os.DirFS(filepath.Dir(name)), filepath.Base(name)
}

// named says which file an error is of.
func (f *File) named(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("vision: weights %s: %w", f.path, err)
}

// shape writes sizes as 3x3x64x128.
func shape(s []int64) string {
	if len(s) == 0 {
		return "one value"
	}
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(s), " ", "x"), "[]")
}

// finite refuses values that are no number. What is written in one call must be whole values.
type finite struct {
	w    io.Writer
	name string
	n    int64
}

func (f *finite) Write(b []byte) (int, error) {
	for i := 0; i+4 <= len(b); i += 4 {
		// Infinite and not a number have all bits of the exponent.
		if bits := binary.LittleEndian.Uint32(b[i:]); bits&0x7f800000 == 0x7f800000 {
			return 0, &fault.FormatError{Format: "weights",
				Reason: fmt.Sprintf("%s: value %d is %v", f.name, f.n+int64(i/4), math.Float32frombits(bits))}
		}
	}
	f.n += int64(len(b) / 4)
	return f.w.Write(b)
}
