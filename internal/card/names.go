package card

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxNumber is the largest class number of a label file.
const maxNumber = 1 << 20

// A nameList is the content of a label file.
type nameList struct {
	names    []string // by number; "" where a numbered list has a gap
	numbered bool     // the file says the numbers
}

// parseNames reads a label file in any of the known forms; name decides between
// JSON (.json), label map (.pbtxt) and lines of text (all else).
func parseNames(data []byte, name string) (*nameList, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !utf8.Valid(data) {
		return nil, fmt.Errorf("%s: not UTF-8 text", name)
	}
	var list *nameList
	var err error
	switch strings.ToLower(path.Ext(name)) {
	case ".json":
		list, err = jsonNames(data)
	case ".pbtxt":
		list, err = labelMap(data)
	default:
		list, err = lines(string(data))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(list.names) == 0 {
		return nil, fmt.Errorf("%s: no names", name)
	}
	return list, nil
}

// lines reads a name a line. Only line ends are trimmed: a name may be a space,
// and the key lists of text recognisers hold U+3000.
func lines(text string) (*nameList, error) {
	all := strings.Split(text, "\n")
	for i := range all {
		all[i] = strings.TrimSuffix(all[i], "\r")
	}
	for len(all) > 0 && all[len(all)-1] == "" {
		all = all[:len(all)-1]
	}
	if i := slices.Index(all, ""); i >= 0 {
		return nil, fmt.Errorf("line %d is empty: want a name on every line", i+1)
	}
	if byNumber := numberedLines(all); byNumber != nil {
		return fromNumbers(byNumber)
	}
	for i, l := range all {
		m := placesLine.FindStringSubmatch(l)
		if m == nil || m[2] != strconv.Itoa(i) {
			return &nameList{names: all}, nil
		}
	}
	for i, l := range all {
		all[i] = placesLine.FindStringSubmatch(l)[1]
	}
	return &nameList{names: all}, nil
}

var (
	numberLine = regexp.MustCompile(`^(\d{1,7})[ \t:]+([^ \t].*)$`)
	placesLine = regexp.MustCompile(`^/[a-z]/(\S+) (\d+)$`)
)

// numberedLines returns the names by number if every line is "NUMBER NAME", the
// first number is 0 and they grow, as in the files of Teachable Machine and Coral; else
// nil.
func numberedLines(all []string) map[int]string {
	if len(all) < 2 {
		return nil
	}
	byNumber, last := map[int]string{}, -1
	for i, l := range all {
		m := numberLine.FindStringSubmatch(l)
		if m == nil {
			return nil
		}
		n, err := strconv.Atoi(m[1])
		if err != nil || n <= last || i == 0 && n != 0 {
			return nil
		}
		byNumber[n], last = m[2], n
	}
	return byNumber
}

// jsonNames reads ["cat", "dog"], {"0": "cat"}, {"cat": 0} (Keras' class_indices)
// or {"0": ["n02123045", "tabby"]} (Keras' imagenet_class_index.json).
func jsonNames(data []byte) (*nameList, error) {
	var list []string
	if json.Unmarshal(data, &list) == nil && list != nil {
		if i := slices.Index(list, ""); i >= 0 {
			return nil, fmt.Errorf("name %d is empty", i)
		}
		return &nameList{names: list}, nil
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(data, &object); err != nil {
		return nil, errors.New(`want ["cat", ...], {"0": "cat", ...}, {"cat": 0, ...} or {"0": ["n02123045", "tabby"], ...}`)
	}
	byNumber := make(map[int]string, len(object))
	for key, raw := range object {
		name, n := "", 0
		var pair []string
		number, err := strconv.Atoi(key)
		switch {
		case json.Unmarshal(raw, &n) == nil && string(raw) != "null":
			name, number = key, n
		case err != nil:
			return nil, fmt.Errorf("key %s: want a class number", quote(key))
		case json.Unmarshal(raw, &name) == nil && string(raw) != "null":
		case json.Unmarshal(raw, &pair) == nil && len(pair) == 2:
			name = pair[1]
		default:
			return nil, fmt.Errorf("key %s: want a name, a number, or [synset, name]", quote(key))
		}
		if _, twice := byNumber[number]; twice {
			return nil, fmt.Errorf("number %d is given twice", number)
		}
		byNumber[number] = name
	}
	return fromNumbers(byNumber)
}

// fromNumbers lays names out by their number.
func fromNumbers(byNumber map[int]string) (*nameList, error) {
	numbers := slices.Sorted(maps.Keys(byNumber))
	if len(numbers) == 0 {
		return &nameList{}, nil
	}
	if first, last := numbers[0], numbers[len(numbers)-1]; first < 0 || last > maxNumber {
		return nil, fmt.Errorf("class numbers from %d to %d: want 0 to %d", first, last, maxNumber)
	}
	list := &nameList{names: make([]string, numbers[len(numbers)-1]+1), numbered: true}
	for n, name := range byNumber {
		if name == "" {
			return nil, fmt.Errorf("the name of number %d is empty", n)
		}
		list.names[n] = name
	}
	return list, nil
}
