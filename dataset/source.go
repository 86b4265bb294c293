package dataset

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/gosight/vision/internal/fault"
)

// maxFile bounds the size of one file that is read into memory.
const maxFile = 1 << 30

// A source is a folder or an archive that holds files.
type source struct {
	path   string
	folder fs.FS // nil for an archive

	// folderSeen, if any, is told of the folders that a walk comes by, links to folders among them, as of files.
	folderSeen func(name string)
}

func openSource(name string) (source, error) {
	st, err := os.Stat(name)
	switch {
	case err != nil:
		return source{}, &FileError{File: name, Err: err}
	case st.IsDir():
		return source{path: name, folder: os.DirFS(name)}, nil
	}
	return source{path: name}, nil
}

// walk visits the regular files under a folder of the source as stream does; read gives
// the whole of a file, up to maxFile.
func (s source) walk(under string, visit func(name string, read func() ([]byte, error)) error) error {
	return s.stream(under, func(name string, size int64, open func() (io.ReadCloser, error)) error {
		return visit(name, func() ([]byte, error) { return readAll(size, open) })
	})
}

// stream visits the regular files under a folder of the source, "" for all: by name in a
// folder, in their own order in an archive. Names are cut below that folder; open is valid
// during the visit, once, and size says how much it gives. Links within archives, hidden
// files and what macOS adds are left out. An error of visit ends the walk and is returned.
func (s source) stream(under string, visit func(name string, size int64, open func() (io.ReadCloser, error)) error) error {
	if s.folder == nil {
		return s.streamArchive(under, visit)
	}
	root := path.Clean(strings.Trim(under, "/"))
	return fs.WalkDir(s.folder, root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return &FileError{File: s.join(name), Err: err}
		}
		rel := below(name, root)
		if name != root && extra(rel) {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if d.Type()&fs.ModeSymlink != 0 {
			// A link to a file is a file; one to a folder is not followed, since it may
			// lead in a circle.
			if st, err := fs.Stat(s.folder, name); err == nil && !st.Mode().IsRegular() {
				s.sawFolder(rel, st.IsDir())
				return nil
			}
		} else if !d.Type().IsRegular() {
			s.sawFolder(rel, d.IsDir())
			return nil
		}
		return visit(rel, sizeUnknown, func() (io.ReadCloser, error) { return s.folder.Open(name) })
	})
}

// sawFolder passes a folder below the root on.
func (s source) sawFolder(name string, is bool) {
	if is && s.folderSeen != nil && name != "" && name != "." {
		s.folderSeen(name)
	}
}

// sizeUnknown is the size of a file that only asking the file system would tell.
const sizeUnknown = -1

func (s source) streamArchive(under string, visit func(name string, size int64, open func() (io.ReadCloser, error)) error) error {
	f, err := os.Open(s.path)
	if err != nil {
		return &FileError{File: s.path, Err: err}
	}
	defer f.Close()
	r, err := unzip(f)
	if err != nil {
		return s.cut(err)
	}
	root := path.Clean(strings.Trim(under, "/"))
	for t := tar.NewReader(r); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return s.cut(err)
		}
		name := path.Clean(strings.TrimLeft(h.Name, "/"))
		if root != "." && !strings.HasPrefix(name, root+"/") {
			continue
		}
		if name = below(name, root); extra(name) {
			continue
		}
		if h.Typeflag != tar.TypeReg {
			s.sawFolder(name, h.Typeflag == tar.TypeDir)
			continue
		}
		err = visit(name, h.Size, func() (io.ReadCloser, error) { return entry(f, r, t, h) })
		if err != nil {
			return err
		}
	}
}

