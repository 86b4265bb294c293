package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"time"

	"github.com/gosight/vision/dataset"
	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/nets"
	"github.com/gosight/vision/internal/option"
	"github.com/gosight/vision/internal/preprocess"
	"github.com/gosight/vision/internal/session"
)

// Data is what a net is trained and validated on. Valid may be nil; its classes must be among those of Train.
type Data struct{ Train, Valid *dataset.Set }

// An Epoch is what came of one pass over the training part.
type Epoch struct {
	Number        int     `json:"epoch"` // from 1
	Rate          float64 `json:"rate"`  // of its last step
	Loss          float64 `json:"loss"`  // mean over its steps, with augmentation and smoothing, without weight decay
	Accuracy      float64 `json:"accuracy"`
	ValidLoss     float64 `json:"valid_loss"`
	ValidAccuracy float64 `json:"valid_accuracy"`
	Tested        int     `json:"valid_pictures"` // 0: there was no validation, and the two before it say nothing
	Seconds       float64 `json:"seconds"`        // of wall time, validation included; from where it was resumed, if it was
}

// A Result is what came of a run.
type Result struct {
	History []Epoch
	Best    Epoch   // whose weights were saved: of highest validation accuracy, or the last without validation
	Steps   int     // of all epochs
	Skipped []error // pictures that were left out; see SkipBroken
}

// A DivergedError is a loss that is no number any more.
type DivergedError struct {
	Epoch int // from 1
	Step  int // from 1, of all epochs
	Loss  float64
}

func (e *DivergedError) Error() string {
	return fmt.Sprintf("train: the loss is %g at step %d, in epoch %d: take a lower rate, or clip gradients", e.Loss, e.Step, e.Epoch)
}

// An OccupiedError is a folder to write to that holds a model or a run already.
type OccupiedError struct{ Dir string }

func (e *OccupiedError) Error() string {
	return fmt.Sprintf("train: %s holds a model or a run already: resume it, or take another folder", e.Dir)
}

// A SettingError is a setting outside of what it may be.
type SettingError struct{ Reason string }

func (e *SettingError) Error() string { return "train: " + e.Reason }

// Fit trains net on data and writes the SavedModel to the folder that Out names.
//
// When ctx ends, Fit writes a checkpoint between two steps and returns the context's error; Resume goes on from
// there, and no step is made again. The end of an epoch has its checkpoint before the validation begins. The result so far is returned beside any error that comes after the pictures were read. Errors of the
// data are *vision.FormatError and *dataset.FileError, of the net and settings *vision.UnsupportedError and *SettingError, of the
// folder *OccupiedError, of a loss that is no number *DivergedError.
func Fit(ctx context.Context, net Net, data Data, opts ...Option) (*Result, error) {
	s := defaults()
	for _, o := range opts {
		if o == nil {
			continue
		}
		if err := o(&s); err != nil {
			return nil, err
		}
	}
	r, err := newRun(ctx, net.net, data, s)
	if err != nil {
		return nil, err
	}
	defer r.close()
	err = r.fit(ctx)
	return r.result(), err
}

// A run is one Fit.
type run struct {
	settings
	net          *nets.Net
	train, valid *pictures
	feeder       *feeder
	program      *session.Program
	state        *state
	total        int // steps
	began        time.Time
	epochBegan   time.Time
	from         int // step at which this process began
	saved        int // step of the last checkpoint
}

func newRun(ctx context.Context, net *nets.Net, data Data, s settings) (_ *run, err error) {
	switch {
	case net == nil:
		return nil, &fault.UnsupportedError{Format: "net", Reason: "want one that ByName gave, got the zero value"}
	case data.Train == nil:
		return nil, badData("want a training part, got none")
	case s.out == "":
		return nil, &SettingError{"want a folder to write to; see train.Out"}
	}
	s.recipe.Net, s.Size, s.Classes = net.Name, net.Size, data.Train.Classes
	if s.Rate == 0 {
		s.Rate = net.Rate
		if s.AdamW {
			s.Rate = 1e-3
		}
	}
	if err := os.MkdirAll(s.out, 0o755); err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	dir, old, err := newestState(s.out)
	if err != nil {
		return nil, err
	}
	if !s.resume {
		for _, there := range []string{dir, filepath.Join(s.out, modelFile)} {
			if _, err := os.Stat(there); there != "" && err == nil {
				return nil, &OccupiedError{Dir: s.out}
			}
		}
	}
	r := &run{settings: s, net: net}
	defer func() {
		if err != nil {
			r.close()
		}
	}()
	if err := r.load(ctx, data); err != nil {
		return nil, err
	}
	r.feeder = newFeeder(r.train, r.recipe, net)
	r.total = r.feeder.perStep * r.Epochs
	if err := r.open(); err != nil {
		return nil, err
	}
	return r, r.begin(dir, old)
}

