package dataset

import (
	"bytes"
	"errors"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gosight/vision/internal/decode"
	"github.com/gosight/vision/internal/option"
)

// Words opens cropped words: a folder with gt.tsv, each line a file of the folder, a tab
// and its text. Examples keep the order of the list.
func Words(dir string, opts ...option.Option) (*Set, error) {
	lim, err := limits(opts)
	if err != nil {
		return nil, err
	}
	src, err := openFolder(dir)
	if err != nil {
		return nil, err
	}
	list := src.join("gt.tsv")
	data, err := readPath(list)
	if err != nil {
		return nil, err
	}
	words, err := parseWords(list, data)
	if err != nil {
		return nil, err
	}
	return &Set{n: len(words), all: func(yield func(Example, error) bool) {
		for _, w := range words {
			ex, err := readPicture(src, w[0], lim)
			if err == nil {
				ex.Text = w[1]
			}
			if !yield(ex, err) {
				return
			}
		}
	}}, nil
}

// Receipts opens pictures with their lines of text, as SROIE has them: x.jpg and x.csv
// in one folder, each line "x1,y1,x2,y2,x3,y3,x4,y4,text". Text holds the lines in the
// order of the file. A picture without its file is an error, ErrNoTruth.
func Receipts(dir string, opts ...option.Option) (*Set, error) {
	return quads(dir, false, func(picture string) string { return stem(picture) + ".csv" }, opts)
}

// Street opens pictures with their words, as ICDAR 2015 has them: img_1.jpg and
// gt_img_1.txt in one folder, lines as in Receipts. A word whose text is "###" is one
// that nobody can read: DontCare. A picture without its file is an error, ErrNoTruth.
func Street(dir string, opts ...option.Option) (*Set, error) {
	return quads(dir, true, func(picture string) string { return "gt_" + stem(picture) + ".txt" }, opts)
}

func quads(dir string, dontCare bool, truthOf func(picture string) string, opts []option.Option) (*Set, error) {
	return besides(dir, opts, func(ex *Example, files map[string]bool, read func(string) ([]byte, error)) error {
		name := path.Join(path.Dir(ex.Name), truthOf(ex.Name))
		if !files[name] {
			return ErrNoTruth
		}
		data, err := read(name)
		if err == nil {
			ex.Regions, err = parseQuads(path.Join(dir, name), data, dontCare)
			ex.Text = textOf(ex.Regions)
		}
		return err
	})
}

// Pages opens pictures of pages with their text: page.tif and page.txt, or page.gold.txt,
// in one folder. Pictures of one page may share its text: "page-rotated-L" looks for
// page-rotated.txt and page.txt after its own. A picture without text is an error,
// ErrNoTruth.
func Pages(dir string, opts ...option.Option) (*Set, error) {
	return besides(dir, opts, func(ex *Example, files map[string]bool, read func(string) ([]byte, error)) error {
		for name := stem(ex.Name); name != ""; name = name[:max(strings.LastIndexByte(name, '-'), 0)] {
			for _, end := range []string{".txt", ".gold.txt"} {
				file := path.Join(path.Dir(ex.Name), name+end)
				if !files[file] {
					continue
				}
				data, err := read(file)
				if err != nil {
					return err
				}
				if !utf8.Valid(data) {
					return broken(path.Join(dir, file), 0, "text", "want UTF-8")
				}
				ex.Text = string(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))
				return nil
			}
		}
		return ErrNoTruth
	})
}

// besides opens a folder of pictures whose truth lies in files beside them, which fill
// reads.
func besides(dir string, opts []option.Option, fill func(ex *Example, files map[string]bool, read func(string) ([]byte, error)) error) (*Set, error) {
	lim, err := limits(opts)
	if err != nil {
		return nil, err
	}
	src, err := openFolder(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	files := map[string]bool{}
	err = src.walk("", func(name string, _ func() ([]byte, error)) error {
		files[name] = true
		if isPicture(name) {
			names = append(names, name)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, broken(dir, 0, "text set", "want pictures, got none")
	}
	slices.Sort(names)
	read := func(name string) ([]byte, error) { return readFile(src.folder, name) }
	return &Set{n: len(names), all: func(yield func(Example, error) bool) {
		for _, name := range names {
			if !yield(besidesAt(src, name, lim, func(ex *Example) error { return fill(ex, files, read) })) {
				return
			}
		}
	}}, nil
}

func besidesAt(src source, name string, lim decode.Limits, fill func(*Example) error) (Example, error) {
	ex, err := readPicture(src, name, lim)
	if err != nil {
		return ex, err
	}
	if err := fill(&ex); err != nil {
		var fe *FileError
		if !errors.As(err, &fe) {
			err = &FileError{File: src.join(name), Err: err}
		}
		return Example{Name: name, Class: -1}, err
	}
	return ex, nil
}
