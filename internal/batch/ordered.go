package batch

import (
	"context"
	"iter"
	"sync"
)

// Ordered calls do for each element of seq, on up to inflight goroutines, and yields
// the answers in the order of seq. No more than inflight elements are held at a
// time, so a stream of any length needs bounded memory. An element's error is yielded in
// its place and stops nothing. When ctx ends, what was begun is yielded and the
// sequence ends with the context's error. When the consumer stops early, Ordered
// waits for the calls in flight.
func Ordered[In, Out any](ctx context.Context, seq iter.Seq[In], inflight int, do func(context.Context, In) (Out, error)) iter.Seq2[Out, error] {
	type answer struct {
		out Out
		err error
	}
	return func(yield func(Out, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		var running sync.WaitGroup
		defer running.Wait()
		defer cancel()

		var slots []chan answer // oldest first
		oldest := func() bool {
			a := <-slots[0]
			slots = slots[1:]
			return yield(a.out, a.err)
		}
		for in := range seq {
			if ctx.Err() != nil {
				break
			}
			if len(slots) == inflight && !oldest() {
				return
			}
			slot := make(chan answer, 1)
			slots = append(slots, slot)
			running.Go(func() {
				out, err := do(ctx, in)
				slot <- answer{out, err}
			})
			for len(slots) > 0 && len(slots[0]) == 1 { // what is ready need not wait for a slow source
				if !oldest() {
					return
				}
			}
		}
		for len(slots) > 0 {
			if !oldest() {
				return
			}
		}
		if err := ctx.Err(); err != nil {
			var none Out
			yield(none, err)
		}
	}
}

// All calls do for each input, on up to inflight goroutines, and returns the answers and
// the errors in the order of the inputs. When ctx ends, nothing more is begun: the rest has the
// context's error.
func All[In, Out any](ctx context.Context, ins []In, inflight int, do func(context.Context, In) (Out, error)) ([]Out, []error) {
	outs, errs := make([]Out, len(ins)), make([]error, len(ins))
	var running sync.WaitGroup
	slots := make(chan struct{}, max(inflight, 1))
	for i, in := range ins {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
		}
		if err := ctx.Err(); err != nil {
			for j := i; j < len(ins); j++ {
				errs[j] = err
			}
			break
		}
		running.Go(func() {
			defer func() { <-slots }()
			outs[i], errs[i] = do(ctx, in)
		})
	}
	running.Wait()
	return outs, errs
}
