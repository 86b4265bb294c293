package dataset

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gosight/vision/internal/decode"
	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/option"
)

// CSV opens a list of pictures: rows of path, label and, if the list has it, part; fields with commas in double quotes (RFC
// 4180). A first row that names path (or file, filename, image) and label (or class) is a header: columns may then have any
// order, part is that called split (or part, set, subset), and others are passed over. Paths are relative to
// the list's folder, with slashes; names of examples are the paths. The part is "train" (or training), "valid" (val,
// validation) or "test" (testing) in the list; part says which is wanted, and "" takes all; another is a
// *vision.UnsupportedError.
//
// If all labels of the list are whole numbers from 0, they are the classes' numbers, and names are the
// numbers, from "0" to the highest. Else labels are names, and classes are numbered in the order of their bytes. Classes are those of
// all parts. Rows keep their order. A file name that ends in .tsv has tabs for commas.
//
// A row that is no row of the list fails the opening, with its line; a picture that is missing or broken is an error
// of All that names list and line.
func CSV(list, part string, opts ...option.Option) (*Set, error) {
	lim, err := limits(opts)
	if err != nil {
		return nil, err
	}
	want, ok := csvParts()[strings.ToLower(part)]
	if !ok && part != "" {
		return nil, &fault.UnsupportedError{Format: "CSV part", Reason: "want train, valid or test, got " + strconv.Quote(part)}
	}
	rows, parts, err := csvRows(list)
	if err != nil {
		return nil, err
	}
	if part != "" && !parts {
		return nil, broken(list, 0, "CSV", "want a column split to find part %s, got none", part)
	}
	s := &Set{}
	if s.Classes, err = csvClasses(list, rows); err != nil {
		return nil, err
	}
	rows = slices.DeleteFunc(rows, func(r csvRow) bool { return part != "" && r.part != want })
	if s.n = len(rows); s.n == 0 {
		return nil, broken(list, 0, "CSV", "want rows of part %s, got none", part)
	}
	s.all = func(yield func(Example, error) bool) {
		for _, r := range rows {
			if !yield(r.example(list, lim)) {
				return
			}
		}
	}
	return s, nil
}

// CSVParts opens the training part of a list and the one to validate on: valid, or else test. Without parts in the list all is training, and valid is nil;
// see Set.Split.
func CSVParts(list string, opts ...option.Option) (train, valid *Set, err error) {
	rows, parts, err := csvRows(list)
	if err != nil {
		return nil, nil, err
	}
	if !parts {
		train, err = CSV(list, "", opts...)
		return train, nil, err
	}
	if train, err = CSV(list, "train", opts...); err != nil {
		return nil, nil, err
	}
	for _, part := range []string{"valid", "test"} {
		if slices.ContainsFunc(rows, func(r csvRow) bool { return r.part == part }) {
			valid, err = CSV(list, part, opts...)
			return train, valid, err
		}
	}
	return train, nil, nil
}

type csvRow struct {
	path, label, part string
	line, class       int
}

// csvParts are the words for parts.
func csvParts() map[string]string {
	return map[string]string{"train": "train", "training": "train", "valid": "valid", "val": "valid", "validation": "valid", "test": "test", "testing": "test"}
}

