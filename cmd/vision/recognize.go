package main

import (
	"context"
	"fmt"

	"github.com/gosight/vision"
	"github.com/gosight/vision/models/objects"
	"github.com/gosight/vision/recognize"
)

func recognizeCommand() *command {
	c := newCommand("recognize", "FILE|FOLDER|- ...", "tell what pictures show")
	c.more = `Without -model it uses a small model that is built in and knows ten classes: airplane,
automobile, bird, cat, deer, dog, frog, horse, ship, truck.` + "\n\n" + filesHelp + `

With -json each line is {"file", "labels": [{"name", "index", "score"}, ...]}, or
{"file", "error"}. Scores are probabilities, best first; index is the row of the model's output.`
	m := addModelFlags(c.flags).addModelFlag(c.flags)
	top := c.flags.Int("top", 5, "print the best `N` labels, at least 1; all if the model has fewer")
	asJSON := jsonFlag(c.flags)
	c.run = func(ctx context.Context, a *app, args []string) error {
		if err := checkFiles(args); err != nil {
			return err
		}
		if *top < 1 {
			return usagef("-top %d: want at least 1", *top)
		}
		if err := m.single(c.name); err != nil {
			return err
		}
		opts, err := m.options()
		if err != nil {
			return err
		}
		start := func() (*recognize.Model, error) { return recognize.OpenFS(objects.FS(), ".", opts...) }
		if m.model != "" {
			start = func() (*recognize.Model, error) { return recognize.Open(m.model, opts...) }
		}
		model, err := openModel(ctx, m.model, start)
		if err != nil {
			return err
		}
		defer func() { _ = model.Close() }()
		p := newPrinter(a, *asJSON, args)
		if !*asJSON && m.nameless() {
			fmt.Fprintf(a.err, "vision: no class names: the card has no output.labels%s\n", builtinHint(len(model.Names())))
		}
		err = each(ctx, p.watch(a.sources(ctx, args)), model.ClassifySeq, func(file string, labels vision.Labels, err error) error {
			if err != nil {
				return p.failure(file, err)
			}
			return p.labels(file, labels.Top(*top))
		})
		return p.end(err)
	}
	return c
}

// builtinHint names the list of an ImageNet classifier, by the number of its classes; 0 is not known.
func builtinHint(classes int) string {
	switch classes {
	case 0, 1000:
		return ` (for ImageNet: "builtin:imagenet-1000")`
	case 1001:
		return ` (for ImageNet: "builtin:imagenet-1001")`
	}
	return ""
}

// labels prints the answer of one file.
func (p *printer) labels(file string, labels vision.Labels) error {
	if p.json {
		return p.line(struct {
			File   string        `json:"file"`
			Labels vision.Labels `json:"labels"`
		}{file, labels})
	}
	return p.table(file, rowsOf(labels))
}
