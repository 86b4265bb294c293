package ocr

import (
	"context"
	"math"
	"slices"

	"github.com/gosight/vision/internal/batch"
	"github.com/gosight/vision/internal/geom"
	"github.com/gosight/vision/internal/perspective"
	"github.com/gosight/vision/internal/postprocess"
	"github.com/gosight/vision/internal/raster"
)

const (
	tall      = 1.5  // height by width from which a piece is taken to lie on its side, as in PaddleOCR
	doubt     = 0.8  // a score below this has a piece read at other widths, too
	lost      = 0.6  // a score below this has it read the other ways
	margin    = 0.1  // by which another way must read better
	witnesses = 4    // pieces that are read both ways to find out how a page stands
	certain   = 0.92 // a mean score from which a page stands as it should
	telling   = 8    // letters of a piece that can be a witness
)

// A piece is a piece of text with what was read in it.
type piece struct {
	quad  geom.Quad // from the corner at which the text begins
	score float32   // of the detector
	reading
}

// turned returns the quad that begins k corners further on: the text is turned by k times 90 degrees
// clockwise against the picture.
func turned(q geom.Quad, k int) geom.Quad {
	return geom.Quad{q[k%4], q[(k+1)%4], q[(k+2)%4], q[(k+3)%4]}
}

// readAt reads the piece of a picture under a quad.
func (r *recognizer) readAt(ctx context.Context, pic *raster.Image, q geom.Quad) (piece, error) {
	w, h := perspective.Size(q)
	got, err := r.readCut(ctx, pic, q, w, h)
	return piece{quad: q, reading: got}, err
}

// readCut reads the piece of a picture under a quad, stretched to w x h pixels. Of all pages together no more
// pieces are held at a time than r.cuts has places.
func (r *recognizer) readCut(ctx context.Context, pic *raster.Image, q geom.Quad, w, h int) (reading, error) {
	select {
	case r.cuts <- struct{}{}:
	case <-ctx.Done():
		return reading{}, ctx.Err()
	}
	defer func() { <-r.cuts }()
	if err := ctx.Err(); err != nil { // cutting, which knows no context, takes long where pieces are large
		return reading{}, err
	}
	cut, err := perspective.Cut(pic, q, w, h)
	if err != nil {
		return reading{}, err
	}
	return r.read(ctx, cut)
}

// readAll reads pieces under quads, many at once.
func (r *recognizer) readAll(ctx context.Context, pic *raster.Image, quads []geom.Quad) ([]piece, error) {
	got, errs := batch.All(ctx, quads, r.engine.InFlight(), func(ctx context.Context, q geom.Quad) (piece, error) {
		return r.readAt(ctx, pic, q)
	})
	return got, first(errs)
}

// page reads what was found on a page, each piece the way it reads best.
func (r *recognizer) page(ctx context.Context, pic *raster.Image, found []postprocess.TextBox) ([]piece, error) {
	quads := make([]geom.Quad, len(found))
	for i, b := range found {
		quads[i] = b.Quad
		if lies(b.Quad) {
			quads[i] = turned(b.Quad, 1)
		}
	}
	pieces, err := r.readAll(ctx, pic, quads)
	if err != nil {
		return nil, err
	}
	if pieces, err = r.rightWayUp(ctx, pic, pieces); err != nil {
		return nil, err
	}
	if pieces, err = r.otherWidths(ctx, pic, pieces); err != nil {
		return nil, err
	}
	kept := pieces[:0]
	for i, p := range pieces {
		if p.score = found[i].Score; len(p.symbols) > 0 && p.reading.score >= r.least {
			kept = append(kept, p)
		}
	}
	return kept, nil
}

// rightWayUp turns what stands on its head. A few pieces of those that lie alike tell about a
// page, which text that is read upside down may not: it often makes words of a kind. Then each piece that reads badly is tried
// in other ways.
func (r *recognizer) rightWayUp(ctx context.Context, pic *raster.Image, pieces []piece) ([]piece, error) {
	over := func(p piece) []geom.Quad { return []geom.Quad{turned(p.quad, 2)} }
	turnedOver := -1
	for quarter := range 4 {
		if quarter == turnedOver {
			continue
		}
		var alike []int
		for i, p := range pieces {
			if quarterOf(p.quad) == quarter {
				alike = append(alike, i)
			}
		}
		// The shortest that are long enough to tell, which are read soonest; then the longer ones.
		sortBy(alike, func(i int) float64 {
			n := float64(len(pieces[i].symbols))
			if n < telling {
				return 1e6 - n
			}
			return n
		})
		ask := func(idx []int, least float32) ([]piece, error) {
			some := make([]piece, len(idx))
			for j, i := range idx {
				some[j] = pieces[i]
			}
			return r.otherWays(ctx, pic, some, over, least)
		}
		sample := alike[:min(len(alike), witnesses)]
		if len(sample) == 0 || meanScore(pieces, alike) >= certain {
			continue
		}
		before := meanScore(pieces, sample)
		other, err := ask(sample, -1)
		if err != nil {
			return nil, err
		}
		if meanScore(other, nil) <= before {
			continue
		}
		other, err = ask(alike, -2*margin) // what the page says counts for a piece, unless it knows better
		if err != nil {
			return nil, err
		}
		for j, i := range alike {
			pieces[i] = other[j]
		}
		turnedOver = quarter + 2 // where they are now
	}
	return r.otherWays(ctx, pic, pieces, func(p piece) []geom.Quad {
		if p.reading.score >= lost {
			return nil
		}
		return ways(p.quad)
	}, margin)
}

