package train

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/nets"
	"github.com/gosight/vision/internal/preprocess"
	"github.com/gosight/vision/internal/session"
)

// A run is one Fit.
type run struct {
	settings
	net          *nets.Net
	train, valid *pictures
	feeder       *feeder
	program      program
	state        *state
	total        int // steps
	began        time.Time
	epochBegan   time.Time
	from         int // step at which this process began
	saved        int // step of the last checkpoint
	said         answers
	sample       *sample // of the last validation; nil without Calibrate
	reports      *reports
	release      func() // of the folder
}

func newRun(ctx context.Context, net *nets.Net, data Data, s settings) (_ *run, err error) {
	if s.out == "" {
		return nil, &SettingError{"want a folder to write to; see train.Out"}
	}
	if err := s.settle(net, data); err != nil {
		return nil, err
	}
	var dir string
	var old *state
	r := &run{settings: s, net: net}
	r.release, err = claim(s.out, func() (err error) {
		if dir, old, err = newestState(s.out); err != nil {
			return err
		}
		return vacantFor(s.out, dir != "", s.resume)
	})
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			r.close()
		}
	}()
	if err := r.load(ctx, data); err != nil {
		return nil, err
	}
	if err := r.open(); err != nil {
		return nil, err
	}
	r.total = r.feeder.perStep * r.Epochs
	if r.AutoRate {
		if old != nil {
			r.Rate = old.Recipe.Rate
		} else {
			c, err := r.findRate(ctx)
			if err != nil {
				return nil, err
			}
			r.Rate = c.Suggested
		}
	}
	return r, r.begin(dir, old)
}

// settle completes the settings by the net and the data, and refuses what they do not go with.
func (s *settings) settle(net *nets.Net, data Data) (err error) {
	switch {
	case net == nil:
		return &fault.UnsupportedError{Format: "net", Reason: "want one that ByName gave, got the zero value"}
	case data.Train == nil:
		return badData("want a training part, got none")
	case data.Valid == nil && s.Patience.Epochs > 0:
		return &SettingError{"patience: want a validation part, got none"}
	case data.Valid == nil && s.calibrates:
		return &SettingError{"calibrate: want a validation part, got none"}
	case s.AutoRate && s.Rate != 0:
		return &SettingError{fmt.Sprintf("want a rate or one to be found, got both: rate %g", s.Rate)}
	}
	s.recipe.Net, s.Size = net.Name, net.Size
	if err := s.agree(data.Train.Classes); err != nil {
		return err
	}
	if s.Rate == 0 && !s.AutoRate {
		s.Rate = net.Rate
		if s.AdamW {
			s.Rate = 1e-3
		}
	}
	if err := s.Augment.check(s.Size); err != nil {
		return err
	}
	return s.findDevices()
}

// agree takes the classes, and refuses settings that contradict each other or are for nothing, of any run.
func (s *settings) agree(classes []string) (err error) {
	switch {
	case s.Balanced && s.given != nil:
		return &SettingError{"want class weights or balanced ones, got both"}
	case s.AdamW && s.Momentum != defaults().Momentum:
		return &SettingError{fmt.Sprintf("momentum: AdamW has moments of its own, want it without; got %g", s.Momentum)}
	case s.Schedule.Kind == cosine && s.Schedule.Warm > float64(s.Epochs):
		return &SettingError{fmt.Sprintf("warm-up epochs: want at most the %d of the run, got %g", s.Epochs, s.Schedule.Warm)}
	}
	if i := unnamed(classes); i >= 0 {
		return badData("class %d: want a name in UTF-8, got %q", i, classes[i])
	}
	s.Classes = classes
	if s.given != nil {
		s.Weights, err = inOrder(s.given, classes)
	}
	return err
}

// unnamed is the first class whose name no card can hold, or -1.
func unnamed(classes []string) int {
	return slices.IndexFunc(classes, func(c string) bool { return c == "" || !utf8.ValidString(c) })
}

