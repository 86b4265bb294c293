package savedmodel

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	"github.com/gosight/vision/internal/fault"
)

// kind names the typed error in err.
func kind(err error) string {
	var format *fault.FormatError
	var model *fault.ModelError
	var unsupported *fault.UnsupportedError
	switch {
	case err == nil:
		return "none"
	case errors.As(err, &format):
		return "format"
	case errors.As(err, &model):
		return "model"
	case errors.As(err, &unsupported):
		return "unsupported"
	default:
		return "untyped"
	}
}

// check fails unless err is of the kind and says each of the words.
func check(t *testing.T, err error, want string, words ...string) {
	t.Helper()
	if kind(err) != want {
		t.Fatalf("want a %s error, got %s: %v", want, kind(err), err)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q does not say %q", err, w)
		}
	}
}

func TestReadErrors(t *testing.T) {
	whole, err := fs.ReadFile(tinyModels(), "mean_rgb/saved_model.pb")
	if err != nil {
		t.Fatal(err)
	}
	file := func(name string, data []byte) fs.FS { return fstest.MapFS{name: &fstest.MapFile{Data: data}} }
	for _, c := range []struct {
		name  string
		fsys  fs.FS
		dir   string
		kind  string
		words []string
	}{
		{"no such folder", tinyModels(), "absent", "model", []string{"absent", "saved_model.pb"}},
		{"a folder of other things", tinyModels(), "mean_rgb/variables", "model", []string{"want saved_model.pb", "variables.index"}},
		{"a file in place of the folder", tinyModels(), "mean_rgb/saved_model.pb", "model", []string{"the folder", "saved_model.pb, which is a file, not a model's folder"}},
		{"a file in place of the file system", os.DirFS("../../testdata/models/README.md"), ".", "model", []string{"a folder with saved_model.pb", "this is a file, not a model's folder"}},
		{"a folder in place of the file", file("m/saved_model.pb/x", nil), "m", "model", []string{"readable saved_model.pb"}},
		{"a path outside", tinyModels(), "../models/mean_rgb", "model", nil},
		{"empty", file("saved_model.pb", nil), ".", "format", []string{"saved_model.pb is empty"}},
		{"text", file("saved_model.pb", []byte("this is not a model\n")), ".", "format", []string{"20 bytes of saved_model.pb"}},
		{"truncated", file("saved_model.pb", whole[:len(whole)/2]), ".", "format", []string{"no SavedModel message"}},
		{"another message", file("saved_model.pb", []byte{0x08, 0x01}), ".", "format", []string{"no MetaGraph"}},
		{"broken text form", file("saved_model.pbtxt", []byte("meta_graphs {")), ".", "format", []string{"saved_model.pbtxt"}},
		{"chunked", file("saved_model.cpb", []byte{1}), ".", "unsupported", []string{"chunks"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := Read(c.fsys, c.dir)
			check(t, err, c.kind, c.words...)
			if m != nil {
				t.Error("a model beside the error")
			}
		})
	}
}

func TestReadText(t *testing.T) {
	want := tiny(t, "mean_rgb").Proto
	files := fstest.MapFS{"m/saved_model.pbtxt": {Data: []byte(prototext.Format(want))}}
	m, err := Read(files, "m/")
	if err != nil {
		t.Fatal(err)
	}
	if !proto.Equal(m.Proto, want) {
		t.Error("the text form gives another model than the binary form")
	}
}

// shy hides all but Open, Read and Close, as file systems without random access do.
type shy struct{ fs.FS }

type shyFile struct{ f fs.File }

func (s shy) Open(name string) (fs.File, error) {
	f, err := s.FS.Open(name)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return f, nil
	}
	return shyFile{f}, nil
}

func (s shyFile) Stat() (fs.FileInfo, error) { return s.f.Stat() }
func (s shyFile) Read(p []byte) (int, error) { return s.f.Read(p[:min(len(p), 7)]) }
func (s shyFile) Close() error               { return s.f.Close() }

func TestSequentialFileSystem(t *testing.T) {
	m, err := Read(shy{tinyModels()}, "mean_rgb")
	if err != nil {
		t.Fatal(err)
	}
	slow, err := m.Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	fast, err := tiny(t, "mean_rgb").Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range fast.Keys() {
		if key == objectGraphKey {
			continue
		}
		want, err := fast.Read(key)
		if err != nil {
			t.Fatal(err)
		}
		got, err := slow.Read(key)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %x, %v; want %x", key, got, err, want)
		}
	}
}

func TestDigest(t *testing.T) {
	digest := func(files fstest.MapFS) string {
		t.Helper()
		m, err := Read(files, ".")
		if err != nil {
			t.Fatal(err)
		}
		d, err := m.Digest()
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	base := digest(copyOf(t, "asset_table"))
	if d, err := tiny(t, "asset_table").Digest(); err != nil || d != base {
		t.Errorf("in a folder %s, %v; at the root %s", d, err, base)
	}
	card := copyOf(t, "asset_table")
	card["card.json"] = &fstest.MapFile{Data: []byte("{}")}
	if digest(card) != base {
		t.Error("a card changes the digest")
	}
	for _, name := range []string{"variables/variables.index", "variables/variables.data-00000-of-00001", "assets/words.txt"} {
		files := copyOf(t, "asset_table")
		data := files[name].Data
		data[len(data)/2] ^= 1
		if digest(files) == base {
			t.Errorf("a changed %s does not change the digest", name)
		}
	}
	renamed := copyOf(t, "asset_table")
	renamed["assets/other.txt"] = renamed["assets/words.txt"]
	delete(renamed, "assets/words.txt")
	if digest(renamed) == base {
		t.Error("a renamed asset does not change the digest")
	}
}
