package dataset

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/sharedtest"
)

func TestFolderAndArchiveAgree(t *testing.T) {
	pic := picture(t, 3, 2)
	names := []string{"top/train/dog/2.png", "top/train/cat/a/1.PNG", "top/train/Zebra/x.png", "top/test/dog/9.png"}
	files, pairs := map[string]string{}, []string{}
	for _, n := range names {
		files[n] = pic
		pairs = append(pairs, n, pic)
	}
	for _, n := range []string{"top/train/dog/readme.txt", "top/train/dog/._2.png", "__MACOSX/top/train/q/1.png", "top/train/.hidden/1.png"} {
		files[n] = "no picture"
		pairs = append(pairs, n, "no picture")
	}
	want := []string{"Zebra/x.png 0", "cat/a/1.PNG 1", "dog/2.png 2"}
	for _, src := range []string{folder(t, files), archive(t, "a.tar", pairs...), archive(t, "a.tar.gz", pairs...)} {
		s, err := ImageFolder(src, "top/train")
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(s.Classes, []string{"Zebra", "cat", "dog"}) {
			t.Errorf("%s: classes %q", src, s.Classes)
		}
		good, bad := all(t, s)
		var got []string
		for _, ex := range good {
			got = append(got, fmt.Sprint(ex.Name, " ", ex.Class))
			if ex.Image.Bounds().Dx() != 3 || ex.Image.Bounds().Dy() != 2 {
				t.Errorf("%s: bounds %v", ex.Name, ex.Image.Bounds())
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) || len(bad) > 0 {
			t.Errorf("%s: got %q and %v, want %q", src, got, bad, want)
		}
	}
	inner, err := ImageFolder(filepath.Join(folder(t, files), "top", "train"), "")
	if err != nil || inner.Len() != 3 {
		t.Errorf("the folder of classes itself: %v", err)
	}
}

func TestBrokenPicturesAreNamedAndTheRestIsGiven(t *testing.T) {
	pic := picture(t, 3, 2)
	pairs := []string{"c/1.png", pic, "c/2.png", "no picture", "d/3.jpg", "", "d/4.png", pic}
	dir := folder(t, map[string]string{pairs[0]: pairs[1], pairs[2]: pairs[3], pairs[4]: pairs[5], pairs[6]: pairs[7]})
	for _, src := range []string{dir, archive(t, "a.tar.gz", pairs...)} {
		s, err := ImageFolder(src, "")
		if err != nil {
			t.Fatal(err)
		}
		good, bad := all(t, s)
		if len(good) != 2 || len(bad) != 2 {
			t.Fatalf("%s: %d good, %v", src, len(good), bad)
		}
		line(t, "no picture", bad[0], "c/2.png", 0)
		line(t, "empty", bad[1], "d/3.jpg", 0)
	}
}

func TestArchiveCutShort(t *testing.T) {
	pic := picture(t, 300, 300)
	whole := archive(t, "a.tar", "c/1.png", pic, "c/2.png", pic)
	s, err := ImageFolder(whole, "")
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(whole, data[:512+512*((len(pic)+511)/512)+512+10], 0o644); err != nil {
		t.Fatal(err)
	}
	n := 0
	var last error
	for _, err := range s.All() {
		if last != nil {
			t.Error("an archive cut short gave more after its error")
		}
		if err == nil {
			n++
		}
		last = err
	}
	var fe *fault.FormatError
	if n != 1 || !errors.As(last, &fe) {
		t.Errorf("%d pictures, then %v", n, last)
	}
	if _, err := ImageFolder(whole, ""); err == nil {
		t.Error("opened an archive that is cut short")
	}
}

func TestFoldersThatAreNone(t *testing.T) {
	pic := picture(t, 1, 1)
	for why, open := range map[string]func() (*Set, error){
		"nothing there": func() (*Set, error) { return ImageFolder(filepath.Join(t.TempDir(), "none"), "") },
		"no picture":    func() (*Set, error) { return ImageFolder(folder(t, map[string]string{"a/b.txt": ""}), "") },
		"pictures beside classes": func() (*Set, error) {
			return ImageFolder(folder(t, map[string]string{"a/b.png": pic, "c.png": pic}), "")
		},
		"no folder under":           func() (*Set, error) { return ImageFolder(folder(t, map[string]string{"a/b.png": pic}), "train") },
		"an archive that is none":   func() (*Set, error) { return ImageFolder("folder_test.go", "") },
		"nothing in the archive":    func() (*Set, error) { return ImageFolder(archive(t, "a.tar", "a/b.png", pic), "train") },
		"ImageNet without pictures": func() (*Set, error) { return ImageNet(folder(t, map[string]string{"a.txt": ""})) },
	} {
		s, err := open()
		var fe *FileError
		if !errors.As(err, &fe) {
			t.Errorf("%s: got %v, %v, want a FileError", why, s, err)
		}
	}
}

func TestAsNumbersClassesLikeAModel(t *testing.T) {
	pic := picture(t, 1, 1)
	s, err := ImageFolder(folder(t, map[string]string{"cat/1.png": pic, "dog/1.png": pic}), "")
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.As([]string{"bird", "dog", "cat"})
	if err != nil {
		t.Fatal(err)
	}
	good, _ := all(t, m)
	if good[0].Class != 2 || good[1].Class != 1 {
		t.Errorf("cat is %d, dog is %d", good[0].Class, good[1].Class)
	}
	if _, err := s.As([]string{"cat"}); err == nil {
		t.Error("a class that the names do not hold was accepted")
	}
}

func TestImageNet(t *testing.T) {
	pic := picture(t, 1, 1)
	s, err := ImageNet(folder(t, map[string]string{
		"n01440764_tench.JPEG.png":             pic,
		"n02123045/ILSVRC2012_val_0001.png":    pic,
		"n02123045_cat/n01443537_goldfish.png": pic,
		"other/picture.png":                    pic,
		"n99999999_nothing.png":                pic,
	}))
	if err != nil {
		t.Fatal(err)
	}
	good, bad := all(t, s)
	classes := map[string]int{}
	for _, ex := range good {
		classes[ex.Name] = ex.Class
	}
	want := map[string]int{"n01440764_tench.JPEG.png": 0, "n02123045/ILSVRC2012_val_0001.png": 281, "n02123045_cat/n01443537_goldfish.png": 1}
	if fmt.Sprint(classes) != fmt.Sprint(want) || len(bad) != 2 {
		t.Errorf("got %v and %v, want %v", classes, bad, want)
	}
	if n := Synsets(); len(n) != 1000 || !slices.IsSorted(n) {
		t.Errorf("%d synsets", len(n))
	}
}

func TestRealFolders(t *testing.T) {
	s, err := ImageNet(sharedtest.Path(t, "data", "imagenet"))
	if err != nil {
		t.Fatal(err)
	}
	if good, bad := all(t, s); len(good) != 120 || len(bad) != 0 {
		t.Errorf("ImageNet: %d pictures, %v", len(good), bad)
	}
	s, err = ImageFolder(sharedtest.Path(t, "data", "scene15.tar.gz"), "scene15/test")
	if err != nil {
		t.Fatal(err)
	}
	good, bad := all(t, s)
	if len(s.Classes) != 15 || len(good) < 1000 || len(bad) != 0 {
		t.Errorf("scenes: %d classes, %d pictures, %v", len(s.Classes), len(good), bad)
	}
}

func TestPicturesInNoClass(t *testing.T) {
	pic := picture(t, 2, 2)
	for _, c := range []struct {
		files map[string]string
		says  string
	}{
		{map[string]string{"1.png": pic, "2.png": pic}, "got pictures in no class: is it one class of the folder above?"},
		{map[string]string{"a/1.png": pic, "2.png": pic}, "2.png: vision: broken folder of classes: want class/picture, got a picture beside the classes"},
		{map[string]string{"a/1.txt": "no picture"}, "got no picture"},
	} {
		if _, err := ImageFolder(folder(t, c.files), ""); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("got %v, want %q", err, c.says)
		}
	}
}
