package jpegscale

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/gosight/vision/internal/raster"
)

// worth is how many bytes of entropy-coded data a further processor is worth its start.
const worth = 48 << 10

// running counts the decodes that are under way: they share the processors.
//
//nolint:gochecknoglobals // processors are the process'
var running atomic.Int32

// A bench is the memory of one decode.
type bench struct {
	stream    []byte
	stretches []stretch
	frame     frame
	workers   []*worker
}

//nolint:gochecknoglobals // memory that is free to the next decode, whoever asks for it
var benches = sync.Pool{New: func() any { return new(bench) }}

// Decode returns the picture in data at 1/ratio of its size, rounded up, as stored: not turned by its
// EXIF orientation. ratio is 4 or 8.
//
// workers is on how many processors, 0 for as many as are free; the
// result does not hang on it. Decode may be called from any number of goroutines.
//
// The error is ctx's, a *fault.FormatError or a *fault.UnsupportedError. The size of the picture is not
// limited here, but the memory taken is by the number of bytes in data.
func Decode(ctx context.Context, data []byte, ratio, workers int) (*raster.Image, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if ratio != 4 && ratio != 8 {
		return nil, refuse("ratio %d, want 4 or 8", ratio)
	}
	h, err := parse(data)
	if err != nil {
		return nil, err
	}
	now := running.Add(1)
	defer running.Add(-1)
	if workers <= 0 {
		workers = max(1, min(runtime.GOMAXPROCS(0)/int(now), len(h.scan)/worth))
	}
	b := benches.Get().(*bench)
	defer benches.Put(b)
	f := &b.frame
	if err := f.lay(h, ratio); err != nil {
		return nil, err
	}
	b.stream, b.stretches, err = clean(b.stream[:0], h.scan, h.interval > 0, b.stretches[:0])
	if err != nil {
		return nil, err
	}
	f.stream, f.stretches = b.stream, b.stretches
	m := raster.New(f.ow, f.oh)
	if err := b.decode(ctx, m, workers); err != nil {
		return nil, err
	}
	return m, nil
}

// decode decodes on n processors into m.
func (b *bench) decode(ctx context.Context, m *raster.Image, n int) error {
	f := &b.frame
	if f.interval > 0 {
		n = min(n, len(f.stretches))
	}
	for len(b.workers) < n {
		b.workers = append(b.workers, new(worker))
	}
	ws := b.workers[:n]
	var parts []part
	var err error
	switch {
	case f.interval > 0:
		parts, err = f.decodeStretches(ctx, ws)
	case n > 1:
		parts, err = f.decodeSplit(ctx, ws)
		if err == nil || ctx.Err() != nil {
			break
		}
		// So that a mishap of guessing shows in nothing but time.
		fallthrough
	default:
		if f.joint {
			return f.decodeRows(ctx, ws[0], m)
		}
		parts, err = f.decodeOne(ctx, ws[0])
	}
	if err != nil {
		return err
	}
	n = min(n, f.down)
	return each(n, func(i int) error {
		return f.paint(ctx, m, parts, f.down*i/n, f.down*(i+1)/n)
	})
}
