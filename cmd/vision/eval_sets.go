package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gosight/vision"
	"github.com/gosight/vision/dataset"
	"github.com/gosight/vision/eval"
)

// setKinds are the forms of -data that each task takes, the first of which is meant where a
// set is named without its kind.
func setKinds(task string) []string {
	switch task {
	case "detect":
		return []string{"coco"}
	case "face":
		return []string{"lfw"}
	case "ocr":
		return []string{"ocr"}
	case "scene":
		return []string{"folder"}
	}
	kinds := []string{"folder"}
	for _, k := range classKinds() {
		kinds = append(kinds, k.name)
	}
	return kinds
}

// forms says how -data is written for a task.
func forms(task string) string {
	switch task {
	case "detect":
		return "coco:DIR"
	case "face":
		return "lfw:DIR"
	case "ocr":
		return "ocr:DIR"
	case "scene":
		return "a folder of places"
	}
	return classForms()
}

// setKind cuts the kind off a set's name.
func setKind(task, data string) (kind, path string, err error) {
	kinds := setKinds(task)
	head, rest, ok := strings.Cut(data, ":")
	if _, statErr := os.Stat(data); !ok || statErr == nil {
		return kinds[0], data, nil
	}
	if !slices.Contains(append(setKinds("recognize"), "coco", "lfw", "ocr"), head) {
		return kinds[0], data, nil // a path with a colon that is not there
	}
	if !slices.Contains(kinds, head) || rest == "" {
		return "", "", usagef("-data %s: eval %s takes %s", data, task, forms(task))
	}
	return head, rest, nil
}

// setError is an error of opening a set: what is wrong with the path that the user gave.
func setError(data string, err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		var path *fs.PathError
		if errors.As(err, &path) && strings.HasSuffix(data, path.Path) {
			return usagef("-data %s: %v", data, path.Err) // the path is said
		}
		return usagef("-data %s: %s", data, plain(err))
	}
	return &openError{err}
}

// archive cuts a path that leads into an archive, "set.tar.gz/scene15/test", in two.
func archive(path string) (file, under string) {
	for at := filepath.Clean(path); at != "." && at != string(filepath.Separator); at = filepath.Dir(at) {
		if st, err := os.Stat(at); err == nil {
			if st.Mode().IsRegular() && at != filepath.Clean(path) {
				rel, _ := filepath.Rel(at, path)
				return at, filepath.ToSlash(rel)
			}
			break
		}
	}
	return path, ""
}

// cocoSet opens a set of objects: COCO's JSON, or a folder with images and labels in YOLO's
// form.
func cocoSet(data string) (*dataset.Set, error) {
	_, path, err := setKind("detect", data)
	if err != nil {
		return nil, err
	}
	file, images, err := cocoFiles(path)
	if err != nil {
		return nil, usagef("-data %s: %s", data, err)
	}
	var set *dataset.Set
	if file != "" {
		set, err = dataset.COCO(file, images, vision.AsStored()) // whose boxes are of pixels as stored
	} else {
		set, err = dataset.YOLO(images, filepath.Join(path, "labels"))
	}
	if err != nil {
		return nil, setError(data, err)
	}
	return set, nil
}

// cocoFiles finds the annotations and the pictures of a set: a JSON file, named or the only
// one in the folder or in its annotations; "" for labels in YOLO's form.
func cocoFiles(path string) (file, images string, err error) {
	st, err := os.Stat(path)
	if err != nil {
		return "", "", errors.New(reason(path, err))
	}
	dir := path
	if !st.IsDir() {
		if dir = filepath.Dir(path); filepath.Base(dir) == "annotations" {
			dir = filepath.Dir(dir)
		}
		return path, cocoImages(dir, path), nil
	}
	if isFolder(filepath.Join(dir, "labels")) {
		if !isFolder(filepath.Join(dir, "images")) {
			return "", "", errors.New("want a folder images beside labels")
		}
		return "", filepath.Join(dir, "images"), nil
	}
	var found []string
	for _, pattern := range []string{"annotations/instances_*.json", "annotations/*.json", "*.json"} {
		if found, err = filepath.Glob(filepath.Join(globbed(dir), filepath.FromSlash(pattern))); err != nil || len(found) > 0 {
			break
		}
	}
	switch {
	case err != nil:
		return "", "", err
	case len(found) == 0:
		return "", "", errors.New("want images and labels in YOLO's form, or annotations/instances_*.json in COCO's")
	case len(found) > 1:
		return "", "", errors.New("want one file of annotations, got " + strings.Join(found, ", ") + "; name it: coco:FILE")
	}
	return found[0], cocoImages(dir, found[0]), nil
}

// cocoImages is the folder of the pictures of an annotation file: images, the part's own,
// val2017 for instances_val2017.json, or else dir itself.
func cocoImages(dir, file string) string {
	_, part, _ := strings.Cut(strings.TrimSuffix(filepath.Base(file), filepath.Ext(file)), "_")
	for _, name := range []string{part, filepath.Join("images", part), "images"} {
		if in := filepath.Join(dir, name); part+name != "" && name != "" && isFolder(in) {
			return in
		}
	}
	return dir
}

// globbed is a path in which nothing is a pattern.
func globbed(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// lfwSet opens a list of pairs and its pictures.
func lfwSet(data string) (*dataset.Pairs, error) {
	_, path, err := setKind("face", data)
	if err != nil {
		return nil, err
	}
	if !isFolder(path) {
		return nil, usagef("-data %s: want a folder with pairs.txt", data)
	}
	images := path
	for _, name := range []string{"images", "images.tar.gz", "images.tar", "lfw.tgz", "lfw"} {
		if _, err := os.Stat(filepath.Join(path, name)); err == nil {
			images = filepath.Join(path, name)
			break
		}
	}
	pairs, err := dataset.LFW(filepath.Join(path, "pairs.txt"), images)
	if err != nil {
		return nil, setError(data, err)
	}
	return pairs, nil
}

// ocrSet opens a set of texts, whose kind the files beside the pictures tell.
func ocrSet(data string) (*dataset.Set, eval.TextKind, error) {
	_, path, err := setKind("ocr", data)
	if err != nil {
		return nil, 0, err
	}
	has := func(pattern string) bool {
		found, err := filepath.Glob(filepath.Join(globbed(path), pattern))
		return err == nil && len(found) > 0
	}
	kind, open := eval.Pages, dataset.Pages
	switch {
	case has("gt.tsv"):
		kind, open = eval.Words, dataset.Words
	case has("gt_*.txt"):
		kind, open = eval.Street, dataset.Street
	case has("*.csv"):
		kind, open = eval.Receipts, dataset.Receipts
	}
	set, err := open(path)
	if err != nil {
		return nil, 0, setError(data, err)
	}
	return set, kind, nil
}
