package dataset

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/gosight/vision/internal/option"
)

// ImageNetList opens flat pictures, a folder or an archive, whose classes stand in a list. What its lines mean follows from their form:
//
//	490                                        ILSVRC2012_validation_ground_truth.txt of the development kit: line N is picture N, by the
//	                                           number at the end of its name, and the number is an ILSVRC2012_ID from 1: see SynsetsByID
//	n01751748                                  imagenet_2012_validation_synset_labels.txt: line N is picture N
//	ILSVRC2012_val_00000001.JPEG 65            val.txt of caffe_ilsvrc12: the number is one from 0 in the order of Synsets
//	ILSVRC2012_val_00000001.JPEG n01751748     the same by synset
//	ILSVRC2012_val_00000001,n01751748 1 2 3 4  LOC_val_solution.csv of Kaggle
//
// The two kinds of numbers are different orders: ID 490 and index 65 are one class. A picture that is not in the list is
// given as an error.
func ImageNetList(name, list string, opts ...option.Option) (*Set, error) {
	lim, err := limits(opts)
	if err != nil {
		return nil, err
	}
	data, err := readPath(list)
	if err != nil {
		return nil, err
	}
	truth, err := parseImageNet(list, data)
	if err != nil {
		return nil, err
	}
	src, err := openSource(name)
	if err != nil {
		return nil, err
	}
	files := func(visit func(string, func() ([]byte, error)) error) error { return src.walk("", visit) }
	return imageNet(name, src, files, lim, Synsets(), func(name string) (int, error) {
		i, ok := truth.class(name)
		if !ok {
			return -1, &FileError{File: name, Err: notListedError{list}}
		}
		return i, nil
	})
}

// notListedError is the error of a picture that a list does not have.
type notListedError struct{ list string }

func (e notListedError) Error() string        { return "no class in " + e.list }
func (e notListedError) Is(target error) bool { return target == ErrNoTruth }

// imageNetTruth are the classes of pictures, by one of the two.
type imageNetTruth struct {
	byNumber []int // of picture 1 first
	byStem   map[string]int
}

func (t *imageNetTruth) class(name string) (int, bool) {
	s := stem(name)
	if t.byStem != nil {
		i, ok := t.byStem[s]
		return i, ok
	}
	n, err := strconv.Atoi(s[strings.LastIndexByte(s, '_')+1:])
	if err != nil || n < 1 || n > len(t.byNumber) {
		return -1, false
	}
	return t.byNumber[n-1], true
}

func parseImageNet(file string, data []byte) (*imageNetTruth, error) {
	t := &imageNetTruth{}
	classes := Synsets()
	byID := make([]int, 0, len(classes))
	for _, s := range SynsetsByID() {
		i, _ := slices.BinarySearch(classes, s) // the same thousand; a test says so
		byID = append(byID, i)
	}
	for l, err := range lines(file, data) {
		if err != nil {
			return nil, err
		}
		f := strings.FieldsFunc(l.text, func(r rune) bool { return r == ' ' || r == '\t' || r == ',' })
		switch {
		case len(f) > 0 && f[0] == "ImageId":
		case len(f) == 1 && t.byStem == nil:
			if i, ok := slices.BinarySearch(classes, f[0]); ok {
				t.byNumber = append(t.byNumber, i)
				continue
			}
			id, err := strconv.Atoi(f[0])
			if err != nil || id < 1 || id > len(byID) {
				return nil, broken(file, l.n, "ImageNet list", "want an ILSVRC2012_ID of 1 to %d or a synset, got %.40q", len(byID), f[0])
			}
			t.byNumber = append(t.byNumber, byID[id-1])
		case len(f) > 1 && t.byNumber == nil:
			i, ok := slices.BinarySearch(classes, f[1])
			if !ok {
				var err error
				if i, err = strconv.Atoi(f[1]); err != nil || i < 0 || i >= len(classes) {
					return nil, broken(file, l.n, "ImageNet list", "want a class of 0 to %d or a synset, got %.40q", len(classes)-1, f[1])
				}
			}
			if t.byStem == nil {
				t.byStem = map[string]int{}
			}
			s := stem(f[0])
			if old, twice := t.byStem[s]; twice && old != i {
				return nil, broken(file, l.n, "ImageNet list", "%.80s stands twice, with two classes", f[0])
			}
			t.byStem[s] = i
		default:
			return nil, broken(file, l.n, "ImageNet list", "want a class or a picture and its class, as in the lines before, got %.80q", l.text)
		}
	}
	if t.byStem == nil && t.byNumber == nil {
		return nil, broken(file, 0, "ImageNet list", "want classes, got none")
	}
	return t, nil
}

// validationLists are the lists of the validation part's classes, best known first.
func validationLists() []string {
	const truth = "ILSVRC2012_validation_ground_truth.txt"
	return []string{truth, "ILSVRC2012_devkit_t12/data/" + truth, "devkit/data/" + truth, "val.txt", "caffe_ilsvrc12/val.txt", "LOC_val_solution.csv",
		"imagenet_2012_validation_synset_labels.txt"}
}

// firstOf finds the first of several paths in a folder, or in the folder ILSVRC of it.
func firstOf(dir string, places []string) (string, bool) {
	for _, p := range places {
		for _, in := range []string{dir, filepath.Join(dir, "ILSVRC")} {
			at := filepath.Join(in, filepath.FromSlash(p))
			if _, err := os.Stat(at); err == nil {
				return at, true
			}
		}
	}
	return "", false
}
