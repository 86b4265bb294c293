package train

import (
	"cmp"
	"context"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/gosight/vision/dataset"
	"github.com/gosight/vision/internal/backbone"
	"github.com/gosight/vision/internal/decode"
	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/nets"
	"github.com/gosight/vision/internal/report"
	"github.com/gosight/vision/internal/savedmodel"
	"github.com/gosight/vision/internal/session"
)

// A tuning is one FineTune.
type tuning struct {
	settings
	trunk        *trunk
	train, valid *features
	validSet     *dataset.Set
	head         nets.Head
	program      *session.Program
	marker       marker
	history      []Epoch
	perEpoch     int
	total        int // steps
	began        time.Time
	said         answers // of the last validation
	reports      *reports
}

func newTuning(ctx context.Context, base Base, data Data, s settings, h head) (_ *tuning, err error) {
	t := &tuning{settings: s}
	t.head.Hidden, t.head.Dropout = h.hidden, float32(h.dropout)
	defer func() {
		if err != nil {
			t.close()
		}
	}()
	valid := data.Valid
	if valid != nil {
		if valid, err = valid.As(s.Classes); err != nil {
			return nil, &fault.FormatError{Format: "training data", Reason: "its validation part", Err: err}
		}
	}
	if t.trunk, err = openTrunk(ctx, base, h, s.out); err != nil {
		return nil, err
	}
	done := t.preparing(data)
	if t.train, err = t.trunk.features(ctx, data.Train, "train", &t.settings, done); err != nil {
		return nil, err
	}
	if err := (&pictures{classes: t.train.classes}).check(s.Classes); err != nil {
		return nil, err
	}
	if valid != nil {
		if t.valid, err = t.trunk.features(ctx, valid, "valid", &t.settings, done); err != nil {
			return nil, err
		}
		t.validSet = valid
	}
	return t, t.open()
}

// open builds the graph of the head and gives it its first weights.
func (t *tuning) open() error {
	var err error
	if t.head.Mean, t.head.Scale, err = t.train.spread(); err != nil {
		return err
	}
	t.marker = marker{len(t.Classes), t.Smoothing, classWeights(t.recipe, t.train.classes)}
	p, err := t.head.Program(nets.Training{Classes: len(t.Classes), Seed: t.Seed, Weighted: t.marker.weights != nil, AdamW: t.AdamW, Momentum: float32(t.Momentum),
		Decay: float32(t.Decay), Clip: float32(t.Clip), Average: float32(t.Average)})
	if err != nil {
		return err
	}
	if t.program, err = session.NewProgram(p.Graph, session.ProgramConfig{}); err != nil {
		return err
	}
	t.Batch = min(t.Batch, t.train.len())
	t.perEpoch = t.train.len() / t.Batch
	t.total = t.perEpoch * t.Epochs
	_, err = t.program.Run(nil, nil, []string{nets.Init})
	return err
}

// fit makes all steps and writes the model, and what people look at.
func (t *tuning) fit(ctx context.Context) error {
	t.reports = newReports(&t.settings, 0)
	err := t.modelled(ctx)
	t.reports.end(t.course())
	if err == nil && t.valid != nil {
		// The model is there: if ctx ends now, the sheet is what is not written.
		t.reports.mistakes(fmt.Sprintf("%s, epoch %d", t.title(), len(t.history)), func() (*report.Confusion, *report.Worst, error) { return t.mistakes(ctx) })
	}
	return err
}

func (t *tuning) modelled(ctx context.Context) error {
	t.began = time.Now()
	rows := make([]float32, t.Batch*t.train.count)
	classes := make([]int, t.Batch)
	for epoch := range t.Epochs {
		began := time.Now()
		order := rand.New(rand.NewPCG(uint64(t.Seed), uint64(epoch))).Perm(t.train.len())
		e := Epoch{Number: epoch + 1}
		right := 0
		for i := range t.perEpoch {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := t.batch(rows, classes, order[i*t.Batch:(i+1)*t.Batch]); err != nil {
				return err
			}
			step := epoch*t.perEpoch + i
			e.Rate = t.rate(step)
			loss, hits, err := t.step(step, e.Rate, rows, classes)
			if err != nil {
				return err
			}
			e.Loss += loss / float64(t.perEpoch)
			right += hits
			if i < t.perEpoch-1 {
				t.report(step+1, loss, e.Rate, nil)
			} else if err := t.endEpoch(ctx, &e, right, began); err != nil {
				return err
			} else {
				t.report(step+1, loss, e.Rate, &e)
			}
		}
	}
	return t.export()
}

