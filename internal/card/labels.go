package card

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/gosight/vision/internal/fault"
)

// maxLabelBytes is the largest label file that is read.
const maxLabelBytes = 16 << 20

// Labels returns the names of the rows of an output of c with so many rows. dir is the
// folder of the card in fsys; a label file is named relative to it. The first name
// of a list belongs to row LabelOffset, the rows before it are "background", and a
// negative offset leaves out the first names. In a file that numbers its names
// (see doc/cards.md) the name with number n belongs to row n + LabelOffset.
//
// A row without a name is called by its number; so are all rows if c names no
// labels. For task ocr-recognize the row of the blank is "", that of the space
// " ".
//
// A count that does not fit is a *fault.ModelError with What "labels" that
// says both counts; so is a file that cannot be read. With rows 0 the count is
// not checked, and as many names as there are come back: a detector's outputs do
// not say how many classes there are.
func (c *Card) Labels(fsys fs.FS, dir string, rows int) ([]string, error) {
	list, from, err := c.names(fsys, dir)
	if err != nil {
		return nil, wrong(&fault.ModelError{Model: c.file, What: "labels", Err: err})
	}
	if c.Task == "ocr-recognize" {
		return c.characters(list, from, rows)
	}
	offset := c.Output.LabelOffset
	if list == nil {
		return numbered(max(rows, 0)), nil
	}
	have := len(list.names) + offset
	if have < 1 {
		return nil, wrong(&fault.ModelError{Model: c.file, What: "labels", Want: fmt.Sprintf("output.label_offset to leave a name of the %d in %s", len(list.names), from), Got: strconv.Itoa(offset)})
	}
	if rows <= 0 {
		rows = have
	}
	if have != rows {
		return nil, c.miscount(list, from, rows)
	}
	out := numbered(rows)
	for i := range out {
		switch n := i - offset; {
		case n < 0:
			out[i] = "background"
		case list.names[n] != "":
			out[i] = list.names[n]
		}
	}
	return out, nil
}

// FileOf returns a label file of names, one a line, and whether it would be read as these very names: not where all begin with numbers that grow, for
// instance, or where one is empty or holds the end of a line. Such names go into output.label_names.
func FileOf(names []string) (data []byte, ok bool) {
	data = []byte(strings.Join(names, "\n") + "\n")
	list, err := parseNames(data, "labels.txt")
	return data, err == nil && !list.numbered && slices.Equal(list.names, names)
}

func numbered(rows int) []string {
	list := make([]string, rows)
	for i := range list {
		list[i] = strconv.Itoa(i)
	}
	return list
}

// names returns the list that c names, nil if none, and where it comes from.
func (c *Card) names(fsys fs.FS, dir string) (*nameList, string, error) {
	o := &c.Output
	switch {
	case o.LabelNames != nil:
		return &nameList{names: o.LabelNames}, "output.label_names", nil
	case c.OCR != nil && c.OCR.Alphabet != "":
		return &nameList{names: strings.Split(c.OCR.Alphabet, "")}, "ocr.alphabet", nil
	case o.Labels == "":
		return nil, "", nil
	case strings.HasPrefix(o.Labels, builtinPrefix):
		list, err := builtin(strings.TrimPrefix(o.Labels, builtinPrefix))
		return list, o.Labels, err
	}
	name := o.Labels
	if !path.IsAbs(name) {
		name = path.Join(dir, name)
	}
	data, err := readFile(fsys, name, maxLabelBytes)
	if err != nil {
		return nil, name, err
	}
	list, err := parseNames(data, name)
	return list, name, err
}

// miscount says both counts, and what the usual causes of the difference are.
func (c *Card) miscount(list *nameList, from string, rows int) error {
	n, offset := len(list.names), c.Output.LabelOffset
	got := fmt.Sprintf("%d names in %s", n, from)
	if list.numbered {
		got = fmt.Sprintf("names up to number %d in %s", n-1, from)
	}
	if offset != 0 {
		got += fmt.Sprintf(" with label_offset %d", offset)
	}
	switch need := rows - n; {
	case need == offset+1:
		got += fmt.Sprintf("; if row 0 is a background class that the list leaves out, say \"label_offset\": %d; else a name is missing", need)
	case need == offset-1 && need == 0:
		got += "; the list has a name for every row already: leave label_offset out"
	case need == offset-1:
		got += fmt.Sprintf("; if the list begins with a background class that the model does not have, say \"label_offset\": %d; else there is a name too many", need)
	default:
		got += "; this is the list of another model, or the wrong output (output.name)"
	}
	return wrong(&fault.ModelError{Model: c.file, What: "labels", Want: fmt.Sprintf("a name for each of the %d rows of the output", rows), Got: got})
}

// characters returns what the rows of a CTC recogniser stand for.
func (c *Card) characters(list *nameList, from string, rows int) ([]string, error) {
	if list == nil || c.OCR == nil || c.OCR.Blank == "" {
		return nil, wrong(&fault.ModelError{Model: c.file, What: "labels", Want: "output.labels or ocr.alphabet, and ocr.blank", Got: "nothing in one of them; see " + Page})
	}
	out := append([]string{}, list.names...)
	if c.OCR.Space {
		out = append(out, " ")
	}
	if c.OCR.Blank == "first" {
		out = append([]string{""}, out...)
	} else {
		out = append(out, "")
	}
	if rows > 0 && len(out) != rows {
		got := fmt.Sprintf("%d characters in %s and the blank", len(list.names), from)
		if c.OCR.Space {
			got += " and the space"
		}
		switch rows - len(out) {
		case 1:
			got += "; if a space follows the last character, say \"space\": true in ocr"
		case -1:
			got += "; leave ocr.space out if the list holds the space already"
		}
		return nil, wrong(&fault.ModelError{Model: c.file, What: "labels", Want: fmt.Sprintf("%d rows", rows), Got: got})
	}
	return out, nil
}
