package ocr

import (
	"cmp"
	"image"
	"slices"
)

const (
	pitch   = 2.2 // heights from one line of a paragraph to the next at most
	apart   = 2.0 // heights between pieces of a line at most; more makes two lines
	wordy   = 6.0 // heights that lines of a column are long on average
	filled  = 0.8 // of the wider of two lines that the other covers in a column
	columnH = 3   // lines of a column at least
)

func sortBy[T any](list []T, by func(T) float64) {
	slices.SortStableFunc(list, func(a, b T) int { return cmp.Compare(by(a), by(b)) })
}

// A set is pieces, by index, that are read in one go.
type set struct {
	box
	pieces []int
	column bool
}

// newPage puts pieces into reading order and joins them to lines.
//
// Columns of running text are read one after the other, each from its top; all else, tables and
// receipts for instance, row by row. A column is told from a part of a table by its
// lines, which are long, follow closely and mostly fill its width, and by another column beside it.
func newPage(bounds image.Rectangle, pieces []piece) *Page {
	p := &Page{Width: bounds.Dx(), Height: bounds.Dy(), min: bounds.Min}
	f := pageFrame(pieces)
	boxes := make([]box, len(pieces))
	for i, q := range pieces {
		boxes[i] = f.box(q.quad)
	}
	for _, s := range inOrder(rest(boxes, columnsOf(boxes))) {
		for _, row := range rowsOf(boxes, s.pieces) {
			for _, line := range linesOf(boxes, row) {
				var of []piece
				for _, i := range line {
					of = append(of, pieces[i])
				}
				p.Lines = append(p.Lines, lineOf(of, bounds.Min))
			}
		}
	}
	return p
}

// columnsOf finds the columns of running text.
func columnsOf(boxes []box) []set {
	var columns []set
	for _, c := range chains(boxes) {
		if s := setOf(boxes, c); wordyEnough(boxes, s) {
			columns = append(columns, s)
		}
	}
	// One column alone needs no rule: rows do.
	beside := func(a, b set) bool {
		shared := min(a.y1, b.y1) - max(a.y0, b.y0)
		return shared > 0.3*min(a.h(), b.h()) && (a.x1 <= b.x0+0.1*b.w() || b.x1 <= a.x0+0.1*a.w())
	}
	var kept []set
	for i, a := range columns {
		for j, b := range columns {
			if i != j && beside(a, b) {
				a.column = true
				kept = append(kept, a)
				break
			}
		}
	}
	return kept
}

// chains links each piece with the one that follows under it, if each is the other's nearest.
func chains(boxes []box) [][]int {
	below, above := make([]int, len(boxes)), make([]int, len(boxes))
	near := func(i int, down bool) int {
		a, best, least := boxes[i], -1, 0.0
		for j, b := range boxes {
			d := b.y0 + b.y1 - a.y0 - a.y1
			if !down {
				d = -d
			}
			h := min(a.h(), b.h())
			if i == j || d <= h || d > 2*pitch*h || max(a.h(), b.h()) > 1.8*h {
				continue
			}
			if shared := min(a.x1, b.x1) - max(a.x0, b.x0); shared < 0.6*min(a.w(), b.w()) {
				continue
			}
			if best < 0 || d < least {
				best, least = j, d
			}
		}
		return best
	}
	for i := range boxes {
		below[i], above[i] = near(i, true), near(i, false)
	}
	var all [][]int
	for i := range boxes {
		if a := above[i]; a >= 0 && below[a] == i {
			continue // not the first
		}
		c := []int{i}
		for j := below[i]; j >= 0 && above[j] == c[len(c)-1]; j = below[j] {
			c = append(c, j)
		}
		all = append(all, c)
	}
	return all
}

func setOf(boxes []box, pieces []int) set {
	s := set{box: boxes[pieces[0]], pieces: pieces}
	for _, i := range pieces {
		s.box = s.box.join(boxes[i])
	}
	return s
}

// wordyEnough reports whether a chain is running text.
func wordyEnough(boxes []box, s set) bool {
	if len(s.pieces) < columnH {
		return false
	}
	full, long := 0, 0.0
	for k, i := range s.pieces {
		b := boxes[i]
		long += b.w() / max(b.h(), 1)
		if k > 0 { // a column may go around a picture: lines are measured by their neighbours
			if o := boxes[s.pieces[k-1]]; min(b.w(), o.w()) >= filled*max(b.w(), o.w()) && min(b.x1, o.x1)-max(b.x0, o.x0) >= filled*max(b.w(), o.w()) {
				full++
			}
		}
	}
	return 2*full >= len(s.pieces)-1 && long >= wordy*float64(len(s.pieces))
}

