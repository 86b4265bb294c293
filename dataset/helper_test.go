package dataset

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// picture is a PNG of w x h black pixels.
func picture(t testing.TB, w, h int) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h))); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// folder writes files, named by path, to a new folder.
func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// archive writes name, content pairs to a tar, in order, gzipped if the name says so.
func archive(t testing.TB, name string, pairs ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		if err := w.WriteHeader(&tar.Header{Name: pairs[i], Size: int64(len(pairs[i+1])), Mode: 0o644}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(pairs[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	data := b.Bytes()
	if strings.HasSuffix(name, ".gz") {
		data = zipped(t, data)
	}
	p := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(p, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return p
}

func zipped(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// all reads a set to its end and checks what holds for every set.
func all(t *testing.T, s *Set) (good []Example, bad []error) {
	t.Helper()
	for ex, err := range s.All() {
		if err != nil {
			var fe *FileError
			if !errors.As(err, &fe) || fe.File == "" {
				t.Errorf("%s: %v does not name a file", ex.Name, err)
			}
			if ex.Image != nil || ex.Class != -1 {
				t.Errorf("%s: an error beside an example", ex.Name)
			}
			bad = append(bad, err)
			continue
		}
		if ex.Image == nil || ex.Name == "" || s.Classes != nil && ex.Class >= len(s.Classes) {
			t.Errorf("incomplete example %+v", ex)
		}
		good = append(good, ex)
	}
	if len(good)+len(bad) != s.Len() {
		t.Errorf("Len is %d, All gave %d examples and %d errors", s.Len(), len(good), len(bad))
	}
	n := 0
	for range s.All() {
		n++
		break
	}
	if n != min(1, s.Len()) {
		t.Error("breaking off did not end the iteration")
	}
	return good, bad
}

// line fails unless err is a FileError of the file and line.
func line(t *testing.T, why string, err error, file string, n int) {
	t.Helper()
	var fe *FileError
	if !errors.As(err, &fe) || !strings.HasSuffix(filepath.ToSlash(fe.File), file) || fe.Line != n {
		t.Errorf("%s: got %v, want an error at %s:%d", why, err, file, n)
	}
}
