package dataset

import (
	"path"
	"slices"
	"strings"

	"github.com/gosight/vision/internal/option"
)

// TrainFolders opens the training and the validation part of a set of class folders: name, a folder or an archive, holds
// train/class/picture and one of val, valid, validation or test beside it, itself or in a folder of its own
// ("scene15/train" in scene15.tar.gz). A folder of one of these names that holds pictures and no class/picture is no part: train beside bus and
// car is a class, and a test part without classes is left out. The classes are those of the training part. Where there is no training part, all is
// training, and valid is nil; see Split. A class folder of the training part without a picture is a *FileError; one of the validation
// part is in valid.Empty.
func TrainFolders(name string, opts ...option.Option) (train, valid *Set, err error) {
	src, err := openSource(name)
	if err != nil {
		return nil, nil, err
	}
	parts, err := src.folders()
	if err != nil {
		return nil, nil, err
	}
	under, ok := parts.shallowest("train")
	if !ok {
		if bare, is := parts.bare("train"); is {
			return nil, nil, broken(src.join(bare), 0, "folder of classes", "want class/picture, got pictures without classes in what looks like a part")
		}
	}
	if train, err = ImageFolder(name, under, opts...); err != nil {
		return nil, nil, err
	}
	if len(train.Empty) > 0 {
		return nil, nil, broken(src.join(under), 0, "folder of classes", "want a picture in every class folder, got none in %q (links to folders are not followed)", train.Empty)
	}
	if under == "" {
		return train, nil, nil
	}
	for _, base := range validFolders() {
		if other := path.Join(path.Dir(under), base); parts[other] {
			if valid, err = ImageFolder(name, other, opts...); err != nil {
				return nil, nil, err
			}
			valid, err = valid.As(train.Classes)
			return train, valid, err
		}
	}
	return train, nil, nil
}

// validFolders are what a part to validate on may be called.
func validFolders() []string { return []string{"val", "valid", "validation", "test"} }

// folders are those that hold pictures, themselves or deeper, one or two deep: what may be a part of a set.
func (s source) folders() (folders, error) {
	f := folders{}
	err := s.walk("", func(file string, _ func() ([]byte, error)) error {
		f.add(file)
		return nil
	})
	return f, err
}

// folders says of each whether it holds class/picture, as a part does; else it may be a class, whatever its name.
type folders map[string]bool

func (f folders) add(file string) {
	dirs := strings.Split(path.Dir(file), "/")
	for i := 0; i < min(len(dirs), 2) && isPicture(file); i++ {
		dir := path.Join(dirs[:i+1]...)
		f[dir] = f[dir] || i+1 < len(dirs)
	}
}

// shallowest finds the part of that name, the least deep if there are several.
func (f folders) shallowest(name string) (found string, ok bool) {
	for dir, isPart := range f {
		if isPart && path.Base(dir) == name && (!ok || len(dir) < len(found) || len(dir) == len(found) && dir < found) {
			found, ok = dir, true
		}
	}
	return found, ok
}

// bare finds a folder of that name that is no part and beside which is no folder but those that parts are called: all of these lack
// their classes, and are not classes that happen to be called so.
func (f folders) bare(name string) (found string, ok bool) {
	classes := map[string]bool{} // folders that hold others than parts
	for dir := range f {
		if base := path.Base(dir); base != name && !slices.Contains(validFolders(), base) {
			classes[path.Dir(dir)] = true
		}
	}
	for dir, isPart := range f {
		if !isPart && path.Base(dir) == name && !classes[path.Dir(dir)] && (!ok || dir < found) {
			found, ok = dir, true
		}
	}
	return found, ok
}

// Split cuts a set in two: one of each n examples in a row, which one seems random, goes to the second. Pictures in folders come class by class:
// of 2n-1 or more of a class in a row at least one goes, of fewer maybe none. A list that goes through its classes in turn loses all of them
// alike. A set split twice is split alike.
func (s *Set) Split(n int) (most, rest *Set) {
	if n < 2 {
		n = 2
	}
	part := func(want bool, count int) *Set {
		return &Set{Classes: s.Classes, IDs: s.IDs, Empty: s.Empty, n: count, all: func(yield func(Example, error) bool) {
			i := 0
			for ex, err := range s.all {
				row := i / n
				// Knuth's multiplicative hash; of the last examples, fewer than n, none goes.
				chosen := i%n == int(uint32(row+1)*2654435761>>16)%n && row < s.n/n
				i++
				if chosen == want && !yield(ex, err) {
					return
				}
			}
		}}
	}
	return part(false, s.n-s.n/n), part(true, s.n/n)
}
