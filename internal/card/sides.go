package card

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/gosight/vision/internal/fault"
)

// placesTable is the embedded table of Places365, IO_places365.txt of
// CSAILVision/places365, commit 0621862 (MIT): 160 places indoors, 205 outdoors.
const placesTable = "tables/places365.txt"

// A Side says where a class of a scene classifier lies.
type Side int8

// The sides.
const (
	Neither Side = iota // it has no say
	Indoor
	Outdoor
)

// Sides returns the side of each of the names that Labels gave for the same output, as
// section scene says; fsys and dir are those of the card. What cannot be told is a
// *fault.ModelError: nothing in the card, a name that the table lacks or that no class has, no
// class on one of the sides.
func (c *Card) Sides(fsys fs.FS, dir string, names []string) ([]Side, error) {
	s := c.Scene
	if s == nil {
		s = &Scene{}
	}
	var of map[string]Side
	var err error
	switch {
	case s.Table != "":
		of, err = c.table(fsys, dir)
	case s.Indoor != nil || s.Outdoor != nil:
		of, err = s.listed(names)
	default:
		err = errors.New("scene.table, scene.indoor or scene.outdoor is missing: which classes are indoors?")
	}
	if err != nil {
		return nil, wrong(&fault.ModelError{Model: c.file, What: "scene", Err: err})
	}
	sides := make([]Side, len(names))
	var missing []string
	for i, n := range names {
		side, ok := of[n]
		if !ok && s.Table != "" {
			missing = append(missing, n)
		}
		sides[i] = side
	}
	if len(missing) > 0 {
		return nil, wrong(&fault.ModelError{Model: c.file, What: "scene", Want: "every class in scene.table " + s.Table, Got: missingNames(missing)})
	}
	for side, name := range map[Side]string{Indoor: "indoor", Outdoor: "outdoor"} {
		if !slices.Contains(sides, side) {
			return nil, wrong(&fault.ModelError{Model: c.file, What: "scene", Want: "at least one class that is " + name, Got: "none"})
		}
	}
	return sides, nil
}

// missingNames shows the first of them.
func missingNames(names []string) string {
	const shown = 5
	text := "not " + strings.Join(names[:min(len(names), shown)], ", ")
	if more := len(names) - shown; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// listed returns the sides by the two lists of the card.
func (s *Scene) listed(names []string) (map[string]Side, error) {
	of := map[string]Side{}
	switch {
	case s.Outdoor == nil:
		for _, n := range names {
			of[n] = Outdoor
		}
	case s.Indoor == nil:
		for _, n := range names {
			of[n] = Indoor
		}
	}
	for _, list := range []struct {
		field string
		names []string
		side  Side
	}{{"scene.indoor", s.Indoor, Indoor}, {"scene.outdoor", s.Outdoor, Outdoor}} {
		for _, n := range list.names {
			if !slices.Contains(names, n) {
				return nil, fmt.Errorf("%s names %s, which is no class of the model", list.field, quote(n))
			}
			of[n] = list.side
		}
	}
	return of, nil
}

// table reads the table that the card names.
func (c *Card) table(fsys fs.FS, dir string) (map[string]Side, error) {
	name := c.Scene.Table
	if b, ok := strings.CutPrefix(name, builtinPrefix); ok {
		if b != "places365" {
			return nil, fmt.Errorf("scene.table: want %splaces365 or a file, got %s", builtinPrefix, quote(name))
		}
		data, err := tableFiles.ReadFile(placesTable)
		if err != nil {
			return nil, err
		}
		return parseSides(data, name)
	}
	if !path.IsAbs(name) {
		name = path.Join(dir, name)
	}
	data, err := readFile(fsys, name, maxLabelBytes)
	if err != nil {
		return nil, err
	}
	return parseSides(data, name)
}

// sideLine is "/a/airfield 2" of Places365, or "office 1". A name may hold spaces.
var sideLine = regexp.MustCompile(`^(?:/[a-z]/)?(\S(?:.*?\S)?)[ \t]+([12])$`)

// parseSides reads a table: a name and 1 (indoor) or 2 (outdoor) a line.
func parseSides(data []byte, name string) (map[string]Side, error) {
	of := map[string]Side{}
	number := 0
	for line := range strings.Lines(strings.TrimPrefix(string(data), "\ufeff")) {
		number++
		line = strings.TrimRight(line, " \t\r\n")
		if line == "" {
			continue
		}
		m := sideLine.FindStringSubmatch(line)
		if m == nil {
			return nil, fmt.Errorf("%s: line %d: want a name and 1 (indoor) or 2 (outdoor), got %s", name, number, quote(cutText(line)))
		}
		if _, twice := of[m[1]]; twice {
			return nil, fmt.Errorf("%s: line %d: %s stands there twice", name, number, quote(m[1]))
		}
		of[m[1]] = Side(m[2][0] - '0')
	}
	if len(of) == 0 {
		return nil, fmt.Errorf("%s: no names", name)
	}
	return of, nil
}

// cutText keeps errors short.
func cutText(s string) string {
	const most = 60
	if len(s) > most {
		return s[:most] + "..."
	}
	return s
}
