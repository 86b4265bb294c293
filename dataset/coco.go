package dataset

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/gosight/vision/internal/decode"
	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/option"
)

// YOLO opens pictures with objects in YOLO's text form. Each picture under images has its
// labels in the same place under labels, with the extension .txt; a picture without that
// file has no objects. A line is "class cx cy w h" in parts of the upright picture's width
// and height; outlines (more values) are refused. Labels without a picture are given as
// errors, after the pictures. The files name no classes; see Set.As.
func YOLO(images, labels string, opts ...option.Option) (*Set, error) {
	lim, err := limits(opts)
	if err != nil {
		return nil, err
	}
	src, err := openFolder(images)
	if err != nil {
		return nil, err
	}
	truth, err := openFolder(labels)
	if err != nil {
		return nil, err
	}
	var names []string
	have := map[string]bool{}
	err = src.walk("", func(name string, _ func() ([]byte, error)) error {
		if isPicture(name) {
			names = append(names, name)
			have[labelName(name)] = true
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, broken(images, 0, "YOLO set", "want pictures, got none")
	}
	var alone []string
	err = truth.walk("", func(name string, _ func() ([]byte, error)) error {
		// Tools leave the list of their classes beside the labels.
		if path.Ext(name) == ".txt" && !have[name] && name != "classes.txt" {
			alone = append(alone, name)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	s := &Set{n: len(names) + len(alone)}
	s.all = func(yield func(Example, error) bool) {
		for _, name := range names {
			if !yield(yoloAt(src, truth, name, lim)) {
				return
			}
		}
		for _, name := range alone {
			if !yield(Example{Name: name, Class: -1}, &FileError{File: truth.join(name), Err: errors.New("labels without a picture")}) {
				return
			}
		}
	}
	return s, nil
}

func openFolder(name string) (source, error) {
	src, err := openSource(name)
	if err == nil && src.folder == nil {
		err = &FileError{File: name, Err: errors.New("want a folder, got a file")}
	}
	return src, err
}

func labelName(picture string) string {
	return strings.TrimSuffix(picture, path.Ext(picture)) + ".txt"
}

func yoloAt(src, truth source, name string, lim decode.Limits) (Example, error) {
	ex, err := readPicture(src, name, lim)
	if err != nil {
		return ex, err
	}
	file := labelName(name)
	data, err := readFile(truth.folder, file)
	if errors.Is(err, fs.ErrNotExist) {
		return ex, nil
	}
	if err != nil {
		return Example{Name: name, Class: -1}, &FileError{File: truth.join(file), Err: err}
	}
	b := ex.Image.Bounds()
	ex.Objects, err = parseYOLO(truth.join(file), data, b.Dx(), b.Dy())
	if err != nil {
		return Example{Name: name, Class: -1}, err
	}
	return ex, nil
}

// readPicture makes the example of a picture file in a folder.
func readPicture(src source, name string, lim decode.Limits) (Example, error) {
	if !fs.ValidPath(name) {
		return Example{Name: name, Class: -1}, &FileError{File: name, Err: fs.ErrInvalid}
	}
	data, err := readFile(src.folder, name)
	if err != nil {
		return Example{Name: name, Class: -1}, &FileError{File: src.join(name), Err: err}
	}
	return photo(name, data, lim)
}

// COCO opens pictures with objects in COCO's JSON form (instances_val2017.json); images is
// the folder of the pictures. Classes are the categories in the order of their ids, which
// stand in IDs. Pictures keep the order of the file, objects theirs in the picture.
//
// An annotation must have a bbox of four numbers and an area, as pycocotools wants it, and
// belong to a picture and a category of the file. Outlines are not read, nor is "ignore".
// Boxes refer to pixels as stored: for pictures with an EXIF orientation use
// the option AsStored.
func COCO(file, images string, opts ...option.Option) (*Set, error) {
	lim, err := limits(opts)
	if err != nil {
		return nil, err
	}
	src, err := openFolder(images)
	if err != nil {
		return nil, err
	}
	data, err := readPath(file)
	if err != nil {
		return nil, err
	}
	c, err := parseCOCO(file, data)
	if err != nil {
		return nil, err
	}
	s := &Set{Classes: []string{}, IDs: []int64{}, n: len(c.pictures)}
	for _, k := range c.categories {
		s.Classes = append(s.Classes, k.Name)
		s.IDs = append(s.IDs, *k.ID)
	}
	s.all = func(yield func(Example, error) bool) {
		for _, p := range c.pictures {
			ex, err := readPicture(src, p.name, lim)
			if err == nil {
				ex.Objects = slices.Clone(p.objects)
			}
			if !yield(ex, err) {
				return
			}
		}
	}
	return s, nil
}

type cocoFile struct {
	Images []struct {
		ID       *int64 `json:"id"`
		FileName string `json:"file_name"`
	} `json:"images"`
	Annotations []struct {
		ID         int64     `json:"id"`
		ImageID    *int64    `json:"image_id"`
		CategoryID *int64    `json:"category_id"`
		BBox       []float64 `json:"bbox"`
		Area       *float64  `json:"area"`
		Crowd      int       `json:"iscrowd"`
	} `json:"annotations"`
	Categories []cocoCategory `json:"categories"`
}

type cocoCategory struct {
	ID   *int64 `json:"id"`
	Name string `json:"name"`
}

type cocoPicture struct {
	name    string
	objects []Object
}

type cocoSet struct {
	categories []cocoCategory // by id
	pictures   []*cocoPicture
}

func parseCOCO(file string, data []byte) (*cocoSet, error) {
	var f cocoFile
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, &FileError{file, jsonLine(data, err), &fault.FormatError{Format: "COCO", Err: err}}
	}
	if len(f.Images) == 0 || len(f.Categories) == 0 {
		return nil, broken(file, 0, "COCO", "want images and categories, got %d and %d", len(f.Images), len(f.Categories))
	}
	c := &cocoSet{categories: f.Categories}
	for i, k := range f.Categories {
		if k.ID == nil {
			return nil, broken(file, 0, "COCO", "category %d has no id", i)
		}
	}
	slices.SortStableFunc(c.categories, func(a, b cocoCategory) int { return cmp.Compare(*a.ID, *b.ID) })
	class, picture := map[int64]int{}, map[int64]*cocoPicture{}
	for i, k := range c.categories {
		if _, twice := class[*k.ID]; twice {
			return nil, broken(file, 0, "COCO", "category %d stands twice", *k.ID)
		}
		class[*k.ID] = i
	}
	for i, m := range f.Images {
		if m.ID == nil || m.FileName == "" {
			return nil, broken(file, 0, "COCO", "image %d has no id or no file_name", i)
		}
		if picture[*m.ID] != nil {
			return nil, broken(file, 0, "COCO", "image %d stands twice", *m.ID)
		}
		p := &cocoPicture{name: m.FileName}
		picture[*m.ID] = p
		c.pictures = append(c.pictures, p)
	}
	for i, a := range f.Annotations {
		if a.ImageID == nil || picture[*a.ImageID] == nil {
			return nil, broken(file, 0, "COCO", "annotation %d (id %d) belongs to no image of the file", i, a.ID)
		}
		if a.CategoryID == nil {
			return nil, broken(file, 0, "COCO", "annotation %d (id %d) has no category", i, a.ID)
		}
		k, ok := class[*a.CategoryID]
		switch {
		case !ok:
			return nil, broken(file, 0, "COCO", "annotation %d (id %d) belongs to no category of the file", i, a.ID)
		case len(a.BBox) != 4 || a.BBox[2] < 0 || a.BBox[3] < 0:
			return nil, broken(file, 0, "COCO", "annotation %d (id %d): want a bbox of x, y, width, height, got %v", i, a.ID, a.BBox[:min(len(a.BBox), 8)])
		case a.Area == nil || *a.Area < 0:
			return nil, broken(file, 0, "COCO", "annotation %d (id %d) has no area", i, a.ID)
		}
		p := picture[*a.ImageID]
		p.objects = append(p.objects, Object{Class: k, X: a.BBox[0], Y: a.BBox[1], W: a.BBox[2], H: a.BBox[3], Area: *a.Area, Crowd: a.Crowd != 0})
	}
	return c, nil
}

// jsonLine is the line at which a JSON error lies, 0 if it does not say.
func jsonLine(data []byte, err error) int {
	var se *json.SyntaxError
	var te *json.UnmarshalTypeError
	at := int64(-1)
	switch {
	case errors.As(err, &se):
		at = se.Offset
	case errors.As(err, &te):
		at = te.Offset
	}
	if at < 0 || at > int64(len(data)) {
		return 0
	}
	return 1 + bytes.Count(data[:at], []byte("\n"))
}
