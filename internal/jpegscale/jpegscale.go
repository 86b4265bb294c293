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
var running atomic.Int32

// A bench is the memory of one decode.
type bench struct {
	stream    []byte
	stretches []stretch
	frame     frame
	workers   []*worker
}

var benches = sync.Pool{New: func() any { return new(bench) }}

// Decode returns the picture in data at 1/ratio of its size, rounded up, as stored: not turned by its
// EXIF orientation. ratio is 2, 4 or 8; at 1:2 only pictures without chroma of half
// height and width are taken.
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
	if ratio != 2 && ratio != 4 && ratio != 8 {
		return nil, refuse("ratio %d, want 2, 4 or 8", ratio)
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
	parts, err := b.decode(ctx, workers)
	if err != nil {
		return nil, err
	}
	m := raster.New(f.ow, f.oh)
	err = each(min(workers, f.down), func(i int) error {
		n := min(workers, f.down)
		return f.paint(ctx, m, parts, f.down*i/n, f.down*(i+1)/n)
	})
	if err != nil {
		return nil, err
	}
	return m, nil
}

func (b *bench) decode(ctx context.Context, n int) ([]part, error) {
	f := &b.frame
	if f.interval > 0 {
		n = min(n, len(f.stretches))
	}
	for len(b.workers) < n {
		b.workers = append(b.workers, new(worker))
	}
	ws := b.workers[:n]
	if f.interval > 0 {
		return f.decodeStretches(ctx, ws)
	}
	if n > 1 {
		parts, err := f.decodeSplit(ctx, ws)
		if err == nil || ctx.Err() != nil {
			return parts, err
		}
		// So that a mishap of guessing shows in nothing but time.
	}
	return f.decodeOne(ctx, ws[0])
}
