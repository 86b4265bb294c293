package main

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"

	"github.com/gosight/vision"
	"github.com/gosight/vision/eval"
	"github.com/gosight/vision/models/objects"
	"github.com/gosight/vision/recognize"
)

func evalRecognizeCommand() *command {
	c := newCommand("eval recognize", "", "measure a classifier on labelled pictures")
	c.more = `SET is a folder with a folder of pictures for each class, also within a tar or tar.gz archive
("set.tar.gz/cifar10/test"), or the test or validation part of mnist:DIR, cifar10:PATH, cifar100:PATH, cifar100-coarse:PATH,
imagenet:DIR (or any pictures whose names begin with the synset), tfrecord:PATTERN or csv:FILE; see vision train. Of the last
two all is taken if they have no such part. Classes are joined with the model's by name, synsets by number. Without -model the small
model that is built in is measured.

It tells top-1 and top-5 accuracy, the mean of the classes' accuracies, and the expected calibration error. ` + evalHelp + "\n\n" + reportHelp
	start := func(dir string, opts []vision.Option) (*recognize.Model, error) {
		if dir == "" {
			return recognize.OpenFS(objects.FS(), ".", opts...)
		}
		return recognize.Open(dir, opts...)
	}
	return evalClassifier(c, "models/objects", start, func(m *recognize.Model) eval.Stream[vision.Labels] { return m.ClassifySeq })
}

// A classifier is an open model of whole pictures.
type classifier interface {
	Names() []string
	Close() error
}

// evalClassifier makes c measure a classifier: what start opens, in folder "" the model builtIn, which ask
// gives pictures to.
func evalClassifier[M classifier](c *command, builtIn string, start func(dir string, opts []vision.Option) (M, error),
	ask func(M) eval.Stream[vision.Labels],
) *command {
	m := addModelFlags(c.flags).addModelFlag(c.flags)
	e := newEvaluation(c)
	var sets setFlags
	if e.task == "recognize" {
		sets.add(c)
	}
	into := c.flags.String("report", "", "write a confusion matrix and the most confused pictures to folder `DIR`")
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
		set, err := classSet(e.task, e.data, sets)
		if err != nil {
			return err
		}
		warnEmpty(a, e.data, set)
		model, err := openModel(ctx, m.model, func() (M, error) { return start(m.model, opts) })
		if err != nil {
			return err
		}
		defer func() { _ = model.Close() }()
		name := cmp.Or(m.model, builtIn)
		report, err := newEvalReport(*into, e.task, e.data, model.Names())
		if err != nil {
			return err
		}
		progress, done := e.progress(a, set.Len())
		options := []eval.Option{progress}
		if report != nil {
			options = append(options, eval.Answers(report.add))
		}
		r, err := eval.Classification(ctx, set, model.Names(), ask(model), options...)
		if done(); err != nil {
			return evalError(err)
		}
		err = e.end(a, name, r, r.Scope, classTable(r))
		if report != nil {
			if wrong := report.write(filepath.Base(name)); wrong != nil {
				fmt.Fprintf(a.err, "vision: -report %s: %s\n", *into, plain(wrong))
				return cmp.Or(err, errFailed)
			}
		}
		return err
	}
	return c
}

// classTable is a classifier's result for people.
func classTable(r *eval.ClassificationResult) [][]string {
	table := [][]string{
		{"top-1", fraction(r.Top1)},
		{"top-5", fraction(r.Top5)},
		{"mean of classes", fraction(r.MeanPerClass)},
		{"calibration error", fraction(r.ECE)},
	}
	if len(r.Classes) <= mostClasses {
		for _, c := range r.Classes {
			table = append(table, []string{"accuracy of " + c.Name, fraction(c.Accuracy)})
		}
	}
	return table
}

// mostClasses is up to how many classes a table for people lists them.
const mostClasses = 100
