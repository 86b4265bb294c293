package tfinstall

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// linuxCPU is the build that the tests install, on whatever machine they run.
func linuxCPU(tb testing.TB) Build {
	tb.Helper()
	b, err := Lookup(Target{"linux", "amd64", "cpu"})
	if err != nil {
		tb.Fatal(err)
	}
	b.Unpacked = 1 << 20 // the fakes are small, and so may the test machine's disk be
	return b
}

// An entry is a file of a fake archive; link makes it a symbolic link.
type entry struct{ name, body, link string }

// noise is n bytes that do not compress, the same each time.
func noise(n int) string {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{}).Read(b) // never fails
	return string(b)
}

// wheelEntries are those of a well-formed small wheel, with things in it that
// must not be taken.
func wheelEntries() []entry {
	inc := "tensorflow/include/"
	return []entry{
		{name: "tensorflow/libtensorflow_cc.so.2", body: noise(1<<20 + 1<<12)},
		{name: "tensorflow/libtensorflow_framework.so.2", body: noise(1 << 16)},
		{name: "tensorflow/python/big.so", body: noise(1 << 10)},
		{name: inc + "tensorflow/c/c_api.h", body: "#include <stdint.h>\n#include \"tensorflow/c/tf_status.h\"\n# include \"absent.h\"\n"},
		{name: inc + "tensorflow/c/c_api_experimental.h", body: "#include \"tensorflow/c/c_api.h\"\n"},
		{name: inc + "tensorflow/c/eager/c_api.h", body: "#include \"tensorflow/c/c_api.h\"\n"},
		{name: inc + "tensorflow/core/platform/ctstring.h", body: "#include \"tsl/platform/ctstring.h\"\n"},
		{name: inc + "tensorflow/c/tf_status.h", body: "#  include \"xla/tsl/c/tsl_status.h\" // comment\n"},
		{name: inc + "xla/tsl/c/tsl_status.h", body: "int x;\n"},
		{name: inc + "tsl/platform/ctstring.h", body: "int y;\n"},
		{name: inc + "tensorflow/c/kernels.h", body: "int unused;\n"},
		{name: inc + "LICENSE", body: "Apache"},
		{name: "tensorflow/THIRD_PARTY_NOTICES.txt", body: "others"},
		{name: "tensorflow_cpu-2.18.1.dist-info/METADATA", body: "Metadata-Version: 2.1\nVersion: 2.18.1\n"},
	}
}

// installedFiles is what an installation of wheelEntries holds.
var installedFiles = []string{
	"include/tensorflow/c/c_api.h",
	"include/tensorflow/c/c_api_experimental.h",
	"include/tensorflow/c/eager/c_api.h",
	"include/tensorflow/c/tf_status.h",
	"include/tensorflow/core/platform/ctstring.h",
	"include/tsl/platform/ctstring.h",
	"include/xla/tsl/c/tsl_status.h",
	"lib/libtensorflow.so",
	"lib/libtensorflow_cc.so.2",
	"lib/libtensorflow_framework.so",
	"lib/libtensorflow_framework.so.2",
	"licenses/LICENSE",
	"licenses/THIRD_PARTY_NOTICES.txt",
}

// without drops the entries whose name ends in suffix, and adds more.
func without(es []entry, suffix string, more ...entry) []entry {
	es = slices.DeleteFunc(slices.Clone(es), func(e entry) bool { return strings.HasSuffix(e.name, suffix) })
	return append(es, more...)
}

func zipOf(tb testing.TB, es []entry) []byte {
	tb.Helper()
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for _, e := range es {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		if len(e.body) > 1<<20 {
			h.Method = zip.Store // as quick under the race detector
		}
		h.SetMode(0o644)
		body := e.body
		if e.link != "" {
			h.SetMode(os.ModeSymlink | 0o777)
			body = e.link
		}
		w, err := z.CreateHeader(h)
		if err != nil {
			tb.Fatal(err)
		}
		if _, err := w.Write([]byte(body)); err != nil {
			tb.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	return buf.Bytes()
}

func tgzOf(tb testing.TB, es []entry) []byte {
	tb.Helper()
	var buf bytes.Buffer
	gz := gzip.NewWriter(&buf)
	w := tar.NewWriter(gz)
	for _, e := range es {
		h := &tar.Header{Name: e.name, Mode: 0o555, Size: int64(len(e.body)), Typeflag: tar.TypeReg}
		if e.link != "" {
			h.Typeflag, h.Linkname = tar.TypeSymlink, e.link
		}
		if strings.HasSuffix(e.name, "/") {
			h.Typeflag = tar.TypeDir
		}
		if err := w.WriteHeader(h); err != nil {
			tb.Fatal(err)
		}
		if _, err := w.Write([]byte(e.body)); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	if err := gz.Close(); err != nil {
		tb.Fatal(err)
	}
	return buf.Bytes()
}

func sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}

// file writes data into a fresh folder.
func file(tb testing.TB, name string, data []byte) string {
	tb.Helper()
	p := filepath.Join(tb.TempDir(), name)
	if err := os.WriteFile(p, data, 0o600); err != nil {
		tb.Fatal(err)
	}
	return p
}

// options install data, vouched for, into a folder that does not exist yet.
func options(tb testing.TB, data []byte) Options {
	tb.Helper()
	return Options{
		Build:  linuxCPU(tb),
		Dir:    filepath.Join(tb.TempDir(), "a cache", "tf"),
		From:   []string{file(tb, "some.whl", data)},
		SHA256: sum(data),
	}
}

// beside lists what lies in the parent of an installation, but for the lock.
func beside(tb testing.TB, dir string) []string {
	tb.Helper()
	entries, err := os.ReadDir(filepath.Dir(dir))
	if err != nil && !os.IsNotExist(err) {
		tb.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if e.Name() != filepath.Base(dir)+".lock" {
			names = append(names, e.Name())
		}
	}
	return names
}

// paths lists the files and links below dir, but for the manifest.
func paths(tb testing.TB, dir string) []string {
	tb.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == manifestName {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		names = append(names, filepath.ToSlash(rel))
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return names
}
