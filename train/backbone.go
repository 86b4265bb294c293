package train

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	corepb "github.com/wamuir/graft/tensorflow/core/protobuf/for_core_protos_go_proto"
	"google.golang.org/protobuf/proto"

	"github.com/gosight/vision"
	"github.com/gosight/vision/internal/backbone"
	"github.com/gosight/vision/internal/card"
	"github.com/gosight/vision/internal/engine"
	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/option"
	"github.com/gosight/vision/internal/raster"
	"github.com/gosight/vision/internal/savedmodel"
	"github.com/gosight/vision/internal/session"
)

// classifiers are the tasks whose models FineTune takes.
var classifiers = [...]string{"recognize", "scene"}

// A trunk is the model without its head, open to compute features.
type trunk struct {
	*backbone.Backbone
	name   string     // of the base
	card   *card.Card // of the base, to be fed as the finished model will be
	engine *engine.Engine
	count  int    // features a picture
	pb     []byte // the graph that computes them
}

// openTrunk takes the head off base and starts what is left. Scratch files go to the folder out while it starts.
func openTrunk(ctx context.Context, base Base, h head, out string) (*trunk, error) {
	saved, c, err := base.at.Read(classifiers[:], base.opts...)
	if err != nil {
		return nil, err
	}
	t := &trunk{name: saved.Name(), card: c}
	if h.squash {
		if c.Input.Width == 0 || c.Input.Height == 0 || c.Input.Encoded {
			return nil, &SettingError{fmt.Sprintf("squash: want a model whose pictures have one size, got %s, which takes any", t.name)}
		}
		c.Input.Resize = card.Resize{Mode: "squash", Resampler: c.Input.Resize.Resampler}
	}
	if c.Input.Layout == "HWC" {
		return nil, &fault.ModelError{Model: t.name, What: "input " + c.Input.Name, Want: "a dimension of the batch", Got: "one picture alone"}
	}
	if err := t.cut(saved, h); err != nil {
		return nil, err
	}
	// Ranks are not in a GraphDef: TensorFlow tells them.
	raw, err := t.start(out, t.Raw(), base.opts)
	if err != nil {
		return nil, err
	}
	shapes, err := t.shapes(ctx, raw)
	_ = raw.Close()
	if err != nil {
		return nil, err
	}
	if t.count, err = t.Join(shapes); err != nil {
		return nil, err
	}
	t.engine, err = t.start(out, t.Features(), base.opts)
	return t, err
}

// cut finds the features: as they are named, or before the head of the card's output.
func (t *trunk) cut(saved *session.Saved, h head) error {
	named := cmp.Or(h.tensor, t.card.Output.Features)
	isOutput := slices.ContainsFunc(saved.Outputs(), func(p session.Port) bool { return p.Key == named })
	var keep []string
	if named != "" && !isOutput {
		keep = []string{named}
	}
	g, sig, err := saved.Freeze(keep...)
	if err != nil {
		return fmt.Errorf("train: the features of %s: %w", t.name, err)
	}
	tensor, nchw := g.Kept[named], t.card.Input.Layout == "NCHW"
	switch {
	case isOutput:
		tensor = g.Outputs[named]
	case named == "":
		var dims []int64
		if tensor, dims, err = g.Features(t.card.Output.Name); err != nil {
			return fmt.Errorf("train: %s has no features that a head could be put on: %w", t.name, err)
		}
		nchw = len(dims) == 4 && dims[3] < 0
	}
	layers := DefaultLayers
	if h.layers != nil {
		layers = *h.layers
	}
	t.Backbone, err = backbone.New(g, sig.Inputs, tensor, nchw, layers)
	return err
}

// start opens a graph of the backbone as the base would be opened: same preprocessing, devices, batches.
func (t *trunk) start(out string, meta *corepb.MetaGraphDef, opts []vision.Option) (*engine.Engine, error) {
	var err error
	if t.pb, err = marshal(meta); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(out, unfinished+"*")
	if err != nil {
		return nil, fmt.Errorf("train: features: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	c := engine.CardText(&card.Card{Task: "other", Input: t.card.Input, Constants: t.card.Constants})
	for name, data := range map[string][]byte{modelFile: t.pb, "card.json": c} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return nil, fmt.Errorf("train: features: %w", err)
		}
	}
	own := func(o *option.Options) error { // what was said of the base's folder
		o.Card, o.Cards, o.Preset, o.Presets, o.Tags, o.Sig = "", nil, "", nil, nil, ""
		return nil
	}
	e, err := engine.Open(engine.Dir(dir), []string{"other"}, func(e *engine.Engine) (*engine.Engine, error) { return e, nil }, append(opts[:len(opts):len(opts)], own)...)
	if err != nil {
		return nil, fmt.Errorf("train: the features of %s: %w", t.name, err)
	}
	return e, nil
}

// shapes runs a black picture and returns the shapes of the taps without the batch.
func (t *trunk) shapes(ctx context.Context, raw *engine.Engine) ([][]int64, error) {
	w, h := t.card.Input.Width, t.card.Input.Height
	if w == 0 || h == 0 {
		w, h = 256, 256
	}
	outs, _, err := raw.Run(ctx, raster.New(w, h), t.Taps()...)
	if err != nil {
		return nil, fmt.Errorf("train: the features of %s: %w", t.name, err)
	}
	var shapes [][]int64
	for _, o := range outs {
		if _, err := o.Floats(); err != nil {
			return nil, &fault.ModelError{Model: t.name, What: "features", Want: "float32", Err: err}
		}
		shapes = append(shapes, o.Shape)
	}
	return shapes, nil
}

func (t *trunk) close() {
	if t != nil && t.engine != nil {
		_ = t.engine.Close()
	}
}

// mostOfMessage is how many bytes protobuf can hold in one message.
const mostOfMessage = 1<<31 - 1

// marshal writes a SavedModel of constants.
func marshal(meta *corepb.MetaGraphDef) ([]byte, error) {
	if n := proto.Size(meta); n > mostOfMessage-64 {
		return nil, &fault.LimitError{What: "bytes of weights", Got: int64(n), Max: mostOfMessage - 64}
	}
	meta.MetaInfoDef.TensorflowVersion = session.Version()
	return savedmodel.Marshal(meta)
}
