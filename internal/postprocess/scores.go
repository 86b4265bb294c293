// Package postprocess turns output rows into answers: pure functions, safe for
// concurrent use.
package postprocess

import (
	"math"
	"slices"

	"github.com/gosight/vision/internal/label"
)

// Softmax turns logits into probabilities in place: exp(x_i) / sum_j exp(x_j),
// shifted by the largest logit so that nothing overflows.
func Softmax(row []float32) {
	if len(row) == 0 {
		return
	}
	top := slices.Max(row)
	var sum float64
	for i, x := range row {
		e := math.Exp(float64(x - top))
		row[i] = float32(e)
		sum += e
	}
	for i := range row {
		row[i] = float32(float64(row[i]) / sum)
	}
}

// Sigmoid turns each logit into a probability of its own in place: 1 / (1 + exp(-x)).
func Sigmoid(row []float32) {
	for i, x := range row {
		row[i] = float32(1 / (1 + math.Exp(-float64(x))))
	}
}

// L2Normalize scales v to length 1 in place; a zero vector stays zero.
func L2Normalize(v []float32) {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if sum == 0 {
		return
	}
	f := 1 / math.Sqrt(sum)
	for i, x := range v {
		v[i] = float32(float64(x) * f)
	}
}

// Finite reports whether no value of row is NaN or infinite.
func Finite(row []float32) bool {
	for _, x := range row {
		if x-x != 0 {
			return false
		}
	}
	return true
}

// Rank returns every class of row, best first. Equal scores stand in the order of
// their index; NaN comes last. names has one name a row.
func Rank(row []float32, names []string) label.Labels {
	ls := make(label.Labels, len(row))
	for i, s := range row {
		ls[i] = label.Label{Name: names[i], Index: i, Score: s}
	}
	slices.SortFunc(ls, compare)
	return ls
}

// compare orders by falling score, then by index; NaN after every number.
func compare(a, b label.Label) int {
	switch {
	case a.Score > b.Score:
		return -1
	case a.Score < b.Score:
		return 1
	case a.Score != b.Score: // at least one NaN
		if a.Score == a.Score {
			return -1
		}
		if b.Score == b.Score {
			return 1
		}
	}
	return a.Index - b.Index
}
