package train

import (
	"context"
	"iter"
	"math/rand/v2"

	"github.com/gosight/vision/internal/batch"
	"github.com/gosight/vision/internal/nets"
	"github.com/gosight/vision/internal/session"
)

// A mini is one mini-batch, ready to be fed.
type mini struct {
	step    int
	images  []byte
	targets []float32
	weights []float32 // of the losses of the pictures; nil: all are 1
	classes []int     // that count as right
}

// A feeder makes the mini-batches of the training part.
type feeder struct {
	from    *pictures
	r       recipe
	augment augmenter
	marker  marker
	batch   int
	perStep int // steps an epoch
}

func newFeeder(p *pictures, r recipe, net *nets.Net, weights []float32) *feeder {
	f := &feeder{from: p, r: r, batch: min(r.Batch, p.len())}
	f.perStep = p.len() / f.batch
	f.marker = marker{len(r.Classes), r.Smoothing, weights}
	f.augment = augmenter{augment: r.Augment, size: r.Size, planes: net.Planes(), bgr: net.Channels == "BGR", seed: r.Seed}
	f.augment.fill = make([]uint8, net.Planes())
	for i := range f.augment.fill {
		if net.Mean != nil {
			lo, hi := net.Range[0], net.Range[1]
			f.augment.fill[i] = uint8((net.Mean[i]-lo)/(hi-lo)*255 + 0.5)
		}
	}
	return f
}

// ahead is how many batches are made while the device works on one.
const ahead = 3

// from step first gives all batches up to step last, made in the background while the device works.
func (f *feeder) batches(ctx context.Context, first, last int) iter.Seq2[*mini, error] {
	var order []int
	of := -1
	var steps iter.Seq[task] = func(yield func(task) bool) {
		for s := first; s < last; s++ {
			if e := s / f.perStep; e != of {
				of, order = e, rand.New(rand.NewPCG(uint64(f.r.Seed), uint64(e))).Perm(f.from.len())
			}
			at := s % f.perStep * f.batch
			if !yield(task{s, order[at : at+f.batch]}) {
				return
			}
		}
	}
	return batch.Ordered(ctx, steps, ahead, f.make)
}

// A task is a batch to be made: its step and the numbers of its pictures.
type task struct {
	step  int
	which []int
}

// Salts keep apart what is drawn for different ends from one seed.
const (
	saltPicture = 0x9e3779b97f4a7c15
	saltMix     = 0xbf58476d1ce4e5b9
	saltFlip    = 0xd1b54a32d192ed03
	saltFit     = 0x2545f4914f6cdd1d
)

// make makes one batch. Each picture draws from a source of its own, so that it does not matter who makes which when.
func (f *feeder) make(_ context.Context, t task) (*mini, error) {
	a := &f.augment
	row := a.size * a.size * a.planes
	m := &mini{step: t.step, images: make([]byte, len(t.which)*row)}
	s := &scratch{picture: make([]uint8, row)}
	classes := make([]int, len(t.which))
	for i, at := range t.which {
		r := rand.New(rand.NewPCG(uint64(f.r.Seed)^saltPicture, uint64(t.step)<<32|uint64(i)))
		if err := f.picture(s, at, r); err != nil {
			return nil, err
		}
		a.apply(m.images[i*row:(i+1)*row], s, a.mirrored(f.r.Seed, at, t.step/f.perStep), r)
		classes[i] = f.from.classes[at]
	}
	src := rand.NewPCG(uint64(f.r.Seed)^saltMix, uint64(t.step))
	x := a.Mix.draw(len(t.which), a.size, rand.New(src), src)
	if x != nil {
		x.pictures(m.images, row, a.size)
	}
	m.targets, m.weights, m.classes = f.marker.batch(classes, x)
	return m, nil
}

// picture reads picture number to s.picture, or a crop of it.
func (f *feeder) picture(s *scratch, number int, r *rand.Rand) error {
	if f.from.kept == nil {
		return f.from.read(s.picture, number)
	}
	_, n := f.from.place(number)
	if cap(s.stored) < n {
		s.stored = make([]uint8, f.from.row)
	}
	s.stored = s.stored[:n]
	if err := f.from.read(s.stored, number); err != nil {
		return err
	}
	f.augment.crop(s, f.from.kept[number], r)
	return nil
}

// feeds are the tensors of a batch.
func (f *feeder) feeds(m *mini, rate float64) map[string]session.Tensor {
	n, size := int64(len(m.classes)), int64(f.r.Size)
	feeds := map[string]session.Tensor{
		nets.Images:  {Shape: []int64{n, size, size, int64(f.augment.planes)}, Data: m.images},
		nets.Targets: {Shape: []int64{n, int64(len(f.r.Classes))}, Data: m.targets},
		nets.Rate:    {Shape: []int64{}, Data: []float32{float32(rate)}},
		nets.Step:    {Shape: []int64{2}, Data: []int64{int64(m.step), f.r.Seed}},
	}
	if m.weights != nil {
		feeds[nets.Weights] = session.Tensor{Shape: []int64{n}, Data: m.weights}
	}
	return feeds
}

// right counts the rows whose largest value is that of their class.
func right(scores []float32, classes []int) int {
	n, k := 0, len(scores)/max(len(classes), 1)
	for i, c := range classes {
		row := scores[i*k : (i+1)*k]
		best := 0
		for j, v := range row {
			if v > row[best] {
				best = j
			}
		}
		if best == c {
			n++
		}
	}
	return n
}
