package recognize_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"sync"
	"testing"
	"time"

	"github.com/gosight/vision"
)

func TestCloseWaitsForRunningCalls(t *testing.T) {
	m := slow(8).open(t, colours, vision.Batch(1, 0))
	const n = 4
	started, answers := make(chan struct{}, n), make(chan error, n)
	for range n {
		go func() {
			started <- struct{}{}
			ls, err := m.Classify(context.Background(), plain(255, 0, 0))
			if err == nil && ls.Best().Name != "red" {
				err = fmt.Errorf("got %v, want red first", ls)
			}
			answers <- err
		}()
	}
	for range n {
		<-started
	}
	var closers sync.WaitGroup
	for range 3 { // from several goroutines at once
		closers.Go(func() {
			if err := m.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	for range n {
		// A call that Close came before is refused; one that ran has its answer.
		if err := <-answers; err != nil && !errors.Is(err, vision.ErrClosed) {
			t.Error(err)
		}
	}
	closers.Wait()
	if _, err := m.Classify(context.Background(), plain(0, 0, 0)); !errors.Is(err, vision.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if _, err := m.ClassifyAll(context.Background(), []image.Image{plain(0, 0, 0)}); !errors.Is(err, vision.ErrClosed) {
		t.Errorf("a batch after Close: %v", err)
	}
	if i := m.Info(); i.Signature != "serving_default" {
		t.Errorf("Info after Close: %+v", i)
	}
}

func TestACallThatHasBegunGetsItsAnswerThoughCloseComes(t *testing.T) {
	m := slow(4).open(t, colours)
	begun, answered := make(chan struct{}), make(chan error, 1)
	go func() {
		_, err := m.Classify(context.Background(), signalling{plain(1, 2, 3), sync.OnceFunc(func() { close(begun) })})
		answered <- err
	}()
	<-begun // it is inside: its picture is being looked at
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if models, _ := vision.Live(); models != 0 {
		t.Errorf("%d models are live after Close", models)
	}
	if err := <-answered; err != nil {
		t.Error(err)
	}
}

// signalling is a picture that tells when it is looked at.
type signalling struct {
	image.Image
	seen func()
}

func (s signalling) Bounds() image.Rectangle { s.seen(); return s.Image.Bounds() }

// TestCancelledCallReturnsAtOnce proves it without a clock: while the model is kept
// busy by one caller, a cancelled one comes back before that caller does.
func TestCancelledCallReturnsAtOnce(t *testing.T) {
	m := slow(60).open(t, colours, vision.Batch(1, 0))
	ctx, cancel := context.WithCancel(context.Background())
	begun, neighbour, gone := make(chan struct{}), make(chan error, 1), make(chan error, 1)
	go func() {
		ls, err := m.Classify(context.Background(), signalling{plain(255, 0, 0), sync.OnceFunc(func() { close(begun) })})
		if err == nil && ls.Best().Name != "red" {
			err = fmt.Errorf("got %v, want red first", ls)
		}
		neighbour <- err
	}()
	<-begun
	inside := make(chan struct{})
	go func() {
		_, err := m.Classify(ctx, signalling{plain(0, 255, 0), sync.OnceFunc(func() { close(inside) })})
		gone <- err
	}()
	<-inside
	cancel()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Errorf("the cancelled call: %v", err)
	}
	select {
	case err := <-neighbour:
		t.Errorf("the neighbour was done (%v) before the cancelled call came back", err)
	default:
	}
	if err := <-neighbour; err != nil {
		t.Errorf("the neighbour: %v", err)
	}
	if ls := classify(t, m, plain(0, 0, 255)); ls.Best().Name != "blue" {
		t.Errorf("the next call: %v", ls)
	}
}

// Many callers, half of whom give up at any moment: the others get their own answers.
func TestCancellingHarmsNoNeighbour(t *testing.T) {
	for _, name := range []string{"cat.jpg", ""} { // a Photo is left behind while it is decoded
		m := open(t, "mean_rgb", "mean_rgb")
		var img image.Image = plain(10, 200, 30)
		if name != "" {
			img = photo(t, name)
		}
		want := classify(t, m, img)
		var wg sync.WaitGroup
		for i := range 64 {
			ctx, cancel := context.WithCancel(context.Background())
			wg.Go(func() {
				ls, err := m.Classify(ctx, img)
				switch {
				case err == nil:
					if d := apart(ls, want); d > rounding {
						t.Errorf("call %d is apart by %g", i, d)
					}
				case i%2 == 0 || !errors.Is(err, context.Canceled):
					t.Errorf("call %d: %v", i, err)
				}
				if i%2 == 0 {
					cancel()
				}
			})
			if i%2 == 1 {
				wg.Go(cancel)
			}
		}
		wg.Wait()
	}
}

func TestDeadline(t *testing.T) {
	m := open(t, "mean_rgb", "mean_rgb")
	ctx, cancel := context.WithDeadline(context.Background(), time.Unix(0, 0))
	defer cancel()
	if _, err := m.Classify(ctx, plain(1, 2, 3)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want the deadline's error", err)
	}
}

func TestNothingIsLeftOfModelsThatDoNotOpen(t *testing.T) {
	models, tensors := vision.Live()
	for range 5 {
		for _, c := range []string{"one_label_short", "detector", "digest"} {
			if err := opens(recognizeOpen("mean_rgb", c)); err == nil {
				t.Errorf("card %s opened", c)
			}
		}
	}
	if m, n := vision.Live(); m != models || n != tensors {
		t.Errorf("%d models and %d tensors are left", m-models, n-tensors)
	}
}
