package engine

import (
	"context"
	"fmt"
	"image"
	"slices"

	"github.com/gosight/vision/internal/batch"
	"github.com/gosight/vision/internal/decode"
	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/geom"
	"github.com/gosight/vision/internal/session"
)

// A row is one prepared picture.
type row struct {
	floats []float32
	bytes  []uint8
	file   string
	w, h   int // of the network's input
	to     geom.Map
}

// Run takes one picture through the network and returns the fetched outputs without
// their batch dimension, and the map from the network's input to the picture. fetch is
// an output's key or a tensor's name. The outputs are the caller's.
func (e *Engine) Run(ctx context.Context, img image.Image, fetch ...string) ([]session.Tensor, geom.Map, error) {
	if err := e.begin(); err != nil {
		return nil, geom.Map{}, err
	}
	defer e.running.Done()
	r, err := e.prepared(ctx, img)
	if err != nil {
		return nil, geom.Map{}, err
	}
	to := r.to
	out, err := e.queue(fetch).Do(ctx, r)
	if err != nil {
		return nil, geom.Map{}, e.blame(ctx, img, err)
	}
	e.rows.Put(r) // not after an error: a run may still read it
	return out, to, nil
}

// begin counts a call in, so that Close waits for it.
func (e *Engine) begin() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return fault.ErrClosed
	}
	e.running.Add(1)
	return nil
}

// prepared decodes and preprocesses. No more pictures are in this stage than there
// are processors, which bounds memory.
func (e *Engine) prepared(ctx context.Context, img image.Image) (*row, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case e.gate <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	p, isPhoto := img.(*decode.Photo)
	if ctx.Done() == nil || !isPhoto {
		defer func() { <-e.gate }()
		return e.prepare1(ctx, img)
	}
	// Decoding cannot be stopped. A cancelled call leaves it behind, on bytes that do
	// not change, so its place in the gate and in Close's count stays taken.
	type result struct {
		r   *row
		err error
	}
	done := make(chan result, 1)
	e.running.Add(1)
	go func() {
		defer e.running.Done()
		defer func() { <-e.gate }()
		r, err := e.prepare1(ctx, p)
		done <- result{r, err}
	}()
	select {
	case res := <-done:
		return res.r, res.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (e *Engine) prepare1(ctx context.Context, img image.Image) (r *row, err error) {
	p, isPhoto := img.(*decode.Photo)
	if !isPhoto {
		// The picture's methods are the caller's code. In a batch they run on our
		// goroutines, where a panic could not be caught: one bad picture fails alone.
		defer func() {
			if v := recover(); v != nil {
				r, err = nil, &fault.FormatError{Reason: fmt.Sprintf("%T panicked while it was read: %v", img, v)}
			}
		}()
	}
	r, _ = e.rows.Get().(*row)
	if r == nil {
		r = &row{}
	}
	if p != nil {
		w, h := p.Stored()
		if n := int64(w) * int64(h); e.opts.MaxPixels > 0 && n > e.opts.MaxPixels {
			return nil, &fault.LimitError{What: "pixels", Got: n, Max: e.opts.MaxPixels}
		}
	}
	if e.plan == nil {
		r.file, err = e.encoded(ctx, img)
		return r, err
	}
	pic, err := decode.Load(ctx, img, decode.Need{Factor: e.plan.Factor}, e.jpeg, e.opts.Exact)
	if err != nil {
		return nil, err
	}
	r.w, r.h = e.plan.Size(pic.W, pic.H)
	n := e.plan.RowLen(pic.W, pic.H)
	if e.input.DType == "uint8" {
		r.bytes = slices.Grow(r.bytes[:0], n)[:n]
		r.to, err = e.plan.Uint8(r.bytes, pic.Raster, pic.W, pic.H, pic.Map())
	} else {
		r.floats = slices.Grow(r.floats[:0], n)[:n]
		r.to, err = e.plan.Float32(r.floats, pic.Raster, pic.W, pic.H, pic.Map())
	}
	return r, err
}

// queue returns the queue of a set of fetches. Tasks use few.
func (e *Engine) queue(fetch []string) *batch.Queue[*row, []session.Tensor] {
	key := fmt.Sprintf("%q", fetch) // quoted, since names may hold spaces
	e.mu.Lock()
	defer e.mu.Unlock()
	q := e.queues[key]
	if q == nil {
		q = batch.New(e.model.Replicas(), e.info.MaxBatch, e.opts.Wait, func(replica int, rs []*row) ([][]session.Tensor, error) {
			return e.runBatch(replica, rs, fetch)
		})
		e.queues[key] = q
	}
	return q
}

// Features returns the tensor before the classification head of an output, and its
// shape.
func (e *Engine) Features(output string) (string, []int64, error) { return e.model.Features(output) }

// InFlight returns how many pictures should be under way at once to keep the network
// busy: two full batches for each replica.
func (e *Engine) InFlight() int {
	return max(2*e.info.MaxBatch*e.model.Replicas(), cap(e.gate)+1)
}

// Closed reports whether Close has been called.
func (e *Engine) Closed() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.closed
}

// Close waits for running calls, frees the model and returns. It may be called more
// than once, from any goroutine.
func (e *Engine) Close() error {
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
	e.running.Wait()
	e.done.Do(func() {
		for _, q := range e.queues {
			q.Close()
		}
		if e.jpeg != nil {
			e.err = e.jpeg.Close()
		}
		if err := e.model.Close(); err != nil {
			e.err = err
		}
	})
	return e.err
}
