package preprocess

// A band is the output rows [y0, y1), and the scratch of the goroutine that
// computes them.
type band struct {
	y0, y1 int
	start  func() // runs the band; made once, so that starting it allocates nothing

	grey  []uint8 // a source row in grey
	row   []uint8 // a source row's worth of joined columns
	out8  []uint8
	outF  []float32
	acc   []int32
	ring8 ring[uint8]
	ringI ring[int32]
	ringF ring[float32]
}

func newBand(s *state) *band {
	b := new(band)
	b.start = func() {
		defer s.wait.Done()
		b.run(s)
	}
	return b
}

// A ring keeps the last source rows that went through the pass across: as many
// as an output row can need. Rows between those that are needed are never
// computed.
type ring[T any] struct {
	buf   []T
	size  int // rows
	width int // values a row
	next  int // the row that comes next; those before are there
	rows  [][]T
}

func (r *ring[T]) reset(size, width int) {
	r.buf = grow(r.buf, size*width)
	r.rows = grow(r.rows, size)
	r.size, r.width, r.next = size, width, 0
}

func (r *ring[T]) row(i int) []T {
	o := i % r.size * r.width
	return r.buf[o : o+r.width : o+r.width]
}

// need returns the rows [start, start+count), computing those that are missing;
// beyond the source's rows first..last stands the border's row.
func (r *ring[T]) need(start, count, first, last int, across func(dst []T, y int)) [][]T {
	lo, hi := min(max(start, first), last), min(max(start+count-1, first), last)
	for y := max(lo, r.next); y <= hi; y++ {
		across(r.row(y), y)
		r.next = y + 1
	}
	rows := r.rows[:count]
	for i := range rows {
		rows[i] = r.row(min(max(start+i, lo), hi))
	}
	return rows
}

// run computes the band's rows.
func (b *band) run(s *state) {
	y0, y1 := b.y0, b.y1
	nch, width := s.plan.nch, s.x.keep*s.plan.nch
	size := 1
	for _, c := range s.ty.count[y0:y1] {
		size = max(size, int(c))
	}
	ty := &s.ty
	switch s.method {
	case methodNearest:
		b.out8 = grow(b.out8, width)
		for y := y0; y < y1; y++ {
			s.feed8(y, b.pick(s, int(ty.start[y])))
		}
	case methodFixed:
		b.out8, b.acc = grow(b.out8, width), grow(b.acc, width)
		b.ring8.reset(size, width)
		across := func(dst []uint8, y int) { fixedAcross(dst, b.source(s, y), &s.tx, nch) }
		for y := y0; y < y1; y++ {
			n := int(ty.count[y])
			rows := b.ring8.need(int(ty.start[y]), n, s.top, s.bottom, across)
			fixedDown(b.out8, b.acc, rows, ty.k[y*ty.stride:y*ty.stride+n])
			s.feed8(y, b.out8)
		}
	case methodDown:
		b.down(s, size)
	case methodLerp:
		b.outF = grow(b.outF, width)
		b.ringF.reset(size, width)
		across := func(dst []float32, y int) { lerpAcross(dst, b.source(s, y), &s.tx, nch) }
		for y := y0; y < y1; y++ {
			n := int(ty.count[y])
			rows := b.ringF.need(int(ty.start[y]), n, s.top, s.bottom, across)
			lerpDown(b.outF, rows[0], rows[n-1], ty.f[y])
			s.feedF(y, b.outF)
		}
	case methodFloat, methodArea:
		b.outF, b.out8 = grow(b.outF, width), grow(b.out8, width)
		b.ringF.reset(size, width)
		across := func(dst []float32, y int) { floatAcross(dst, b.source(s, y), &s.tx, nch) }
		for y := y0; y < y1; y++ {
			n := int(ty.count[y])
			rows := b.ringF.need(int(ty.start[y]), n, s.top, s.bottom, across)
			floatDown(b.outF, rows, ty.f[y*ty.stride:y*ty.stride+n])
			if s.method == methodFloat {
				s.feedF(y, b.outF)
				continue
			}
			for i, v := range b.outF {
				b.out8[i] = round8(v)
			}
			s.feed8(y, b.out8)
		}
	case methodLinear, methodCubic:
		b.out8 = grow(b.out8, width)
		b.ringI.reset(size, width)
		across := func(dst []int32, y int) { intAcross(dst, b.source(s, y), &s.tx, nch) }
		for y := y0; y < y1; y++ {
			rows := b.ringI.need(int(ty.start[y]), int(ty.count[y]), s.top, s.bottom, across)
			if s.method == methodLinear {
				linearDown(b.out8, rows[0], rows[1], ty.k[2*y:2*y+2])
			} else {
				cubicDown(b.out8, rows, ty.k[4*y:4*y+4])
			}
			s.feed8(y, b.out8)
		}
	case methodAreaFast:
		b.out8, b.acc = grow(b.out8, width), grow(b.acc, width)
		b.ringI.reset(size, width)
		across := func(dst []int32, y int) { sumAcross(dst, b.source(s, y), &s.tx, nch) }
		for y := y0; y < y1; y++ {
			rows := b.ringI.need(int(ty.start[y]), int(ty.count[y]), s.top, s.bottom, across)
			sumDown(b.out8, b.acc, rows, int(s.tx.count[0]))
			s.feed8(y, b.out8)
		}
	}
}

