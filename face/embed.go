package face

import (
	"context"
	"errors"
	"fmt"
	"image"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/gosight/vision/internal/align"
	"github.com/gosight/vision/internal/detector"
	"github.com/gosight/vision/internal/engine"
	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/geom"
	"github.com/gosight/vision/internal/postprocess"
	"github.com/gosight/vision/internal/raster"
	"github.com/gosight/vision/internal/session"
)

// embedderTasks are the kinds of card that describe an embedder.
var embedderTasks = [...]string{"face-embed"}

// Words of face.align.
const (
	alignTemplate = "arcface-112"
	alignBox      = "box"
)

// An embedder makes vectors of faces.
type embedder struct {
	engine *engine.Engine
	name   string // that its embeddings carry
	output string // key in the signature
	space  space
	align  string
	margin float64
	flip   bool
	w, h   int // of the input
}

// newEmbedder checks what an embedder needs beyond the engine, and warms up.
func newEmbedder(e *engine.Engine) (*embedder, error) {
	c := e.Card
	m := &embedder{engine: e, name: modelName(e), output: c.Output.Name, align: c.Face.Align, margin: c.Face.Margin, flip: c.Face.Flip,
		w: c.Input.Width, h: c.Input.Height}
	refuse := func(want, got string) error {
		return &fault.ModelError{Model: e.Info().Name, What: "card", Want: want, Got: got}
	}
	switch mode := c.Input.Resize.Mode; {
	case m.w == 0 || m.h == 0 || mode == "none" || mode == "height" || c.Input.Encoded:
		return nil, refuse("an input of one size, to which faces are brought by input.resize.mode squash or letterbox", strconv.Quote(mode))
	case m.align == alignTemplate && m.w != m.h:
		return nil, refuse("a square input for face.align "+alignTemplate, fmt.Sprintf("%dx%d", m.w, m.h))
	case m.align == alignBox && !(m.margin < float64(min(m.w, m.h))):
		return nil, refuse("face.margin below the input's size", fmt.Sprint(m.margin))
	}
	var err error
	if m.align == alignTemplate {
		_, err = align.Template(m.w)
	}
	if err == nil {
		m.space, err = spaceOf(c)
	}
	if err != nil {
		return nil, m.named(err)
	}
	return m, e.WarmUp(m.output)
}

// modelName is what embeddings say that they are of: the card's name, or else the folder's,
// without a version below it.
func modelName(e *engine.Engine) string {
	if e.Card.Name != "" {
		return e.Card.Name
	}
	dir := path.Clean(strings.ReplaceAll(e.Info().Name, "\\", "/"))
	if _, err := strconv.ParseUint(path.Base(dir), 10, 64); err == nil && path.Dir(dir) != "." {
		dir = path.Dir(dir)
	}
	return path.Base(dir)
}

// Embed returns the embedding of one face of a picture, cut out as the embedder wants it: by
// its Landmarks or by its Box, in pixels of img. It is what Find gave for it.
//
// Errors are those of Find; a face without the five landmarks that the embedder needs, or
// beside the picture, and a Model without an embedder, are a *vision.ModelError.
func (m *Model) Embed(ctx context.Context, img image.Image, f Face) (Embedding, error) {
	if err := m.beginEmbed(); err != nil {
		return Embedding{}, err
	}
	defer m.calls.End()
	whole, err := m.embedder.engine.Upright(ctx, img)
	if err != nil {
		return Embedding{}, err
	}
	one := Faces{f}
	err = m.embedder.faces(ctx, whole, img.Bounds().Min, one)
	return one[0].Embedding, err
}

// EmbedAligned returns the embedding of a picture that is an aligned face already, or its box: it is
// only brought to the size of the embedder's input, as the card's input.resize says. Errors are those
// of Find.
func (m *Model) EmbedAligned(ctx context.Context, crop image.Image) (Embedding, error) {
	if err := m.beginEmbed(); err != nil {
		return Embedding{}, err
	}
	defer m.calls.End()
	crops := []image.Image{crop}
	if m.embedder.flip {
		pixels, err := m.embedder.engine.Upright(ctx, crop)
		if err != nil {
			return Embedding{}, err
		}
		crops = []image.Image{pixels, align.Mirror(pixels)}
	}
	v, err := m.embedder.vectors(ctx, crops)
	if err != nil {
		return Embedding{}, err
	}
	return m.embedder.embedding(v[0]), nil
}

