package eval

import (
	"context"
	"fmt"
	"math"

	"github.com/gosight/vision/dataset"
	"github.com/gosight/vision/internal/metric"
)

// A Box is an object that a detector found.
type Box struct {
	Class int        // the model's number of the class
	Score float64    // probability
	Sides [4]float64 // left, top, right and bottom, in pixels of the picture that was passed
}

func (b Box) valid() bool {
	for _, v := range append(b.Sides[:], b.Score) {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return b.Sides[0] <= b.Sides[2] && b.Sides[1] <= b.Sides[3]
}

// A DetectionResult holds the twelve numbers of COCO's evaluation: averages in [0, 1] over the
// thresholds of overlap from 0.50 to 0.95 and over the classes; -1 where there is nothing to average.
type DetectionResult struct {
	Scope
	Objects  int           `json:"objects"`   // in the pictures, groups annotated as one left out
	AP       float64       `json:"ap"`        // the mean average precision
	AP50     float64       `json:"ap50"`      // at an overlap of 0.50
	AP75     float64       `json:"ap75"`      // at an overlap of 0.75
	APSmall  float64       `json:"ap_small"`  // objects of up to 32 x 32 pixels
	APMedium float64       `json:"ap_medium"` // 32 x 32 to 96 x 96
	APLarge  float64       `json:"ap_large"`  // from 96 x 96
	AR1      float64       `json:"ar1"`       // recall of the best answer a picture and class
	AR10     float64       `json:"ar10"`
	AR100    float64       `json:"ar100"`
	ARSmall  float64       `json:"ar_small"`
	ARMedium float64       `json:"ar_medium"`
	ARLarge  float64       `json:"ar_large"`
	Classes  []DetectClass `json:"classes"` // that have objects
}

// A DetectClass is the average precision of one class; -1 if all its objects are groups
// annotated as one.
type DetectClass struct {
	Name    string  `json:"name"`
	Objects int     `json:"objects"`
	AP      float64 `json:"ap"`
	AP50    float64 `json:"ap50"`
}

const detectionProtocol = "COCO mean average precision of boxes as pycocotools computes it: overlaps 0.50 to 0.95 in steps of 0.05, 101 recalls, at most 100 boxes a picture and class; " +
	"areas are those of the annotations, of the box in YOLO labels; classes joined "

// Detection measures a detector: detect.Model.DetectSeq, for instance, with boxes to tell what
// its answers hold. names are the model's, by its number of the class; nil if it has none.
//
// The set is one of dataset.COCO or dataset.YOLO. If the model's names and the set's categories are COCO's, or
// the set is a YOLO one, which names none, they are joined by COCO's numbers, whatever the spelling: 1 to 90 with
// gaps in COCO's files and in TensorFlow's models, 0 to 79 in YOLO's. Other classes are joined by name, exact or else
// regardless of case and of "_" and "-", and in YOLO sets by the model's numbers, a background row left out.
//
// The boxes of all pictures are kept until the end: about 7 kB for a picture with 100.
func Detection[A any](ctx context.Context, set *dataset.Set, names []string, detect Stream[A], boxes func(A) []Box, opts ...Option) (*DetectionResult, error) {
	join, err := numbersOf(set, names)
	if err != nil {
		return nil, err
	}
	r := &DetectionResult{Scope: Scope{Protocol: detectionProtocol + join.how}}
	var truths []metric.COCOTruth
	var found []metric.COCODetection
	var broken error // of labels that are for another model
	err = run(ctx, set, detect, opts, &r.Scope, func(a asked, answer A) error {
		image := int64(r.Pictures)
		var there []metric.COCOTruth
		for _, o := range a.ex.Objects {
			number, err := join.truth(o.Class)
			if err != nil {
				if broken == nil {
					broken = fmt.Errorf("%s: %w", a.ex.Name, err)
				}
				return err
			}
			there = append(there, metric.COCOTruth{Image: image, Category: number, Box: metric.Box{X: o.X, Y: o.Y, W: o.W, H: o.H}, Area: o.Area, Crowd: o.Crowd})
		}
		x, y := float64(a.bounds.Min.X), float64(a.bounds.Min.Y)
		var got []metric.COCODetection
		for _, b := range boxes(answer) {
			if !b.valid() {
				return fmt.Errorf("eval: want boxes of finite sides, left before right and top before bottom, got %v", b)
			}
			if number := join.found(b.Class); number >= 0 { // else no class of the set
				got = append(got, metric.COCODetection{Image: image, Category: number, Score: b.Score,
					Box: metric.Box{X: b.Sides[0] - x, Y: b.Sides[1] - y, W: b.Sides[2] - b.Sides[0], H: b.Sides[3] - b.Sides[1]}})
			}
		}
		truths, found = append(truths, there...), append(found, got...)
		return nil
	})
	switch {
	case broken != nil:
		return nil, broken
	case err != nil:
		return nil, err
	}
	m, err := metric.COCO(truths, found)
	if err != nil {
		return nil, fmt.Errorf("eval: %w", err)
	}
	r.fill(m, join)
	return r, nil
}

func (r *DetectionResult) fill(m metric.COCOResult, join *numbers) {
	r.AP, r.AP50, r.AP75 = m.AP, m.AP50, m.AP75
	r.APSmall, r.APMedium, r.APLarge = m.APSmall, m.APMedium, m.APLarge
	r.AR1, r.AR10, r.AR100 = m.AR1, m.AR10, m.AR100
	r.ARSmall, r.ARMedium, r.ARLarge = m.ARSmall, m.ARMedium, m.ARLarge
	r.Classes = []DetectClass{}
	for _, c := range m.Categories {
		r.Classes = append(r.Classes, DetectClass{join.name(c.Category), c.Truths, c.AP, c.AP50})
		r.Objects += c.Truths
	}
}
