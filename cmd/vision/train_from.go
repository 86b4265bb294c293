package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/gosight/vision"
	"github.com/gosight/vision/models/objects"
	"github.com/gosight/vision/models/scenes"
	"github.com/gosight/vision/train"
)

// tuningFlags are the flags of train that go with -from.
type tuningFlags struct {
	from, card, preset, features string
	layers, hidden               int
	dropout                      float64
	squash                       bool
}

// addTuningFlags adds them to those of train.
func addTuningFlags(f *flag.FlagSet) *tuningFlags {
	t := &tuningFlags{}
	onceVar(f, &t.from, "from", "in place of -net: put new classes on the features of `MODEL`, a SavedModel's folder, or objects or scenes, which are built in")
	onceVar(f, &t.card, "card", "with -from: the model's card: `FILE|DIR`, a file, or a folder with a card named after the model's folder")
	onceVar(f, &t.preset, "preset", "with -from: the known family, `NAME`, that the model is of; doc/cards.md lists them")
	onceVar(f, &t.features, "features", "with -from: the features, a `TENSOR` as \"op:0\" or an output, where they are not found")
	f.IntVar(&t.layers, "layers", train.DefaultLayers, "with -from: read what the last `N` convolutions before the features read, too")
	f.IntVar(&t.hidden, "hidden", 0, "with -from: a layer of `N` units between features and classes")
	f.Float64Var(&t.dropout, "dropout", 0, "with -from: the dropout before the classes, `P`")
	f.BoolVar(&t.squash, "squash", false, "with -from: show the network the whole picture, squashed, where its card cuts the sides off")
	return t
}

// tuningOptions makes options of the flags of train that go with -from, too.
func tuningOptions(f *flag.FlagSet, t *tuningFlags) (opts []train.Option, err error) {
	own := []string{"from", "card", "preset", "data", "out", "json"}
	f.Visit(func(fl *flag.Flag) {
		get, ok := fl.Value.(flag.Getter)
		if !ok || slices.Contains(own, fl.Name) {
			if fl.Name == "features" {
				opts = append(opts, train.FeatureTensor(t.features))
			} else if fl.Name == "net" {
				err = usagef("-net and -from: want one of them")
			}
			return
		}
		switch v := get.Get().(type) {
		case int:
			switch fl.Name {
			case "epochs":
				opts = append(opts, train.Epochs(v))
			case "batch":
				opts = append(opts, train.Batch(v))
			case "layers":
				opts = append(opts, train.Layers(v))
			case "hidden":
				opts = append(opts, train.Hidden(v))
			default:
				err = usagef("-%s goes with -net, not with -from", fl.Name)
			}
		case int64:
			opts = append(opts, train.Seed(v)) // the only one
		case float64:
			of := map[string]func(float64) train.Option{"lr": train.Rate, "decay": train.WeightDecay, "smoothing": train.Smoothing,
				"average": train.Average, "dropout": train.Dropout}[fl.Name]
			if of == nil {
				err = usagef("-%s goes with -net, not with -from", fl.Name)
			} else if fl.Name != "lr" || v != 0 {
				opts = append(opts, of(v))
			}
		case bool:
			of, ok := map[string]func() train.Option{"adamw": train.AdamW, "bf16": train.BF16, "skip": train.SkipBroken, "resume": train.Resume,
				"squash": train.Squash}[fl.Name]
			if !ok && v {
				err = usagef("-%s goes with -net, not with -from", fl.Name)
			} else if v {
				opts = append(opts, of())
			}
		}
	})
	return opts, err
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

// base finds the model that -from names.
func (t *tuningFlags) base() (train.Base, error) {
	opts := []vision.Option{vision.Card(t.card), vision.Preset(t.preset)}
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
func fineTune(ctx context.Context, a *app, f *flag.FlagSet, t *tuningFlags, data, out string, asJSON bool) error {
	if data == "" || out == "" {
		return usagef("want -data, -from and -out")
	}
	opts, err := tuningOptions(f, t)
	if err != nil {
		return err
	}
	base, err := t.base()
	if err != nil {
		return err
	}
	set, v, err := trainingSet(data)
	if err != nil {
		return err
	}
	if v == nil {
		set, v = set.Split(10)
	}
	p := newTrainingPrinter(a, asJSON)
	if err := wake(); err != nil {
		return &openError{err}
	}
	res, err := train.FineTune(ctx, base, train.Data{Train: set, Valid: v}, append(opts, train.Out(out), train.OnProgress(p.tuning))...)
	p.end(out, res, err)
	var model *vision.ModelError
	switch {
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		fmt.Fprintf(a.err, "vision: stopped; -resume goes on\n")
	case p.err != nil:
		return p.err
	case errors.As(err, &model) && model.What == "card" && model.Got == "none":
		return &openError{fmt.Errorf("model %s has no card: put card.json beside saved_model.pb, or name one with -card, or a family with -preset", t.from)}
	case errors.As(err, &model):
		return &openError{err}
	}
	return inFlags(err)
}
