// Package metric holds the measures of the field as pure functions, equal to the
// tools by which published numbers are made:
//
//   - classification: scikit-learn's top_k_accuracy_score, confusion_matrix and
//     balanced_accuracy_score, and expected calibration error over 15 bins
//   - boxes: COCO mean average precision, pycocotools' COCOeval for bbox
//   - pairs of faces: the LFW protocol of facenet's lfw.py
//   - text: character and word error rate as jiwer sums them, word accuracy, words
//     found, and the polygon matching of ICDAR 2015
//
// The scripts in reference/metric run those tools and write what the tests compare
// with. Nothing here reads a file or keeps a global state.
package metric

import (
	"fmt"

	"github.com/gosight/vision/internal/fault"
)

func broken(what, format string, args ...any) error {
	return &fault.FormatError{Format: what, Reason: fmt.Sprintf(format, args...)}
}
