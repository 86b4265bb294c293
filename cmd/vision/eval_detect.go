package main

import (
	"context"

	"github.com/gosight/vision/detect"
	"github.com/gosight/vision/eval"
)

func evalDetectCommand() *command {
	c := newCommand("eval detect", "", "measure a detector on pictures with boxes")
	c.more = `SET is coco:DIR or a folder: with images and labels in YOLO's form, or with annotations/instances_*.json in
COCO's and the pictures in a folder of the part's name, in images, or beside it; or coco:FILE, the file of annotations. COCO's classes are
joined by their numbers, however they are spelt, others by name, or by number where the labels have no names.

It tells COCO's mean average precision and recall, and the average precision of each class. Everything that the model gives counts, so let the
card's detect.score be low. ` + evalHelp
	m := addModelFlags(c.flags)
	onceVar(c.flags, &m.model, "model", "the SavedModel's folder, `DIR`")
	e := newEvaluation(c)
	c.run = func(ctx context.Context, a *app, args []string) error {
		if err := e.check(args); err != nil {
			return err
		}
		if m.model == "" {
			return usagef("want -model DIR: no detector is built in")
		}
		if err := m.single(c.name); err != nil {
			return err
		}
		opts, err := m.options()
		if err != nil {
			return err
		}
		set, err := cocoSet(e.data)
		if err != nil {
			return err
		}
		model, err := openModel(ctx, m.model, func() (*detect.Model, error) { return detect.Open(m.model, opts...) })
		if err != nil {
			return err
		}
		defer func() { _ = model.Close() }()
		progress, done := e.progress(a, set.Len())
		r, err := eval.Detection(ctx, set, model.Names(), model.DetectSeq, boxesOf, progress)
		if done(); err != nil {
			return evalError(err)
		}
		return e.end(a, m.model, r, r.Scope, detectTable(r))
	}
	return c
}

// boxesOf is an answer as package eval takes it.
func boxesOf(objs detect.Objects) []eval.Box {
	boxes := make([]eval.Box, len(objs))
	for i, o := range objs {
		b := o.Box
		boxes[i] = eval.Box{Class: o.Index, Score: float64(o.Score),
			Sides: [4]float64{float64(b.Min.X), float64(b.Min.Y), float64(b.Max.X), float64(b.Max.Y)}}
	}
	return boxes
}

// detectTable is a detector's result for people.
func detectTable(r *eval.DetectionResult) [][]string {
	table := [][]string{
		{"AP (mAP)", fraction(r.AP)},
		{"AP at 0.50", fraction(r.AP50)},
		{"AP at 0.75", fraction(r.AP75)},
		{"AP small, medium, large", fraction(r.APSmall) + "  " + fraction(r.APMedium) + "  " + fraction(r.APLarge)},
		{"recall of 1, 10, 100", fraction(r.AR1) + "  " + fraction(r.AR10) + "  " + fraction(r.AR100)},
		{"recall small, medium, large", fraction(r.ARSmall) + "  " + fraction(r.ARMedium) + "  " + fraction(r.ARLarge)},
	}
	if len(r.Classes) <= mostClasses {
		for _, c := range r.Classes {
			table = append(table, []string{"AP of " + c.Name, fraction(c.AP)})
		}
	}
	return table
}