// load prepares the pictures.
func (r *run) load(ctx context.Context, data Data) error {
	in := inputCard(r.net, r.Size).Input
	in.Range, in.Mean, in.Std = []float64{0, 255}, nil, nil
	plan, err := preprocess.New(in, preprocess.Byte)
	if err != nil {
		return err
	}
	jpeg, err := session.NewJPEG(option.Process{})
	if err != nil {
		return err
	}
	defer func() { _ = jpeg.Close() }()
	l := &loader{plan: plan, jpeg: jpeg, size: r.Size, row: r.Size * r.Size * r.net.Planes(), memory: r.memory, dir: r.out, skip: r.skip}
	if r.train, err = l.load(ctx, data.Train, len(r.Classes)); err != nil {
		return err
	}
	if err := r.train.check(r.Classes); err != nil {
		return err
	}
	r.Pictures, r.Sum = r.train.len(), r.train.sum
	if data.Valid == nil {
		return nil
	}
	valid, err := data.Valid.As(r.Classes)
	if err != nil {
		return badData("validation part: %v", err)
	}
	r.valid, err = l.load(ctx, valid, len(r.Classes))
	return err
}

// open builds the graph and starts its session.
func (r *run) open() error {
	p, err := r.net.Program(nets.Training{Size: r.Size, Classes: len(r.Classes), Seed: r.Seed, AdamW: r.AdamW, Momentum: float32(r.Momentum),
		Decay: float32(r.Decay), Clip: float32(r.Clip), Average: float32(r.Average)})
	if err != nil {
		return err
	}
	r.program, err = session.NewProgram(p.Graph, session.ProgramConfig{BF16: r.BF16})
	return err
}

// begin gives the variables their first values, or those of the last checkpoint.
func (r *run) begin(dir string, old *state) error {
	r.began = time.Now()
	r.epochBegan = r.began
	if dir == "" {
		r.state = &state{Version: stateVersion, Recipe: r.recipe}
		if _, err := r.program.Run(nil, nil, []string{nets.Init}); err != nil {
			return fmt.Errorf("train: first weights: %w", err)
		}
		return nil
	}
	if !reflect.DeepEqual(old.Recipe, r.recipe) {
		return &fault.UnsupportedError{Format: "checkpoint " + dir, Reason: "it is of other pictures or settings: " + differences(old.Recipe, r.recipe)}
	}
	if _, err := os.Stat(filepath.Join(r.out, checkpoints, old.Best)); err != nil {
		return &fault.FormatError{Format: "checkpoint", Reason: "the weights of its best epoch are gone", Err: err}
	}
	r.state, r.from, r.saved = old, old.Step, old.Step
	return restore(r.program, dir)
}

// differences names the settings that differ.
func differences(a, b recipe) string {
	s := ""
	va, vb := reflect.ValueOf(a), reflect.ValueOf(b)
	for i := range va.NumField() {
		if x, y := va.Field(i).Interface(), vb.Field(i).Interface(); !reflect.DeepEqual(x, y) {
			if s != "" {
				s += ", "
			}
			s += fmt.Sprintf("%s was %v and is %v", va.Type().Field(i).Tag.Get("json"), x, y)
		}
	}
	return s
}

func (r *run) fit(ctx context.Context) error {
	err := r.steps(ctx)
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		if e := r.save(); e != nil {
			return errors.Join(err, e)
		}
	}
	if err != nil {
		return err
	}
	from := filepath.Join(r.out, checkpoints, r.state.Best)
	return export(r.net, r.recipe, from, r.out, r.result())
}

