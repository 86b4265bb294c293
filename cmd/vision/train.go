package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/gosight/vision/dataset"
	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/train"
)

func trainCommand() *command {
	c := newCommand("train", "", "fit a network to labelled pictures")
	var list strings.Builder
	for _, name := range train.Nets() {
		n, _ := train.ByName(name) // it is of the list
		fmt.Fprintf(&list, "  %-14s %s\n", name, n.About())
	}
	c.examples = `vision train -data photos -from scenes -out mine     new classes for a model
vision train -data photos -net resnet18 -out mine    a network from nothing
vision recognize -model mine photo.jpg`
	c.more = `It writes a SavedModel with its card and labels to -out, which "vision recognize -model" opens, and
TensorFlow in Python. The weights are those of the epoch with the highest validation accuracy.

-data is a folder or archive (tar, tar.gz) with train/CLASS/PICTURE, and val, valid, validation or test beside
train; or with CLASS/PICTURE, of which a tenth is kept for validation, if there are ten; no CLASS may be empty; or mnist:DIR, cifar10:PATH,
cifar100:PATH (100 classes) or cifar100-coarse:PATH (20), as archives, folders or pictures; imagenet:DIR, with the
archives of ILSVRC2012 or what was in them; tfrecord:PATTERN, files of tf.Example: a folder, a pattern, or
what comes before -00000-of-00010; or csv:FILE with lines of path,label or path,label,split.

With -from in place of -net the network is another model's, without its head: a new one is learnt on what
it sees in the pictures, in minutes, from some dozens of pictures a class on. -from is a SavedModel's folder, with a card as for
"vision recognize", or objects or scenes, which are built in. Unless they are said, -epochs is then 40, -batch 64, -lr 0.05
and -decay 0.005; options that change pictures do not go with it. -bf16, -device and
-exact say how it looks at the pictures, which takes nearly all of the time. The weights are those of the last epoch.
With -resume it looks at no picture twice, so other flags of the head are tried in seconds.

Several devices make a batch's step together; each has its part, evenly. With a server the pictures, the checkpoints
and the model stay here. A run is resumed on as many devices as it began on.

A run that was stopped, by control-C, a signal or a crash, goes on with -resume and the same flags.

With -json each line is an epoch: {"epoch", "rate", "loss", "accuracy", "valid_loss", "valid_accuracy",
"valid_pictures", "seconds"}. Accuracies are parts of 1.`
	var data, net, out string
	onceVar(c.flags, &data, "data", "the labelled pictures, `SET`")
	var sets setFlags
	sets.add(c)
	onceVar(c.flags, &net, "net", "the network, `NAME`: "+strings.Join(train.Nets(), ", "))
	onceVar(c.flags, &out, "out", "the folder to write to, `DIR`")
	from := addTuningFlags(c.flags)
	epochs := c.flags.Int("epochs", 10, "go through the pictures `N` times")
	batch := c.flags.Int("batch", 128, "`N` pictures a step")
	seed := c.flags.Int64("seed", 1, "`N` decides everything random")
	decay := c.flags.Float64("decay", 5e-4, "the weight decay, `D`")
	smoothing := c.flags.Float64("smoothing", 0, "the label smoothing, `S`")
	flip := c.flags.Bool("flip", false, "mirror half of the pictures")
	recipe := newRecipeFlags(c.flags)
	cutout := c.flags.Int("cutout", 0, "cover a square of `N` pixels a side")
	average := c.flags.Float64("average", 0, "keep moving averages of the weights with this decay, `D`, 0.999 for instance")
	adamw := c.flags.Bool("adamw", false, "take AdamW in place of stochastic gradient descent with Nesterov momentum")
	bf16 := c.flags.Bool("bf16", false, "compute in bfloat16 where the CPU can: faster for large networks; with -from it is that of -from")
	skip := c.flags.Bool("skip", false, "leave out pictures that cannot be read")
	half := c.flags.Bool("float16", false, "store the model's kernels as float16: half the room on the disk; it computes in float32 as ever")
	calibrate := c.flags.Bool("calibrate", false, "divide the model's logits by the temperature that makes its probabilities fit the validation part, which it wants, best")
	plainly := c.flags.Bool("plain", false, "write the model alone: no curves, no logs, no confusion matrix")
	resume := c.flags.Bool("resume", false, "go on from the last checkpoint in -out, if there is one")
	asJSON := jsonFlag(c.flags)
	c.run = func(ctx context.Context, a *app, args []string) error {
		switch {
		case len(args) > 0:
			return usagef("%q: pictures are named with -data", args[0])
		case from.from != "":
			return fineTune(ctx, a, c.flags, from, data, out, sets, *bf16, *asJSON)
		case data == "" || net == "" || out == "":
			return usagef("want -data, -net and -out; or -from in place of -net")
		}
		more, err := recipe.options()
		if err != nil {
			return err
		}
		if err := withoutFrom(c.flags); err != nil {
			return err
		}
		on, err := (&modelFlags{device: from.model.device}).runOptions()
		if err != nil {
			return err
		}
		n, err := train.ByName(net)
		if err != nil {
			return usagef("-net %s: there are\n%s", net, strings.TrimSuffix(list.String(), "\n"))
		}
		set, err := trainingData(a, data, out, sets)
		if err != nil {
			return err
		}
		p := newTrainingPrinter(a, *asJSON)
		p.tellRate = recipe.rate == "auto"
		opts := []train.Option{train.Out(out), train.Epochs(*epochs), train.Batch(*batch), train.Seed(*seed), train.WeightDecay(*decay),
			train.Smoothing(*smoothing), train.Cutout(*cutout), train.OnProgress(p.progress), train.On(on...)}
		for _, o := range []struct {
			said bool
			opt  train.Option
		}{{*flip, train.Flip()}, {*adamw, train.AdamW()}, {*bf16, train.BF16()}, {*skip, train.SkipBroken()},
			{*average != 0, train.Average(*average)}, {*resume, train.Resume()}, {*plainly, train.Plain()}, {*half, train.Float16()},
			{*calibrate, train.Calibrate()}} {
			if o.said {
				opts = append(opts, o.opt)
			}
		}
		opts = append(opts, more...)
		if err := wake(); err != nil {
			return &openError{err}
		}
		res, err := train.Fit(ctx, n, set, opts...)
		p.end(out, res, err)
		switch {
		case p.stopped(ctx, err):
		case p.err != nil:
			return p.err
		case err == nil && len(res.Unwritten) > 0:
			return errFailed
		}
		return inFlags(err, "-skip leaves out pictures that cannot be read, of a run that begins")
	}
	return c
}

