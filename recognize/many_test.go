package recognize_test

import (
	"context"
	"errors"
	"image"
	"image/color"
	"iter"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/gosight/vision"
)

func TestClassifyAllWithBadPicturesAmongGood(t *testing.T) {
	for _, k := range kinds {
		m := k.open(t)
		imgs := different(40)
		bad := map[int]image.Image{0: nil, 7: photo(t, "hostile/cut.jpg"), 8: image.NewGray(image.Rectangle{}), 23: photo(t, "hostile/cut.png"), 39: hidden{rude{}}}
		for i, img := range bad {
			imgs[i] = img
		}
		all, err := m.ClassifyAll(context.Background(), imgs)
		var be *vision.BatchError
		if !errors.As(err, &be) || be.Total != len(imgs) || len(be.Failures) != len(bad) || len(all) != len(imgs) {
			t.Fatalf("%s: %d answers, %v", k.name, len(all), err)
		}
		for i, img := range imgs {
			if _, isBad := bad[i]; isBad {
				if all[i] != nil || !is[*vision.FormatError](be.At(i)) {
					t.Errorf("%s: bad picture %d: answer %v, error %v", k.name, i, all[i], be.At(i))
				}
			} else if d := apart(all[i], classify(t, m, img)); d > rounding || be.At(i) != nil {
				t.Errorf("%s: good picture %d is apart by %g, %v", k.name, i, d, be.At(i))
			}
		}
	}
}

// rude is a picture whose methods panic.
type rude struct{}

func (rude) ColorModel() color.Model { return color.RGBAModel }
func (rude) Bounds() image.Rectangle { return image.Rect(0, 0, 5, 5) }
func (rude) At(int, int) color.Color { panic("no pixels here") }

func TestClassifyAllOfNothing(t *testing.T) {
	m := open(t, "mean_rgb", "mean_rgb")
	for _, imgs := range [][]image.Image{nil, {}} {
		if all, err := m.ClassifyAll(context.Background(), imgs); len(all) != 0 || err != nil {
			t.Errorf("%v, %v", all, err)
		}
	}
}

func TestClassifyAllCancelled(t *testing.T) {
	m := open(t, "mean_rgb", "mean_rgb")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	all, err := m.ClassifyAll(ctx, different(9))
	var be *vision.BatchError
	if !errors.As(err, &be) || len(be.Failures) != 9 || !errors.Is(err, context.Canceled) || len(all) != 9 {
		t.Errorf("%d answers, %v: want nine failures, all cancelled", len(all), err)
	}
}

// endless yields pictures for as long as they are asked for and counts them.
func endless(taken *atomic.Int64) iter.Seq[image.Image] {
	return func(yield func(image.Image) bool) {
		for i := 0; ; i++ {
			taken.Add(1)
			if !yield(plain(uint8(i), uint8(i>>8), 100)) {
				return
			}
		}
	}
}

func TestClassifySeqKeepsOrderAndMemoryBounded(t *testing.T) {
	m := open(t, "mean_rgb", "tags", vision.Batch(4, 0))
	const inflight = 2*4 + 1 // two batches, and the one that is asked for before room is made
	var taken atomic.Int64
	n := 0
	for ls, err := range m.ClassifySeq(context.Background(), endless(&taken)) {
		if err != nil {
			t.Fatal(err)
		}
		want := ranked([]string{"red", "green", "blue"}, sigmoidOf(float64(uint8(n))/255), sigmoidOf(float64(n>>8)/255), sigmoidOf(100./255))
		if !same(ls, want, 1e-5) {
			t.Fatalf("answer %d: got %v, want %v", n, ls, want)
		}
		n++
		if ahead := int(taken.Load()) - n; ahead > inflight {
			t.Fatalf("after %d answers %d pictures more were taken, want %d at most", n, ahead, inflight)
		}
		if n == 600 {
			break
		}
	}
	before := taken.Load()
	for range m.ClassifySeq(context.Background(), endless(&taken)) {
		break
	}
	if after := taken.Load() - before; after > inflight {
		t.Errorf("a consumer that stopped at once took %d pictures", after)
	}
}

func TestClassifySeqYieldsErrorsInPlace(t *testing.T) {
	m := open(t, "mean_rgb", "mean_rgb")
	imgs := []image.Image{plain(255, 0, 0), nil, plain(0, 255, 0), photo(t, "hostile/cut.jpg"), plain(0, 0, 255)}
	var got []string
	for ls, err := range m.ClassifySeq(context.Background(), slices.Values(imgs)) {
		switch {
		case is[*vision.FormatError](err):
			got = append(got, "bad")
		case err != nil:
			t.Error(err)
		default:
			got = append(got, ls.Best().Name)
		}
	}
	if want := []string{"red", "bad", "green", "bad", "blue"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for range m.ClassifySeq(context.Background(), slices.Values([]image.Image{})) {
		t.Error("no picture gave an answer")
	}
}

func TestClassifySeqEndsWithItsContext(t *testing.T) {
	m := open(t, "mean_rgb", "mean_rgb")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var taken atomic.Int64
	n, last := 0, error(nil)
	for _, err := range m.ClassifySeq(ctx, endless(&taken)) {
		n++
		if n == 100 {
			cancel()
		}
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("the sequence ended with %v", last)
	}
}
