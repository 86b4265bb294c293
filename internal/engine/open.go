// Package engine joins the steps for the tasks: it opens a SavedModel with its card, and
// takes a picture through decode, preprocess, batch and session to output rows.
package engine

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/gosight/vision/internal/batch"
	"github.com/gosight/vision/internal/card"
	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/option"
	"github.com/gosight/vision/internal/preprocess"
	"github.com/gosight/vision/internal/session"
)

// DefaultBatch is the most pictures that one run takes, unless the caller or the
// graph says otherwise.
const DefaultBatch = 32

// Info says what is in force for an open model.
type Info struct {
	Name string `json:"name"`
	Task string `json:"task"`
	session.Info
	Card       string `json:"card"`       // where the card came from
	Preprocess string `json:"preprocess"` // what is done to a picture
	Exact      bool   `json:"exact"`
	MaxBatch   int    `json:"max_batch"`
}

// An Engine is an open model of one picture input. It is safe for concurrent use.
type Engine struct {
	Card *card.Card // complete; not to be changed

	cardFS   fs.FS
	cardPath string

	info    Info
	opts    option.Options
	model   *session.Model
	jpeg    *session.JPEG
	plan    *preprocess.Plan // nil for models that take the file itself
	input   session.Port
	batched bool // the input has a batch dimension
	fixed   int  // its size if the graph fixes it, else 0
	gate    chan struct{}
	rows    sync.Pool // of *row

	mu      sync.Mutex
	closed  bool
	running sync.WaitGroup
	queues  map[string]*batch.Queue[*row, []session.Tensor]
	done    sync.Once
	err     error
}

// A Place is where a model lies.
type Place struct {
	fsys fs.FS // nil: the machine's own file system
	dir  string
}

// Dir is the folder dir of the machine.
func Dir(dir string) Place { return Place{dir: dir} }

// FS is the folder dir of fsys, an embedded one for instance. A card that the caller
// names lies on the machine's file system all the same; else it is card.json beside the model in
// fsys.
func FS(fsys fs.FS, dir string) Place { return Place{fsys, dir} }

// Open opens the model at a place for one of the given tasks, and makes of it what
// finish returns: a task's own model, checked and warmed up. If finish fails, the engine is closed.
func Open[M any](at Place, tasks []string, finish func(*Engine) (M, error), opts ...option.Option) (M, error) {
	var none M
	e, err := at.open(tasks, opts)
	if err != nil {
		return none, err
	}
	m, err := finish(e)
	if err != nil {
		_ = e.Close()
		return none, err
	}
	return m, nil
}

func (at Place) open(tasks []string, opts []option.Option) (*Engine, error) {
	src, cf, o, err := at.find(opts)
	if err != nil {
		return nil, err
	}
	return open(src, cf, tasks, o)
}

// Read reads the model at a place and its card, completed from the graph, and starts nothing.
func (at Place) Read(tasks []string, opts ...option.Option) (*session.Saved, *card.Card, error) {
	src, cf, o, err := at.find(opts)
	if err != nil {
		return nil, nil, err
	}
	return read(src, cf, tasks, o)
}

// find finds model and card.
func (at Place) find(opts []option.Option) (session.Source, cardFile, option.Options, error) {
	o, err := option.Apply(opts...)
	if err == nil {
		err = o.Single()
	}
	if err != nil {
		return session.Source{}, cardFile{}, o, err
	}
	cf, src := cardFile{card.Disk(), ""}, session.Source{FS: at.fsys, Dir: at.dir, Name: at.dir}
	switch {
	case at.fsys == nil:
		src = session.Source{FS: os.DirFS(at.dir), Dir: ".", Host: at.dir, Name: filepath.ToSlash(filepath.Clean(at.dir))}
		cf.path, err = card.Find(o.Card, at.dir)
	case o.Card != "":
		cf.path, err = card.Find(o.Card, at.dir)
	default:
		cf.fsys = at.fsys
		cf.path, err = card.FindFS(at.fsys, "", at.dir)
	}
	if err != nil {
		// A wrong path of the model is the likelier mistake.
		if _, missing := session.Graphs(src); missing != nil {
			return src, cf, o, missing
		}
		return src, cf, o, err
	}
	cf.path = filepath.ToSlash(cf.path)
	return src, cf, o, nil
}

