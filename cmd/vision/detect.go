package main

import (
	"context"
	"fmt"
	"image"
	"math"

	"github.com/gosight/vision/detect"
)

func detectCommand() *command {
	c := newCommand("detect", "FILE|FOLDER|- ...", "find objects in pictures, with boxes")
	c.more = filesHelp + "\n\n" + drawHelp + `

With -json each line is {"file", "objects": [{"name", "index", "score", "box": [x0, y0, x1, y1]}, ...]},
or {"file", "error"}. Scores are probabilities, best first; index is the model's number of the class; boxes are in
pixels of the upright picture, x1 and y1 the first beyond the object.`
	m := addModelFlags(c.flags)
	onceVar(c.flags, &m.model, "model", "the SavedModel's folder, `DIR`")
	least := c.flags.Float64("min", 0, "leave out objects with a score below `S`, 0 to 1; at 0 all that the model gives are printed, down to the card's detect.score")
	classes := c.flags.String("classes", "", "only objects of these classes, `NAME[,NAME...]`")
	draw := drawFlag(c.flags)
	asJSON := jsonFlag(c.flags)
	c.run = func(ctx context.Context, a *app, args []string) error {
		if err := checkFiles(args); err != nil {
			return err
		}
		if m.model == "" {
			return usagef("want -model DIR: no detector is built in")
		}
		if err := checkScore("min", *least); err != nil {
			return err
		}
		if err := m.single(c.name); err != nil {
			return err
		}
		opts, err := m.options()
		if err != nil {
			return err
		}
		drawn, err := newDrawings(*draw, args)
		if err != nil {
			return err
		}
		model, err := openModel(ctx, m.model, func() (*detect.Model, error) { return detect.Open(m.model, opts...) })
		if err != nil {
			return err
		}
		defer func() { _ = model.Close() }()
		only, err := classNames(*classes, model.Names())
		if err != nil {
			return err
		}
		p := newPrinter(a, *asJSON, args)
		if !*asJSON && m.nameless() && model.Names() == nil {
			fmt.Fprintf(a.err, "vision: no class names: the card has no output.labels (for COCO: \"builtin:coco-80\", \"builtin:coco-90\")\n")
		}
		cut := func(objs detect.Objects) detect.Objects {
			objs = objs.Above(float32(*least))
			if only != nil {
				objs = objs.Of(only...)
			}
			return objs
		}
		err = eachDrawn(ctx, drawn, p.watch(a.sources(ctx, args)), model.Detect, model.DetectSeq,
			func(img image.Image, objs detect.Objects) image.Image { return detect.Draw(img, cut(objs)) },
			func(file string, objs detect.Objects, err error) error {
				if err != nil {
					return p.failure(file, err)
				}
				return p.objects(file, cut(objs))
			})
		return p.end(err)
	}
	return c
}

// checkScore refuses what is no probability.
func checkScore(flag string, s float64) error {
	if math.IsNaN(s) || s < 0 || s > 1 {
		return usagef("-%s %v: want 0 to 1", flag, s)
	}
	return nil
}

// objects prints the answer of one file.
func (p *printer) objects(file string, objs detect.Objects) error {
	if p.json {
		return p.line(struct {
			File    string         `json:"file"`
			Objects detect.Objects `json:"objects"`
		}{file, append(detect.Objects{}, objs...)}) // none is [], not null
	}
	rows := make([][]string, len(objs))
	for i, o := range objs {
		rows[i] = []string{o.Name, score(o.Score), boxText(o.Box)}
	}
	if len(rows) == 0 {
		rows = [][]string{{"nothing found"}}
	}
	return p.table(file, rows)
}

// boxText writes a box for people: left, top, right, bottom.
func boxText(b image.Rectangle) string {
	return fmt.Sprintf("[%d %d %d %d]", b.Min.X, b.Min.Y, b.Max.X, b.Max.Y)
}