// steps makes all that is left. If ctx ends, it returns the context's error, between two steps.
func (r *run) steps(ctx context.Context) error {
	if r.state.ending(r.feeder.perStep) {
		if err := r.afterStep(ctx); err != nil {
			return err
		}
	}
	for m, err := range r.feeder.batches(ctx, r.state.Step, r.total) {
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			return err
		}
		if err := r.step(m); err != nil {
			return err
		}
		if err := r.afterStep(ctx); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// afterStep does what is due after a step, and reports both.
func (r *run) afterStep(ctx context.Context) error {
	var done *Epoch
	var err error
	at := r.state.Step
	rate := r.rate(at - 1)
	if at%r.feeder.perStep == 0 {
		done, err = r.endEpoch(ctx, rate)
	} else if r.every > 0 && at%r.every == 0 {
		err = r.save()
	}
	if err != nil {
		return err
	}
	r.report(rate, done)
	return nil
}

// rate is that of a step, from 0.
func (r *run) rate(step int) float64 {
	return r.Rate * r.Schedule.at(step, r.total, r.feeder.perStep)
}

// save writes a checkpoint, if there is none of this step.
func (r *run) save() error {
	if r.state.Step == r.saved {
		return nil
	}
	if err := writeLast(r.program, r.out, r.state); err != nil {
		return err
	}
	r.saved = r.state.Step
	return nil
}

// step makes one step.
func (r *run) step(m *mini) error {
	got, err := r.program.Run(r.feeder.feeds(m, r.rate(m.step)), []string{nets.Loss, nets.Scores}, []string{nets.Train})
	if err != nil {
		return fmt.Errorf("train: step %d: %w", m.step+1, err)
	}
	loss, err := got[0].Floats()
	if err != nil {
		return err
	}
	scores, err := got[1].Floats()
	if err != nil {
		return err
	}
	l := float64(loss[0])
	if math.IsNaN(l) || math.IsInf(l, 0) {
		return &DivergedError{Epoch: m.step/r.feeder.perStep + 1, Step: m.step + 1, Loss: l}
	}
	r.state.Step++
	r.state.Loss = l
	r.state.Sum += l
	r.state.Right += right(scores, m.classes)
	r.state.Seen += len(m.classes)
	return nil
}

// endEpoch writes the checkpoint of an epoch's last step, validates, notes the epoch, and writes what it noted over the
// checkpoint's state. If it does not come to its end, the next run does it again; see state.ending.
func (r *run) endEpoch(ctx context.Context, rate float64) (*Epoch, error) {
	s := r.state
	if err := r.save(); err != nil {
		return nil, err
	}
	e := Epoch{Number: s.Step / r.feeder.perStep, Rate: rate, Loss: s.Sum / float64(r.feeder.perStep), Accuracy: float64(s.Right) / float64(s.Seen)}
	if r.valid != nil {
		var err error
		if e.ValidLoss, e.ValidAccuracy, err = r.validate(ctx); err != nil {
			return nil, err
		}
		if math.IsNaN(e.ValidLoss) || math.IsInf(e.ValidLoss, 0) { // the last step did it
			return nil, &DivergedError{Epoch: e.Number, Step: s.Step, Loss: e.ValidLoss}
		}
		e.Tested = r.valid.len()
	}
	e.Seconds = time.Since(r.epochBegan).Seconds()
	r.epochBegan = time.Now()
	better := s.Best == "" || r.valid == nil || e.ValidAccuracy > s.History[s.BestAt-1].ValidAccuracy ||
		e.ValidAccuracy == s.History[s.BestAt-1].ValidAccuracy && e.ValidLoss < s.History[s.BestAt-1].ValidLoss
	s.History = append(s.History, e)
	s.Sum, s.Right, s.Seen = 0, 0, 0
	if better {
		name := fmt.Sprintf("%s%012d", best, s.Step)
		if err := writeFolder(r.program, r.out, name, nets.Export, nil); err != nil {
			return nil, err
		}
		s.Best, s.BestAt = name, e.Number
	}
	return &e, rewriteState(r.out, s)
}

// validate returns loss and accuracy of the validation part.
func (r *run) validate(ctx context.Context) (loss, accuracy float64, err error) {
	p, size := r.valid, int64(r.Size)
	hits := 0
	for at := 0; at < p.len(); at += r.Batch {
		if err := ctx.Err(); err != nil {
			return 0, 0, err
		}
		classes := p.classes[at:min(at+r.Batch, p.len())]
		images := make([]byte, len(classes)*p.row)
		for i := range classes {
			if err := p.read(images[i*p.row:(i+1)*p.row], at+i); err != nil {
				return 0, 0, err
			}
		}
		got, err := r.program.Run(map[string]session.Tensor{nets.Images: {Shape: []int64{int64(len(classes)), size, size, int64(r.net.Planes())}, Data: images}},
			[]string{nets.Tested}, nil)
		if err != nil {
			return 0, 0, fmt.Errorf("train: validation: %w", err)
		}
		scores, err := got[0].Floats()
		if err != nil {
			return 0, 0, err
		}
		hits += right(scores, classes)
		loss += crossEntropy(scores, classes)
	}
	return loss / float64(p.len()), float64(hits) / float64(p.len()), nil
}

// crossEntropy sums -log p(class) over rows of logits.
func crossEntropy(logits []float32, classes []int) float64 {
	sum, k := 0.0, len(logits)/max(len(classes), 1)
	for i, c := range classes {
		row := logits[i*k : (i+1)*k]
		top := row[0]
		for _, v := range row {
			top = max(top, v)
		}
		z := 0.0
		for _, v := range row {
			z += math.Exp(float64(v - top))
		}
		sum += math.Log(z) - float64(row[c]-top)
	}
	return sum
}

func (r *run) report(rate float64, done *Epoch) {
	if r.progress == nil {
		return
	}
	s, left := r.state, time.Duration(0)
	if did := s.Step - r.from; did > 0 {
		left = time.Duration(float64(time.Since(r.began)) / float64(did) * float64(r.total-s.Step))
	}
	r.progress(Progress{Epoch: (s.Step-1)/r.feeder.perStep + 1, Epochs: r.Epochs, Step: s.Step, Steps: r.total, Loss: s.Loss, Rate: rate, Left: left, Done: done})
}

func (r *run) result() *Result {
	res := &Result{History: r.state.History, Steps: r.total, Skipped: r.train.skipped}
	if r.valid != nil {
		res.Skipped = append(res.Skipped[:len(res.Skipped):len(res.Skipped)], r.valid.skipped...)
	}
	if n := r.state.BestAt; n > 0 && n <= len(res.History) {
		res.Best = res.History[n-1]
	}
	return res
}

func (r *run) close() {
	r.train.close()
	r.valid.close()
	if r.program != nil {
		_ = r.program.Close()
	}
}
