package main

import (
	"context"
	"errors"
	"image"
	"strconv"

	"github.com/gosight/vision/face"
)

func faceIdentifyCommand() *command {
	c := newCommand("face identify", "FILE|FOLDER|- ...", "tell whose faces pictures show")
	c.more = filesHelp + `

Every face is compared with every sample in the gallery and gets the name of the nearest person, if the distance is no
larger than the threshold that the embedder's card has in thresholds.same-person or same-person-cosine.

With -json each line is {"file", "faces": [{"box": [x0, y0, x1, y1], "person", "distance", "margin"}, ...]}, or
{"file", "error"}: the largest face first; person is "" for somebody unknown, distance that to the nearest person, margin how much
farther the next person is.`
	m := addGalleryFlags(c.flags, "the gallery, `FILE`, that \"vision face enroll\" made")
	asJSON := jsonFlag(c.flags)
	c.run = func(ctx context.Context, a *app, args []string) error {
		if err := checkFiles(args); err != nil {
			return err
		}
		model, gallery, err := m.open(ctx, false)
		if err != nil {
			return err
		}
		defer func() { _ = model.Close() }()
		if len(gallery.People()) == 0 {
			return m.unusable(errors.New("nobody is in it"))
		}
		p := newPrinter(a, *asJSON, args)
		err = each(ctx, p.watch(a.sources(ctx, args)), model.FindSeq, func(file string, faces face.Faces, err error) error {
			if err != nil {
				return p.failure(file, err)
			}
			found := make([]identified, len(faces))
			for i, f := range faces {
				if found[i].Identity, err = gallery.Identify(f.Embedding); err != nil {
					return p.failure(file, err)
				}
				found[i].Box = [4]int{f.Box.Min.X, f.Box.Min.Y, f.Box.Max.X, f.Box.Max.Y}
			}
			return p.people(file, found, len(gallery.People()) < 2)
		})
		return p.end(err)
	}
	return c
}

// An identified is a face and whose it is.
type identified struct {
	Box [4]int `json:"box"`
	face.Identity
}

// people prints the answer of one file; alone is a gallery of one person at most.
func (p *printer) people(file string, found []identified, alone bool) error {
	if p.json {
		return p.line(struct {
			File  string       `json:"file"`
			Faces []identified `json:"faces"`
		}{file, found})
	}
	rows := make([][]string, len(found))
	for i, f := range found {
		person := f.Person
		if person == "" {
			person = "(unknown)"
		}
		b := f.Box
		margin := "margin " + decimals(f.Margin)
		if alone {
			margin = "" // to nobody
		}
		rows[i] = []string{person, "distance " + decimals(f.Distance), margin, boxText(image.Rect(b[0], b[1], b[2], b[3]))}
	}
	if len(rows) == 0 {
		rows = [][]string{{"no face found"}}
	}
	return p.table(file, rows)
}

// decimals writes a distance for people.
func decimals(d float64) string { return strconv.FormatFloat(d, 'f', 3, 64) }