// csvRows reads a list, and says whether it has parts.
func csvRows(list string) (rows []csvRow, parts bool, err error) {
	data, err := readPath(list)
	if err != nil {
		return nil, false, err
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	r := csv.NewReader(bytes.NewReader(data))
	r.FieldsPerRecord, r.ReuseRecord = -1, true // told apart below
	if strings.EqualFold(filepath.Ext(list), ".tsv") {
		r.Comma = '\t'
	}
	c := csvColumns{path: 0, label: 1, part: -1}
	for first := true; ; first = false {
		f, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		var pe *csv.ParseError
		if errors.As(err, &pe) {
			return nil, false, broken(list, pe.Line, "CSV", "%v", pe.Err)
		}
		if err != nil {
			return nil, false, &FileError{File: list, Err: err}
		}
		line, _ := r.FieldPos(0)
		if first {
			header, err := c.find(list, f)
			if err != nil {
				return nil, false, err
			}
			if header {
				continue
			}
		}
		row, err := c.row(list, line, f)
		if err != nil {
			return nil, false, err
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		return nil, false, broken(list, 0, "CSV", "want rows of path and label, got none")
	}
	return rows, c.part >= 0, nil
}

// csvColumns are the places of what is read; part is -1 if there is none.
type csvColumns struct{ path, label, part, width int }

// find reads the first row.
func (c *csvColumns) find(list string, f []string) (header bool, err error) {
	at := func(names ...string) int {
		return slices.IndexFunc(f, func(s string) bool { return slices.Contains(names, strings.ToLower(strings.TrimSpace(s))) })
	}
	c.width = len(f)
	p, l := at("path", "file", "filename", "image"), at("label", "class")
	if p >= 0 && l >= 0 {
		c.path, c.label, c.part = p, l, at("split", "part", "set", "subset")
		return true, nil
	}
	switch len(f) {
	case 2:
	case 3:
		c.part = 2
	default:
		return false, broken(list, 1, "CSV", "want path,label or path,label,split, or a header that names them, got %d fields", len(f))
	}
	return false, nil
}

func (c *csvColumns) row(list string, line int, f []string) (csvRow, error) {
	if len(f) != c.width {
		return csvRow{}, broken(list, line, "CSV", "want %d fields as in the first row, got %d", c.width, len(f))
	}
	r := csvRow{path: f[c.path], label: strings.TrimSpace(f[c.label]), line: line}
	switch {
	case r.path == "":
		return csvRow{}, broken(list, line, "CSV", "want a path, got none")
	case r.label == "":
		return csvRow{}, broken(list, line, "CSV", "want a label, got none")
	case !utf8.ValidString(r.path) || !utf8.ValidString(r.label):
		return csvRow{}, broken(list, line, "CSV", "want UTF-8")
	}
	if c.part >= 0 {
		word := strings.TrimSpace(f[c.part])
		part, ok := csvParts()[strings.ToLower(word)]
		if !ok {
			return csvRow{}, broken(list, line, "CSV", "want train, valid or test, got %.40q", word)
		}
		r.part = part
	}
	return r, nil
}

// csvClasses numbers the labels.
func csvClasses(list string, rows []csvRow) ([]string, error) {
	index, most, numbers := map[string]int{}, -1, true
	for i := range rows {
		r := &rows[i]
		index[r.label] = -1
		if !isNumber(r.label) {
			numbers = false
			continue
		}
		n, err := strconv.Atoi(r.label)
		if err != nil || n >= maxClasses {
			n = maxClasses
		}
		r.class = n
		most = max(most, n)
	}
	var classes []string
	if numbers {
		for i := range rows {
			if rows[i].class == maxClasses {
				return nil, broken(list, rows[i].line, "CSV", "want a label of 0 to %d, got %.40s", maxClasses-1, rows[i].label)
			}
		}
		for i := range most + 1 {
			classes = append(classes, strconv.Itoa(i))
		}
		return classes, nil
	}
	classes = sortedKeys(index)
	for i, c := range classes {
		index[c] = i
	}
	for i := range rows {
		rows[i].class = index[rows[i].label]
	}
	return classes, nil
}

// isNumber reports a whole number from 0.
func isNumber(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

func (r csvRow) example(list string, lim decode.Limits) (Example, error) {
	file := filepath.FromSlash(r.path)
	if !filepath.IsAbs(file) {
		file = filepath.Join(filepath.Dir(list), file)
	}
	data, err := readPath(file)
	var ex Example
	if err == nil {
		ex, err = photo(path.Clean(r.path), data, lim)
	}
	if err != nil {
		var fe *FileError
		if errors.As(err, &fe) {
			err = fe.Err
		}
		var pe *os.PathError
		if errors.As(err, &pe) { // names the file itself
			err = pe.Err
		}
		return Example{Name: r.path, Class: -1}, &FileError{File: list, Line: r.line, Err: fmt.Errorf("%s: %w", r.path, err)}
	}
	ex.Class = r.class
	return ex, nil
}