// rest adds what is in no column, row by row.
func rest(boxes []box, columns []set) []set {
	taken := make([]bool, len(boxes))
	for _, c := range columns {
		for _, i := range c.pieces {
			taken[i] = true
		}
	}
	var free []int
	for i := range boxes {
		if !taken[i] {
			free = append(free, i)
		}
	}
	out := slices.Clone(columns)
	for _, row := range rowsOf(boxes, free) {
		// A row does not go on across a column.
		var part []int
		for _, i := range row {
			if n := len(part); n > 0 && slices.ContainsFunc(columns, func(c set) bool {
				a, b := boxes[part[n-1]], boxes[i]
				return c.x0 >= a.x1-0.1*c.w() && c.x1 <= b.x0+0.1*c.w() && c.y0 < b.y1 && c.y1 > b.y0
			}) {
				out = append(out, setOf(boxes, part))
				part = nil
			}
			part = append(part, i)
		}
		out = append(out, setOf(boxes, part))
	}
	return out
}

// rowsOf groups pieces that stand beside each other, from the top down, each row from the left.
func rowsOf(boxes []box, pieces []int) [][]int {
	pieces = slices.Clone(pieces)
	sortBy(pieces, func(i int) float64 { return boxes[i].y0 + boxes[i].y1 })
	var rows [][]int
	var spans []box
	for _, i := range pieces {
		b := boxes[i]
		best, most := -1, 0.0
		for r := max(len(rows)-8, 0); r < len(rows); r++ {
			s := spans[r]
			shared := (min(s.y1, b.y1) - max(s.y0, b.y0)) / min(s.h(), b.h())
			if shared > 0.5 && shared > most && !slices.ContainsFunc(rows[r], func(j int) bool { return covers(boxes[j], b) }) {
				best, most = r, shared
			}
		}
		if best < 0 {
			rows, spans = append(rows, []int{i}), append(spans, b)
			continue
		}
		rows[best] = append(rows[best], i)
		// The row is as high as what most of it is: its mean.
		n := float64(len(rows[best]))
		s := &spans[best]
		s.y0, s.y1 = s.y0+(b.y0-s.y0)/n, s.y1+(b.y1-s.y1)/n
	}
	for _, r := range rows {
		sortBy(r, func(i int) float64 { return boxes[i].x0 })
	}
	return rows
}

// covers reports whether boxes stand one above the other rather than beside each other.
func covers(a, b box) bool {
	return min(a.x1, b.x1)-max(a.x0, b.x0) > 0.5*min(a.w(), b.w())
}

// linesOf splits a row at wide gaps.
func linesOf(boxes []box, row []int) [][]int {
	lines := [][]int{{row[0]}}
	for k, i := range row[1:] {
		a, b := boxes[row[k]], boxes[i]
		if b.x0-a.x1 > apart*min(a.h(), b.h()) {
			lines = append(lines, nil)
		}
		lines[len(lines)-1] = append(lines[len(lines)-1], i)
	}
	return lines
}

// inOrder sorts sets by Breuel's rules (High Performance Document Layout Analysis, 2003): one comes
// before another that it stands above, if they share columns; and before one that is to its right, unless
// something between them in height reaches over both.
func inOrder(sets []set) []set {
	sortBy(sets, func(s set) float64 { return s.y0 })
	n := len(sets)
	overX := func(a, b set) bool { return min(a.x1, b.x1)-max(a.x0, b.x0) > 0.05*min(a.w(), b.w()) }
	before := func(i, j int) bool {
		a, b := sets[i], sets[j]
		if overX(a, b) {
			return a.y0+a.y1 < b.y0+b.y1
		}
		if a.x0 > b.x0 {
			return false
		}
		if !a.column && !b.column { // rows are in order from the top
			return a.y0+a.y1 < b.y0+b.y1
		}
		lo, hi := min(a.y1, b.y1), max(a.y0, b.y0)
		for k, c := range sets {
			if k != i && k != j && overX(c, a) && overX(c, b) && (c.y0+c.y1)/2 > lo && (c.y0+c.y1)/2 < hi {
				return a.y0 < b.y0
			}
		}
		return true
	}
	waits := make([]int, n) // how many come before
	first := make([]bool, n*n)
	for i := range n {
		for j := range n {
			if i != j && before(i, j) {
				first[i*n+j] = true
				waits[j]++
			}
		}
	}
	out := make([]set, 0, n)
	done := make([]bool, n)
	for range n {
		best := -1
		for i := range n {
			if !done[i] && (best < 0 || waits[i] < waits[best]) {
				best = i
			}
		}
		done[best] = true
		out = append(out, sets[best])
		for j := range n {
			if !done[j] && first[best*n+j] {
				waits[j]--
			}
		}
	}
	return out
}
