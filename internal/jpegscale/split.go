package jpegscale

import (
	"context"
	"slices"
	"sync"

	"github.com/gosight/vision/internal/raster"
)

// A part is what one worker has of the picture.
type part struct {
	*worker
	skip  int      // units at the start of the worker's that are none
	first int      // unit of the picture that the next one is
	n     int      // units
	base  [3]int32 // to be added to every sample
}

// end is the unit behind the part.
func (p *part) end() int { return p.first + p.n }

// most is how many units are decoded between two looks at the context.
const most = 4096

// decodeOne decodes a stream without restart markers on one processor.
func (f *frame) decodeOne(ctx context.Context, w *worker) ([]part, error) {
	s := f.stretches[0]
	w.begin(f, 8*s.from, false)
	if err := w.rest(ctx, f.total, s); err != nil {
		return nil, err
	}
	return []part{{worker: w, n: f.total}}, nil
}

// decodeRows is decodeOne with the painting: a row of units at a time, while it is in
// the nearest cache.
func (f *frame) decodeRows(ctx context.Context, w *worker, m *raster.Image) error {
	s := f.stretches[0]
	w.begin(f, 8*s.from, false)
	for row := range f.down {
		w.samples = w.samples[:0]
		if w.decode(f.across, 8*s.to) != more {
			return broken("the scan breaks at unit %d of %d", w.units, w.total)
		}
		if err := f.paint(ctx, m, []part{{worker: w, first: row * f.across, n: f.across}}, row, row+1); err != nil {
			return err
		}
	}
	return w.rest(ctx, 0, s)
}

// rest decodes n units, behind which the stretch must be over.
func (w *worker) rest(ctx context.Context, n int, s stretch) error {
	for n > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		some := min(n, most)
		if w.decode(some, 8*s.to) != more {
			return broken("the scan breaks at unit %d of %d", w.units, w.total)
		}
		n -= some
	}
	if left := 8*s.to - w.pos(); left < 0 || left > 7 {
		return broken("the scan ends with %d bits that are over", left)
	}
	return nil
}

// decodeStretches shares out what lies between restart markers.
func (f *frame) decodeStretches(ctx context.Context, ws []*worker) ([]part, error) {
	if n := (f.total + f.interval - 1) / f.interval; n != len(f.stretches) {
		return nil, broken("want %d restart markers, got %d", n-1, len(f.stretches)-1)
	}
	parts := make([]part, len(ws))
	err := each(len(ws), func(i int) error {
		w := ws[i]
		from, to := len(f.stretches)*i/len(ws), len(f.stretches)*(i+1)/len(ws)
		w.begin(f, 0, false)
		first := from * f.interval
		for k := from; k < to; k++ {
			s := f.stretches[k]
			w.restart(8 * s.from)
			if err := w.rest(ctx, min(f.interval, f.total-k*f.interval), s); err != nil {
				return err
			}
		}
		parts[i] = part{worker: w, first: first, n: w.units}
		return nil
	})
	return parts, err
}

// each runs do(0) to do(n-1) at the same time and returns the first error.
func each(n int, do func(i int) error) error {
	if n == 1 {
		return do(0)
	}
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n - 1 {
		wg.Go(func() { errs[i+1] = do(i + 1) })
	}
	errs[0] = do(0)
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// guess decodes from pos up to limit, starting anew behind what is no unit. What
// it ends up with may be right or not.
func (w *worker) guess(ctx context.Context, f *frame, pos, limit int) error {
	const tries = 1000
	w.begin(f, pos, true)
	for range tries {
		if err := ctx.Err(); err != nil {
			return err
		}
		switch w.decode(min(most, f.total-w.units), limit) {
		case beyond:
			return nil
		case more:
			if w.units == f.total {
				return nil
			}
		case bad:
			w.begin(f, (w.pos()|7)+1, true)
		}
	}
	w.begin(f, limit, true)
	return nil
}

// decodeSplit decodes a stream without restart markers on several processors.
func (f *frame) decodeSplit(ctx context.Context, ws []*worker) ([]part, error) {
	s := f.stretches[0]
	start := func(i int) int { return 8 * (s.from + (s.to-s.from)*i/len(ws)) }
	err := each(len(ws), func(i int) error {
		ws[i].samples = slices.Grow(ws[i].samples[:0], f.total/len(ws)*5/4*f.unit)
		limit := start(i + 1)
		if i == len(ws)-1 {
			limit -= 512 // there the number of units counts
		}
		if i > 0 {
			return ws[i].guess(ctx, f, start(i), limit)
		}
		ws[0].begin(f, start(0), false)
		for n := 0; n < f.total; n += most {
			if err := ctx.Err(); err != nil {
				return err
			}
			switch ws[0].decode(min(most, f.total-n), limit) {
			case bad:
				return broken("the scan breaks at unit %d of %d", ws[0].units, f.total)
			case beyond:
				return nil
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	parts := make([]part, 1, len(ws))
	parts[0] = part{worker: ws[0]}
	for _, next := range ws[1:] {
		p := &parts[len(parts)-1]
		m, err := p.meet(ctx, next, 8*s.to)
		if err != nil {
			return nil, err
		}
		p.n = p.units - p.skip
		if p.end() > f.total {
			return nil, broken("the scan has more than %d units", f.total)
		}
		if m < 0 {
			continue // next was never right
		}
		q := part{worker: next, skip: m * chunk, first: p.end()}
		for c := range q.base {
			q.base[c] = p.base[c] + p.dc[c].now - next.marks[m].dc[c].now
		}
		parts = append(parts, q)
	}
	p := &parts[len(parts)-1]
	have := p.units - p.skip
	if p.n = f.total - p.first; p.n < have {
		return nil, broken("the scan has more than %d units", f.total)
	}
	if err := p.rest(ctx, p.n-have, s); err != nil {
		return nil, err
	}
	for i := range parts {
		if !parts[i].bounded() {
			return nil, broken("DC is out of bounds")
		}
	}
	return parts, nil
}

// meet continues p until it stands where next stood at a mark, and returns that
// mark; -1 if it passes all of them.
func (p *part) meet(ctx context.Context, next *worker, end int) (int, error) {
	m := 0
	for n := 0; ; n++ {
		pos := p.pos()
		for m < len(next.marks) && next.marks[m].pos < pos {
			m++
		}
		if m == len(next.marks) || p.first+p.units-p.skip >= p.total {
			return -1, nil
		}
		if next.marks[m].pos == pos {
			return m, nil
		}
		if n%most == 0 {
			if err := ctx.Err(); err != nil {
				return 0, err
			}
		}
		if p.decode(1, end) != more {
			return 0, broken("the scan breaks at unit %d of %d", p.first+p.units-p.skip, p.total)
		}
	}
}

// bounded reports whether all DC values of p are what a picture may have.
func (p *part) bounded() bool {
	in := func(dc *[4]level) bool {
		for c, base := range p.base {
			if dc[c].low+base < -maxDC || dc[c].top+base > maxDC {
				return false
			}
		}
		return true
	}
	marks := p.marks[min(p.skip/chunk+1, len(p.marks)):]
	for i := range marks {
		if !in(&marks[i].dc) {
			return false
		}
	}
	return in(&p.dc)
}