// beginEmbed is Begin for what needs an embedder.
func (m *Model) beginEmbed() error {
	if err := m.calls.Begin(); err != nil {
		return err
	}
	if m.embedder != nil {
		return nil
	}
	m.calls.End()
	return &fault.ModelError{Model: m.detector.Engine.Info().Name, What: "embedder", Want: "one, named at Open", Got: "none"}
}

// EmbedderName returns the name that embeddings carry, "" without an embedder.
func (m *Model) EmbedderName() string {
	if m.embedder == nil {
		return ""
	}
	return m.embedder.name
}

// faces gives each face of a picture its embedding. whole are the picture's pixels, whose
// first is at corner. No more faces are cut out at a time than the network takes.
func (m *embedder) faces(ctx context.Context, whole *raster.Image, corner image.Point, faces Faces) error {
	for part := range slices.Chunk(faces, m.engine.InFlight()) {
		var crops []image.Image
		for _, f := range part {
			crop, err := m.cut(whole, corner, f)
			if err != nil {
				return m.named(err)
			}
			crops = append(crops, crop)
			if m.flip {
				crops = append(crops, align.Mirror(crop))
			}
		}
		vectors, err := m.vectors(ctx, crops)
		if err != nil {
			return err
		}
		for i, v := range vectors {
			part[i].Embedding = m.embedding(v)
		}
	}
	return nil
}

// cut returns the pixels of a face.
func (m *embedder) cut(whole *raster.Image, corner image.Point, f Face) (*raster.Image, error) {
	if m.align == alignBox {
		return align.Box(whole, f.Box.Sub(corner), m.margin, m.w, m.h)
	}
	if len(f.Landmarks) != detector.Points {
		return nil, &fault.ModelError{What: "face", Want: fmt.Sprintf("%d landmarks, for face.align %s", detector.Points, m.align), Got: fmt.Sprint(len(f.Landmarks))}
	}
	points := make([]geom.Point, len(f.Landmarks))
	for i, p := range f.Landmarks {
		points[i] = p.Sub(geom.Point{X: float64(corner.X), Y: float64(corner.Y)})
	}
	return align.ToTemplate(whole, points, m.w)
}

// vectors runs the network on crops and returns a vector of length 1 for each of them; with
// flip for every two, their sum.
func (m *embedder) vectors(ctx context.Context, crops []image.Image) ([][]float32, error) {
	outs, err := m.engine.RunAll(ctx, crops, m.output)
	if err != nil {
		return nil, err
	}
	each := 1
	if m.flip {
		each = 2
	}
	vectors := make([][]float32, len(outs)/each)
	for i := range vectors {
		if vectors[i], err = m.vector(outs[i*each][0]); err != nil {
			return nil, m.named(err)
		}
		for _, more := range outs[i*each+1 : (i+1)*each] {
			w, err := m.vector(more[0])
			if err == nil && len(w) != len(vectors[i]) {
				err = &fault.ModelError{What: "output " + m.output, Want: "one length", Got: fmt.Sprint(len(w), " and ", len(vectors[i]))}
			}
			if err != nil {
				return nil, m.named(err)
			}
			for j, x := range w {
				vectors[i][j] += x
			}
		}
		postprocess.L2Normalize(vectors[i])
	}
	return vectors, nil
}

// vector checks the network's answer.
func (m *embedder) vector(t session.Tensor) ([]float32, error) {
	v, err := t.Floats()
	if err != nil {
		return nil, &fault.ModelError{What: "output " + m.output, Err: err}
	}
	zero := true
	for _, x := range v {
		zero = zero && x == 0
	}
	switch {
	case !postprocess.Finite(v):
		return nil, &fault.ModelError{What: "output " + m.output, Want: "finite numbers", Got: "NaN or infinite ones"}
	case zero:
		return nil, &fault.ModelError{What: "output " + m.output, Want: "a vector with a direction", Got: fmt.Sprintf("%d zeros", len(v))}
	}
	return v, nil
}

func (m *embedder) embedding(v []float32) Embedding {
	return Embedding{Model: m.name, Vector: v, space: m.space}
}

// named puts the model's name into an error of its inputs and outputs.
func (m *embedder) named(err error) error {
	var me *fault.ModelError
	if errors.As(err, &me) && me.Model == "" {
		me.Model = m.engine.Info().Name
	}
	return err
}
