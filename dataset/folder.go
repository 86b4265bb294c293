package dataset

import (
	"errors"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/gosight/vision/internal/decode"
	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/option"
)

// errStop ends a walk whose caller wants no more.
var errStop = errors.New("stop")

// ImageFolder opens pictures that lie in one folder a class: class/picture.jpg, or
// deeper below the class. Path is a folder or an archive; under is the folder in it that
// holds the classes, "" if it does so itself ("cifar10/train"). Classes are numbered
// in the order of their names' bytes, as Python sorts them. Files that are no pictures by their
// extension are left out. An archive is read through once to learn its classes. Class folders in which no picture lies, and links to
// folders, which are not followed, are named in the set's Empty; hidden ones are not.
//
// Of the options MaxPixels and AsStored matter, here and in all sets of picture files.
func ImageFolder(name, under string, opts ...option.Option) (*Set, error) {
	lim, err := limits(opts)
	if err != nil {
		return nil, err
	}
	src, err := openSource(name)
	if err != nil {
		return nil, err
	}
	seen, n := map[string]bool{}, 0 // false: without a picture
	alone := ""                     // a picture in no class
	there := func(name string) {
		class, _, _ := strings.Cut(name, "/")
		if _, ok := seen[class]; !ok {
			seen[class] = false
		}
	}
	opened := src
	opened.folderSeen = there
	err = opened.walk(under, func(name string, _ func() ([]byte, error)) error {
		class, _, ok := strings.Cut(name, "/")
		if !isPicture(name) {
			if ok {
				there(name)
			}
			return nil
		}
		if !ok {
			alone = name
			return nil
		}
		seen[class] = true
		n++
		return nil
	})
	if err != nil {
		return nil, err
	}
	switch {
	case alone != "" && n == 0:
		return nil, broken(src.join(under), 0, "folder of classes", "want class/picture, got pictures in no class: is it one class of the folder above?")
	case alone != "":
		return nil, broken(src.join(path.Join(under, alone)), 0, "folder of classes", "want class/picture, got a picture beside the classes")
	case n == 0:
		return nil, broken(src.join(under), 0, "folder of classes", "want class/picture, got no picture")
	}
	s := &Set{n: n}
	for _, class := range slices.Sorted(maps.Keys(seen)) {
		if seen[class] {
			s.Classes = append(s.Classes, class)
		} else {
			s.Empty = append(s.Empty, class)
		}
	}
	index := map[string]int{}
	for i, c := range s.Classes {
		index[c] = i
	}
	walk := func(visit func(string, func() ([]byte, error)) error) error { return src.walk(under, visit) }
	s.all = pictures(src, walk, lim, func(name string) (int, error) {
		class, _, _ := strings.Cut(name, "/")
		i, ok := index[class]
		if !ok {
			return -1, broken(name, 0, "folder of classes", "class %q was not there when the set was opened", class)
		}
		return i, nil
	})
	return s, nil
}

// A walk visits files as source.walk does.
type walk func(visit func(name string, read func() ([]byte, error)) error) error

// pictures gives all pictures of a walk through src with the class that classOf finds for their name.
func pictures(src source, files walk, lim decode.Limits, classOf func(name string) (int, error)) func(func(Example, error) bool) {
	return func(yield func(Example, error) bool) {
		err := files(func(name string, read func() ([]byte, error)) error {
			if !isPicture(name) {
				return nil
			}
			ex, err := pictureOf(name, read, lim, classOf)
			if err != nil && cutShort(src, err) {
				return src.cut(err)
			}
			if !yield(ex, err) {
				return errStop
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStop) {
			yield(Example{Class: -1}, err)
		}
	}
}

func pictureOf(name string, read func() ([]byte, error), lim decode.Limits, classOf func(string) (int, error)) (Example, error) {
	class, err := classOf(name)
	if err != nil {
		return Example{Name: name, Class: -1}, err
	}
	data, err := read()
	if err != nil {
		return Example{Name: name, Class: -1}, &FileError{File: name, Err: readError{err}}
	}
	ex, err := photo(name, data, lim)
	if err == nil {
		ex.Class = class
	}
	return ex, err
}

// A readError marks that bytes could not be read, as against read and found broken.
type readError struct{ error }

func (e readError) Unwrap() error { return e.error }

// cutShort reports an error after which an archive has no more to give.
func cutShort(src source, err error) bool {
	var re readError
	var le *fault.LimitError
	return src.folder == nil && errors.As(err, &re) && !errors.As(err, &le)
}
