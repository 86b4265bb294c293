package report

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// A Confusion counts what a classifier answered for pictures of each class. It is not safe for concurrent use.
type Confusion struct {
	names  []string
	counts map[[2]int]int // truth, answer
}

// NewConfusion counts among classes of these names.
func NewConfusion(names []string) *Confusion {
	return &Confusion{names: names, counts: map[[2]int]int{}}
}

// Add counts a picture of the class truth for which answer came first.
func (c *Confusion) Add(truth, answer int) error {
	if n := len(c.names); truth < 0 || truth >= n || answer < 0 || answer >= n {
		return fmt.Errorf("report: confusion: want classes of 0 to %d, got %d answered as %d", n-1, truth, answer)
	}
	c.counts[[2]int{truth, answer}]++
	return nil
}

// classes are those that are the truth or the answer of some picture, ascending: the rows and columns of scikit-learn's
// confusion_matrix.
func (c *Confusion) classes() []int {
	seen := map[int]bool{}
	for k := range c.counts {
		seen[k[0]], seen[k[1]] = true, true
	}
	return slices.Sorted(maps.Keys(seen))
}

// truths counts the pictures of each class.
func (c *Confusion) truths() map[int]int {
	n := map[int]int{}
	for k, v := range c.counts {
		n[k[0]] += v
	}
	return n
}

// CSV is the matrix as a table: a row for each class that is the truth or the answer of some picture, a column for
// each of the same, and how many pictures of the row's class were answered as the column's. Names stand in the
// first row and the first column.
func (c *Confusion) CSV() ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	classes := c.classes()
	head := []string{"truth"}
	for _, k := range classes {
		head = append(head, c.names[k])
	}
	if err := w.Write(head); err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	row := make([]string, len(head))
	for _, truth := range classes {
		row[0] = c.names[truth]
		for i, answer := range classes {
			row[i+1] = strconv.Itoa(c.counts[[2]int{truth, answer}])
		}
		if err := w.Write(row); err != nil {
			return nil, fmt.Errorf("report: %w", err)
		}
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	return b.Bytes(), nil
}

// A pair is a class that was taken for another.
type pair struct{ truth, answer, count int }

// pairs are those most often confused, at most n.
func (c *Confusion) pairs(n int) []pair {
	var all []pair
	for k, v := range c.counts {
		if k[0] != k[1] {
			all = append(all, pair{k[0], k[1], v})
		}
	}
	slices.SortFunc(all, func(a, b pair) int {
		return cmp.Or(-cmp.Compare(a.count, b.count), cmp.Compare(a.truth, b.truth), cmp.Compare(a.answer, b.answer))
	})
	return all[:min(n, len(all))]
}

// score is how many pictures there are, and how many of them came out right.
func (c *Confusion) score() (right, all int) {
	for k, v := range c.counts {
		if all += v; k[0] == k[1] {
			right += v
		}
	}
	return right, all
}
