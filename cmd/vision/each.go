package main

import (
	"context"
	"errors"
	"image"
	"iter"
)

// each asks a task about every picture and hands show the answers and the failures
// in the order of the files, as they come. What ctx has kept from being answered is left out. An error of
// show, which is one of writing, ends it and is returned.
func each[A any](ctx context.Context, in iter.Seq[source], ask func(context.Context, iter.Seq[image.Image]) iter.Seq2[A, error],
	show func(file string, answer A, err error) error,
) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var none A
	var failed error     // of show
	var waiting []source // asked about, or failed; the first is always asked about
	tell := func(file string, answer A, err error) {
		if failed == nil && (err == nil || ctx.Err() == nil || !errors.Is(err, ctx.Err())) {
			if failed = show(file, answer, err); failed != nil {
				cancel()
			}
		}
	}
	settle := func() { // failures before the next picture that is asked about
		for len(waiting) > 0 && waiting[0].err != nil {
			tell(waiting[0].name, none, waiting[0].err)
			waiting = waiting[1:]
		}
	}
	pictures := func(yield func(image.Image) bool) {
		for s := range in {
			p := s.photo
			s.photo = nil // the task holds it as long as it needs
			waiting = append(waiting, s)
			if settle(); failed != nil {
				return
			}
			if s.err == nil && !yield(p) {
				return
			}
		}
	}
	for answer, err := range ask(ctx, pictures) {
		if len(waiting) == 0 {
			break // the last is ctx's own error, of no file
		}
		file := waiting[0].name
		waiting = waiting[1:]
		tell(file, answer, err)
		settle()
		if failed != nil {
			break
		}
	}
	settle()
	return failed
}
