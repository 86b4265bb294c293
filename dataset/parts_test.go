package dataset

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestTrainFolders(t *testing.T) {
	pic := picture(t, 3, 2)
	for why, c := range map[string]struct {
		pairs        []string
		train, valid int // -1: none
	}{
		"train and test":          {[]string{"train/a/1.png", "train/b/1.png", "test/b/1.png"}, 2, 1},
		"one deeper":              {[]string{"set/train/a/1.png", "set/train/b/1.png", "set/val/a/1.png", "set/test/a/1.png", "set/test/a/2.png"}, 2, 1},
		"classes alone":           {[]string{"a/1.png", "b/1.png", "b/2.png"}, 3, -1},
		"nothing to validate on":  {[]string{"train/a/1.png", "train/b/1.png"}, 2, -1},
		"a class called train":    {[]string{"bus/1.png", "car/1.png", "train/1.png", "train/2.png"}, 4, -1},
		"and one called test":     {[]string{"train/1.png", "bus/1.png", "test/1.png"}, 3, -1},
		"in each part":            {[]string{"train/bus/1.png", "train/train/1.png", "val/train/1.png"}, 2, 1},
		"a part in a class":       {[]string{"train/1.png", "set/train/a/1.png", "set/train/train/1.png", "set/val/a/1.png"}, 2, 1},
		"parts without classes":   {[]string{"train/1.png", "val/1.png"}, -2, -2}, // else parts became classes
		"the same one deeper":     {[]string{"set/train/1.png", "set/test/1.png"}, -2, -2},
		"a picture beside them":   {[]string{"train/1.png", "train/a/1.png", "bus/1.png"}, -2, -2}, // nobody can tell
		"a test without classes":  {[]string{"train/a/1.png", "train/b/1.png", "test/1.png"}, 2, -1},
		"validation comes later":  {[]string{"train/a/1.png", "train/b/1.png", "val/1.png", "test/a/1.png"}, 2, 1},
		"one class in validation": {[]string{"train/a/1.png", "train/b/1.png", "valid/a/1.png"}, 2, 1},
	} {
		files := map[string]string{}
		var pairs []string
		for _, name := range c.pairs {
			files[name] = pic
			pairs = append(pairs, name, pic)
		}
		for _, src := range []string{folder(t, files), archive(t, "s.tar.gz", pairs...)} {
			train, valid, err := TrainFolders(src)
			if c.train == -2 {
				var fe *FileError
				if !errors.As(err, &fe) || !strings.Contains(err.Error(), "class/picture") {
					t.Errorf("%s: got %v, want a FileError that asks for class/picture", why, err)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s: %v", why, err)
				continue
			}
			got := -1
			if valid != nil {
				got = valid.Len()
				if !slices.Equal(valid.Classes, train.Classes) {
					t.Errorf("%s: classes %q and %q", why, train.Classes, valid.Classes)
				}
			}
			if train.Len() != c.train || got != c.valid {
				t.Errorf("%s: %d and %d pictures, want %d and %d", why, train.Len(), got, c.train, c.valid)
			}
		}
	}
	other := folder(t, map[string]string{"train/a/1.png": pic, "train/b/1.png": pic, "test/c/1.png": pic})
	if _, _, err := TrainFolders(other); err == nil {
		t.Error("a class that is only in validation was taken")
	}
}

func TestSplit(t *testing.T) {
	files := map[string]string{}
	pic := picture(t, 1, 1)
	for i := range 23 {
		files[fmt.Sprintf("%c/%02d.png", 'a'+i/12, i)] = pic
	}
	s, err := ImageFolder(folder(t, files), "")
	if err != nil {
		t.Fatal(err)
	}
	most, rest := s.Split(5)
	a, _ := all(t, most) // which checks Len
	b, _ := all(t, rest)
	seen := map[string]bool{}
	for _, ex := range append(a, b...) {
		if seen[ex.Name] {
			t.Errorf("%s is in both", ex.Name)
		}
		seen[ex.Name] = true
	}
	if len(a) != 19 || len(b) != 4 || len(seen) != 23 || b[0].Class != 0 || b[3].Class != 1 {
		t.Errorf("%d and %d", len(a), len(b))
	}
}
