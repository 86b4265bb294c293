// Package eval measures models over labelled sets of pictures, by the protocols with
// which the field publishes its numbers. The measures equal their reference tools:
// scikit-learn, pycocotools, the LFW protocol of facenet, jiwer, and ICDAR's matching.
//
//	set, err := dataset.ImageNet("imagenet/val")
//	if err != nil { ... }
//	r, err := eval.Classification(ctx, set, m.Names(), m.ClassifySeq)
//	fmt.Println(r.Top1, r.Top5, r.Pictures, r.LeftOut)
//
// It knows no model: each function takes the streaming method of one, or any function
// of that form. Pictures are asked about as they come and are not kept; what grows with a set is what its
// measure needs: the boxes found, one vector a face, counts.
//
// A picture that is missing, broken, or gets an error is left out of what is measured, as the
// protocols have it, and the result says how many and which. If none is left, that is an error.
package eval

import (
	"context"
	"errors"
	"fmt"
	"image"
	"iter"
	"strings"

	"github.com/gosight/vision/dataset"
	"github.com/gosight/vision/internal/batch"
)

// A Stream answers a stream of pictures in their order, each with an answer or an error.
// The Seq methods of the tasks' models are Streams.
type Stream[A any] = func(context.Context, iter.Seq[image.Image]) iter.Seq2[A, error]

// Each makes a Stream of a function that answers one picture, called for n pictures at
// once.
func Each[A any](n int, ask func(context.Context, image.Image) (A, error)) Stream[A] {
	return func(ctx context.Context, imgs iter.Seq[image.Image]) iter.Seq2[A, error] {
		return batch.Ordered(ctx, imgs, max(n, 1), ask)
	}
}

// An Option changes how a set is gone through.
type Option func(*options)

type options struct {
	progress func(done, of int)
	answer   func(Answer)
}

func chosen(opts []Option) options {
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	return o
}

// Progress calls f after every picture with how many are done, answered or left out, of how
// many. Calls come one after the other.
func Progress(f func(done, of int)) Option {
	return func(o *options) { o.progress = f }
}

// A Scope says what was measured, and how. It is part of every result.
type Scope struct {
	Protocol string    `json:"protocol"` // in words
	Pictures int       `json:"pictures"` // that were measured
	LeftOut  int       `json:"left_out"` // pictures that could not be
	Failures []Failure `json:"failures"` // the first 1000 of those, in the set's order

	WithoutTruth int `json:"without_truth,omitempty"` // pictures of which the set does not say what is right
}

// A Failure is a picture that was left out.
type Failure struct {
	Name  string `json:"name"` // as its set calls it
	Error string `json:"error"`
}

// mostFailures bounds the list of failures.
const mostFailures = 1000

func (s *Scope) leaveOut(name string, err error) {
	if errors.Is(err, dataset.ErrNoTruth) {
		s.WithoutTruth++
		return
	}
	s.LeftOut++
	if len(s.Failures) < mostFailures {
		s.Failures = append(s.Failures, Failure{name, reason(name, err)})
	}
}

// reason is an error of a picture whose name stands beside it already.
func reason(name string, err error) string {
	var fe *dataset.FileError
	if !errors.As(err, &fe) || !strings.HasSuffix(fe.File, name) {
		return err.Error()
	}
	if fe.Line > 0 {
		return fmt.Sprintf("line %d: %v", fe.Line, fe.Err)
	}
	return fe.Err.Error()
}
