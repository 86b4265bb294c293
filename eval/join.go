package eval

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gosight/vision/dataset"
)

// A join says which row of a model stands for a class of a set.
type join struct {
	rows  []int // by the set's class
	first []int // by row: the first row of the same name
	how   string
}

// joinClasses joins the classes of a set and the names of a model's rows.
func joinClasses(classes, names []string) (*join, error) {
	if len(classes) == 0 || len(names) == 0 {
		return nil, fmt.Errorf("eval: want names of classes, got %d of the set's and %d of the model's", len(classes), len(names))
	}
	if rows := bySynset(classes, names); rows != nil {
		j := &join{rows: rows, first: make([]int, len(names)), how: "by synset"}
		for i := range j.first {
			j.first[i] = i
		}
		return j, nil
	}
	return byName(classes, names)
}

// byName joins by equal names; where one of the set's is not there, all are compared in
// their plain form.
func byName(classes, names []string) (*join, error) {
	var missing []string
	for _, how := range []struct {
		text string
		key  func(string) string
	}{
		{"by name", func(s string) string { return s }},
		{"by name, regardless of case, _ and -", plainName},
	} {
		j := &join{first: make([]int, len(names)), how: how.text}
		at := map[string]int{}
		for i, n := range names {
			k := how.key(n)
			if _, twice := at[k]; !twice {
				at[k] = i
			}
			j.first[i] = at[k]
		}
		missing = nil
		for _, c := range classes {
			row, ok := at[how.key(c)]
			if !ok {
				missing = append(missing, c)
			}
			j.rows = append(j.rows, row)
		}
		if missing == nil {
			return j, nil
		}
	}
	return nil, &ClassError{missing, names}
}

// A ClassError reports classes of a set that a model does not have.
type ClassError struct {
	Missing []string // names or numbers of the set's
	Have    []string // names of the model's
}

func (e *ClassError) Error() string {
	what := "a class of the set is"
	if n := len(e.Missing); n > 1 {
		what = strconv.Itoa(n) + " classes of the set are"
	}
	return fmt.Sprintf("eval: %s not among the model's %d: %s; the model has %s", what, len(e.Have), quoted(e.Missing), quoted(e.Have))
}

// quoted lists the first few names.
func quoted(names []string) string {
	const most = 5
	var list []string
	for _, n := range names[:min(most, len(names))] {
		list = append(list, strconv.Quote(n))
	}
	if len(names) > most {
		list = append(list, "...")
	}
	return strings.Join(list, ", ")
}

func plainName(s string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("_", " ", "-", " ").Replace(strings.ToLower(s))), " ")
}

// bySynset joins classes that begin with a synset, nil if they do not or if the model
// is not one of ImageNet's classes.
func bySynset(classes, names []string) []int {
	synsets := dataset.Synsets()
	of := func(name string) (int, bool) {
		if len(name) < len("n00000000") {
			return 0, false
		}
		return slices.BinarySearch(synsets, name[:len("n00000000")])
	}
	var numbers []int
	for _, c := range classes {
		n, ok := of(c)
		if !ok {
			return nil
		}
		numbers = append(numbers, n)
	}
	rows := make([]int, len(numbers))
	at := map[int]int{}
	for i, name := range names {
		if n, ok := of(name); ok {
			at[n] = i
		}
	}
	for i, n := range numbers {
		row, ok := at[n]
		switch {
		case len(at) > 0 && ok:
			rows[i] = row
		case len(at) == 0 && (len(names) == 1000 || len(names) == 1001):
			rows[i] = n + len(names) - 1000
		default:
			return nil
		}
	}
	return rows
}
