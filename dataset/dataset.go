// Package dataset reads labelled pictures as they lie on disk.
//
//	function                   what it opens                                                       classes
//	ImageFolder, TrainFolders  class/picture, in a folder or an archive                            folders, by name
//	MNIST                      IDX files, gzipped or not                                           "0" to "9"
//	CIFAR10, CIFAR100,         binary or python archive, packed or not, or part/class/picture      the archive's names, or the
//	CIFAR100Coarse                                                                                 published ones
//	ImageNet, ImageNetPart     pictures by synset: folders, archives, archives of archives         the 1000 Synsets
//	ImageNetList               ImageNet's flat validation pictures and a list of their classes     the 1000 Synsets
//	TFRecord, TFRecordParts    files of tf.Example, in shards, plain, gzip or zlib                 given, in a file, or the records'
//	CSV, CSVParts              path,label[,split] a line                                           names sorted, or numbers
//	COCO, YOLO                 pictures and boxes                                                  the categories
//	LFW                        pairs of faces                                                      none
//	Words, Receipts, Street,   text truth                                                          none
//	Pages
//
// All gives one picture after
// the other, so memory does not grow with the set. Archives (tar, tar.gz) are read as
// streams and never unpacked. A set can be gone through any number of times, and gives its examples in the same order each time; how
// many there are is known from the start. Pictures are not decoded here: who takes them decodes as many at once as it likes.
//
// Opening takes no context and cannot be stopped. It may read all of a set, which takes minutes where that is large:
//
//	ImageFolder, TrainFolders, ImageNet,     the names in folders and archives, but all of an archive that is
//	ImageNetPart, ImageNetList, YOLO,        packed (tar.gz); TrainFolders up to three times; ImageNetList and
//	Receipts, Street, Pages                  flat parts of ImageNetPart their list, too
//	MNIST                                    the heads of the files
//	CIFAR10, CIFAR100, CIFAR100Coarse        the sizes of binary batches; all of pickled ones and of packed archives;
//	                                         part/class/picture as ImageFolder and once more
//	TFRecord, TFRecordParts                  the lengths of the records; all of files that are compressed, and of
//	                                         all files where neither the caller nor a file gives the classes
//	CSV, CSVParts, COCO, LFW, Words          the list; CSVParts up to three times
//
// A picture that is missing or broken is given as an error with its name, a record of a file as a RecordError with its number and place, a line
// of a list with its number; and the iteration goes on: who measures says how many were left out. An error in what holds
// the pictures, an archive cut short for instance, is the last thing given. Of several TFRecord files only the broken one ends.
//
// Sets of different sources agree on numbers by Set.As: the validation part of a training must be numbered as its training part.
package dataset

import (
	"errors"
	"fmt"
	"image"
	"iter"
	"strings"

	"github.com/gosight/vision/internal/decode"
	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/geom"
	"github.com/gosight/vision/internal/option"
)

// An Example is one picture with what is known about it. Fields that a set does not
// know are empty, and Class is -1.
type Example struct {
	Name    string      // path of the picture in its set, with slashes
	Image   image.Image // *vision.Photo where the set holds picture files: upright, not yet decoded
	Class   int         // index into Set.Classes
	Objects []Object
	Regions []Region
	Text    string // all text of the picture, lines ending with "\n" where there are several
}

// An Object is one thing in a picture: its box in pixels of the picture, from the left
// top corner.
type Object struct {
	Class      int // index into Set.Classes and Set.IDs; in YOLO sets the number in the file
	X, Y, W, H float64
	Area       float64 // square pixels: COCO's own, of the outline; W*H in YOLO sets
	Crowd      bool    // COCO's iscrowd: a group annotated as one
}

// A Region is a piece of text in a picture.
type Region struct {
	Quad     geom.Quad // pixels of the picture
	Text     string
	DontCare bool // nobody can read it; finding it is neither right nor wrong
}

// A Set is a list of examples. It is safe for concurrent use if its fields are not
// changed.
type Set struct {
	Classes []string // names by index; nil if the set names none
	IDs     []int64  // COCO's category ids by index; nil elsewhere
	Empty   []string // names of class folders without a picture, which are not among Classes; see ImageFolder

	n   int
	all iter.Seq2[Example, error]
}

