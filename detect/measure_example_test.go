package detect_test

import (
	"context"
	"fmt"
	"log"

	"github.com/gosight/vision/dataset"
	"github.com/gosight/vision/detect"
	"github.com/gosight/vision/eval"
)

// A detector measured on COCO: package eval takes its stream of answers.
func ExampleModel_DetectSeq() {
	m, err := detect.Open("models/ssd")
	if err != nil {
		log.Print(err)
		return
	}
	defer func() { _ = m.Close() }()
	set, err := dataset.COCO("annotations/instances_val2017.json", "val2017")
	if err != nil {
		log.Print(err)
		return
	}
	boxes := func(objs detect.Objects) []eval.Box {
		var list []eval.Box
		for _, o := range objs {
			b := o.Box
			list = append(list, eval.Box{Class: o.Index, Score: float64(o.Score),
				Sides: [4]float64{float64(b.Min.X), float64(b.Min.Y), float64(b.Max.X), float64(b.Max.Y)}})
		}
		return list
	}
	r, err := eval.Detection(context.Background(), set, m.Names(), m.DetectSeq, boxes)
	if err != nil {
		log.Print(err)
		return
	}
	fmt.Printf("mAP %.3f on %d pictures, %d left out\n", r.AP, r.Pictures, r.LeftOut)
}
