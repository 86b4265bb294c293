package main

import (
	"context"
	"image"
	"iter"

	"github.com/gosight/vision"
	"github.com/gosight/vision/eval"
	"github.com/gosight/vision/models/scenes"
	"github.com/gosight/vision/scene"
)

func evalSceneCommand() *command {
	c := newCommand("eval scene", "", "measure a model of places on labelled pictures")
	c.more = `SET is a folder with a folder of pictures for each place, also within a tar or tar.gz archive
("scene15.tar.gz/scene15/test"). Places are joined with the model's by name. Without -model the small model that is built in is measured.

It tells top-1 and top-5 accuracy, the mean of the places' accuracies, and the expected calibration error. ` + evalHelp
	m := addModelFlags(c.flags).addModelFlag(c.flags)
	e := newEvaluation(c)
	c.run = func(ctx context.Context, a *app, args []string) error {
		if err := e.check(args); err != nil {
			return err
		}
		if err := m.single(c.name); err != nil {
			return err
		}
		opts, err := m.options()
		if err != nil {
			return err
		}
		set, err := classSet(e.task, e.data)
		if err != nil {
			return err
		}
		name, start := "models/scenes", func() (*scene.Model, error) { return scene.OpenFS(scenes.FS(), ".", opts...) }
		if m.model != "" {
			name, start = m.model, func() (*scene.Model, error) { return scene.Open(m.model, opts...) }
		}
		model, err := openModel(ctx, m.model, start)
		if err != nil {
			return err
		}
		defer func() { _ = model.Close() }()
		progress, done := e.progress(a, set.Len())
		r, err := eval.Classification(ctx, set, model.Names(), placesOf(model), progress)
		if done(); err != nil {
			return evalError(err)
		}
		return e.end(a, name, r, r.Scope, classTable(r))
	}
	return c
}

// placesOf is a model of places as package eval takes a classifier.
func placesOf(m *scene.Model) eval.Stream[vision.Labels] {
	return func(ctx context.Context, imgs iter.Seq[image.Image]) iter.Seq2[vision.Labels, error] {
		return func(yield func(vision.Labels, error) bool) {
			for s, err := range m.DescribeSeq(ctx, imgs) {
				if !yield(s.Places, err) {
					return
				}
			}
		}
	}
}