// down is run for methodDown: the rows that an output row needs are joined over
// the columns that it needs, and the one row that this gives is resampled.
func (b *band) down(s *state, size int) {
	nch := s.plan.nch
	lo, hi := s.columns()
	lo, hi = lo*nch, hi*nch
	b.out8, b.acc, b.row = grow(b.out8, s.x.keep*nch), grow(b.acc, hi-lo), grow(b.row, nch*s.src.W)
	b.ring8.reset(size, hi-lo)
	across := func(dst []uint8, y int) { copy(dst, b.source(s, y)[lo:hi]) }
	for y := b.y0; y < b.y1; y++ {
		start, n := int(s.ty.start[y]), int(s.ty.count[y])
		var rows [][]uint8
		if nch == 3 {
			rows = b.ring8.rows[:n]
			for i := range rows {
				rows[i] = b.source(s, start+i)[lo:hi]
			}
		} else {
			rows = b.ring8.need(start, n, s.top, s.bottom, across)
		}
		fixedDown(b.row[lo:hi], b.acc, rows, s.ty.k[y*s.ty.stride:y*s.ty.stride+n])
		fixedAcross(b.out8, b.row, &s.tx, nch)
		s.feed8(y, b.out8)
	}
	clear(b.ring8.rows) // no hold on the caller's picture
}

// columns returns the range of source columns that the input shows.
func (s *state) columns() (lo, hi int) {
	last := s.x.keep - 1
	return int(s.tx.start[0]), int(s.tx.start[last] + s.tx.count[last])
}

// source returns row y of the source, in grey if the network wants that. Only
// the columns that are looked at are converted.
func (b *band) source(s *state, y int) []uint8 {
	w := s.src.W
	row := s.src.Pix[3*w*y : 3*w*(y+1)]
	if s.plan.nch == 3 {
		return row
	}
	b.grey = grow(b.grey, w)
	lo, hi := s.columns()
	greyRow(b.grey[lo:hi], row[3*lo:])
	return b.grey
}

// pick returns an output row of pixels of row y.
func (b *band) pick(s *state, y int) []uint8 {
	row := s.src.Pix[3*s.src.W*y : 3*s.src.W*(y+1)]
	out := b.out8
	if s.plan.nch == 1 {
		for x, at := range s.tx.start {
			q := row[3*at : 3*at+3 : 3*at+3]
			out[x] = grey(q[0], q[1], q[2])
		}
		return out
	}
	if s.copied {
		return row[3*s.tx.start[0]:][:len(out)]
	}
	for x, at := range s.tx.start {
		q := row[3*at : 3*at+3 : 3*at+3]
		d := out[3*x : 3*x+3 : 3*x+3]
		d[0], d[1], d[2] = q[0], q[1], q[2]
	}
	return out
}
