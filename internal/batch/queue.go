// Package batch joins the calls of many goroutines into few runs of a model.
package batch

import (
	"context"
	"sync"
	"time"

	"github.com/gosight/vision/internal/fault"
)

// A Run answers the inputs of one batch, in order, on one of the queue's workers.
// It gets between one and max inputs.
type Run[In, Out any] func(worker int, in []In) ([]Out, error)

// A Queue collects single inputs into batches. While every worker is busy, inputs
// pile up, and the next free worker takes as many as there are, up to the
// maximum: under load batches form, and a lone caller waits for nobody. Batch
// sizes are powers of two, so that TensorFlow meets few shapes.
//
// If a batch fails, its inputs are run again one by one, so that only the bad
// one fails.
//
// A Queue is safe for concurrent use. Close it to end its goroutines.
type Queue[In, Out any] struct {
	run   Run[In, Out]
	alike func(a, b In) bool // nil: all are
	max   int
	wait  time.Duration

	mu      sync.Mutex
	arrived sync.Cond
	pending []*item[In, Out]
	closed  bool
	workers sync.WaitGroup
}

type item[In, Out any] struct {
	in   In
	out  Out
	err  error
	ctx  context.Context
	done chan struct{}
}

// New starts a queue with the given number of workers, each of which runs one batch
// of at most max inputs at a time. With wait > 0 a worker that finds fewer waits that
// long for more to come: it trades latency for larger batches and is meant for GPUs.
func New[In, Out any](workers, max int, wait time.Duration, run Run[In, Out]) *Queue[In, Out] {
	return NewAlike(workers, max, wait, nil, run)
}

// NewAlike is New for inputs that do not all fit into one batch: a batch takes the oldest input
// that waits, and those that are alike.
func NewAlike[In, Out any](workers, max int, wait time.Duration, alike func(a, b In) bool, run Run[In, Out]) *Queue[In, Out] {
	q := &Queue[In, Out]{run: run, alike: alike, max: max, wait: wait}
	q.arrived.L = &q.mu
	q.workers.Add(workers)
	for w := range workers {
		go q.work(w)
	}
	return q
}

// Do answers one input. If ctx ends first, Do returns its error at once; an input
// that a worker has already taken is computed all the same and its answer dropped.
// After Close, Do returns fault.ErrClosed.
func (q *Queue[In, Out]) Do(ctx context.Context, in In) (Out, error) {
	out, errs := q.DoAll(ctx, []In{in})
	return out[0], errs[0]
}

// DoAll is Do for inputs that came together and shall run together: no worker finds only some
// of them.
func (q *Queue[In, Out]) DoAll(ctx context.Context, ins []In) ([]Out, []error) {
	outs, errs := make([]Out, len(ins)), make([]error, len(ins))
	fail := func(err error) ([]Out, []error) {
		for i := range errs {
			errs[i] = err
		}
		return outs, errs
	}
	if err := ctx.Err(); err != nil {
		return fail(err)
	}
	items := make([]*item[In, Out], len(ins))
	for i, in := range ins {
		items[i] = &item[In, Out]{in: in, ctx: ctx, done: make(chan struct{})}
	}
	q.mu.Lock()
	if q.closed {
		q.mu.Unlock()
		return fail(fault.ErrClosed)
	}
	q.pending = append(q.pending, items...)
	q.mu.Unlock()
	if len(items) > 1 {
		q.arrived.Broadcast()
	} else {
		q.arrived.Signal()
	}
	for i, it := range items {
		select {
		case <-it.done:
			outs[i], errs[i] = it.out, it.err
		case <-ctx.Done():
			errs[i] = ctx.Err()
		}
	}
	return outs, errs
}

// Close refuses new inputs, lets those inside finish, and returns when the workers
// have ended. It may be called more than once.
func (q *Queue[In, Out]) Close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.arrived.Broadcast()
	q.workers.Wait()
}

func (q *Queue[In, Out]) work(worker int) {
	defer q.workers.Done()
	for {
		items := q.take()
		if items == nil {
			return
		}
		q.answer(worker, items)
	}
}

// take blocks until there is something to do; nil means that the queue is closed
// and empty.
func (q *Queue[In, Out]) take() []*item[In, Out] {
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		for len(q.pending) == 0 && !q.closed {
			q.arrived.Wait()
		}
		if q.wait > 0 && len(q.pending) < q.max && !q.closed {
			q.mu.Unlock()
			time.Sleep(q.wait)
			q.mu.Lock()
		}
		q.dropCancelled()
		if len(q.pending) > 0 {
			return q.batch()
		}
		if q.closed {
			return nil
		}
	}
}

// batch removes the oldest input and those that go with it from the pending ones.
func (q *Queue[In, Out]) batch() []*item[In, Out] {
	first := q.pending[0]
	fits := func(it *item[In, Out]) bool { return it == first || q.alike == nil || q.alike(first.in, it.in) }
	n := 0
	for _, it := range q.pending {
		if n < q.max && fits(it) {
			n++
		}
	}
	n = size(n, q.max)
	items := make([]*item[In, Out], 0, n)
	kept := q.pending[:0]
	for _, it := range q.pending {
		if len(items) < n && fits(it) {
			items = append(items, it)
		} else {
			kept = append(kept, it)
		}
	}
	clear(q.pending[len(kept):])
	q.pending = kept
	return items
}

// dropCancelled forgets inputs whose callers have gone.
func (q *Queue[In, Out]) dropCancelled() {
	kept := q.pending[:0]
	for _, it := range q.pending {
		if it.ctx.Err() == nil {
			kept = append(kept, it)
		} else {
			it.err = it.ctx.Err()
			close(it.done)
		}
	}
	clear(q.pending[len(kept):])
	q.pending = kept
}

// size returns the largest power of two that is at most n, or max if n reaches it.
func size(n, max int) int {
	if n >= max {
		return max
	}
	s := 0
	for p := 1; p <= n; p *= 2 {
		s = p
	}
	return s
}

func (q *Queue[In, Out]) answer(worker int, items []*item[In, Out]) {
	in := make([]In, len(items))
	for i, it := range items {
		in[i] = it.in
	}
	out, err := q.run(worker, in)
	if err != nil && len(items) > 1 {
		for _, it := range items {
			q.answer(worker, []*item[In, Out]{it})
		}
		return
	}
	for i, it := range items {
		if err != nil {
			it.err = err
		} else {
			it.out = out[i]
		}
		close(it.done)
	}
}