// quarterOf returns by how many quarter turns a piece lies.
func quarterOf(q geom.Quad) int {
	f := frameAlong(q)
	return (int(math.Round(math.Atan2(f.sin, f.cos)/(math.Pi/2))) + 4) % 4
}

// meanScore is the mean score of some pieces, nil for all, each weighed by its letters.
func meanScore(pieces []piece, some []int) float64 {
	if some == nil {
		for i := range pieces {
			some = append(some, i)
		}
	}
	sum, n := 0.0, 0.0
	for _, i := range some {
		k := float64(len(pieces[i].symbols))
		sum, n = sum+k*float64(pieces[i].reading.score), n+k
	}
	if n == 0 {
		return 0
	}
	return sum / n
}

// widths are the stretches at which a line that reads badly is read again: letters of a narrow font
// stand too near to each other for the time steps, those of a wide one look like two. Measured on SROIE and IIIT5K
// (reference/ocr/README.md).
var widths = [...]float64{0.8, 1.5}

// otherWidths reads pieces that read badly again, stretched, and keeps what reads best of what has no
// fewer letters.
func (r *recognizer) otherWidths(ctx context.Context, pic *raster.Image, pieces []piece) ([]piece, error) {
	type try struct {
		i int
		s float64
	}
	var tries []try
	for i, p := range pieces {
		if p.reading.score < doubt {
			for _, s := range widths {
				tries = append(tries, try{i, s})
			}
		}
	}
	got, errs := batch.All(ctx, tries, r.engine.InFlight(), func(ctx context.Context, t try) (reading, error) {
		q := pieces[t.i].quad
		w, h := perspective.Size(q)
		wide := max(int(math.Round(float64(w)*t.s)), 1)
		got, err := r.readCut(ctx, pic, q, wide, h)
		for i := range got.symbols {
			got.symbols[i].from *= float64(w) / float64(wide)
			got.symbols[i].to *= float64(w) / float64(wide)
		}
		return got, err
	})
	if err := first(errs); err != nil {
		return nil, err
	}
	best := slices.Clone(pieces)
	for j, g := range got { // what leaves out the hard half of a line reads the rest better
		if i := tries[j].i; g.score > best[i].reading.score && len(g.symbols) >= len(pieces[i].symbols) {
			best[i].reading = g
		}
	}
	return best, nil
}

// first returns the first error: one says it for all.
func first(errs []error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// lies reports whether a piece is so tall that its text lies on its side.
func lies(q geom.Quad) bool {
	return int(distance(q[0], q[3])) >= int(tall*float64(int(distance(q[0], q[1]))))
}

// onItsSide reports whether most of the text of a page lies on its side.
func onItsSide(found []postprocess.TextBox) bool {
	lie, stand := 0.0, 0.0
	for _, b := range found {
		w, h := distance(b.Quad[0], b.Quad[1]), distance(b.Quad[0], b.Quad[3])
		if w < h {
			lie += h - w
		} else {
			stand += w - h
		}
	}
	return lie > stand
}

// laidBack brings pieces of a picture that was turned counterclockwise by 90 degrees to the picture, which is w
// pixels wide.
func laidBack(pieces []piece, w float64) {
	for i := range pieces {
		for k, p := range pieces[i].quad {
			pieces[i].quad[k] = geom.Point{X: w - p.Y, Y: p.X}
		}
	}
}

// ways are the other ways a piece may lie: on its head, and where it is about square or was laid
// down, a quarter to either side.
func ways(q geom.Quad) []geom.Quad {
	other := []geom.Quad{turned(q, 2)}
	if w, h := distance(q[0], q[1]), distance(q[0], q[3]); w < 3*h { // one to three letters one above the other, or one letter
		other = append(other, turned(q, 3), turned(q, 1))
	}
	return other
}

// otherWays reads pieces the ways that are given for each, and keeps what reads better by more than
// least.
func (r *recognizer) otherWays(ctx context.Context, pic *raster.Image, pieces []piece, ways func(piece) []geom.Quad, least float32) ([]piece, error) {
	var quads []geom.Quad
	var of []int
	for i, p := range pieces {
		for _, q := range ways(p) {
			quads, of = append(quads, q), append(of, i)
		}
	}
	got, err := r.readAll(ctx, pic, quads)
	if err != nil {
		return nil, err
	}
	best := slices.Clone(pieces)
	for j, p := range got {
		i := of[j]
		if len(p.symbols) > 0 && p.reading.score > pieces[i].reading.score+least && (best[i].quad == pieces[i].quad || p.reading.score > best[i].reading.score) {
			best[i] = p
		}
	}
	return best, nil
}

// line reads a picture that is one line.
func (r *recognizer) line(ctx context.Context, pic *raster.Image) (piece, error) {
	w, h := float64(pic.W), float64(pic.H)
	upright := geom.Quad{{X: 0, Y: 0}, {X: w, Y: 0}, {X: w, Y: h}, {X: 0, Y: h}}
	got, err := r.read(ctx, pic)
	if err != nil {
		return piece{}, err
	}
	p := piece{quad: upright, score: 1, reading: got}
	if got.score >= doubt {
		return p, nil
	}
	best, err := r.otherWays(ctx, pic, []piece{p}, func(p piece) []geom.Quad {
		if lies(upright) {
			return []geom.Quad{turned(upright, 1), turned(upright, 3)}
		}
		return []geom.Quad{turned(upright, 2)}
	}, lineMargin)
	if err != nil {
		return piece{}, err
	}
	if best, err = r.otherWidths(ctx, pic, best); err != nil {
		return piece{}, err
	}
	return best[0], nil
}

// lineMargin is the margin for ready-cut lines: who cut them mostly knew what is up.
const lineMargin = 0.25
