package dataset

import (
	_ "embed"
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
// extension are left out. An archive is read through once to learn its classes.
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
	seen, n := map[string]bool{}, 0
	err = src.walk(under, func(name string, _ func() ([]byte, error)) error {
		if !isPicture(name) {
			return nil
		}
		class, _, ok := strings.Cut(name, "/")
		if !ok {
			return broken(src.join(path.Join(under, name)), 0, "folder of classes", "want class/picture, got a picture beside the classes")
		}
		seen[class] = true
		n++
		return nil
	})
	if err != nil {
		return nil, err
	}
	if n == 0 {
		return nil, broken(src.join(under), 0, "folder of classes", "want class/picture, got no picture")
	}
	s := &Set{Classes: slices.Sorted(maps.Keys(seen)), n: n}
	index := map[string]int{}
	for i, c := range s.Classes {
		index[c] = i
	}
	s.all = pictures(src, under, lim, func(name string) (int, error) {
		class, _, _ := strings.Cut(name, "/")
		i, ok := index[class]
		if !ok {
			return -1, broken(name, 0, "folder of classes", "class %q was not there when the set was opened", class)
		}
		return i, nil
	})
	return s, nil
}

//go:embed synsets.txt
var synsets string

// Synsets returns the WordNet ids of the 1000 classes of ImageNet (ILSVRC 2012) in the
// order of their numbers, which is their own.
func Synsets() []string { return strings.Fields(synsets) }

// ImageNet opens pictures of the ImageNet classes, a folder or an archive. The class is
// the synset with which the file's name begins ("n02123045_tabby.JPEG"), or else that
// with which the name of its folder begins. A picture without a known synset is given as
// an error.
func ImageNet(name string, opts ...option.Option) (*Set, error) {
	lim, err := limits(opts)
	if err != nil {
		return nil, err
	}
	src, err := openSource(name)
	if err != nil {
		return nil, err
	}
	s := &Set{Classes: Synsets()}
	err = src.walk("", func(name string, _ func() ([]byte, error)) error {
		if isPicture(name) {
			s.n++
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if s.n == 0 {
		return nil, broken(name, 0, "ImageNet folder", "want pictures, got none")
	}
	s.all = pictures(src, "", lim, func(name string) (int, error) {
		for _, part := range []string{path.Base(name), path.Base(path.Dir(name))} {
			if len(part) < len("n00000000") {
				continue
			}
			if i, ok := slices.BinarySearch(s.Classes, part[:len("n00000000")]); ok {
				return i, nil
			}
		}
		return -1, broken(name, 0, "ImageNet folder", "want a name that begins with one of the 1000 synsets")
	})
	return s, nil
}

// pictures gives all pictures of src with the class that classOf finds for their name.
func pictures(src source, under string, lim decode.Limits, classOf func(name string) (int, error)) func(func(Example, error) bool) {
	return func(yield func(Example, error) bool) {
		err := src.walk(under, func(name string, read func() ([]byte, error)) error {
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
