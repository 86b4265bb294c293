package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/gosight/vision"
	"github.com/gosight/vision/models/objects"
	"github.com/gosight/vision/models/scenes"
	"github.com/gosight/vision/train"
)

// tuningFlags are the flags of train that go with -from.
type tuningFlags struct {
	from, features string
	model          modelFlags // card, preset and how it runs
	layers, hidden int
	dropout        float64
	squash         bool
}

// addTuningFlags adds them to those of train.
func addTuningFlags(f *flag.FlagSet) *tuningFlags {
	t := &tuningFlags{}
	onceVar(f, &t.from, "from", "in place of -net: put new classes on the features of `MODEL`, a SavedModel's folder, or objects or scenes, which are built in")
	onceVar(f, &t.model.card, "card", "with -from: the model's card: `FILE|DIR`, a file, or a folder with a card named after the model's folder")
	onceVar(f, &t.model.preset, "preset", "with -from: the known family, `NAME`, that the model is of; doc/cards.md lists them")
	onceVar(f, &t.model.device, "device", "where to compute: `NAME` is cpu, gpu:1, /device:CPU:2 or grpc://host:port; several devices, with commas, share each batch (default cpu)")
	f.BoolVar(&t.model.exact, "exact", false, "with -from: decode and prepare pictures bit for bit as the model's reference does: slower")
	onceVar(f, &t.features, "features", "with -from: the features, a `TENSOR` as \"op:0\" or an output, where they are not found")
	f.IntVar(&t.layers, "layers", train.DefaultLayers, "with -from: read what the last `N` convolutions before the features read, too")
	f.IntVar(&t.hidden, "hidden", 0, "with -from: a layer of `N` units between features and classes")
	f.Float64Var(&t.dropout, "dropout", 0, "with -from: the dropout before the classes, `P`")
	f.BoolVar(&t.squash, "squash", false, "with -from: show the network the whole picture, squashed, where its card cuts the sides off")
	return t
}

// tuningOptions makes options of the flags of train that were given with -from; what is not among them goes with -net.
func tuningOptions(f *flag.FlagSet) (opts []train.TuneOption, err error) {
	known := map[string]func(any) train.TuneOption{
		"epochs": valued(train.Epochs), "batch": valued(train.Batch), "layers": valued(train.Layers), "hidden": valued(train.Hidden),
		"decay": valued(train.WeightDecay), "smoothing": valued(train.Smoothing), "average": valued(train.Average), "dropout": valued(train.Dropout),
		"adamw": switched(train.AdamW), "balanced": switched(train.Balanced), "skip": switched(train.SkipBroken), "resume": switched(train.Resume), "squash": switched(train.Squash),
		"seed": valued(train.Seed), "plain": switched(train.Plain),
	}
	elsewhere := []string{"from", "card", "preset", "device", "exact", "bf16", "features", "data", "label-offset", "out", "json"}
	f.Visit(func(fl *flag.Flag) {
		make := known[fl.Name]
		get, ok := fl.Value.(flag.Getter)
		switch {
		case err != nil:
		case fl.Name == "net":
			err = usagef("-net and -from: want one of them")
		case fl.Name == "lr": // whose default, 0, goes with -net
			rate, bad := strconv.ParseFloat(fl.Value.String(), 64)
			if bad != nil || !(rate > 0) || math.IsInf(rate, 0) {
				err = usagef("-lr %s: want a number above 0", fl.Value)
				return
			}
			opts = append(opts, train.Rate(rate))
		case make != nil && ok:
			opts = append(opts, make(get.Get()))
		case !slices.Contains(elsewhere, fl.Name):
			err = usagef("-%s goes with -net, not with -from", fl.Name)
		}
	})
	return opts, err
}

// valued is an option that takes the value of its flag.
func valued[V any, O train.TuneOption](option func(V) O) func(any) train.TuneOption {
	return func(v any) train.TuneOption { return option(v.(V)) }
}

// switched is an option whose flag is true or false.
func switched[O train.TuneOption](option func() O) func(any) train.TuneOption {
	return func(v any) train.TuneOption {
		if v == true {
			return option()
		}
		return nil
	}
}

// withoutFrom refuses what goes with -from alone.
func withoutFrom(f *flag.FlagSet) (err error) {
	f.Visit(func(fl *flag.Flag) {
		if strings.HasPrefix(fl.Usage, "with -from:") {
			err = usagef("-%s goes with -from", fl.Name)
		}
	})
	return err
}

// base finds the model that -from names; bf16 is that of train's flags, which here is the model's: learning the head takes seconds.
func (t *tuningFlags) base(bf16 bool) (train.Base, error) {
	t.model.bf16 = bf16
	opts, err := t.model.options()
	if err != nil {
		return train.Base{}, err
	}
	if _, err := os.Stat(t.from); err != nil {
		for name, fsys := range map[string]fs.FS{"objects": objects.FS(), "scenes": scenes.FS()} {
			if t.from == name {
				return train.FromFS(fsys, ".", opts...), nil
			}
		}
		return train.Base{}, usagef("-from %s: %s; want a SavedModel's folder, objects or scenes", t.from, plain(err))
	}
	return train.From(t.from, opts...), nil
}

// fineTune is train with -from.
func fineTune(ctx context.Context, a *app, f *flag.FlagSet, t *tuningFlags, data, out string, sets setFlags, bf16, asJSON bool) error {
	if data == "" || out == "" {
		return usagef("want -data, -from and -out")
	}
	opts, err := tuningOptions(f)
	if err != nil {
		return err
	}
	if t.features != "" {
		opts = append(opts, train.FeatureTensor(t.features))
	}
	base, err := t.base(bf16)
	if err != nil {
		return err
	}
	set, err := trainingData(a, data, out, sets)
	if err != nil {
		return err
	}
	p := newTrainingPrinter(a, asJSON)
	if err := wake(); err != nil {
		return &openError{err}
	}
	res, err := train.FineTune(ctx, base, set, append(opts, train.Out(out), train.OnProgress(p.progress))...)
	p.end(out, res, err)
	var model *vision.ModelError
	var device *vision.DeviceError
	switch {
	case p.stopped(ctx, err):
	case p.err != nil:
		return p.err
	case errors.As(err, &model) && model.What == "card" && model.Got == "none":
		return &openError{fmt.Errorf("model %s has no card: put card.json beside saved_model.pb, or name one with -card, or a family with -preset", t.from)}
	case errors.As(err, &device):
		return notADevice(err, device)
	case errors.As(err, &model):
		return &openError{err}
	case err == nil && len(res.Unwritten) > 0:
		return errFailed
	}
	return inFlags(err, "-skip -resume goes on without pictures that cannot be read")
}
