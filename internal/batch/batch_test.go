package batch

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosight/vision/internal/fault"
)

var errOdd = errors.New("odd")

func double(_ int, in []int) ([]int, error) {
	out := make([]int, len(in))
	for i, v := range in {
		out[i] = 2 * v
	}
	return out, nil
}

func TestEveryCallerGetsItsOwnAnswer(t *testing.T) {
	q := New(2, 8, 0, double)
	defer q.Close()
	var wg sync.WaitGroup
	for i := range 500 {
		wg.Go(func() {
			if got, err := q.Do(t.Context(), i); err != nil || got != 2*i {
				t.Errorf("Do(%d) = %d, %v", i, got, err)
			}
		})
	}
	wg.Wait()
}

func TestCallsThatArriveWhileBusyShareARun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sizes []int
		gate := make(chan struct{})
		q := New(1, 8, 0, func(w int, in []int) ([]int, error) {
			sizes = append(sizes, len(in))
			<-gate
			return double(w, in)
		})
		var wg sync.WaitGroup
		wg.Go(func() { _, _ = q.Do(t.Context(), 0) })
		synctest.Wait() // the worker is in its first run
		for i := range 13 {
			wg.Go(func() { _, _ = q.Do(t.Context(), i) })
		}
		synctest.Wait()
		close(gate)
		wg.Wait()
		q.Close()
		if want := []int{1, 8, 4, 1}; !slices.Equal(sizes, want) {
			t.Errorf("batch sizes %v, want %v: powers of two, the largest first", sizes, want)
		}
	})
}

func TestOneBadInputFailsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		q := New(1, 8, 0, func(w int, in []int) ([]int, error) {
			<-gate
			if slices.ContainsFunc(in, func(v int) bool { return v%2 == 1 }) {
				return nil, errOdd
			}
			return double(w, in)
		})
		defer q.Close()
		var wg sync.WaitGroup
		for i := range 5 {
			wg.Go(func() {
				got, err := q.Do(t.Context(), i)
				if i%2 == 1 && !errors.Is(err, errOdd) {
					t.Errorf("Do(%d) error %v, want odd", i, err)
				}
				if i%2 == 0 && (err != nil || got != 2*i) {
					t.Errorf("Do(%d) = %d, %v", i, got, err)
				}
			})
		}
		synctest.Wait()
		close(gate)
		wg.Wait()
	})
}

func TestCancelledCallReturnsAtOnceAndHarmsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		q := New(1, 8, 0, func(w int, in []int) ([]int, error) { <-gate; return double(w, in) })
		defer q.Close()
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := q.Do(ctx, 1); !errors.Is(err, context.Canceled) {
				t.Errorf("error %v, want canceled", err)
			}
		})
		synctest.Wait()
		wg.Go(func() {
			if got, err := q.Do(t.Context(), 2); err != nil || got != 4 {
				t.Errorf("neighbour got %d, %v", got, err)
			}
		})
		cancel()
		synctest.Wait()
		close(gate)
		wg.Wait()
	})
}

func TestCloseFinishesWhatIsInsideAndRefusesTheRest(t *testing.T) {
	before := runtime.NumGoroutine()
	q := New(2, 4, time.Millisecond, double)
	var ok, refused atomic.Int64
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			switch _, err := q.Do(t.Context(), i); {
			case err == nil:
				ok.Add(1)
			case errors.Is(err, fault.ErrClosed):
				refused.Add(1)
			default:
				t.Errorf("Do: %v", err)
			}
		})
	}
	q.Close()
	q.Close()
	wg.Wait()
	if ok.Load()+refused.Load() != 64 {
		t.Errorf("%d answered, %d refused, want 64 together", ok.Load(), refused.Load())
	}
	if _, err := q.Do(t.Context(), 1); !errors.Is(err, fault.ErrClosed) {
		t.Errorf("Do after Close: %v, want ErrClosed", err)
	}
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}

func TestOrderedKeepsTheOrderAndTheBound(t *testing.T) {
	var now, most atomic.Int64
	do := func(_ context.Context, i int) (int, error) {
		most.Store(max(most.Load(), now.Add(1)))
		defer now.Add(-1)
		time.Sleep(time.Duration(i%3) * time.Millisecond)
		if i == 7 {
			return 0, errOdd
		}
		return i, nil
	}
	var got []int
	for v, err := range Ordered(t.Context(), slices.Values(upTo(40)), 4, do) {
		if err != nil {
			v = -1
		}
		got = append(got, v)
	}
	want := upTo(40)
	want[7] = -1
	if !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	if most.Load() > 4 {
		t.Errorf("%d in flight, want at most 4", most.Load())
	}
}