// inFlags says what the library says of settings as a user of the command can act on it. skip is what to do about a broken picture.
func inFlags(err error, skip string) error {
	var setting *train.SettingError
	var occupied *train.OccupiedError
	var device *fault.DeviceError
	var model *fault.ModelError
	var file *dataset.FileError
	var format *fault.FormatError
	switch {
	case errors.As(err, &setting):
		return usagef("%s", setting.Reason)
	case errors.As(err, &occupied) && (occupied.Foreign || occupied.Busy):
		return usagef("%s", plain(err))
	case errors.As(err, &occupied):
		return usagef("%s; -resume goes on with it", plain(err))
	case errors.As(err, &device):
		if strings.Contains(device.Reason, "not a device name") {
			err = fmt.Errorf("%w, or grpc://host:port for a server", err)
		}
		return &openError{err}
	case errors.As(err, &model): // of a file of pictures, or of the model that looks at them
	case errors.As(err, &file):
		return fmt.Errorf("%w; %s", err, skip)
	case errors.As(err, &format):
		return &openError{err}
	}
	return err
}

// A trainingPrinter writes an epoch a line, and a bar on a terminal.
type trainingPrinter struct {
	a        *app
	json     bool
	tellRate bool // once; it was looked for
	epochs   int
	bar      *progressbar.ProgressBar
	err      error

	pictures bool // the bar counts them, not steps
}

func newTrainingPrinter(a *app, asJSON bool) *trainingPrinter {
	return &trainingPrinter{a: a, json: asJSON}
}

