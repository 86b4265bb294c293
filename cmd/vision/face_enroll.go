package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gosight/vision/face"
)

func faceEnrollCommand() *command {
	c := newCommand("face enroll", "FILE|FOLDER|- ...", "add pictures of a person to a gallery")
	c.more = filesHelp + `

Each picture must show exactly one face, unless -largest says which is meant. Several pictures of a person,
in different light and from different sides, make it found more surely. The gallery is a file that
holds embeddings and names, no pictures; it is made if it is not there, and replaced whole, so that whoever reads it
finds the old one or the new one. Any number of processes may add to one gallery at once: they wait for each other
(by the file FILE.lock, which stays).

With -json each line is {"file", "person", "faces"}, faces being how many there were in the picture, or {"file", "error"}.
A line is written once its picture is in the gallery.`
	m := addGalleryFlags(c.flags, "the gallery, `FILE`; it is made if it is not there")
	var person string
	onceVar(c.flags, &person, "name", "the person's name, `PERSON`")
	largest := c.flags.Bool("largest", false, "take the largest face of a picture that shows several")
	asJSON := jsonFlag(c.flags)
	c.run = func(ctx context.Context, a *app, args []string) error {
		if err := checkFiles(args); err != nil {
			return err
		}
		if person == "" {
			return usagef("want -name PERSON: whose face it is")
		}
		if err := face.CheckName(person); err != nil {
			return usagef("-name %q: want text on one line, of at most 1024 bytes", person)
		}
		model, _, err := m.open(ctx, true)
		if err != nil {
			return err
		}
		defer func() { _ = model.Close() }()
		e := &enrolling{printer: newPrinter(a, *asJSON, args), gallery: m.gallery, person: person, last: time.Now()}
		err = each(ctx, e.watch(a.sources(ctx, args)), model.FindSeq, func(file string, faces face.Faces, err error) error {
			if err == nil {
				err = enrollable(faces, *largest)
			}
			return e.add(ctx, enrolled{file, faces, err})
		})
		if written := e.write(ctx); err == nil { // also what was found before an interrupt
			err = written
		}
		if e.unjudged {
			fmt.Fprintf(a.err, "vision: the embedder's card has neither thresholds.same-person nor same-person-cosine (doc/cards.md): enrolled, but face identify can name nobody without it\n")
		}
		return e.end(err)
	}
	return c
}

// enrollable says why none of the faces of a picture can be taken.
func enrollable(faces face.Faces, largest bool) error {
	switch {
	case len(faces) == 0:
		return errors.New("no face found")
	case len(faces) > 1 && !largest:
		return fmt.Errorf("%d faces found: want exactly one, or -largest", len(faces))
	}
	return nil
}

// An enrolled is a picture of the person, or why it is none.
type enrolled struct {
	file  string
	faces face.Faces
	err   error
}

// enrolling collects pictures, so that the gallery is not written once for each of many.
type enrolling struct {
	*printer
	gallery, person string
	pending         []enrolled
	unjudged        bool      // nothing says yet how near two faces of one person are
	last            time.Time // when the gallery was written
}

func (e *enrolling) add(ctx context.Context, one enrolled) error {
	e.pending = append(e.pending, one)
	const many, long = 64, time.Second
	if len(e.pending) < many && time.Since(e.last) < long {
		return nil
	}
	return e.write(ctx)
}

// grace is how long an interrupted command waits for another program to leave the gallery.
const grace = 5 * time.Second

// write puts what is pending into the gallery and then tells it. An interrupt does not keep it from
// that, for it is short, unless another program holds the gallery.
func (e *enrolling) write(ctx context.Context) error {
	waiting, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(grace, giveUp) })()
	var samples []face.Embedding
	for _, one := range e.pending {
		if f, ok := one.faces.Largest(); ok && one.err == nil {
			samples = append(samples, f.Embedding)
		}
	}
	if samples != nil {
		unjudged := false
		err := face.UpdateGallery(waiting, e.gallery, func(g *face.Gallery) error {
			err := g.Add(e.person, samples...)
			unjudged = g.Threshold() == 0
			return err
		})
		e.unjudged = err == nil && unjudged
		if err != nil && waiting.Err() != nil {
			e.pending = nil
			return fmt.Errorf("gallery %s: another program holds %s.lock: %d faces were not enrolled", e.gallery, e.gallery, len(samples))
		}
		if err != nil {
			e.pending = nil
			return fmt.Errorf("gallery %s: %s", e.gallery, reason(e.gallery, err))
		}
	}
	for len(e.pending) > 0 {
		one := e.pending[0]
		e.pending = e.pending[1:]
		if err := e.tell(one); err != nil {
			return err
		}
	}
	e.last = time.Now()
	return nil
}

// tell prints the answer of one file.
func (e *enrolling) tell(one enrolled) error {
	if one.err != nil {
		return e.failure(one.file, one.err)
	}
	if e.json {
		return e.line(struct {
			File   string `json:"file"`
			Person string `json:"person"`
			Faces  int    `json:"faces"`
		}{one.file, e.person, len(one.faces)})
	}
	row := []string{e.person}
	if n := len(one.faces); n > 1 {
		row = append(row, fmt.Sprintf("the largest of %d faces", n))
	}
	return e.table(one.file, [][]string{row})
}