func TestOrderedEndsWithItsConsumerAndItsContext(t *testing.T) {
	id := func(_ context.Context, i int) (int, error) { return i, nil }
	for v := range Ordered(t.Context(), slices.Values(upTo(100)), 3, id) {
		if v == 5 {
			break
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	n := 0
	for _, err := range Ordered(ctx, slices.Values(upTo(100)), 3, id) {
		if n++; n == 5 {
			cancel()
		}
		last = err
	}
	if !errors.Is(last, context.Canceled) || n > 12 {
		t.Errorf("ended after %d with %v, want the context's error soon", n, last)
	}
}

func TestAllKeepsIndices(t *testing.T) {
	outs, errs := All(t.Context(), upTo(20), 3, func(_ context.Context, i int) (int, error) {
		if i == 3 {
			return 0, errOdd
		}
		return -i, nil
	})
	for i := range 20 {
		if (errs[i] != nil) != (i == 3) || (i != 3 && outs[i] != -i) {
			t.Errorf("[%d] = %d, %v", i, outs[i], errs[i])
		}
	}
}

func TestAllBeginsNothingMoreWhenTheContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		gate := make(chan struct{})
		var begun atomic.Int64
		var outs []int
		var errs []error
		var wait sync.WaitGroup
		wait.Go(func() {
			outs, errs = All(ctx, upTo(20), 3, func(_ context.Context, i int) (int, error) {
				begun.Add(1)
				<-gate
				return -i, nil
			})
		})
		synctest.Wait() // three are begun, the fourth waits for a place
		cancel()
		synctest.Wait()
		close(gate)
		wait.Wait()
		if begun.Load() != 3 {
			t.Errorf("%d were begun, want the 3 that were so before", begun.Load())
		}
		for i := range 20 {
			if i < 3 && (outs[i] != -i || errs[i] != nil) || i >= 3 && !errors.Is(errs[i], context.Canceled) {
				t.Errorf("[%d] = %d, %v", i, outs[i], errs[i])
			}
		}
		_, errs = All(ctx, upTo(2), 3, func(context.Context, int) (int, error) {
			t.Error("begun after the end")
			return 0, nil
		})
		if !errors.Is(errs[0], context.Canceled) || !errors.Is(errs[1], context.Canceled) {
			t.Errorf("after the end: %v", errs)
		}
	})
}

func upTo(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = i
	}
	return s
}

// Inputs that came together run together, where the most allows it, and each has its answer or error.
func TestDoAll(t *testing.T) {
	var mu sync.Mutex
	var sizes []int
	q := New(1, 4, 0, func(_ int, in []int) ([]int, error) {
		mu.Lock()
		sizes = append(sizes, len(in))
		mu.Unlock()
		out := make([]int, len(in))
		for i, v := range in {
			if v < 0 {
				return nil, errors.New("negative")
			}
			out[i] = 10 * v
		}
		return out, nil
	})
	outs, errs := q.DoAll(context.Background(), []int{1, 2, 3, 4, 5, 6})
	for i, v := range outs {
		if v != 10*(i+1) || errs[i] != nil {
			t.Errorf("input %d: %d, %v", i, v, errs[i])
		}
	}
	if !slices.Equal(sizes, []int{4, 2}) {
		t.Errorf("batches of %v, want 4 and 2", sizes)
	}
	outs, errs = q.DoAll(context.Background(), []int{7, -1, 8})
	if outs[0] != 70 || outs[2] != 80 || errs[0] != nil || errs[1] == nil || errs[2] != nil {
		t.Errorf("one that fails: %v, %v", outs, errs)
	}
	if outs, errs := q.DoAll(context.Background(), nil); len(outs) != 0 || len(errs) != 0 {
		t.Errorf("nothing: %v, %v", outs, errs)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, errs := q.DoAll(ctx, []int{1, 2}); !errors.Is(errs[0], context.Canceled) || !errors.Is(errs[1], context.Canceled) {
		t.Errorf("cancelled: %v", errs)
	}
	q.Close()
	if _, errs := q.DoAll(context.Background(), []int{1, 2}); !errors.Is(errs[0], fault.ErrClosed) || !errors.Is(errs[1], fault.ErrClosed) {
		t.Errorf("closed: %v", errs)
	}
}

// Inputs that do not stack wait for their own kind; none is left behind or answered twice.
func TestOnlyInputsThatAreAlikeShareARun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var runs [][]int
		gate := make(chan struct{})
		q := NewAlike(1, 4, 0, func(a, b int) bool { return a%3 == b%3 }, func(w int, in []int) ([]int, error) {
			runs = append(runs, slices.Clone(in))
			<-gate
			return double(w, in)
		})
		var wg sync.WaitGroup
		ask := func(i int) {
			wg.Go(func() {
				if got, err := q.Do(t.Context(), i); err != nil || got != 2*i {
					t.Errorf("Do(%d) = %d, %v", i, got, err)
				}
			})
			synctest.Wait()
		}
		for i := range 12 { // 0 is taken at once
			ask(i)
		}
		close(gate)
		wg.Wait()
		q.Close()
		want := [][]int{{0}, {1, 4, 7, 10}, {2, 5, 8, 11}, {3, 6}, {9}}
		if !slices.EqualFunc(runs, want, slices.Equal[[]int]) {
			t.Errorf("runs %v, want %v: the oldest and its kind, in powers of two", runs, want)
		}
	})
}
