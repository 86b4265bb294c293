package train

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// validationStop is a context that ends when validate asks for the nth time whether it has.
type validationStop struct {
	context.Context
	end context.CancelFunc
	n   int
}

func (c *validationStop) Err() error {
	pc, _, _, _ := runtime.Caller(1)
	if f := runtime.FuncForPC(pc); f != nil && strings.HasSuffix(f.Name(), ".validate") { // on the goroutine of Fit alone
		if c.n--; c.n == 0 {
			c.end()
		}
	}
	return c.Context.Err()
}

func TestStoppedWithinValidation(t *testing.T) {
	data := digits(t, blocks(t, 140))
	const perEpoch, epochs = 10, 3 // and 20 pictures of validation in batches of 14: validate asks twice
	opts := func(out string, f func(Progress)) []Option {
		return []Option{Out(out), Epochs(epochs), Batch(14), PadCrop(2), Average(0.9), Resume(), onStep(f)}
	}
	whole := t.TempDir()
	var uninterrupted []Progress
	want, err := Fit(t.Context(), net(t, "lenet5"), data, opts(whole, func(p Progress) { uninterrupted = append(uninterrupted, p) })...)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		why   string
		at    int // the question at which ctx ends
		epoch int // at whose end that is
		again bool
	}{
		{"before the first picture of the first validation", 1, 1, false},
		{"amid the second", 4, 2, false},
		{"amid the last", 6, 3, false},
		{"amid the second, and again when resumed", 4, 2, true},
	} {
		out := t.TempDir()
		var got []Progress
		note := func(p Progress) { got = append(got, p) }
		run := func(at int) {
			ctx := &validationStop{n: at}
			ctx.Context, ctx.end = context.WithCancel(t.Context())
			if _, err := Fit(ctx, net(t, "lenet5"), data, opts(out, note)...); !errors.Is(err, context.Canceled) {
				t.Fatalf("%s: %v", c.why, err)
			}
			_, s, err := newestState(out)
			if err != nil || s == nil || s.Step != c.epoch*perEpoch || !s.ending(perEpoch) || len(s.History) != c.epoch-1 {
				t.Fatalf("%s: the checkpoint is %+v, %v", c.why, s, err)
			}
		}
		run(c.at)
		if c.again {
			run(1)
		}
		res, err := Fit(t.Context(), net(t, "lenet5"), data, opts(out, note)...)
		if err != nil {
			t.Fatalf("%s: resumed: %v", c.why, err)
		}
		// Each step once, and reported as by the uninterrupted run.
		if len(got) != len(uninterrupted) {
			t.Fatalf("%s: %d steps, want %d", c.why, len(got), len(uninterrupted))
		}
		for i, p := range got {
			w := uninterrupted[i]
			if p.Step != w.Step || p.Epoch != w.Epoch || p.Loss != w.Loss || p.Rate != w.Rate || p.Left < 0 || (p.Done == nil) != (w.Done == nil) {
				t.Errorf("%s: reported %+v, want %+v", c.why, p, w)
			}
		}
		if len(res.History) != epochs || res.Best.Number != want.Best.Number {
			t.Fatalf("%s: got %+v, want %+v", c.why, res, want)
		}
		for i, e := range res.History {
			w := want.History[i]
			if e.Seconds, w.Seconds = 0, 0; e != w {
				t.Errorf("%s: epoch %+v, want %+v", c.why, e, w)
			}
		}
		for _, name := range []string{modelFile, "variables/variables.index", "variables/variables.data-00000-of-00001"} {
			a, errA := os.ReadFile(filepath.Join(whole, name))
			b, errB := os.ReadFile(filepath.Join(out, name))
			if errA != nil || errB != nil || !bytes.Equal(a, b) {
				t.Errorf("%s: %s differs from that of the uninterrupted run (%v, %v)", c.why, name, errA, errB)
			}
		}
	}
}

// What a kill during the validation leaves is there before it begins.
func TestCheckpointBeforeValidation(t *testing.T) {
	out := t.TempDir()
	ctx := &validationStop{n: 1}
	ctx.Context = t.Context()
	asked := false
	ctx.end = func() {
		asked = true
		if _, s, err := newestState(out); err != nil || s == nil || s.Step != 3 || !s.ending(3) {
			t.Errorf("when the validation begins the checkpoint is %+v, %v", s, err)
		}
	}
	if _, err := Fit(ctx, net(t, "lenet5"), digits(t, blocks(t, 60)), Out(out), Epochs(1), Batch(20)); err != nil || !asked {
		t.Fatalf("asked: %v, %v", asked, err)
	}
	if _, s, err := newestState(out); err != nil || s.ending(3) || len(s.History) != 1 {
		t.Errorf("at the end the checkpoint is %+v, %v", s, err)
	}
}

func TestEpochsSayTheirValidation(t *testing.T) {
	text, err := json.Marshal(Epoch{Number: 1, Tested: 20}) // none right, and a loss of nothing
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"valid_loss":0,`, `"valid_accuracy":0,`, `"valid_pictures":20,`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s has no %s", text, want)
		}
	}
}

func TestMemoryBoundsBothParts(t *testing.T) {
	data := digits(t, blocks(t, 60)) // and 20 of validation
	n := net(t, "lenet5")
	row := int64(n.net.Size * n.net.Size * n.net.Planes())
	for _, c := range []struct {
		why          string
		memory       int64
		train, valid bool // in memory
	}{
		{"both fit", 80 * row, true, true},
		{"each fits, not both", 80*row - 1, true, false},
		{"the training part does not fit, the other has all", 60*row - 1, false, true},
		{"neither", 20*row - 1, false, false},
		{"none at all", 0, false, false},
	} {
		s := defaults()
		s.out, s.memory = t.TempDir(), c.memory
		r, err := newRun(t.Context(), n.net, data, s)
		if err != nil {
			t.Fatal(err)
		}
		if a, b := r.train.file == nil, r.valid.file == nil; a != c.train || b != c.valid {
			t.Errorf("%s: in memory are %v and %v, want %v and %v", c.why, a, b, c.train, c.valid)
		}
		if held := int64(cap(r.train.memory) + cap(r.valid.memory)); held > c.memory {
			t.Errorf("%s: %d bytes are held, want at most %d", c.why, held, c.memory)
		}
		r.close()
	}
}