// load prepares the pictures.
func (r *run) load(ctx context.Context, data Data) error {
	in := inputCard(r.net, r.Size).Input
	in.Range, in.Mean, in.Std = []float64{0, 255}, nil, nil
	finished, err := preprocess.New(in, preprocess.Byte)
	if err != nil {
		return err
	}
	jpeg, err := session.NewJPEG(r.where.Process)
	if err != nil {
		return err
	}
	defer func() { _ = jpeg.Close() }()
	l := &loader{plan: finished, jpeg: jpeg, input: in, planes: r.net.Planes(), memory: r.memory, dir: r.out, skip: r.skip}
	if r.Augment.Crop > 0 {
		l.keep = keptSide(r.Size)
		if l.plan, err = stretched(in, l.keep, l.keep); err != nil {
			return err
		}
	}
	l.row = max(l.keep*l.keep, r.Size*r.Size) * l.planes
	l.done = r.preparing(data)
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
		return &fault.FormatError{Format: "training data", Reason: "its validation part", Err: err}
	}
	l.plan, l.keep, l.row = finished, 0, r.Size*r.Size*l.planes // as the finished model will see them
	l.names = true
	if r.valid, err = l.load(ctx, valid, len(r.Classes)); err != nil {
		return err
	}
	r.ValidSum = r.valid.sum
	return nil
}

// open builds the graph and starts its session.
func (r *run) open() error {
	weights := classWeights(r.recipe, r.train.classes)
	r.feeder = newFeeder(r.train, r.recipe, r.net, weights)
	if n := len(r.where.Devices); r.feeder.batch < n {
		return &SettingError{fmt.Sprintf("devices: want at most %d, one for each picture of a batch, got %d", r.feeder.batch, n)}
	}
	p, err := r.net.Program(nets.Training{Size: r.Size, Classes: len(r.Classes), Seed: r.Seed, AdamW: r.AdamW, Momentum: float32(r.Momentum),
		Decay: float32(r.Decay), Clip: float32(r.Clip), Average: float32(r.Average), Weighted: weights != nil, Devices: r.named()})
	if err != nil {
		return err
	}
	g, err := session.NewProgram(p.Graph, session.ProgramConfig{Place: r.where, BF16: r.BF16})
	if err != nil {
		return err
	}
	if r.program = g; r.where.Target == "" {
		return nil
	}
	far, err := newElsewhere(g, p.Kept)
	if err != nil {
		return err
	}
	r.program = far
	return nil
}

// begin gives the variables their first values, or those of the last checkpoint.
func (r *run) begin(dir string, old *state) error {
	r.began = time.Now()
	r.epochBegan = r.began
	if dir == "" {
		r.state = &state{Version: stateVersion, Recipe: r.recipe}
		return r.first()
	}
	if old.Recipe.ValidSum == 0 && !old.untested() { // of a version that did not note it
		old.Recipe.ValidSum = r.ValidSum
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

// first gives the variables their first values.
func (r *run) first() error {
	if _, err := r.program.Run(nil, nil, []string{nets.Init}); err != nil {
		return fmt.Errorf("train: first weights: %w", err)
	}
	return r.whiten()
}

// differences names the settings that differ.
func differences(a, b recipe) string {
	return strings.Join(differ("", reflect.ValueOf(a), reflect.ValueOf(b)), ", ")
}

func differ(within string, a, b reflect.Value) (found []string) {
	for i := range a.NumField() {
		name, _, _ := strings.Cut(a.Type().Field(i).Tag.Get("json"), ",")
		x, y := a.Field(i), b.Field(i)
		switch {
		case reflect.DeepEqual(x.Interface(), y.Interface()):
		case x.Kind() == reflect.Struct:
			found = append(found, differ(within+name+".", x, y)...)
		default:
			found = append(found, fmt.Sprintf("%s was %v and is %v", within+name, x, y))
		}
	}
	return found
}

func (r *run) report(rate float64, done *Epoch) {
	if r.progress == nil {
		return
	}
	s, left := r.state, time.Duration(0)
	if did := s.Step - r.from; did > 0 {
		left = time.Duration(float64(time.Since(r.began)) / float64(did) * float64(r.total-s.Step))
	}
	n := r.train.looked() + r.valid.looked()
	r.progress(Progress{Epoch: (s.Step-1)/r.feeder.perStep + 1, Epochs: r.Epochs, Step: s.Step, Steps: r.total, Loss: s.Loss, Rate: rate, Peak: r.Rate, Left: left, Done: done,
		Prepared: n, Pictures: n})
}

func (r *run) result() *Result {
	res := &Result{History: r.state.History, Steps: r.total, Rate: r.Rate, Skipped: r.train.skipped, Unwritten: r.reports.errors(), Devices: r.where.Devices}
	if r.calibrates {
		res.Temperature = r.state.Temperature
	}
	if r.Patience.over(r.state.History) {
		res.Steps = r.state.Step
	}
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
	if r.release != nil {
		r.release()
	}
}
