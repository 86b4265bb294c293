package metric

import (
	"maps"
	"math"
	"slices"
)

// CalibrationBins is the number of equally wide bins of confidence over which the
// expected calibration error is taken.
const CalibrationBins = 15

// A Classification counts the answers of a classifier. It is not safe for
// concurrent use.
type Classification struct {
	classes    int
	n          int
	top1, top5 int
	confusion  map[[2]int]int // truth, answer
	bins       [CalibrationBins]calibrationBin
}

type calibrationBin struct {
	n, correct int
	confidence float64 // sum
}

// A ClassCount is what happened to one class.
type ClassCount struct {
	Class    int `json:"class"`
	Truth    int `json:"truth"`    // pictures of this class
	Answered int `json:"answered"` // pictures for which this class came first
	Correct  int `json:"correct"`  // pictures that are both
}

// Accuracy is the part of the class's pictures that came out right, in [0, 1], or
// -1 for a class without pictures.
func (c ClassCount) Accuracy() float64 {
	if c.Truth == 0 {
		return -1
	}
	return float64(c.Correct) / float64(c.Truth)
}

// A ClassificationResult holds fractions in [0, 1]; all are 0 if nothing was added.
type ClassificationResult struct {
	Pictures     int     `json:"pictures"`
	Top1         float64 `json:"top1"`
	Top5         float64 `json:"top5"`
	MeanPerClass float64 `json:"mean_per_class"` // mean accuracy over the classes that have pictures
	ECE          float64 `json:"ece"`            // expected calibration error

	// Classes that are the truth or the answer of some picture, by index.
	Classes []ClassCount `json:"-"`
}

// NewClassification counts answers among the classes 0 to classes-1.
func NewClassification(classes int) (*Classification, error) {
	if classes < 1 {
		return nil, broken("scores", "want at least one class, got %d", classes)
	}
	return &Classification{classes: classes, confusion: map[[2]int]int{}}, nil
}

// Add counts a picture of the class truth with its scores, one a class. For the
// calibration error they must be probabilities.
//
// Of classes with equal scores the one with the higher index comes first, in all
// that is counted: scikit-learn's top_k_accuracy_score reverses a stable ascending
// sort. Scores that are NaN are refused, as there.
func (c *Classification) Add(truth int, scores []float32) error {
	if err := c.check(truth); err != nil {
		return err
	}
	if len(scores) != c.classes {
		return broken("scores", "want %d, got %d", c.classes, len(scores))
	}
	if i := slices.IndexFunc(scores, isNaN); i >= 0 {
		return broken("scores", "class %d: NaN", i)
	}
	best := 0
	for i, s := range scores {
		if s >= scores[best] {
			best = i
		}
	}
	c.count(truth, best, rank(truth, scores), float64(scores[best]))
	return nil
}

// AddRanked counts a picture of the class truth whose answer is already ranked,
// best first; the caller's order decides ties. Confidence is the probability of
// the first. A ranking of fewer than five counts as it is.
func (c *Classification) AddRanked(truth int, ranked []int, confidence float64) error {
	if err := c.check(truth); err != nil {
		return err
	}
	if len(ranked) == 0 || math.IsNaN(confidence) {
		return broken("ranking", "want a first class and its probability, got %d classes and %v", len(ranked), confidence)
	}
	for _, i := range ranked {
		if i < 0 || i >= c.classes {
			return broken("ranking", "class %d is not among %d", i, c.classes)
		}
	}
	r := slices.Index(ranked, truth)
	if r < 0 {
		r = c.classes
	}
	c.count(truth, ranked[0], r, confidence)
	return nil
}

func (c *Classification) check(truth int) error {
	if truth < 0 || truth >= c.classes {
		return broken("truth", "class %d is not among %d", truth, c.classes)
	}
	return nil
}

func (c *Classification) count(truth, best, rank int, confidence float64) {
	c.n++
	if rank < 1 {
		c.top1++
	}
	if rank < 5 {
		c.top5++
	}
	c.confusion[[2]int{truth, best}]++
	b := &c.bins[binOf(confidence)]
	b.n++
	b.confidence += confidence
	if best == truth {
		b.correct++
	}
}

// Result returns what was counted so far.
func (c *Classification) Result() ClassificationResult {
	if c.n == 0 {
		return ClassificationResult{}
	}
	r := ClassificationResult{
		Pictures: c.n,
		Top1:     float64(c.top1) / float64(c.n),
		Top5:     float64(c.top5) / float64(c.n),
	}
	for _, b := range c.bins {
		r.ECE += math.Abs(float64(b.correct)-b.confidence) / float64(c.n)
	}
	counts := map[int]*ClassCount{}
	at := func(i int) *ClassCount {
		if counts[i] == nil {
			counts[i] = &ClassCount{Class: i}
		}
		return counts[i]
	}
	for k, n := range c.confusion {
		at(k[0]).Truth += n
		at(k[1]).Answered += n
		if k[0] == k[1] {
			at(k[0]).Correct += n
		}
	}
	present := 0
	for _, i := range slices.Sorted(maps.Keys(counts)) {
		r.Classes = append(r.Classes, *counts[i])
		if counts[i].Truth > 0 {
			present++
			r.MeanPerClass += counts[i].Accuracy()
		}
	}
	r.MeanPerClass /= float64(present)
	return r
}

// Confusion returns how often the class answer came first for pictures of the
// class truth.
func (c *Classification) Confusion(truth, answer int) int {
	return c.confusion[[2]int{truth, answer}]
}

// TopK returns the part of the pictures whose class is among their k highest
// scores. Ties stand as in Classification.Add.
func TopK(truth []int, scores [][]float32, k int) (float64, error) {
	if len(truth) != len(scores) || len(truth) == 0 || k < 1 {
		return 0, broken("scores", "want a row for each of at least one truth and k of at least 1, got %d truths, %d rows, k %d", len(truth), len(scores), k)
	}
	hits := 0
	for i, row := range scores {
		if truth[i] < 0 || truth[i] >= len(row) {
			return 0, broken("scores", "row %d: class %d is not among %d", i, truth[i], len(row))
		}
		if slices.ContainsFunc(row, isNaN) {
			return 0, broken("scores", "row %d: NaN", i)
		}
		if rank(truth[i], row) < k {
			hits++
		}
	}
	return float64(hits) / float64(len(truth)), nil
}

// rank is the number of classes that come before class.
func rank(class int, scores []float32) int {
	n := 0
	for i, s := range scores {
		if s > scores[class] || s == scores[class] && i > class {
			n++
		}
	}
	return n
}

// binOf returns the bin (i/15, (i+1)/15] of a confidence; the first holds 0 too
// (Guo et al. 2017, On Calibration of Modern Neural Networks).
func binOf(confidence float64) int {
	// The bounds are numpy's linspace, so that a confidence on one falls the same way.
	const step = 1.0 / CalibrationBins
	for i := 1; i < CalibrationBins; i++ {
		if confidence <= float64(i)*step {
			return i - 1
		}
	}
	return CalibrationBins - 1
}

func isNaN(v float32) bool { return v != v }
