// Package label holds the answer of a classifier: named, scored classes.
package label

import (
	"fmt"
	"strings"
)

// A Label is one class with its score.
type Label struct {
	Name  string  `json:"name"`
	Index int     `json:"index"` // row of the model's output
	Score float32 `json:"score"` // probability in [0, 1]
}

func (l Label) String() string { return fmt.Sprintf("%s %.3f", l.Name, l.Score) }

// Labels are the classes of one picture, best first; equal scores stand in the
// order of their index.
type Labels []Label

// Above returns the labels whose score is at least min. It shares memory with ls.
func (ls Labels) Above(min float32) Labels {
	for i, l := range ls {
		if !(l.Score >= min) {
			return ls[:i:i]
		}
	}
	return ls
}

// Top returns the first n labels, or all if there are fewer. It shares memory
// with ls.
func (ls Labels) Top(n int) Labels {
	n = max(0, min(n, len(ls)))
	return ls[:n:n]
}

// Best returns the first label, or the zero Label if there is none.
func (ls Labels) Best() Label {
	if len(ls) == 0 {
		return Label{}
	}
	return ls[0]
}

// String gives one label a line, for people.
func (ls Labels) String() string {
	var b strings.Builder
	for i, l := range ls {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(l.String())
	}
	return b.String()
}
