package train

import (
	"bytes"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gosight/vision"
	"github.com/gosight/vision/recognize"
)

// Classes that are drawn by softmax(z) have logits a*z: a is the temperature, and no other has a lower loss.
func TestTemperature(t *testing.T) {
	for _, a := range []float32{0.4, 1, 3} {
		r := rand.New(rand.NewPCG(1, 2))
		s := newSample(12000)
		var all []float32
		var classes []int
		for range 12000 {
			row, sum := make([]float32, 5), 0.0
			for i := range row {
				row[i] = float32(2 * r.NormFloat64())
				sum += math.Exp(float64(row[i]))
			}
			class, u := 0, r.Float64()*sum
			for u -= math.Exp(float64(row[0])); u > 0 && class < 4; u -= math.Exp(float64(row[class])) {
				class++
			}
			for i := range row {
				row[i] *= a
			}
			all, classes = append(all, row...), append(classes, class)
		}
		for at := 0; at < len(classes); at += 100 {
			s.add(all[at*5:(at+100)*5], classes[at:at+100])
		}
		if len(s.classes) != 5000 || len(s.logits) != 5*5000 {
			t.Fatalf("%d pictures are kept, want 5000", len(s.classes))
		}
		got := s.temperature()
		if math.Abs(got/float64(a)-1) > 0.05 {
			t.Errorf("logits %g times too large: temperature %g", a, got)
		}
		loss := func(temperature float64) float64 {
			scaled := make([]float32, len(s.logits))
			for i, v := range s.logits {
				scaled[i] = float32(float64(v) / temperature)
			}
			return crossEntropy(scaled, s.classes)
		}
		if loss(got) > loss(got*1.02) || loss(got) > loss(got/1.02) {
			t.Errorf("logits %g times too large: %g at %g, %g and %g beside it", a, loss(got), got, loss(got*1.02), loss(got/1.02))
		}
	}
	sure := newSample(1)
	sure.add([]float32{5, 1}, []int{0}) // no temperature is cold enough
	if got := sure.temperature(); math.Abs(got-coldest) > 1e-6 {
		t.Errorf("all right: %g, want %g", got, coldest)
	}
}

// Classes that come in turn are all among the pictures that are kept, with their own logits.
func TestSampleOfClassesInTurn(t *testing.T) {
	s, count := newSample(10000), [10]int{}
	for i := range 10000 {
		s.add([]float32{float32(i % 10), 0}, []int{i % 10})
	}
	for i, c := range s.classes {
		count[c]++
		if s.logits[2*i] != float32(c) {
			t.Fatalf("picture %d of class %d has the logits of %g", i, c, s.logits[2*i])
		}
	}
	for c, n := range count {
		if n < 430 || n > 570 {
			t.Errorf("%d pictures of class %d are kept, of all %d", n, c, len(s.classes))
		}
	}
}

// A calibrated model gives p^(1/T), normalised, where the other gives p.
func TestCalibrate(t *testing.T) {
	data, plain, warm := digits(t, blocks(t, 60)), t.TempDir(), t.TempDir()
	opts := []Option{Epochs(1), Batch(20), Plain(), Smoothing(0.2)}
	for out, more := range map[string][]Option{plain: nil, warm: {Calibrate()}} {
		res, err := Fit(t.Context(), net(t, "lenet5"), data, append(append(opts, Out(out)), more...)...)
		if err != nil || (res.Temperature != 0) != (out == warm) {
			t.Fatalf("%+v, %v", res, err)
		}
	}
	_, state, err := newestState(warm)
	if err != nil || state.Temperature == 0 || math.Abs(state.Temperature-1) < 0.01 {
		t.Fatalf("%+v, %v", state, err)
	}
	a, err := recognize.Open(plain)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	b, err := recognize.Open(warm)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	both(t, data.Valid, a, b, func(name string, one, other vision.Labels) {
		sum := 0.0
		for _, l := range one {
			sum += math.Pow(float64(l.Score), 1/state.Temperature)
		}
		for i, l := range one {
			want := math.Pow(float64(l.Score), 1/state.Temperature) / sum
			if other[i].Index != l.Index || math.Abs(float64(other[i].Score)-want) > 1e-5 {
				t.Errorf("%s: %+v where %+v was, want %g", name, other[i], l, want)
			}
		}
	})

	// A run that is done is calibrated afterwards, to the same model.
	if _, err := Fit(t.Context(), net(t, "lenet5"), data, append(opts, Out(plain), Resume(), Calibrate())...); err != nil {
		t.Fatal(err)
	}
	if _, again, err := newestState(plain); err != nil || again.Temperature != state.Temperature {
		t.Errorf("calibrated afterwards its state is %+v, %v", again, err)
	}
	x, err := os.ReadFile(filepath.Join(plain, "saved_model.pb"))
	if err != nil {
		t.Fatal(err)
	}
	if y, err := os.ReadFile(filepath.Join(warm, "saved_model.pb")); err != nil || !bytes.Equal(x, y) {
		t.Errorf("calibrated afterwards it is another model, %v", err)
	}
	var setting *SettingError
	if _, err := Fit(t.Context(), net(t, "lenet5"), Data{Train: data.Train}, Out(t.TempDir()), Calibrate()); !errors.As(err, &setting) || !strings.Contains(err.Error(), "validation") {
		t.Errorf("without validation: %v", err)
	}
}

