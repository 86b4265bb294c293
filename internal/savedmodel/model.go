// Package savedmodel reads TensorFlow SavedModels and their checkpoints
// without TensorFlow: which graphs, tags, signatures, inputs and outputs a model
// has, which checkpoint key each variable has, and the values themselves.
//
// Files are hostile until proven otherwise: nothing is allocated by what a
// header claims before it was compared with the size of the file.
package savedmodel

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"syscall"

	pb "github.com/wamuir/graft/tensorflow/core/protobuf/for_core_protos_go_proto"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	"github.com/gosight/vision/internal/fault"
)

const (
	format     = "saved_model"
	binaryFile = "saved_model.pb"
	textFile   = "saved_model.pbtxt"
	chunkFile  = "saved_model.cpb"
	// A serialised protobuf message ends at 2 GiB.
	maxProto = 1<<31 - 1
)

// A Model is a parsed SavedModel. Its methods only read, so it is safe for any
// number of goroutines as long as nobody changes Proto.
type Model struct {
	Dir   string // folder inside the file system it was read from
	Proto *pb.SavedModel

	fsys fs.FS
	file string // binaryFile or textFile
}

// Read parses the SavedModel in folder dir of fsys; dir may be ".". It reads
// saved_model.pb, or saved_model.pbtxt where that is all there is, and nothing
// else. A folder that is no SavedModel is a *fault.ModelError, a broken file a
// *fault.FormatError, a model split into chunks a *fault.UnsupportedError.
func Read(fsys fs.FS, dir string) (*Model, error) {
	dir = path.Clean(dir)
	m := &Model{Dir: dir, Proto: new(pb.SavedModel), fsys: fsys}
	for _, m.file = range []string{binaryFile, textFile} {
		data, err := readAll(fsys, path.Join(dir, m.file), maxProto)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			if notFolder := m.checkFolder(); notFolder != nil {
				return nil, notFolder
			}
			return nil, &fault.ModelError{Model: called(dir), What: "files", Want: "a readable " + m.file, Err: err}
		}
		if err := m.parse(data); err != nil {
			return nil, err
		}
		return m, nil
	}
	return nil, m.missing()
}

func (m *Model) parse(data []byte) error {
	if len(data) == 0 {
		return &fault.FormatError{Format: format, Reason: m.file + " is empty"}
	}
	var err error
	if m.file == textFile {
		err = prototext.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(data, m.Proto)
	} else {
		err = proto.Unmarshal(data, m.Proto)
	}
	if err != nil {
		return &fault.FormatError{
			Format: format,
			Reason: fmt.Sprintf("the %d bytes of %s are no SavedModel message", len(data), m.file),
			Err:    err,
		}
	}
	if len(m.Proto.GetMetaGraphs()) == 0 {
		return &fault.FormatError{Format: format, Reason: m.file + " holds no MetaGraph"}
	}
	return nil
}

// checkFolder says what is wrong with the folder itself, nil if nothing is.
func (m *Model) checkFolder() error {
	info, err := fs.Stat(m.fsys, m.Dir)
	if err != nil {
		return &fault.ModelError{Model: called(m.Dir), What: "files", Want: "a folder with " + binaryFile, Err: m.reason(err)}
	}
	if !info.IsDir() {
		return &fault.ModelError{Model: called(m.Dir), What: "files", Want: "the folder that holds " + binaryFile, Got: info.Name() + ", which is a file, not a model's folder"}
	}
	return nil
}

// reason is err without the name of the folder where that says nothing: the file system's root.
func (m *Model) reason(err error) error {
	var at *fs.PathError
	switch {
	case errors.Is(err, syscall.ENOTDIR):
		return errors.New("this is a file, not a model's folder")
	case errors.As(err, &at) && m.Dir == ".":
		return at.Err
	}
	return err
}

// missing says why there is no saved_model.pb to read.
func (m *Model) missing() error {
	if err := m.checkFolder(); err != nil {
		return err
	}
	if _, err := fs.Stat(m.fsys, path.Join(m.Dir, chunkFile)); err == nil {
		return &fault.UnsupportedError{Format: format, Reason: "the model is split into chunks (" + chunkFile + "); want " + binaryFile}
	}
	e := &fault.ModelError{Model: called(m.Dir), What: "files", Want: binaryFile, Got: "a folder without it"}
	const shown = 10
	entries, _ := fs.ReadDir(m.fsys, m.Dir) // only to help; the error stands without
	for i, entry := range entries {
		if i == shown {
			e.Have = append(e.Have, "...")
			break
		}
		e.Have = append(e.Have, entry.Name())
	}
	return e
}

// called is what errors call a folder: nothing for the root of a file system, so
// that whoever opened it may fill in what the user called it.
func called(dir string) string {
	if dir == "." {
		return ""
	}
	return dir
}

// readAll returns the whole file. It trusts the bytes that come, not the size
// that the file system states. One of more bytes than the limit is a *fault.LimitError.
func readAll(fsys fs.FS, file string, limit int64) ([]byte, error) {
	f, err := fsys.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > limit {
		return nil, fmt.Errorf("%s: %w", file, &fault.LimitError{What: "bytes", Got: info.Size(), Max: limit})
	}
	data := make([]byte, 0, info.Size()+1)
	for {
		if len(data) == cap(data) {
			data = append(data, 0)[:len(data)]
		}
		n, err := f.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		if int64(len(data)) > limit {
			return nil, fmt.Errorf("%s: %w", file, &fault.LimitError{What: "bytes", Got: int64(len(data)), Max: limit})
		}
		if errors.Is(err, io.EOF) {
			return data, nil
		}
		if err != nil {
			return nil, err
		}
	}
}
