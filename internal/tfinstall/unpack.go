package tfinstall

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
)

// unpack puts what is needed of file, a wheel or a libtensorflow archive told
// apart by content, into t. Progress gets bytes done of total.
func unpack(t *tree, file string, b Build, progress func(done, total int64)) (err error) {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	st, err := f.Stat()
	if err != nil {
		return err
	}
	var magic [4]byte
	if _, err := f.ReadAt(magic[:], 0); err != nil {
		return fmt.Errorf("%s: want a wheel or a .tar.gz archive, got %d bytes", file, st.Size())
	}
	switch {
	case string(magic[:]) == "PK\x03\x04":
		z, err := zip.NewReader(f, st.Size())
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if err := unpackWheel(t, z, b, progress); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	case magic[0] == 0x1f && magic[1] == 0x8b:
		var read int64
		t.wrote = nil
		r := io.TeeReader(f, &counter{report: func(n int64) { read = n; progress(read, st.Size()) }})
		if err := unpackArchive(t, r); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	default:
		return fmt.Errorf("%s: it is neither a wheel (zip) nor a .tar.gz archive", file)
	}
	return nil
}

func unpackWheel(t *tree, z *zip.Reader, b Build, progress func(done, total int64)) error {
	plan, err := planWheel(z, b)
	if err != nil {
		return err
	}
	var done, total int64
	for _, e := range plan {
		total += int64(e.from.UncompressedSize64)
	}
	t.wrote = func(n int64) { done += n; progress(done, total) }
	for _, e := range plan {
		if err := putEntry(t, e); err != nil {
			return err
		}
	}
	return nil
}

func putEntry(t *tree, e extraction) error {
	if !e.from.Mode().IsRegular() {
		return fmt.Errorf("%s is not a plain file", e.from.Name)
	}
	r, err := e.from.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	// The zip reader compares the checksum of the entry at its end.
	return t.put(e.to, fs.FileMode(e.mode), int64(e.from.UncompressedSize64), r)
}

// unpackArchive takes lib/libtensorflow*, include/ and the licences of a
// libtensorflow archive as TensorFlow publishes them.
func unpackArchive(t *tree, r io.Reader) error {
	gz, err := gzip.NewReader(r)
	if err != nil {
		return err
	}
	version := ""
	for tr := tar.NewReader(gz); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		name := strings.TrimSuffix(strings.TrimPrefix(h.Name, "./"), "/")
		if name == "" || name == "." {
			continue
		}
		if err := local(name); err != nil {
			return err
		}
		dir, base := path.Split(name)
		to := name
		switch {
		case dir == "lib/" && strings.HasPrefix(base, "libtensorflow"):
			if v := versionOf(base); v != "" {
				version = v
			}
		case strings.HasPrefix(name, "include/"):
		case dir == "" && strings.Contains(base, "LICENSE"):
			to = "licenses/" + base
		default:
			continue
		}
		switch h.Typeflag {
		case tar.TypeReg:
			err = t.put(to, h.FileInfo().Mode().Perm()|0o644, h.Size, tr)
		case tar.TypeSymlink:
			err = t.link(to, strings.TrimPrefix(h.Linkname, "./"))
		case tar.TypeDir:
		default:
			err = fmt.Errorf("%s is neither file, folder nor link", name)
		}
		if err != nil {
			return err
		}
	}
	if _, err := io.Copy(io.Discard, gz); err != nil { // reads the checksum at the end
		return err
	}
	if version == "" {
		return errors.New("no library in lib/ carries a version in its name (libtensorflow.so.2.18.1)")
	}
	return fits(version)
}

// versionOf finds 2.18.1 in libtensorflow.so.2.18.1 and libtensorflow.2.18.1.dylib.
func versionOf(base string) string {
	v := strings.TrimSuffix(strings.TrimPrefix(base, "libtensorflow."), ".dylib")
	v = strings.TrimPrefix(v, "so.")
	if strings.Count(v, ".") != 2 || strings.Trim(v, "0123456789.") != "" {
		return ""
	}
	return v
}
