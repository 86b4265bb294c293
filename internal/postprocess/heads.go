package postprocess

import (
	"fmt"

	"github.com/gosight/vision/internal/fault"
)

// Scores says how a detector's scores are read.
type Scores struct {
	Logits     bool
	MultiLabel bool    // classes do not exclude each other: each one above Min is a candidate, and logits go through a sigmoid
	Min        float32 // candidates below this probability are dropped
	Background bool    // class 0 is no object
}

// slack is what rounding may add to 0 and 1, in bfloat16 a hundredth; it is cut off.
const slack = 0.01

// probability returns s as a probability; ok is false if it is none, as NaN and a logit
// that the card calls a probability are.
func (r Scores) probability(s float32) (p float32, ok bool) {
	if r.Logits {
		one := [1]float32{s}
		Sigmoid(one[:])
		return one[0], s-s == 0
	}
	return min(max(s, 0), 1), s >= -slack && s <= 1+slack
}

// wrong is the error of a score that probability refuses.
func wrong(s float32) error {
	if s-s != 0 {
		return &fault.ModelError{What: "scores", Want: "finite ones", Got: fmt.Sprint(s)}
	}
	return &fault.ModelError{What: "scores", Want: "probabilities in [0, 1], as the card says in output.scores", Got: fmt.Sprintf("%g; is it \"logits\"?", s)}
}

// counts reports whether a probability makes a candidate. What has no probability at all
// is filling.
func (r Scores) counts(p float32) bool { return p > 0 && p >= r.Min }

// Ready returns the candidates of outputs that hold one score a box. classes may be nil: all
// are of class 0. classes has one number a box, whole and not negative.
func Ready(boxes []Box, scores, classes []float32, rule Scores) ([]Candidate, error) {
	if len(scores) != len(boxes) || classes != nil && len(classes) != len(boxes) {
		return nil, &fault.ModelError{What: "outputs", Want: fmt.Sprintf("a score and a class for each of %d boxes", len(boxes)),
			Got: fmt.Sprintf("%d scores, %d classes", len(scores), len(classes))}
	}
	var cs []Candidate
	for i, s := range scores {
		p, ok := rule.probability(s)
		if !ok {
			return nil, wrong(s)
		}
		if !rule.counts(p) {
			continue
		}
		c := Candidate{Box: boxes[i], Score: p, Row: i}
		if classes != nil {
			c.Class = int(classes[i])
			if v := classes[i]; !(v >= 0 && v <= 1<<24) || float32(c.Class) != v {
				return nil, &fault.ModelError{What: "classes", Want: "whole numbers from 0", Got: fmt.Sprint(v)}
			}
		}
		cs = append(cs, c)
	}
	return cs, nil
}

// A Grid is a matrix of numbers that lie in memory either way: the one of box row and
// column is at Data[row*RowStep + col*ColStep].
type Grid struct {
	Data             []float32
	Rows, Cols       int
	RowStep, ColStep int
}

// At returns one number.
func (g Grid) At(row, col int) float32 { return g.Data[row*g.RowStep+col*g.ColStep] }

// ByClass returns the candidates of boxes with one score a class: of each box the best
// class, or with MultiLabel every one. scores has a row a box and a column a class. If
// factor is not nil it holds a number a box that multiplies its scores, YOLO's objectness; like the
// scores it is a logit or a probability. Logits of classes that exclude each other, more than
// one and without a factor, go through a softmax.
func ByClass(boxes func(row int) Box, scores Grid, factor func(row int) float32, rule Scores) ([]Candidate, error) {
	var cs []Candidate
	row := make([]float32, scores.Cols)
	soft := rule.Logits && !rule.MultiLabel && scores.Cols > 1 && factor == nil
	for i := range scores.Rows {
		for c := range row {
			row[c] = scores.At(i, c)
		}
		if soft {
			if !Finite(row) {
				return nil, wrong(notFinite(row))
			}
			Softmax(row)
		} else if err := rule.probabilities(row); err != nil {
			return nil, err
		}
		f := float32(1)
		if factor != nil {
			p, ok := rule.probability(factor(i))
			if !ok {
				return nil, wrong(factor(i))
			}
			f = p
		}
		first := 0
		if rule.Background {
			first = 1
		}
		best := first
		for c := first; c < len(row); c++ {
			if rule.MultiLabel && rule.counts(row[c]*f) {
				cs = append(cs, Candidate{boxes(i), row[c] * f, c, i})
			}
			if row[c] > row[best] {
				best = c
			}
		}
		if !rule.MultiLabel && best < len(row) && rule.counts(row[best]*f) {
			cs = append(cs, Candidate{boxes(i), row[best] * f, best, i})
		}
	}
	return cs, nil
}

// probabilities makes each number of row a probability of its own.
func (r Scores) probabilities(row []float32) error {
	for c, s := range row {
		p, ok := r.probability(s)
		if !ok {
			return wrong(s)
		}
		row[c] = p
	}
	return nil
}

func notFinite(row []float32) float32 {
	for _, s := range row {
		if s-s != 0 {
			return s
		}
	}
	return 0
}