// batch reads the rows of one step.
func (t *tuning) batch(rows []float32, classes, which []int) error {
	for i, at := range which {
		if err := t.train.read(rows[i*t.train.count:(i+1)*t.train.count], at); err != nil {
			return err
		}
		classes[i] = t.train.classes[at]
	}
	return nil
}

func (t *tuning) step(step int, rate float64, rows []float32, classes []int) (loss float64, hits int, err error) {
	n := int64(len(classes))
	targets, weights, _ := t.marker.batch(classes, nil)
	feeds := map[string]session.Tensor{
		nets.Rows:    {Shape: []int64{n, int64(t.train.count)}, Data: rows},
		nets.Targets: {Shape: []int64{n, int64(len(t.Classes))}, Data: targets},
		nets.Rate:    {Shape: []int64{}, Data: []float32{float32(rate)}},
		nets.Step:    {Shape: []int64{2}, Data: []int64{int64(step), t.Seed}},
	}
	if weights != nil {
		feeds[nets.Weights] = session.Tensor{Shape: []int64{n}, Data: weights}
	}
	got, err := t.program.Run(feeds, []string{nets.Loss, nets.Scores}, []string{nets.Train})
	if err != nil {
		return 0, 0, fmt.Errorf("train: step %d: %w", step+1, err)
	}
	l, err := got[0].Floats()
	if err != nil {
		return 0, 0, err
	}
	scores, err := got[1].Floats()
	if err != nil {
		return 0, 0, err
	}
	if loss = float64(l[0]); math.IsNaN(loss) || math.IsInf(loss, 0) {
		return 0, 0, &DivergedError{Epoch: step/t.perEpoch + 1, Step: step + 1, Loss: loss}
	}
	return loss, right(scores, classes), nil
}

// endEpoch validates and notes.
func (t *tuning) endEpoch(ctx context.Context, e *Epoch, right int, began time.Time) error {
	e.Accuracy = float64(right) / float64(t.perEpoch*t.Batch)
	if t.valid != nil {
		if err := t.validate(ctx, e); err != nil {
			return err
		}
	}
	e.Seconds = time.Since(began).Seconds()
	t.history = append(t.history, *e)
	t.reports.epoch(t.course())
	return nil
}

func (t *tuning) validate(ctx context.Context, e *Epoch) error {
	e.Tested = t.valid.len()
	t.said = answers{}
	hits, most := 0, max(t.Batch, 256)
	rows := make([]float32, most*t.valid.count)
	for at := 0; at < t.valid.len(); at += most {
		if err := ctx.Err(); err != nil {
			return err
		}
		classes := t.valid.classes[at:min(at+most, t.valid.len())]
		for i := range classes {
			if err := t.valid.read(rows[i*t.valid.count:(i+1)*t.valid.count], at+i); err != nil {
				return err
			}
		}
		got, err := t.program.Run(map[string]session.Tensor{nets.Rows: {Shape: []int64{int64(len(classes)), int64(t.valid.count)},
			Data: rows[:len(classes)*t.valid.count]}}, []string{nets.Tested}, nil)
		if err != nil {
			return fmt.Errorf("train: validation: %w", err)
		}
		scores, err := got[0].Floats()
		if err != nil {
			return err
		}
		hits += right(scores, classes)
		t.said.add(scores, len(classes))
		e.ValidLoss += crossEntropy(scores, classes) / float64(t.valid.len())
	}
	e.ValidAccuracy = float64(hits) / float64(t.valid.len())
	if math.IsNaN(e.ValidLoss) || math.IsInf(e.ValidLoss, 0) { // the last step did it
		return &DivergedError{Epoch: e.Number, Step: e.Number * t.perEpoch, Loss: e.ValidLoss}
	}
	return nil
}

