package eval

import (
	"context"
	"fmt"
	"image"
	"slices"
	"sync"

	"github.com/gosight/vision/dataset"
)

// An asked is an example that waits for its answer, or that has failed already.
type asked struct {
	ex     dataset.Example // without its picture, unless Answers wants it
	bounds image.Rectangle
	err    error
}

// run asks about every picture of a set and hands what comes to use, in the set's order.
// An error of use leaves the picture out.
func run[A any](ctx context.Context, set *dataset.Set, ask Stream[A], opts []Option, scope *Scope, use func(asked, A) error) error {
	o := chosen(opts)
	scope.Failures = []Failure{}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r := &runner{scope: scope, of: set.Len(), progress: o.progress}
	pictures := func(yield func(image.Image) bool) {
		for ex, err := range set.All() {
			if err != nil && ex.Name == "" { // of what holds the pictures: the rest cannot be read
				r.fail(err)
				return
			}
			a := asked{ex: ex, err: err}
			img := ex.Image
			if o.answer == nil {
				a.ex.Image = nil
			}
			if err == nil {
				a.bounds = img.Bounds()
			}
			if r.add(a); err == nil && !yield(img) {
				return
			}
		}
	}
	for answer, err := range ask(ctx, pictures) {
		a, ok := r.next()
		if !ok || ctx.Err() != nil {
			break // the last is ctx's own error, of no picture
		}
		if err == nil {
			err = use(a, answer)
		}
		r.done(a, err)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("eval: %w", err)
	}
	return r.end()
}

// A runner keeps the pictures that are under way in their order. A stream may take
// pictures on another goroutine than that which reads its answers.
type runner struct {
	mu       sync.Mutex
	waiting  []asked // the first is always one that is asked about
	scope    *Scope
	broken   error
	seen, of int
	progress func(done, of int)
}

func (r *runner) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.broken = err
}

func (r *runner) add(a asked) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting = append(r.waiting, a)
	r.settle()
}

// next takes the picture that the next answer is of.
func (r *runner) next() (asked, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.waiting) == 0 {
		return asked{}, false
	}
	a := r.waiting[0]
	r.waiting = slices.Delete(r.waiting, 0, 1)
	return a, true
}

func (r *runner) done(a asked, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.scope.leaveOut(a.ex.Name, err)
	} else {
		r.scope.Pictures++
	}
	r.step()
	r.settle()
}

// settle leaves out what has failed before the next picture that is asked about.
func (r *runner) settle() {
	for len(r.waiting) > 0 && r.waiting[0].err != nil {
		r.scope.leaveOut(r.waiting[0].ex.Name, r.waiting[0].err)
		r.waiting = slices.Delete(r.waiting, 0, 1)
		r.step()
	}
}

func (r *runner) step() {
	if r.seen++; r.progress != nil {
		r.progress(r.seen, r.of)
	}
}

func (r *runner) end() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.settle()
	s := r.scope
	switch {
	case r.broken != nil:
		return fmt.Errorf("eval: %w", r.broken)
	case len(r.waiting) > 0:
		return fmt.Errorf("eval: want an answer for each picture, got none for %q and %d more", r.waiting[0].ex.Name, len(r.waiting)-1)
	case s.Pictures == 0 && s.LeftOut > 0:
		return fmt.Errorf("eval: no picture could be measured: %d were left out, the first, %s: %s", s.LeftOut, s.Failures[0].Name, s.Failures[0].Error)
	case s.Pictures == 0 && s.WithoutTruth > 0:
		return fmt.Errorf("eval: no picture could be measured: the set does not say what is right for any of %d", s.WithoutTruth)
	case s.Pictures == 0:
		return fmt.Errorf("eval: want pictures, got an empty set")
	}
	return nil
}
