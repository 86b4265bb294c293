package eval

import (
	"context"
	"fmt"

	"github.com/gosight/vision/dataset"
	"github.com/gosight/vision/internal/label"
	"github.com/gosight/vision/internal/metric"
)

// A ClassificationResult holds fractions in [0, 1].
type ClassificationResult struct {
	Scope
	Top1         float64       `json:"top1"`           // pictures whose class came first
	Top5         float64       `json:"top5"`           // pictures whose class was among the first five
	MeanPerClass float64       `json:"mean_per_class"` // mean of the classes' accuracies
	ECE          float64       `json:"ece"`            // expected calibration error over 15 bins
	Classes      []ClassResult `json:"classes"`        // that have pictures or were answered, in the order of their rows
}

// A ClassResult is what happened to one class.
type ClassResult struct {
	Name     string  `json:"name"`
	Index    int     `json:"index"`    // row of the model's output
	Pictures int     `json:"pictures"` // of this class
	Answered int     `json:"answered"` // pictures for which it came first
	Correct  int     `json:"correct"`  // pictures that are both
	Accuracy float64 `json:"accuracy"` // correct of pictures; -1 without pictures
}

const classificationProtocol = "one look at each picture, prepared as the card says; top-1 and top-5 of the model's own ranking, in which of equal scores the lower row comes first; " +
	"expected calibration error of the first score over 15 bins of equal width; classes joined "

// Classification measures a classifier: recognize.Model.ClassifySeq, for instance. names are
// those of the model's rows.
//
// Classes are joined by name, exact or else regardless of case and of "_" and "-" for spaces. Classes that are
// synsets ("n01440764", as those of dataset.ImageNet) are joined by synset where the model's names begin with
// one, else by number to the 1000 rows of ImageNet, or to 1001 after a background row. A class of the set that
// the model does not have is an error.
func Classification(ctx context.Context, set *dataset.Set, names []string, classify Stream[label.Labels], opts ...Option) (*ClassificationResult, error) {
	j, err := joinClasses(set.Classes, names)
	if err != nil {
		return nil, err
	}
	r := &ClassificationResult{Scope: Scope{Protocol: classificationProtocol + j.how}}
	count, err := metric.NewClassification(len(names))
	if err != nil {
		return nil, fmt.Errorf("eval: %w", err)
	}
	answer := chosen(opts).answer
	err = run(ctx, set, classify, opts, &r.Scope, func(a asked, labels label.Labels) error {
		if a.ex.Class < 0 || a.ex.Class >= len(j.rows) {
			return dataset.ErrNoTruth
		}
		ranked := make([]int, len(labels))
		for i, l := range labels {
			if ranked[i] = l.Index; l.Index >= 0 && l.Index < len(names) {
				ranked[i] = j.first[l.Index]
			}
		}
		if err := count.AddRanked(j.rows[a.ex.Class], ranked, float64(labels.Best().Score)); err != nil {
			return err
		}
		if answer != nil {
			answer(Answer{a.ex.Name, a.ex.Image, j.rows[a.ex.Class], ranked[0], float64(labels.Best().Score)})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	m := count.Result()
	r.Top1, r.Top5, r.MeanPerClass, r.ECE = m.Top1, m.Top5, m.MeanPerClass, m.ECE
	r.Classes = []ClassResult{}
	for _, c := range m.Classes {
		r.Classes = append(r.Classes, ClassResult{names[c.Class], c.Class, c.Truth, c.Answered, c.Correct, c.Accuracy()})
	}
	return r, nil
}
