package main

import (
	"context"
	"fmt"

	"github.com/gosight/vision"
	"github.com/gosight/vision/models/scenes"
	"github.com/gosight/vision/scene"
)

func sceneCommand() *command {
	c := newCommand("scene", "FILE|FOLDER|- ...", "tell where pictures were taken, and whether that is indoors")
	c.more = `Without -model it uses a small model that is built in and knows fifteen kinds of places:
Bedroom, Coast, Forest, Highway, Industrial, InsideCity, Kitchen, LivingRoom, Mountain,
Office, OpenCountry, Store, Street, Suburb, TallBuilding.` + "\n\n" + filesHelp + `

With -json each line is {"file", "places": [{"name", "index", "score"}, ...], "indoor",
"indoor_score"}, or {"file", "error"}. Scores are probabilities, best first; index is the row of
the model's output. indoor_score is the share of indoor places in the vote that the model's
card asks for, 0 to 1; above 0.5 is indoors. -top does not change the vote.`
	m := addModelFlags(c.flags).addModelFlag(c.flags)
	top := c.flags.Int("top", 5, "print the best `N` places, at least 1; all if the model has fewer")
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
		start := func() (*scene.Model, error) { return scene.OpenFS(scenes.FS(), ".", opts...) }
		if m.model != "" {
			start = func() (*scene.Model, error) { return scene.Open(m.model, opts...) }
		}
		model, err := openModel(ctx, m.model, start)
		if err != nil {
			return err
		}
		defer func() { _ = model.Close() }()
		p := newPrinter(a, *asJSON, args)
		err = each(ctx, p.watch(a.sources(ctx, args)), model.DescribeSeq, func(file string, s scene.Scene, err error) error {
			if err != nil {
				return p.failure(file, err)
			}
			s.Places = s.Places.Top(*top)
			return p.scene(file, s)
		})
		return p.end(err)
	}
	return c
}

// scene prints the answer of one file.
func (p *printer) scene(file string, s scene.Scene) error {
	if p.json {
		return p.line(struct {
			File string `json:"file"`
			scene.Scene
		}{file, s})
	}
	side, share := s.Side()
	return p.table(fmt.Sprintf("%s: %s %s", file, side, score(share)), rowsOf(s.Places))
}

// rowsOf are the cells of labels.
func rowsOf(labels vision.Labels) [][]string {
	rows := make([][]string, len(labels))
	for i, l := range labels {
		rows[i] = []string{l.Name, score(l.Score)}
	}
	return rows
}
