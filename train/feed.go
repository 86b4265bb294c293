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
	classes []int
}

// A feeder makes the mini-batches of the training part.
type feeder struct {
	from    *pictures
	r       recipe
	planes  int
	fill    []uint8 // the mean colour
	batch   int
	perStep int // steps an epoch
}

func newFeeder(p *pictures, r recipe, net *nets.Net) *feeder {
	f := &feeder{from: p, r: r, planes: net.Planes(), batch: min(r.Batch, p.len())}
	f.perStep = p.len() / f.batch
	f.fill = make([]uint8, f.planes)
	for i := range f.fill {
		if net.Mean != nil {
			lo, hi := net.Range[0], net.Range[1]
			f.fill[i] = uint8((net.Mean[i]-lo)/(hi-lo)*255 + 0.5)
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

// make makes one batch. Each picture draws from a source of its own, so that it does not matter who makes which when.
func (f *feeder) make(_ context.Context, t task) (*mini, error) {
	row, k := f.from.row, len(f.r.Classes)
	m := &mini{step: t.step, images: make([]byte, len(t.which)*row), targets: make([]float32, len(t.which)*k), classes: make([]int, len(t.which))}
	src := make([]byte, row)
	off := float32(f.r.Smoothing / float64(k))
	on := float32(1-f.r.Smoothing) + off
	for i, at := range t.which {
		if err := f.from.read(src, at); err != nil {
			return nil, err
		}
		r := rand.New(rand.NewPCG(uint64(f.r.Seed)^0x9e3779b97f4a7c15, uint64(t.step)<<32|uint64(i)))
		f.r.Augment.apply(m.images[i*row:(i+1)*row], src, f.r.Size, f.planes, f.fill, f.r.Augment.mirrored(f.r.Seed, at, t.step/f.perStep), r)
		target := m.targets[i*k : (i+1)*k]
		for j := range target {
			target[j] = off
		}
		m.classes[i] = f.from.classes[at]
		target[m.classes[i]] = on
	}
	return m, nil
}

// feeds are the tensors of a batch.
func (f *feeder) feeds(m *mini, rate float64) map[string]session.Tensor {
	n, size := int64(len(m.classes)), int64(f.r.Size)
	return map[string]session.Tensor{
		nets.Images:  {Shape: []int64{n, size, size, int64(f.planes)}, Data: m.images},
		nets.Targets: {Shape: []int64{n, int64(len(f.r.Classes))}, Data: m.targets},
		nets.Rate:    {Shape: []int64{}, Data: []float32{float32(rate)}},
		nets.Step:    {Shape: []int64{2}, Data: []int64{int64(m.step), f.r.Seed}},
	}
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
