package main

import (
	"context"

	"github.com/gosight/vision/internal/option"
	"github.com/gosight/vision/internal/session"
)

// open opens a model. Opening cannot be stopped: when ctx ends it is left behind, as the
// process is about to end.
func open[M any](ctx context.Context, do func() (M, error)) (M, error) {
	type result struct {
		m   M
		err error
	}
	done := make(chan result, 1)
	go func() {
		var r result
		if r.err = wake(); r.err == nil {
			r.m, r.err = do()
		}
		done <- r
	}()
	select {
	case r := <-done:
		if r.err != nil {
			return r.m, &openError{r.err}
		}
		return r.m, nil
	case <-ctx.Done():
		var none M
		return none, ctx.Err()
	}
}

// wake starts TensorFlow without its chatter.
func wake() error {
	return quietly(func() error { return session.Wake(option.Process{}) })
}