func open(src session.Source, cf cardFile, tasks []string, o option.Options) (*Engine, error) {
	saved, c, err := read(src, cf, tasks, o)
	if err != nil {
		return nil, err
	}
	name := src.Name
	if name == "." && c.Name != "" {
		name = c.Name // the root of an embedded file system says nothing
	}
	e := &Engine{Card: c, cardFS: cf.fsys, cardPath: cf.path, opts: o, queues: map[string]*batch.Queue[*row, []session.Tensor]{},
		gate: make(chan struct{}, runtime.GOMAXPROCS(0))}
	e.info = Info{Name: name, Task: c.Task, Card: cf.String(o), Exact: o.Exact}
	if err := e.prepare(saved); err != nil {
		return nil, err
	}
	if e.model, err = saved.Start(session.Config{Options: o, Constants: c.Constants, Keep: inner(c, saved)}); err != nil {
		return nil, err
	}
	e.info.Info = e.model.Info()
	if e.jpeg, err = session.NewJPEG(o.Process); err != nil {
		_ = e.model.Close()
		return nil, err
	}
	return e, nil
}

// read parses the model and its card, and completes the card from the graph.
func read(src session.Source, cf cardFile, tasks []string, o option.Options) (*session.Saved, *card.Card, error) {
	c, err := cf.card(o)
	if err != nil {
		return nil, nil, err
	}
	if c == nil {
		// A wrong path is the likelier mistake: a card is asked for where there is a model.
		if _, err := session.Graphs(src); err != nil {
			return nil, nil, err
		}
		return nil, nil, &fault.ModelError{Model: src.Name, What: "card",
			Want: "card.json beside the model, a card named with vision.Card or -card, or a preset; doc/cards.md tells how to write one",
			Got:  "none"}
	}
	if c.Task != "" && !slices.Contains(tasks, c.Task) { // what else a card for another task lacks is beside the point
		return nil, nil, &fault.ModelError{Model: src.Name, What: "card", Want: "task " + strings.Join(tasks, " or "), Got: c.Task}
	}
	if len(c.SHA256) > 0 {
		folder, err := fs.Sub(src.FS, src.Dir)
		if err != nil {
			return nil, nil, fmt.Errorf("vision: model %s: %w", src.Name, err)
		}
		if err := c.CheckFiles(folder); err != nil {
			return nil, nil, err
		}
	}
	tags, sig := c.Tags, c.Signature
	if o.Tags != nil {
		tags = o.Tags
	}
	if o.Sig != "" {
		sig = o.Sig
	}
	saved, err := session.Read(src, tags, sig)
	if err != nil {
		return nil, nil, err
	}
	if err := c.Complete(ports(saved.Inputs()), ports(saved.Outputs())); err != nil {
		return nil, nil, fmt.Errorf("vision: model %s: %w", src.Name, err)
	}
	return saved, c, nil
}

func ports(ps []session.Port) []card.Port {
	out := make([]card.Port, len(ps))
	for i, p := range ps {
		out[i] = card.Port(p)
	}
	return out
}

// prepare compiles the preprocessing and reads the batch dimension.
func (e *Engine) prepare(saved *session.Saved) error {
	in := &e.Card.Input
	for _, p := range saved.Inputs() {
		if p.Key == in.Name {
			e.input = p
		}
	}
	pictureDims := 3
	switch {
	case in.Encoded:
		pictureDims = 0
		e.info.Preprocess = "the picture's file as it is"
	case e.input.DType == "float32" || e.input.DType == "uint8":
		elem := preprocess.Float
		if e.input.DType == "uint8" {
			elem = preprocess.Byte
		}
		plan, err := preprocess.New(*in, elem)
		if err != nil {
			return err
		}
		e.plan, e.info.Preprocess = plan, plan.String()
	default:
		return &fault.ModelError{Model: e.info.Name, What: "input " + in.Name, Want: "float32, uint8 or string", Got: e.input.DType}
	}
	if in.Layout == "NHW" {
		pictureDims = 2
	}
	max := DefaultBatch
	if e.opts.MaxBatch > 0 {
		max = e.opts.MaxBatch
	}
	shape := e.input.Shape
	e.batched = in.Layout != "HWC" && (shape == nil || len(shape) > pictureDims)
	switch {
	case !e.batched, in.Resize.Mode == "none" && !in.Encoded:
		max = 1 // pictures of different sizes do not stack
	case shape != nil && shape[0] > 0:
		e.fixed, max = int(shape[0]), int(shape[0])
	}
	if e.batched && shape != nil && shape[0] > 0 {
		e.fixed = int(shape[0])
	}
	e.info.MaxBatch = max
	return nil
}

// inner returns the features that the card names, unless they are an output.
func inner(c *card.Card, saved *session.Saved) []string {
	f := c.Output.Features
	if f == "" || slices.ContainsFunc(saved.Outputs(), func(p session.Port) bool { return p.Key == f }) {
		return nil
	}
	return []string{f}
}

// Info returns what is in force.
func (e *Engine) Info() Info { return e.info }

// Model returns the session, for tasks that fetch more than one output.
func (e *Engine) Model() *session.Model { return e.model }
