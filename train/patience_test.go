package train

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/gosight/vision/recognize"
)

func TestPatience(t *testing.T) {
	e := func(accuracy, loss float64) Epoch { return Epoch{ValidAccuracy: accuracy, ValidLoss: loss} }
	rising := []Epoch{e(0.5, 2), e(0.6, 1), e(0.7, 0.9)}
	for _, c := range []struct {
		why     string
		p       patience
		history []Epoch
		want    bool
	}{
		{"none was asked for", patience{}, []Epoch{e(0.5, 1), e(0.4, 2), e(0.3, 3)}, false},
		{"no epoch yet", patience{Epochs: 1}, nil, false},
		{"the first is the best so far", patience{Epochs: 1}, rising[:1], false},
		{"ever better", patience{Epochs: 1}, rising, false},
		{"one worse, of two", patience{Epochs: 2}, append(rising[:3:3], e(0.6, 0.8)), false},
		{"two worse, of two", patience{Epochs: 2}, append(rising[:3:3], e(0.6, 0.8), e(0.69, 0.7)), true},
		{"as good with lower loss is better", patience{Epochs: 1}, append(rising[:3:3], e(0.7, 0.8)), false},
		{"as good with no lower loss is not", patience{Epochs: 1}, append(rising[:3:3], e(0.7, 0.9)), true},
		{"worse, but of lower loss", patience{Epochs: 2, Loss: true}, append(rising[:3:3], e(0.6, 0.8), e(0.69, 0.7)), false},
		{"better, but of higher loss", patience{Epochs: 1, Loss: true}, append(rising[:3:3], e(0.8, 1)), true},
	} {
		if got := c.p.over(c.history); got != c.want {
			t.Errorf("%s: over is %v", c.why, got)
		}
	}
}

// A run at a rate at which nothing is learnt ends early, with a model, and stays ended when it is resumed.
func TestPatienceEndsTheRun(t *testing.T) {
	data, out := digits(t, blocks(t, 40)), t.TempDir()
	opts := []Option{Out(out), Epochs(50), Batch(20), Rate(1e-12), Constant(), Patience(2), Resume()}
	got, res, err := losses(t.Context(), t, data, opts...)
	if err != nil {
		t.Fatal(err)
	}
	n := len(res.History)
	if n != res.Best.Number+2 || n == 50 || res.Steps != 2*n || len(got) != 2*n {
		t.Errorf("%d epochs, the best is %d, %d steps: want two more than the best", n, res.Best.Number, res.Steps)
	}
	m, err := recognize.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	m.Close()
	again, res, err := losses(t.Context(), t, data, opts...)
	if err != nil || len(again) != 0 || len(res.History) != n {
		t.Errorf("resumed: %d steps more, %d epochs, %v", len(again), len(res.History), err)
	}
	data.Valid = nil
	_, err = Fit(t.Context(), net(t, "lenet5"), data, Out(filepath.Join(out, "other")), Patience(1))
	if err == nil || !strings.Contains(err.Error(), "patience: want a validation part, got none") {
		t.Errorf("without validation: %v", err)
	}
}

func TestTheLastPatienceCounts(t *testing.T) {
	for _, c := range []struct {
		opts []Option
		want patience
	}{
		{[]Option{Patience(3), PatienceOnLoss(4)}, patience{Epochs: 4, Loss: true}},
		{[]Option{PatienceOnLoss(4), Patience(3)}, patience{Epochs: 3}},
	} {
		if s, err := settingsOf(c.opts); err != nil || s.Patience != c.want {
			t.Errorf("got %+v, %v; want %+v", s.Patience, err, c.want)
		}
	}
}
