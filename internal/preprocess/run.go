package preprocess

import (
	"fmt"
	"math"
	"runtime"
	"sync"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/geom"
	"github.com/gosight/vision/internal/raster"
)

// Float32 prepares a picture of w x h pixels for a plan of Float: it writes the
// RowLen(w, h) values of one row of the batch to dst, and returns the map from
// positions in the input back to the picture.
//
// src is the picture, upright, or a reduced decode of it; at takes a position in
// src to the picture, and is geom.Identity for the picture itself. What is sampled
// lies where it would lie in the picture.
//
// A src that is empty or contradicts w, h and at is a *fault.FormatError, a
// picture that cannot be brought to size a *fault.LimitError, a dst that is too
// short a *fault.ModelError.
func (p *Plan) Float32(dst []float32, src *raster.Image, w, h int, at geom.Map) (geom.Map, error) {
	if p.elem != Float {
		return geom.Map{}, &fault.ModelError{What: "input", Want: "float32 values", Got: "a plan of uint8"}
	}
	return p.run(dst, nil, len(dst), src, w, h, at)
}

// Uint8 is Float32 for a plan of Byte. Resamplers of TensorFlow give fractions,
// which are cut off as tf.saturate_cast does.
func (p *Plan) Uint8(dst []uint8, src *raster.Image, w, h int, at geom.Map) (geom.Map, error) {
	if p.elem != Byte {
		return geom.Map{}, &fault.ModelError{What: "input", Want: "uint8 values", Got: "a plan of float32"}
	}
	return p.run(nil, dst, len(dst), src, w, h, at)
}

// A state is what one call works with. It is reused, so that a call allocates
// nothing, and remembers its tables, so that pictures of one size share them.
type state struct {
	plan   *Plan
	key    shape
	x, y   axis
	method method
	tx, ty taps
	copied bool // the columns are the source's own, one after the other
	top    int  // the source rows that may be looked at
	bottom int
	bands  []*band
	wait   sync.WaitGroup

	src  *raster.Image
	dstF []float32 // one of the two is nil
	dst8 []uint8
}

// A shape is all that the tables depend on, beside the plan.
type shape struct {
	w, h, srcW, srcH int
	at               geom.Map
}

func (p *Plan) run(dstF []float32, dst8 []uint8, n int, src *raster.Image, w, h int, at geom.Map) (geom.Map, error) {
	x, y, err := p.axes(w, h)
	if err != nil {
		return geom.Map{}, err
	}
	if err := checkSource(src, w, h, at); err != nil {
		return geom.Map{}, err
	}
	if want := x.out * y.out * p.nch; n < want {
		return geom.Map{}, &fault.ModelError{What: "input", Want: fmt.Sprintf("%d values for %dx%d %s", want, x.out, y.out, p.channels), Got: fmt.Sprint(n)}
	}
	s, _ := p.pool.Get().(*state)
	if s == nil {
		s = new(state)
	}
	s.plan, s.src, s.dstF, s.dst8 = p, src, dstF, dst8
	if key := (shape{w, h, src.W, src.H, at}); key != s.key {
		s.key, s.x, s.y = key, x, y
		s.tables()
	}
	if x.keep < x.out || y.keep < y.out {
		s.pad()
	}
	s.all()
	if p.standardize {
		standardize(dstF[:x.out*y.out*p.nch])
	}
	s.src, s.dstF, s.dst8 = nil, nil, nil
	p.pool.Put(s)
	return mapOf(x, y), nil
}

func checkSource(src *raster.Image, w, h int, at geom.Map) error {
	if src == nil || src.W < 1 || src.H < 1 {
		return &fault.FormatError{Reason: "picture without pixels"}
	}
	if len(src.Pix)/3/src.W < src.H {
		return &fault.FormatError{Reason: fmt.Sprintf("%d bytes for %d x %d pixels", len(src.Pix), src.W, src.H)}
	}
	// A reduced decode rounds its size up, down or to the nearest; what it has too much
	// stands on one side.
	fits := func(full, size int, step, off float64) bool {
		return step > 0 && math.Abs(float64(full)/step-float64(size)) < 1 && off <= 0 && off > -step &&
			(step != 1 || size == full && off == 0)
	}
	if !fits(w, src.W, at.ScaleX, at.OffsetX) || !fits(h, src.H, at.ScaleY, at.OffsetY) {
		return &fault.FormatError{Reason: fmt.Sprintf("%d x %d pixels of %g x %g each, from (%g, %g) on, for a picture of %d x %d",
			src.W, src.H, at.ScaleX, at.ScaleY, at.OffsetX, at.OffsetY, w, h)}
	}
	return nil
}

// tables builds the tables for the shape.
func (s *state) tables() {
	r := &s.plan.sampler
	x, y := spanOf(s.x, s.src.W, s.key.at.ScaleX, s.key.at.OffsetX), spanOf(s.y, s.src.H, s.key.at.ScaleY, s.key.at.OffsetY)
	var areaLinear bool
	s.method = r.method
	if x.same(s.x.virtual) && y.same(s.y.virtual) && s.method != methodFloat {
		// Its own size: the references copy, but for TensorFlow, whose smoothing
		// kernels smooth then too.
		s.method = methodNearest
	} else if r.family == opencv {
		s.method, areaLinear = cvMethod(r.method, s.x, s.y, x, y)
	} else if r.method == methodFixed && columnsFirst(s.x, s.y, x, y) {
		s.method = methodDown
	}
	s.tx.build(r, s.method, s.x, x, areaLinear, true)
	s.ty.build(r, s.method, s.y, y, areaLinear, false)
	s.copied = x.same(s.x.virtual)
	s.top, s.bottom = y.base, y.base+y.n-1
}

// alone is the work, in pixels weighed, that is not worth a second goroutine:
// about a millisecond.
const alone = 1 << 18

// all computes every row, in bands if that is worth it. The bands share nothing
// but the tables, so their number does not change the result.
func (s *state) all() {
	n := s.plan.workers
	if n == 0 {
		n = min(runtime.GOMAXPROCS(0), s.work()/alone)
	}
	n = min(max(n, 1), s.y.keep)
	for len(s.bands) < n {
		s.bands = append(s.bands, newBand(s))
	}
	s.wait.Add(n - 1)
	for i, b := range s.bands[:n] {
		b.y0, b.y1 = i*s.y.keep/n, (i+1)*s.y.keep/n
		if i > 0 {
			go b.start()
		}
	}
	s.bands[0].run(s)
	s.wait.Wait()
}

// work estimates the pixels that the pass across weighs.
func (s *state) work() int {
	across := 0
	for _, c := range s.tx.count {
		across += int(c)
	}
	first, last := int(s.ty.start[0]), int(s.ty.start[s.y.keep-1])
	rows := 0
	for _, c := range s.ty.count {
		rows += int(c)
	}
	return across * min(rows, last-first+int(s.ty.count[s.y.keep-1]))
}
