package dataset

import (
	"archive/tar"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A class without a picture is a slip that would cost the user a class: it is named. Folder and archive agree.
func TestEmptyClassFolders(t *testing.T) {
	pic := picture(t, 1, 1)
	dir := folder(t, map[string]string{"train/cat/1.png": pic, "train/dog/1.png": pic, "train/cow/readme.txt": "none yet", "val/cat/1.png": pic})
	folders := []string{"train/ape/", "train/ape/deeper/", "train/.hidden/", "train/__MACOSX/", "val/dog/"}
	for _, name := range folders {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	packed := filepath.Join(t.TempDir(), "s.tar")
	f, err := os.Create(packed)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := tar.NewWriter(f)
	for _, name := range append(folders, "./", "train/", "train/cat/", "train/dog/") {
		if err := w.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeDir, Mode: 0o755}); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"train/cat/1.png", "train/dog/1.png", "train/cow/readme.txt", "val/cat/1.png"} {
		if err := w.WriteHeader(&tar.Header{Name: name, Size: int64(len(pic)), Mode: 0o644}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(pic)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for _, src := range []string{dir, packed} {
		s, err := ImageFolder(src, "train")
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"ape", "cow"}
		most, rest := s.Split(2)
		same, err := s.As([]string{"cat", "dog", "eel"})
		if err != nil {
			t.Fatal(err)
		}
		for what, part := range map[string]*Set{"the set": s, "most of it": most, "the rest of it": rest, "it in other order": same} {
			if !slices.Equal(part.Empty, want) {
				t.Errorf("%s: %s: empty are %q, want %q", src, what, part.Empty, want)
			}
		}
		if !slices.Equal(s.Classes, []string{"cat", "dog"}) {
			t.Errorf("%s: classes %q", src, s.Classes)
		}
		_, _, err = TrainFolders(src)
		var fe *FileError
		if !errors.As(err, &fe) || !strings.Contains(err.Error(), `got none in ["ape" "cow"]`) {
			t.Errorf("%s: TrainFolders: %v", src, err)
		}
	}
	for _, name := range []string{"ape", "cow"} {
		if err := os.RemoveAll(filepath.Join(dir, "train", name)); err != nil {
			t.Fatal(err)
		}
	}
	train, valid, err := TrainFolders(dir)
	if err != nil || train.Empty != nil || !slices.Equal(valid.Empty, []string{"dog"}) {
		t.Errorf("%+v, %+v, %v", train, valid, err)
	}
	if err := os.Symlink(filepath.Join(dir, "val", "cat"), filepath.Join(dir, "train", "linked")); err != nil {
		t.Skipf("SKIPPED: this file system has no links: %v", err)
	}
	if _, _, err = TrainFolders(dir); err == nil || !strings.Contains(err.Error(), `"linked"`) || !strings.Contains(err.Error(), "links to folders are not followed") {
		t.Errorf("a class that is a link: %v", err)
	}
}
