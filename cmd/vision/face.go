package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"image"
	"io/fs"
	"slices"

	"github.com/gosight/vision/face"
)

func faceFindCommand() *command {
	c := newCommand("face find", "FILE|FOLDER|- ...", "find faces in pictures")
	c.more = filesHelp + "\n\n" + drawHelp + `

With -json each line is {"file", "faces": [{"box": [x0, y0, x1, y1], "score", "landmarks": [[x, y], ...], "embedding"}, ...]},
or {"file", "error"}: the largest face first, in pixels of the upright picture, x1 and y1 the first beyond the face. Landmarks
are the two eyes, the nose and the corners of the mouth, from left to right, where the detector gives them; embeddings are
there with -embeddings.`
	m := addModelPairFlags(c.flags, "detector", "embedder")
	least := c.flags.Float64("min", 0, "leave out faces with a score below `S`, 0 to 1; at 0 all that the model gives are printed, down to the card's detect.score")
	embeddings := c.flags.Bool("embeddings", false, "give each face its embedding, with -json; needs the second model")
	draw := drawFlag(c.flags)
	asJSON := jsonFlag(c.flags)
	c.run = func(ctx context.Context, a *app, args []string) error {
		if err := checkFiles(args); err != nil {
			return err
		}
		if err := checkScore("min", *least); err != nil {
			return err
		}
		dirs, opts, err := m.folders(1)
		switch {
		case err != nil:
			return err
		case *embeddings && dirs[1] == "":
			return usagef("-embeddings: want -model %s: the second makes them", m.form(2))
		case *embeddings && !*asJSON:
			return usagef("-embeddings goes with -json: they are not for people")
		case !*embeddings:
			dirs[1] = "" // it would be opened for nothing
		}
		drawn, err := newDrawings(*draw, args)
		if err != nil {
			return err
		}
		model, err := openModels(ctx, opened(dirs), func() (*face.Model, error) { return face.Open(dirs[0], dirs[1], opts...) })
		if err != nil {
			return err
		}
		defer func() { _ = model.Close() }()
		p := newPrinter(a, *asJSON, args)
		cut := func(faces face.Faces) face.Faces { return faces.Above(float32(*least)) }
		err = eachDrawn(ctx, drawn, p.watch(a.sources(ctx, args)), model.Find, model.FindSeq,
			func(img image.Image, faces face.Faces) image.Image { return face.Draw(img, cut(faces)) },
			func(file string, faces face.Faces, err error) error {
				if err != nil {
					return p.failure(file, err)
				}
				return p.faces(file, cut(faces))
			})
		return p.end(err)
	}
	return c
}

// opened lists the folders that are there.
func opened(dirs [2]string) []string {
	return slices.DeleteFunc(dirs[:], func(dir string) bool { return dir == "" })
}

// faces prints the answer of one file.
func (p *printer) faces(file string, faces face.Faces) error {
	if p.json {
		return p.line(struct {
			File  string     `json:"file"`
			Faces face.Faces `json:"faces"`
		}{file, faces})
	}
	rows := make([][]string, len(faces))
	for i, f := range faces {
		rows[i] = []string{"face", score(f.Score), boxText(f.Box)}
	}
	if len(rows) == 0 {
		rows = [][]string{{"no face found"}}
	}
	return p.table(file, rows)
}

// galleryFlags are those of the commands that tell people apart.
type galleryFlags struct {
	*modelPair
	gallery string
}

func addGalleryFlags(fs *flag.FlagSet, usage string) *galleryFlags {
	f := &galleryFlags{modelPair: addModelPairFlags(fs, "detector", "embedder")}
	onceVar(fs, &f.gallery, "gallery", usage)
	return f
}

// open opens the two models and the gallery, which may be a new one if fresh. A gallery that cannot be used
// is told like a model that does not open.
func (f *galleryFlags) open(ctx context.Context, fresh bool) (*face.Model, *face.Gallery, error) {
	if f.gallery == "" {
		return nil, nil, usagef("want -gallery FILE: where people are kept; \"vision face enroll\" makes it")
	}
	dirs, opts, err := f.folders(2)
	if err != nil {
		return nil, nil, err
	}
	g, err := face.LoadGallery(f.gallery)
	switch {
	case errors.Is(err, fs.ErrNotExist) && fresh:
		g = face.NewGallery()
	case err != nil:
		return nil, nil, f.unusable(err)
	}
	m, err := openModels(ctx, dirs[:], func() (*face.Model, error) { return face.Open(dirs[0], dirs[1], opts...) })
	if err != nil {
		return nil, nil, err
	}
	if was := g.Model(); was != "" && was != m.EmbedderName() {
		_ = m.Close()
		return nil, nil, f.unusable(fmt.Errorf("it holds embeddings of model %q, and this one is %q: vectors of two models cannot be compared", was, m.EmbedderName()))
	}
	return m, g, nil
}

// unusable is the error of a gallery.
func (f *galleryFlags) unusable(err error) error {
	if inner := errors.Unwrap(err); inner != nil { // without what the library says of the file
		err = inner
	}
	return &openError{fmt.Errorf("gallery %s: %s", f.gallery, reason(f.gallery, err))}
}