// entry opens a file of an archive: so that one can seek in it, too, where the archive is not packed and the file has no holes. An
// archive within an archive then need not be read to be skipped.
func entry(f *os.File, r io.Reader, t *tar.Reader, h *tar.Header) (io.ReadCloser, error) {
	for key := range h.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return io.NopCloser(t), nil
		}
	}
	if r != io.Reader(f) {
		return io.NopCloser(t), nil
	}
	at, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		return nil, err
	}
	return &section{io.NewSectionReader(f, at, h.Size), h.Size}, nil
}

// A section is a file of an archive.
type section struct {
	*io.SectionReader
	left int64
}

// Read reports an archive that ends within the file.
func (s *section) Read(p []byte) (int, error) {
	n, err := s.SectionReader.Read(p)
	s.left -= int64(n)
	if errors.Is(err, io.EOF) && s.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// Seek goes to another place; what it leaves out is read by nobody.
func (s *section) Seek(offset int64, whence int) (int64, error) {
	at, err := s.SectionReader.Seek(offset, whence)
	s.left = s.Size() - at
	return at, err
}

func (s *section) Close() error { return nil }

func (s source) join(name string) string { return path.Join(s.path, name) }

func (s source) cut(err error) error {
	return &FileError{File: s.path, Err: &fault.FormatError{Format: "tar", Reason: "want a folder, a tar or a tar.gz archive", Err: err}}
}

// unzip reads through gzip if that is what f holds, or else f itself, from which tar can skip what
// nobody reads.
func unzip(f io.ReadSeeker) (io.Reader, error) {
	var head [2]byte
	n, err := io.ReadFull(f, head[:])
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	if bytes.Equal(head[:n], []byte{0x1f, 0x8b}) {
		return gzip.NewReader(bufio.NewReaderSize(f, 1<<16))
	}
	return f, nil
}

func below(name, root string) string {
	if root == "." {
		return name
	}
	return strings.TrimPrefix(strings.TrimPrefix(name, root), "/")
}

// extra reports a file in a hidden folder or hidden itself, or what macOS puts beside the
// files.
func extra(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if strings.HasPrefix(part, ".") || part == "__MACOSX" {
			return true
		}
	}
	return false
}

// isPicture goes by the extension: other files may lie between the pictures.
func isPicture(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff":
		return true
	}
	return false
}

// stem is the last element of name without its extension.
func stem(name string) string {
	return strings.TrimSuffix(path.Base(name), path.Ext(name))
}

// readFile reads a file up to maxFile.
func readFile(fsys fs.FS, name string) ([]byte, error) {
	return readAll(sizeUnknown, func() (io.ReadCloser, error) { return fsys.Open(name) })
}

// readAll reads a file that is said to have size bytes.
func readAll(size int64, open func() (io.ReadCloser, error)) ([]byte, error) {
	f, err := open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if sf, ok := f.(fs.File); ok && size == sizeUnknown {
		if st, err := sf.Stat(); err == nil {
			size = st.Size()
		}
	}
	if size > maxFile {
		return nil, &fault.LimitError{What: "bytes", Got: size, Max: maxFile}
	}
	var b bytes.Buffer
	b.Grow(int(max(0, min(size, 1<<20))) + bytes.MinRead) // nobody's word is taken for more
	if _, err := b.ReadFrom(io.LimitReader(f, maxFile+1)); err != nil {
		return nil, err
	}
	if b.Len() > maxFile {
		return nil, &fault.LimitError{What: "bytes", Got: int64(b.Len()), Max: maxFile}
	}
	return b.Bytes(), nil
}

// readPath reads a list or a picture by its path on disk.
func readPath(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, &FileError{File: name, Err: err}
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, &FileError{File: name, Err: err}
	}
	if st.IsDir() {
		return nil, &FileError{File: name, Err: errors.New("want a file, got a folder")}
	}
	if st.Size() > maxFile {
		return nil, &FileError{File: name, Err: &fault.LimitError{What: "bytes", Got: st.Size(), Max: maxFile}}
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return nil, &FileError{File: name, Err: fmt.Errorf("read: %w", err)}
	}
	return data, nil
}
