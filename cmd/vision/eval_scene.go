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

It tells top-1 and top-5 accuracy, the mean of the places' accuracies, and the expected calibration error. ` + evalHelp + "\n\n" + reportHelp
	start := func(dir string, opts []vision.Option) (*scene.Model, error) {
		if dir == "" {
			return scene.OpenFS(scenes.FS(), ".", opts...)
		}
		return scene.Open(dir, opts...)
	}
	return evalClassifier(c, "models/scenes", start, placesOf)
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
