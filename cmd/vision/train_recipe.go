package main

import (
	"flag"
	"math"
	"strconv"
	"strings"

	"github.com/gosight/vision/train"
)

// recipeFlags are the flags of train that say how pictures are changed and mixed, what their losses weigh, how the
// rate is chosen and when the run ends early.
type recipeFlags struct {
	rate, jitter                    string
	crop, patience, lossPatience    int
	resized, mixup, cutmix, mixPart float64
	alternate, reflect, balanced    bool
}

func newRecipeFlags(f *flag.FlagSet) *recipeFlags {
	r := &recipeFlags{}
	f.StringVar(&r.rate, "lr", "0", "the highest learning rate, `R`; 0 is what suits the network, auto looks for it")
	f.BoolVar(&r.alternate, "alternating-flip", false, "mirror each picture in every other epoch")
	f.IntVar(&r.crop, "crop", 0, "move pictures by up to `N` pixels")
	f.BoolVar(&r.reflect, "reflect", false, "fill what -crop moves in with the picture reflected at its edge, not with the mean colour")
	f.Float64Var(&r.resized, "resized-crop", 0, "show a part of each picture, of at least `A` of its area, 0.08 for instance, stretched to the size")
	f.StringVar(&r.jitter, "jitter", "", "change brightness, contrast and saturation by up to these parts, and the hue by up to this part of a turn: `B,C,S,H`, 0.4,0.4,0.4,0.1 for instance")
	f.Float64Var(&r.mixup, "mixup", 0, "mix pictures in pairs, in parts drawn from Beta(`A`, A), 0.2 for instance")
	f.Float64Var(&r.cutmix, "cutmix", 0, "cover a box in each picture with another, its area drawn from Beta(`A`, A), 1 for instance")
	f.Float64Var(&r.mixPart, "mix-part", 1, "the part, `P`, of the batches that -mixup and -cutmix change")
	f.BoolVar(&r.balanced, "balanced", false, "weigh the losses of rare classes more, by the inverse of their frequency")
	f.IntVar(&r.patience, "patience", 0, "end the run after `N` epochs of no better validation accuracy; 0 is never")
	f.IntVar(&r.lossPatience, "loss-patience", 0, "end the run after `N` epochs of no lower validation loss; 0 is never")
	return r
}

// options returns what was asked for.
func (r *recipeFlags) options() ([]train.Option, error) {
	var opts []train.Option
	rate, err := strconv.ParseFloat(r.rate, 64)
	switch {
	case r.rate == "auto":
		opts = append(opts, train.AutoRate())
	case err != nil || !(rate >= 0) || math.IsInf(rate, 0):
		return nil, usagef("-lr %s: want a number above 0, or auto", r.rate)
	case rate > 0:
		opts = append(opts, train.Rate(rate))
	}
	switch {
	case r.reflect && r.crop == 0:
		return nil, usagef("-reflect: want -crop with it")
	case r.patience != 0 && r.lossPatience != 0:
		return nil, usagef("want -patience or -loss-patience, got both")
	case r.mixPart != 1 && r.mixup == 0 && r.cutmix == 0:
		return nil, usagef("-mix-part: want -mixup or -cutmix with it")
	}
	if r.jitter != "" {
		var by [4]float64
		fields := strings.Split(r.jitter, ",")
		for i, f := range fields {
			v, err := strconv.ParseFloat(strings.TrimSpace(f), 64)
			if err != nil || len(fields) != len(by) {
				return nil, usagef("-jitter %s: want four numbers, for brightness, contrast, saturation and hue", r.jitter)
			}
			by[i] = v
		}
		opts = append(opts, train.ColorJitter(by[0], by[1], by[2], by[3]))
	}
	for _, o := range []struct {
		said bool
		opt  train.Option
	}{{!r.reflect, train.PadCrop(r.crop)}, {r.reflect, train.ReflectCrop(r.crop)}, {r.alternate, train.AlternatingFlip()},
		{r.resized != 0, train.RandomResizedCrop(r.resized)}, {r.mixup != 0, train.Mixup(r.mixup)}, {r.cutmix != 0, train.CutMix(r.cutmix)},
		{r.mixPart != 1, train.MixPart(r.mixPart)}, {r.balanced, train.Balanced()}, {r.patience != 0, train.Patience(r.patience)},
		{r.lossPatience != 0, train.PatienceOnLoss(r.lossPatience)}} {
		if o.said {
			opts = append(opts, o.opt)
		}
	}
	return opts, nil
}