// stopped tells whether the user ended a run, and says how it goes on.
func (p *trainingPrinter) stopped(ctx context.Context, err error) bool {
	if ctx.Err() == nil || !errors.Is(err, context.Canceled) {
		return false
	}
	var unsaved *train.UnsavedError
	if errors.As(err, &unsaved) {
		fmt.Fprintf(p.a.err, "vision: %s; -resume goes on from the checkpoint before, if there is one\n", plain(err))
	} else {
		fmt.Fprintf(p.a.err, "vision: stopped; -resume goes on\n")
	}
	return true
}

func (p *trainingPrinter) progress(s train.Progress) {
	if s.Step == 0 {
		p.prepared(s)
		return
	}
	if p.pictures {
		p.bar, p.pictures = nil, false // one bar a part
	}
	p.step(s)
}

// prepared is progress of what is done with each picture before the first step.
func (p *trainingPrinter) prepared(s train.Progress) {
	p.pictures = true
	p.show(s.Prepared, s.Pictures, fmt.Sprintf("looking at pictures, %s left", brief(s.Left)))
}

func (p *trainingPrinter) step(s train.Progress) {
	if p.tellRate {
		p.tellRate = false
		fmt.Fprintf(p.a.err, "vision: the highest learning rate is %.3g\n", s.Peak)
	}
	p.show(s.Step, s.Steps, fmt.Sprintf("epoch %d/%d, loss %.4f, %s left", s.Epoch, s.Epochs, s.Loss, brief(s.Left)))
	if s.Done != nil {
		p.epochs = s.Epochs
		p.epoch(*s.Done, s.Epochs)
	}
}

// show moves the bar, on a terminal.
func (p *trainingPrinter) show(done, all int, text string) {
	if !terminal(p.a.err) {
		return
	}
	if p.bar == nil {
		p.bar = progressbar.NewOptions(all, progressbar.OptionSetWriter(p.a.err), progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(),
			progressbar.OptionSetPredictTime(false), progressbar.OptionSetWidth(16), progressbar.OptionThrottle(100*time.Millisecond))
	}
	p.bar.Describe(text)
	_ = p.bar.Set(done)
}

// brief writes a time to wait, to the minute if it is an hour or more, so that the bar fits into 80 columns.
func brief(d time.Duration) string {
	if d < time.Hour {
		return d.Round(time.Second).String()
	}
	d = d.Round(time.Minute)
	return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
}

func (p *trainingPrinter) epoch(e train.Epoch, epochs int) {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
	if p.json {
		if err := writeJSON(p.a, e); p.err == nil {
			p.err = err
		}
		return
	}
	line := fmt.Sprintf("epoch %d/%d  loss %.4f  accuracy %.4f", e.Number, epochs, e.Loss, e.Accuracy)
	if e.Tested > 0 {
		line += fmt.Sprintf("  validation: loss %.4f  accuracy %.4f", e.ValidLoss, e.ValidAccuracy)
	}
	if _, err := fmt.Fprintf(p.a.out, "%s  %.1f s\n", line, e.Seconds); p.err == nil {
		p.err = err
	}
}

// end says what there is.
func (p *trainingPrinter) end(out string, r *train.Result, err error) {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
	if r == nil {
		return
	}
	for _, e := range r.Skipped {
		fmt.Fprintf(p.a.err, "vision: left out: %s\n", plain(e))
	}
	for _, e := range r.Unwritten {
		fmt.Fprintf(p.a.err, "vision: %s\n", plain(e))
	}
	if err != nil || p.json {
		return
	}
	if n := len(r.History); n > 0 && n < p.epochs {
		fmt.Fprintf(p.a.err, "vision: ended after epoch %d of %d, by -patience\n", n, p.epochs)
	}
	line := fmt.Sprintf("%s: the weights of epoch %d", out, r.Best.Number)
	if r.Best.Tested > 0 {
		line += fmt.Sprintf(", validation accuracy %.4f", r.Best.ValidAccuracy)
	}
	if r.Temperature > 0 {
		line += fmt.Sprintf(", temperature %.3f", r.Temperature)
	}
	if _, err := fmt.Fprintln(p.a.out, line); p.err == nil {
		p.err = err
	}
}