// Len returns how many examples and errors All gives, if nothing that holds pictures is
// itself broken.
func (s *Set) Len() int { return s.n }

// All gives every example in the same order each time. Where the error is not nil, it is
// a *FileError or wraps one, and of the example only the name is set.
func (s *Set) All() iter.Seq2[Example, error] { return s.all }

// As returns the set with its classes numbered as in names, which must hold all of
// them: the training part and the test part of a set, or the labels of a model, may
// not list the same classes; the first class that they do not hold is a *ClassError. IDs of names that the set does not have are -1. A set that
// names no classes takes the names as they are, and an example of a class beyond them becomes an error.
func (s *Set) As(names []string) (*Set, error) {
	at := map[string]int{}
	for i, n := range names {
		if _, twice := at[n]; !twice {
			at[n] = i
		}
	}
	index := make([]int, len(s.Classes))
	for i, n := range s.Classes {
		j, ok := at[n]
		if !ok {
			return nil, &ClassError{Class: n, Names: names}
		}
		index[i] = j
	}
	out := &Set{Classes: names, Empty: s.Empty, n: s.n}
	if s.IDs != nil {
		out.IDs = make([]int64, len(names))
		for j := range out.IDs {
			out.IDs[j] = -1
		}
		for i, j := range index {
			out.IDs[j] = s.IDs[i]
		}
	}
	out.all = func(yield func(Example, error) bool) {
		for ex, err := range s.all {
			switch {
			case err != nil || ex.Class < 0:
			case len(index) > 0:
				ex.Class = index[ex.Class]
			case ex.Class >= len(names):
				ex, err = Example{Name: ex.Name, Class: -1}, broken(ex.Name, 0, "set", "want a class below %d, got %d", len(names), ex.Class)
			}
			if len(index) > 0 {
				objects := make([]Object, len(ex.Objects))
				for i, o := range ex.Objects {
					o.Class = index[o.Class]
					objects[i] = o
				}
				ex.Objects = objects
			}
			if !yield(ex, err) {
				return
			}
		}
	}
	return out, nil
}

// A ClassError reports a class of a set that is not among the names it should be numbered by.
type ClassError struct {
	Class string
	Names []string
}

func (e *ClassError) Error() string {
	const most = 5
	some, more := e.Names, ""
	if len(some) > most {
		some, more = some[:most], ", ..."
	}
	return fmt.Sprintf("dataset: class %q is not among the %d names: %s%s", e.Class, len(e.Names), strings.Join(some, ", "), more)
}

// A FileError reports a file of a set that cannot be used, or a line of it.
type FileError struct {
	File string
	Line int // from 1; 0 if the whole file is meant
	Err  error
}

func (e *FileError) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("dataset: %s:%d: %v", e.File, e.Line, e.Err)
	}
	return fmt.Sprintf("dataset: %s: %v", e.File, e.Err)
}

func (e *FileError) Unwrap() error { return e.Err }

// ErrNoTruth is the error of a picture for which its set says nothing.
var ErrNoTruth = errors.New("dataset: no truth for this picture")

// broken is the error of a line, or of a whole file if line is 0.
func broken(file string, line int, kind, format string, args ...any) error {
	return &FileError{file, line, formatted(kind, format, args...)}
}

// formatted is a FormatError that its caller puts a file to.
func formatted(kind, format string, args ...any) error {
	return &fault.FormatError{Format: kind, Reason: fmt.Sprintf(format, args...)}
}

// limits reads MaxPixels and AsStored from opts; other options do not matter here.
func limits(opts []option.Option) (decode.Limits, error) {
	o, err := option.Apply(opts...)
	return decode.Limits{MaxPixels: o.MaxPixels, AsStored: o.AsStored}, err
}

// photo makes the example of an encoded picture.
func photo(name string, data []byte, lim decode.Limits) (Example, error) {
	p, err := decode.New(data, lim)
	if err != nil {
		return Example{Name: name, Class: -1}, &FileError{File: name, Err: err}
	}
	return Example{Name: name, Image: p, Class: -1}, nil
}
