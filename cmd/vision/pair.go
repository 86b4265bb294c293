package main

import (
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/gosight/vision"
)

// A modelPair are the flags of a command whose task has two models.
type modelPair struct {
	modelFlags
	jobs [2]string // what the models do: detector, recognizer
}

// addModelPairFlags adds the flags that name two models, by what they do, and say how they are
// opened.
func addModelPairFlags(fs *flag.FlagSet, first, second string) *modelPair {
	p := &modelPair{jobs: [2]string{first, second}}
	onceVar(fs, &p.model, "model", fmt.Sprintf("the SavedModels' folders, `DIR[,DIR]`: %s, %s", first, second))
	onceVar(fs, &p.card, "card", "the models' cards: `FILE|DIR[,FILE|DIR]`, a file or a folder for each, or one folder with cards named after the models' folders; one left empty is that model's own card.json")
	onceVar(fs, &p.preset, "preset", "the known families, `NAME[,NAME]`, that the models are of, one for each; one may be left empty; doc/cards.md lists them")
	p.addRunFlags(fs)
	return p
}

// folders returns the folders of the models, and what else the flags say. At least
// the first least models must be named, 1 or 2; the folder of one that is not is "".
func (p *modelPair) folders(least int) (dirs [2]string, opts []vision.Option, err error) {
	if p.model == "" {
		return dirs, nil, usagef("want -model %s", p.form(least))
	}
	list := parts(p.model)
	for _, dir := range list {
		if dir == "" {
			return dirs, nil, usagef("-model %s: want names between the commas", p.model)
		}
	}
	if len(list) < least || len(list) > 2 {
		return dirs, nil, usagef("-model %s: want %s, got %d", p.model, p.form(least), len(list))
	}
	copy(dirs[:], list)
	if opts, err = p.runOptions(); err != nil {
		return dirs, nil, err
	}
	for _, v := range []struct {
		flag, value string
		option      func(...string) vision.Option
		forAll      func(string) bool // one value may stand for both models
	}{{"card", p.card, vision.Card, isFolder}, {"preset", p.preset, vision.Preset, func(string) bool { return false }}} {
		values := parts(v.value)
		switch {
		case v.value == "":
			continue
		case len(values) != len(list) && !(len(values) == 1 && v.forAll(v.value)):
			return dirs, nil, usagef("-%s %s: want %d, one for each model, got %d", v.flag, v.value, len(list), len(values))
		}
		opts = append(opts, v.option(values...))
	}
	return dirs, opts, nil
}

// form is how -model is written.
func (p *modelPair) form(least int) string {
	one, two := strings.ToUpper(p.jobs[0]), strings.ToUpper(p.jobs[1])
	if least < 2 {
		return one + " or " + one + "," + two
	}
	return one + "," + two
}

// parts cuts a list at its commas, unless a file has them in its name.
func parts(list string) []string {
	if _, err := os.Stat(list); err == nil {
		return []string{list}
	}
	return strings.Split(list, ",")
}

func isFolder(name string) bool {
	st, err := os.Stat(name)
	return err == nil && st.IsDir()
}