// Where the logits of the best epoch are gone, Calibrate says so before it trains on.
func TestCalibrateTooLate(t *testing.T) {
	data, out := digits(t, blocks(t, 60)), t.TempDir()
	opts := []Option{Epochs(2), Batch(20), Plain(), Out(out)}
	if _, err := Fit(t.Context(), net(t, "lenet5"), data, opts...); err != nil {
		t.Fatal(err)
	}
	_, state, err := newestState(out)
	if err != nil {
		t.Fatal(err)
	}
	state.BestAt = 1
	if err := rewriteState(out, state); err != nil {
		t.Fatal(err)
	}
	var setting *SettingError
	if _, err := Fit(t.Context(), net(t, "lenet5"), data, append(opts, Resume(), Calibrate())...); !errors.As(err, &setting) || !strings.Contains(err.Error(), "epoch 1, the best so far") {
		t.Errorf("got %v", err)
	}
}

// A better epoch brings its own temperature, and a run that is stopped in between has the temperature, and the model, of one that is not.
func TestCalibrateStoppedAndResumed(t *testing.T) {
	data, whole, parts := digits(t, blocks(t, 140)), t.TempDir(), t.TempDir()
	run := func(ctx context.Context, out string, more ...Option) (*Result, error) {
		opts := []Option{Out(out), Epochs(3), Batch(20), Plain(), Smoothing(0.2), Resume(), Calibrate()}
		return Fit(ctx, net(t, "lenet5"), data, append(opts, more...)...)
	}
	want, err := run(t.Context(), whole)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err = run(ctx, parts, onStep(func(p Progress) {
		if p.Step == 9 { // the second of the second epoch, of seven steps each
			cancel()
		}
	}))
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	_, first, err := newestState(parts)
	if err != nil || first.BestAt != 1 || first.Temperature == 0 {
		t.Fatalf("stopped in the second epoch: %+v, %v", first, err)
	}
	got, err := run(t.Context(), parts)
	if err != nil {
		t.Fatal(err)
	}
	if want.Best.Number < 2 || want.Temperature == first.Temperature {
		t.Fatalf("the best epoch is %d, its temperature %g after %g: nothing is shown", want.Best.Number, want.Temperature, first.Temperature)
	}
	if got.Best.Number != want.Best.Number || got.Temperature != want.Temperature {
		t.Errorf("epoch %d, temperature %g; uninterrupted %d, %g", got.Best.Number, got.Temperature, want.Best.Number, want.Temperature)
	}
	for _, name := range []string{"saved_model.pb", "variables/variables.data-00000-of-00001"} {
		x, err := os.ReadFile(filepath.Join(whole, name))
		if err != nil {
			t.Fatal(err)
		}
		if y, err := os.ReadFile(filepath.Join(parts, name)); err != nil || !bytes.Equal(x, y) {
			t.Errorf("%s is another than that of the uninterrupted run, %v", name, err)
		}
	}
}