func (t *tuning) report(step int, loss, rate float64, done *Epoch) {
	if t.progress == nil {
		return
	}
	left := time.Duration(float64(time.Since(t.began)) / float64(step) * float64(t.total-step))
	n := t.train.looked() + t.valid.looked()
	t.progress(Progress{Epoch: (step-1)/t.perEpoch + 1, Epochs: t.Epochs, Step: step, Steps: t.total, Loss: loss, Rate: rate, Peak: t.Rate, Left: left, Done: done,
		Prepared: n, Pictures: n})
}

func (t *tuning) rate(step int) float64 { return t.Rate * t.Schedule.at(step, t.total, t.perEpoch) }

// course is how t goes. No epoch is pointed out: the weights are those of the last.
func (t *tuning) course() course {
	return course{name: t.title(), history: t.history, epochs: t.Epochs, validated: t.valid != nil, perEpoch: t.perEpoch, rate: t.rate}
}

// mistakes are what the finished model made of the validation part. The pictures that are shown are read again.
func (t *tuning) mistakes(ctx context.Context) (*report.Confusion, *report.Worst, error) {
	shown := map[int]*dataset.Example{} // by their place in the set
	for _, i := range t.said.surest(t.valid.classes, report.MostWorst) {
		shown[t.valid.which[i]] = nil
	}
	n, left, unread := 0, len(shown), map[int]error{}
	for ex, err := range t.validSet.All() {
		if left == 0 {
			break
		}
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		if _, ok := shown[n]; ok {
			left--
			if shown[n] = &ex; err != nil { // the sheet says so in its place
				unread[n] = err
			}
		}
		n++
	}
	return t.said.mistakes(t.Classes, t.valid.classes, func(i int) (string, func() (image.Image, error)) {
		at := t.valid.which[i]
		ex := shown[at]
		if ex == nil {
			return "", nil // others are worse
		}
		return ex.Name, func() (image.Image, error) {
			if unread[at] != nil {
				return nil, unread[at]
			}
			return decode.Apart(ex.Image)
		}
	})
}

// title is what pictures of the run are headed by: the folder that is written, and the base.
func (t *tuning) title() string {
	base := filepath.Base(cmp.Or(t.trunk.card.Name, t.trunk.name)) // a model without a name is called by its path
	if out := filepath.Base(t.out); out != "." && out != string(filepath.Separator) {
		return out + ", on " + base
	}
	return base
}

func (t *tuning) result() *Result {
	r := &Result{History: t.history, Steps: t.total, Rate: t.Rate, Skipped: t.train.skipped, Unwritten: t.reports.errors(), Devices: t.trunk.engine.Info().Devices}
	if t.valid != nil {
		r.Skipped = append(r.Skipped[:len(r.Skipped):len(r.Skipped)], t.valid.skipped...)
	}
	if n := len(t.history); n > 0 {
		r.Best = t.history[n-1]
	}
	return r
}

// layers returns the weights of the head, which go through a checkpoint: moving averages, where they are kept.
func (t *tuning) layers() ([]backbone.Layer, error) {
	const name = best + "head"
	if err := writeFolder(t.program, t.out, name, nets.Export, nil); err != nil {
		return nil, err
	}
	dir := filepath.Join(t.out, checkpoints, name)
	defer func() { _ = os.RemoveAll(dir) }()
	bundle, err := savedmodel.OpenBundle(os.DirFS(dir), prefix)
	if err != nil {
		return nil, err
	}
	var layers []backbone.Layer
	names := [][2]string{{nets.HiddenKernel, nets.HiddenBias}, {nets.HeadKernel, nets.HeadBias}}
	if t.head.Hidden == 0 {
		names = names[1:]
	}
	for _, n := range names {
		kernel, err := bundle.Floats(n[0])
		if err != nil {
			return nil, err
		}
		bias, err := bundle.Floats(n[1])
		if err != nil {
			return nil, err
		}
		layers = append(layers, backbone.Layer{Kernel: kernel, Bias: bias})
	}
	return layers, nil
}

func (t *tuning) close() {
	t.trunk.close()
	t.train.close()
	t.valid.close()
	if t.program != nil {
		_ = t.program.Close()
	}
}
