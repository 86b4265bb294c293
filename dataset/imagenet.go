package dataset

import (
	"archive/tar"
	_ "embed"
	"errors"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/gosight/vision/internal/decode"
	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/option"
)

//go:embed synsets.txt
var synsets string

// Synsets returns the WordNet ids of the 1000 classes of ImageNet (ILSVRC 2012) in the
// order of their numbers, which is their own.
func Synsets() []string { return strings.Fields(synsets) }

//go:embed synsets_ilsvrc.txt
var synsetsByID string

// SynsetsByID returns the same WordNet ids in the order of their ILSVRC2012_ID, of which the first is 1. Only the development kit
// counts so, in its meta.mat and ILSVRC2012_validation_ground_truth.txt; models and other lists count as Synsets does.
func SynsetsByID() []string { return strings.Fields(synsetsByID) }

// ImageNet opens pictures of the ImageNet classes, a folder or an archive. The class is
// the synset with which the file's name begins ("n02123045_tabby.JPEG"), or else that
// with which the name of its folder begins. A picture without a known synset is given as
// an error.
//
// Archives of one class each, n02123045.tar, may lie in the folder or the archive in place of folders, as in
// ILSVRC2012_img_train.tar. They are read as streams; of an archive that is not packed, opening reads only the names.
func ImageNet(name string, opts ...option.Option) (*Set, error) {
	lim, err := limits(opts)
	if err != nil {
		return nil, err
	}
	src, err := openSource(name)
	if err != nil {
		return nil, err
	}
	classes := Synsets()
	return imageNet(name, src, src.nested, lim, classes, func(name string) (int, error) {
		if i, ok := synsetOf(name, classes); ok {
			return i, nil
		}
		return -1, broken(name, 0, "ImageNet folder", "want a name that begins with one of the 1000 synsets")
	})
}

// imageNet makes the set of the pictures that files comes to, whose classes class tells by their names.
func imageNet(name string, src source, files walk, lim decode.Limits, classes []string, class func(name string) (int, error)) (*Set, error) {
	s := &Set{Classes: classes}
	err := files(func(name string, _ func() ([]byte, error)) error {
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
	s.all = pictures(src, files, lim, class)
	return s, nil
}

// synsetOf finds the synset with which a picture's name or its folder's begins.
func synsetOf(name string, classes []string) (int, bool) {
	for _, part := range []string{path.Base(name), path.Base(path.Dir(name))} {
		if len(part) < len("n00000000") {
			continue
		}
		if i, ok := slices.BinarySearch(classes, part[:len("n00000000")]); ok {
			return i, true
		}
	}
	return -1, false
}

// nested walks through the files of a source and of the archives of single synsets in it, as if these were folders.
func (s source) nested(visit func(name string, read func() ([]byte, error)) error) error {
	classes := Synsets()
	return s.stream("", func(name string, size int64, open func() (io.ReadCloser, error)) error {
		inner, isTar := strings.CutSuffix(name, ".tar")
		if _, ok := slices.BinarySearch(classes, path.Base(inner)); !isTar || !ok {
			return visit(name, func() ([]byte, error) { return readAll(size, open) })
		}
		r, err := open()
		if err != nil {
			return &FileError{File: s.join(name), Err: err}
		}
		defer r.Close()
		within := source{path: s.join(name)}
		for t := tar.NewReader(r); ; {
			h, err := t.Next()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return within.cut(err)
			}
			file := path.Clean(strings.TrimLeft(h.Name, "/"))
			if h.Typeflag != tar.TypeReg || extra(file) {
				continue
			}
			if err := visit(path.Join(inner, file), func() ([]byte, error) {
				return readAll(h.Size, func() (io.ReadCloser, error) { return io.NopCloser(t), nil })
			}); err != nil {
				return err
			}
		}
	})
}

// ImageNetPart opens one part, "train" or "valid", of a folder with ImageNet as it is distributed or usually unpacked:
//
//	train  train, ILSVRC2012_img_train or Data/CLS-LOC/train: n01440764/n01440764_10026.JPEG and so on;
//	       ILSVRC2012_img_train.tar; or the folder itself
//	valid  val, ILSVRC2012_img_val or Data/CLS-LOC/val: folders of classes as for training, or ILSVRC2012_val_00000001.JPEG and so on;
//	       ILSVRC2012_img_val.tar; or the folder itself
//
// also all below a folder ILSVRC, as from Kaggle. The classes of flat validation pictures are in a list, see ImageNetList, in
// the folder, beside the pictures, or in the development kit unpacked there: ILSVRC2012_validation_ground_truth.txt, val.txt,
// LOC_val_solution.csv or imagenet_2012_validation_synset_labels.txt. A part that is not there is an
// error that wraps fs.ErrNotExist. Classes are Synsets.
func ImageNetPart(dir, part string, opts ...option.Option) (*Set, error) {
	places := map[string][]string{
		"train": {"train", "ILSVRC2012_img_train", "Data/CLS-LOC/train", "ILSVRC2012_img_train.tar"},
		"valid": {"val", "ILSVRC2012_img_val", "Data/CLS-LOC/val", "ILSVRC2012_img_val.tar"},
	}
	if places[part] == nil {
		return nil, &fault.UnsupportedError{Format: "ImageNet part", Reason: "want train or valid, got " + strconv.Quote(part)}
	}
	at, ok := firstOf(dir, places[part])
	if !ok {
		at = dir
	}
	flat, found, err := isFlat(at)
	if err != nil {
		return nil, err
	}
	if !ok {
		other := map[string]string{"train": "valid", "valid": "train"}[part]
		if _, hasOther := firstOf(dir, places[other]); !found || hasOther || flat != (part == "valid") {
			return nil, &FileError{File: dir, Err: noPartError{"want one of " + strings.Join(places[part], ", ") + ", got none"}}
		}
	}
	if !flat {
		return ImageNet(at, opts...)
	}
	for _, in := range []string{dir, at, filepath.Dir(filepath.Clean(at))} {
		if list, ok := firstOf(in, validationLists()); ok {
			return ImageNetList(at, list, opts...)
		}
	}
	return nil, &FileError{File: at, Err: formatted("ImageNet", "want a list of the classes of its pictures in %s, one of %s, got none",
		dir, strings.Join(validationLists(), ", "))}
}

// isFlat reports whether pictures have no synset in their names, by the first of them.
func isFlat(name string) (flat, found bool, err error) {
	src, err := openSource(name)
	if err != nil {
		return false, false, err
	}
	err = src.nested(func(name string, _ func() ([]byte, error)) error {
		if !isPicture(name) {
			return nil
		}
		_, ok := synsetOf(name, Synsets())
		flat, found = !ok, true
		return errStop
	})
	if errors.Is(err, errStop) {
		err = nil
	}
	return flat, found, err
}

// noPartError is the error of a part that is not there.
type noPartError struct{ reason string }

func (e noPartError) Error() string        { return e.reason }
func (e noPartError) Is(target error) bool { return target == fs.ErrNotExist }
