package engine

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gosight/vision/internal/card"
	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/option"
	"github.com/gosight/vision/internal/session"
)

// An Inspection is what can be said of a SavedModel: what its file holds and, as far as
// that goes, what would run.
type Inspection struct {
	Name     string          `json:"model"`
	Graphs   []session.Graph `json:"graphs"`
	Info     *Info           `json:"info"`               // what is in force when opened; null if it does not open
	Card     *card.Card      `json:"card"`               // completed from the graph; null if there is none or it cannot be completed
	Labels   []string        `json:"labels,omitempty"`   // names of the rows, if they are known
	Features *Features       `json:"features,omitempty"` // what Embed returns
	Draft    *Draft          `json:"draft,omitempty"`    // a card to fill in, where there is none
	Problems []string        `json:"problems,omitempty"` // why the model does not open as asked
}

// Features is the tensor before the classification head of the card's output.
type Features struct {
	Output string  `json:"output"`
	Tensor string  `json:"tensor"`
	Shape  []int64 `json:"shape"` // -1: not known
	Why    string  `json:"why,omitempty"`
}

// Inspect reports on the SavedModel in folder dir, with a card or without. A folder that
// holds none that can be read, or a card that was asked for and is not there, is an
// error; all that keeps a readable model from opening is among Problems.
func Inspect(dir string, opts ...option.Option) (*Inspection, error) {
	o, err := option.Apply(opts...)
	if err != nil {
		return nil, err
	}
	src := session.Source{FS: os.DirFS(dir), Dir: ".", Host: dir, Name: filepath.ToSlash(filepath.Clean(dir))}
	in := &Inspection{Name: src.Name}
	if in.Graphs, err = session.Graphs(src); err != nil {
		return nil, err
	}
	path, err := card.Find(o.Card, dir)
	if err != nil {
		return nil, err
	}
	if path == "" && o.Preset == "" {
		in.bare(src, o)
		return in, nil
	}
	cf := cardFile{card.Disk(), filepath.ToSlash(path)}
	e, err := open(src, cf, card.Tasks(), o)
	if err != nil {
		if c, cardErr := cf.card(o); cardErr == nil && c.Task == "other" {
			// No package runs it: what its card leaves open keeps nobody from loading it.
			in.Card = c
			tags := c.Tags
			if o.Tags != nil {
				tags = o.Tags
			}
			if saved, err := session.Read(src, tags, cmp.Or(o.Sig, c.Signature)); err == nil {
				in.start(saved, src, o)
				return in, nil
			}
		}
		in.problem(err)
		return in, nil
	}
	defer func() { _ = e.Close() }()
	info := e.Info()
	in.Info, in.Card = &info, e.Card
	if in.Labels, err = e.Labels(e.Rows()); err != nil {
		in.problem(err)
	}
	in.features(e)
	return in, nil
}

// bare opens the model without a card and drafts one.
func (in *Inspection) bare(src session.Source, o option.Options) {
	saved, err := session.Read(src, o.Tags, o.Sig)
	if err != nil {
		in.problem(err)
		in.Draft = choiceDraft(in.Graphs)
		return
	}
	in.Draft = draft(ports(saved.Inputs()), ports(saved.Outputs()))
	in.start(saved, src, o)
}

// start loads the model alone, without what a card says.
func (in *Inspection) start(saved *session.Saved, src session.Source, o option.Options) {
	m, err := saved.Start(session.Config{Options: o})
	if err != nil {
		in.problem(err)
		return
	}
	defer func() { _ = m.Close() }()
	in.Info = &Info{Name: src.Name, Info: m.Info()}
}

// features finds the tensor before the head of the card's output.
func (in *Inspection) features(e *Engine) {
	c := e.Card
	if c.Task != "recognize" && c.Task != "scene" {
		return
	}
	in.Features = &Features{Output: c.Output.Name, Tensor: c.Output.Features}
	if c.Output.Features != "" {
		return
	}
	var err error
	if in.Features.Tensor, in.Features.Shape, err = e.Features(c.Output.Name); err != nil {
		in.Features.Why = plain(err)
	}
}

// problem notes each of the errors that err joins.
func (in *Inspection) problem(err error) {
	var c *card.Error
	if errors.As(err, &c) {
		for _, line := range c.Lines() {
			in.Problems = append(in.Problems, c.Subject()+": "+line)
		}
		return
	}
	for _, e := range parts(err) {
		in.Problems = append(in.Problems, plain(e))
	}
}

// parts takes apart what errors.Join put together, also behind a wrapping.
func parts(err error) []error {
	for e := err; e != nil; e = errors.Unwrap(e) {
		if j, ok := e.(interface{ Unwrap() []error }); ok {
			return j.Unwrap()
		}
	}
	return []error{err}
}

// plain is an error's message without the name of the project.
func plain(err error) string { return strings.TrimPrefix(err.Error(), "vision: ") }

// A Question is one field of a card that only its writer can know.
type Question struct {
	Field string `json:"field"`
	Want  string `json:"want"` // possible values
	Why   string `json:"why,omitempty"`
}

// questions returns what a card asks for when it is completed.
func questions(err error) []Question {
	var qs []Question
	for _, e := range parts(err) {
		var me *fault.ModelError
		if !errors.As(e, &me) {
			continue
		}
		field, want, ok := strings.Cut(me.Want, " to be ")
		if !ok {
			continue
		}
		why, _, _ := strings.Cut(strings.TrimPrefix(me.Got, "nothing: "), "; see ")
		if len(me.Have) > 0 {
			why = fmt.Sprintf("%s; there are: %s", me.Got, strings.Join(me.Have, ", "))
		}
		qs = append(qs, Question{field, want, why})
	}
	return qs
}
