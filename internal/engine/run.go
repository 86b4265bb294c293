package engine

import (
	"context"
	"fmt"
	"image"
	"runtime"
	"slices"

	"github.com/gosight/vision/internal/batch"
	"github.com/gosight/vision/internal/decode"
	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/geom"
	"github.com/gosight/vision/internal/raster"
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

// RunAll takes pictures that came together through the network, in as few batches as it takes,
// and returns the fetched outputs of each. The first failure is the error.
func (e *Engine) RunAll(ctx context.Context, imgs []image.Image, fetch ...string) ([][]session.Tensor, error) {
	if err := e.begin(); err != nil {
		return nil, err
	}
	defer e.running.Done()
	all := make([][]session.Tensor, 0, len(imgs))
	for part := range slices.Chunk(imgs, e.InFlight()) { // bounds memory
		rows := make([]*row, len(part))
		for i, img := range part {
			var err error
			if rows[i], err = e.prepared(ctx, img); err != nil {
				return nil, err
			}
		}
		outs, errs := e.queue(fetch).DoAll(ctx, rows)
		for i, err := range errs {
			if err != nil {
				return nil, e.blame(ctx, part[i], err)
			}
		}
		for _, r := range rows {
			e.rows.Put(r)
		}
		all = append(all, outs...)
	}
	return all, nil
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

// Upright returns the pixels of a picture at full size, turned upright, for tasks that cut
// pieces out of it. The raster must not be changed: it may be the caller's own.
func (e *Engine) Upright(ctx context.Context, img image.Image) (*raster.Image, error) {
	if err := e.begin(); err != nil {
		return nil, err
	}
	defer e.running.Done()
	return gated(ctx, e, img, func() (*raster.Image, error) {
		if err := e.checkPixels(img); err != nil {
			return nil, err
		}
		pic, err := decode.Load(ctx, img, decode.Need{}, e.jpeg, true)
		if err != nil {
			return nil, err
		}
		return pic.Raster, nil
	})
}

// InputSize returns the size in pixels of the network's input for a picture of w x h.
func (e *Engine) InputSize(w, h int) (int, int) {
	if e.plan == nil {
		return w, h
	}
	return e.plan.Size(w, h)
}

// NeedsAll reports whether Run would read every pixel of img, so that a task that wants them
// itself loses nothing by calling Upright first and passing the raster on.
func (e *Engine) NeedsAll(img image.Image) bool {
	if e.plan == nil {
		return false // it takes the file
	}
	return decode.All(img, decode.Need{Factor: e.plan.Factor}, e.jpeg, e.opts.Exact)
}

// prepared decodes and preprocesses.
func (e *Engine) prepared(ctx context.Context, img image.Image) (*row, error) {
	return gated(ctx, e, img, func() (*row, error) { return e.prepare1(ctx, img) })
}

// gated does the work on the pixels of img. No more pictures are in this stage than there
// are processors, which bounds memory.
func gated[T any](ctx context.Context, e *Engine, img image.Image, work func() (T, error)) (T, error) {
	var none T
	if err := ctx.Err(); err != nil {
		return none, err
	}
	select {
	case e.gate <- struct{}{}:
	case <-ctx.Done():
		return none, ctx.Err()
	}
	_, isPhoto := img.(*decode.Photo)
	if ctx.Done() == nil || !isPhoto {
		defer func() { <-e.gate }()
		return guarded(img, isPhoto, work)
	}
	// Decoding cannot be stopped. A cancelled call leaves it behind, on bytes that do
	// not change, so its place in the gate and in Close's count stays taken.
	type result struct {
		t   T
		err error
	}
	done := make(chan result, 1)
	e.running.Add(1)
	go func() {
		defer e.running.Done()
		defer func() { <-e.gate }()
		t, err := work()
		done <- result{t, err}
	}()
	select {
	case res := <-done:
		return res.t, res.err
	case <-ctx.Done():
		return none, ctx.Err()
	}
}

// guarded makes a panic of a picture's methods, which are the caller's code, an error. In a
// batch they run on our goroutines, where it could not be caught: one bad picture fails alone.
func guarded[T any](img image.Image, isPhoto bool, work func() (T, error)) (t T, err error) {
	if !isPhoto {
		defer func() {
			if v := recover(); v != nil {
				var none T
				t, err = none, &fault.FormatError{Reason: fmt.Sprintf("%T panicked while it was read: %v", img, v)}
			}
		}()
	}
	return work()
}

// checkPixels refuses a photo over the limit that the model was opened with.
func (e *Engine) checkPixels(img image.Image) error {
	if p, _ := img.(*decode.Photo); p != nil {
		w, h := p.Stored()
		if n := int64(w) * int64(h); e.opts.MaxPixels > 0 && n > e.opts.MaxPixels {
			return &fault.LimitError{What: "pixels", Got: n, Max: e.opts.MaxPixels}
		}
	}
	return nil
}

func (e *Engine) prepare1(ctx context.Context, img image.Image) (r *row, err error) {
	r, _ = e.rows.Get().(*row)
	if r == nil {
		r = &row{}
	}
	if err := e.checkPixels(img); err != nil {
		return nil, err
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
		// Lines of text stack with those of their width. Of all else the sizes are equal.
		alike := func(a, b *row) bool { return a.w == b.w && a.h == b.h }
		replicas := e.model.Replicas()
		q = batch.NewAlike(replicas*e.atOnce(), e.info.MaxBatch, e.opts.Wait, alike, func(worker int, rs []*row) ([][]session.Tensor, error) {
			return e.runBatch(worker%replicas, rs, fetch)
		})
		e.queues[key] = q
	}
	return q
}

// Features returns the tensor before the classification head of an output, and its
// shape.
func (e *Engine) Features(output string) (string, []int64, error) { return e.model.Features(output) }

// atOnce returns how many runs of one replica go on at once. Where a run takes one picture only, two
// share the processors better than one can use them: many operations of such graphs, those of
// cascades and suppression above all, keep one core busy.
func (e *Engine) atOnce() int {
	if e.info.MaxBatch == 1 && runtime.GOMAXPROCS(0) > 1 {
		return 2
	}
	return 1
}

// InFlight returns how many pictures should be under way at once to keep the network
// busy: two full batches for each replica, and of graphs that take one picture two more than
// run at once, since such pictures may be large.
func (e *Engine) InFlight() int {
	if e.info.MaxBatch == 1 {
		return e.model.Replicas()*e.atOnce() + 2
	}
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
