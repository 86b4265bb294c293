// Package face finds faces in pictures and tells whose they are, by any two TensorFlow
// SavedModels: a detector and an embedder.
//
//	m, err := face.Open("models/mtcnn", "models/mobilefacenet", vision.Card("cards"))
//	if err != nil { ... }
//	defer m.Close()
//	faces, err := m.Find(ctx, img)
//	...
//	g := face.NewGallery()
//	err = g.Add("Ada", faces[0].Embedding)
//	...
//	who, err := g.Identify(other.Embedding) // who.Person is "Ada", or "" for somebody unknown
//
// # Detectors
//
// Every detector that package detect opens finds faces. All that one of task face-detect
// finds are faces, unless its classes have names and one of them is "face"; of one of task
// detect only what is called "face" is one. MTCNN as one graph and other networks with landmarks
// give five points a face, where the card names the output in detect.outputs.landmarks.
//
// # Embedders
//
// An embedder takes a face that has been cut out and gives a vector. The card says how it is cut
// (face.align): "arcface-112" turns and scales the face so that its five points lie where
// the ArcFace template has them, as insightface does it, with OpenCV's warpAffine, and needs a detector with
// landmarks; "box" takes the box, with a margin. Vectors have length 1. Those of two models
// cannot be compared.
package face

import (
	"context"
	"image"
	"io/fs"
	"iter"
	"slices"

	"github.com/gosight/vision"
	"github.com/gosight/vision/internal/batch"
	"github.com/gosight/vision/internal/detector"
	"github.com/gosight/vision/internal/engine"
	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/geom"
	"github.com/gosight/vision/internal/option"
	"github.com/gosight/vision/internal/raster"
)

// Info says what is in force for the two models.
type Info struct {
	Detector vision.Info  `json:"detector"`
	Embedder *vision.Info `json:"embedder,omitempty"` // nil without one
}

// A Model is an open detector and, if there is one, an open embedder. It is safe for any number
// of goroutines; calls that come together share runs of the networks where the graphs
// take more than one picture.
type Model struct {
	detector *detector.Model
	faces    int       // class of a face; -1: all
	embedder *embedder // nil: none
	calls    engine.Calls
}

// Open opens the SavedModels in folders detector and embedder. Without an embedder, "", faces are
// found but have no embeddings. What the networks need and give is said by card.json in each folder, or by
// vision.Card and vision.Preset: one for each model that is named here, so that without an embedder
// there is one; or for two models one folder of cards that are named after the models' folders.
//
// The errors are *vision.ModelError, *vision.FormatError and *vision.DeviceError.
func Open(detector, embedder string, opts ...vision.Option) (*Model, error) {
	return open(engine.Dir, detector, embedder, opts)
}

// OpenFS is Open for models in folders of fsys, embedded ones for instance.
func OpenFS(fsys fs.FS, detector, embedder string, opts ...vision.Option) (*Model, error) {
	at := func(dir string) engine.Place { return engine.FS(fsys, dir) }
	return open(at, detector, embedder, opts)
}

func open(at func(dir string) engine.Place, detectorDir, embedderDir string, opts []vision.Option) (*Model, error) {
	newDetector := func(e *engine.Engine) (*detector.Model, error) { return detector.New(e, true) }
	named := 1
	if embedderDir != "" {
		named = 2
	}
	d, err := engine.Open(at(detectorDir), detector.Tasks(), newDetector, option.Of(0, named, opts)...)
	if err != nil {
		return nil, err
	}
	m := &Model{detector: d}
	if m.faces, err = faceClass(d); err == nil && embedderDir != "" {
		m.embedder, err = engine.Open(at(embedderDir), embedderTasks[:], newEmbedder, option.Of(1, named, opts)...)
	}
	if err == nil {
		err = m.checkPair()
	}
	if err != nil {
		_ = m.Close()
		return nil, err
	}
	return m, nil
}

// faceClass returns the class that is a face, -1 if all are.
func faceClass(d *detector.Model) (int, error) {
	names := d.Names()
	if d.AllFaces() {
		return -1, nil
	}
	if i := slices.Index(names, "face"); i >= 0 {
		return i, nil
	}
	if d.Engine.Card.Task == "face-detect" {
		return -1, nil
	}
	return 0, &fault.ModelError{Model: d.Engine.Info().Name, What: "card",
		Want: "task face-detect, or names in output.labels of which one is \"face\"", Got: "task detect without a face"}
}

// checkPair refuses an embedder that needs what the detector does not give.
func (m *Model) checkPair() error {
	if m.embedder == nil || m.embedder.align != alignTemplate || m.detector.Landmarks() {
		return nil
	}
	return &fault.ModelError{Model: m.detector.Engine.Info().Name, What: "detector",
		Want: "the output of landmarks in detect.outputs.landmarks of its card, since face.align of embedder " + m.embedder.engine.Info().Name + " is \"" + alignTemplate + "\"",
		Got:  "none; an embedder that takes boxes has \"box\""}
}

// Find returns the faces of one picture, largest first, with probabilities in [0, 1], five
// landmarks each if the detector gives any, and an embedding each if there is an embedder;
// no face is no error. All that the detector gives come back, down to its card's detect.score: cut with
// Above.
//
// A picture that cannot be decoded gives a *vision.FormatError, *vision.UnsupportedError or
// *vision.LimitError; boxes, landmarks and vectors that are not finite and scores that are no
// probabilities a *vision.ModelError. When ctx ends, Find returns its error at once. After
// Close it returns vision.ErrClosed.
//
// The picture is decoded at full size where the detector wants all of it, and else only
// when faces have been found that are to be embedded.
func (m *Model) Find(ctx context.Context, img image.Image) (Faces, error) {
	if err := m.calls.Begin(); err != nil {
		return nil, err
	}
	defer m.calls.End()
	var whole *raster.Image
	if m.embedder != nil && m.detector.Engine.NeedsAll(img) {
		var err error
		if whole, err = m.detector.Engine.Upright(ctx, img); err != nil {
			return nil, err
		}
	}
	faces, err := m.locate(ctx, img, whole)
	if err != nil || m.embedder == nil || len(faces) == 0 {
		return faces, err
	}
	if whole == nil {
		if whole, err = m.detector.Engine.Upright(ctx, img); err != nil {
			return nil, err
		}
	}
	return faces, m.embedder.faces(ctx, whole, img.Bounds().Min, faces)
}

// locate runs the detector on img, or on its pixels where they have been read already.
func (m *Model) locate(ctx context.Context, img image.Image, whole *raster.Image) (Faces, error) {
	seen := img
	if whole != nil {
		seen = whole
	}
	found, err := m.detector.Find(ctx, seen)
	if err != nil {
		return nil, err
	}
	shift := img.Bounds().Min.Sub(seen.Bounds().Min)
	faces := make(Faces, 0, len(found))
	for _, f := range found {
		if m.faces >= 0 && f.Class != m.faces {
			continue
		}
		for i := range f.Points {
			f.Points[i] = f.Points[i].Add(geom.Point{X: float64(shift.X), Y: float64(shift.Y)})
		}
		faces = append(faces, Face{Box: f.Pixels.Add(shift), Score: f.Score, Landmarks: f.Points})
	}
	faces.sort()
	return faces, nil
}

// FindAll finds the faces of many pictures, batched where the graphs allow. The answers
// have the pictures' order. If some fail, theirs are nil and the error is a
// *vision.BatchError with the failures by index.
func (m *Model) FindAll(ctx context.Context, imgs []image.Image) ([]Faces, error) {
	out, errs := batch.All(ctx, imgs, m.detector.Engine.InFlight(), m.Find)
	return out, fault.Batch(errs)
}

// FindSeq finds the faces of a stream of pictures of any length in bounded memory. It yields
// the answer or the error of each, in order; an error stops nothing.
func (m *Model) FindSeq(ctx context.Context, imgs iter.Seq[image.Image]) iter.Seq2[Faces, error] {
	return batch.Ordered(ctx, imgs, m.detector.Engine.InFlight(), m.Find)
}

// Info says what is in force: signatures, devices, precision, preprocessing, whether the
// graphs are frozen and if not why.
func (m *Model) Info() Info {
	info := Info{Detector: m.detector.Engine.Info()}
	if m.embedder != nil {
		i := m.embedder.engine.Info()
		info.Embedder = &i
	}
	return info
}

// Close waits for running calls and frees both models. It may be called more than once.
func (m *Model) Close() error {
	return m.calls.Close(func() error {
		err := m.detector.Engine.Close()
		if m.embedder != nil {
			if e := m.embedder.engine.Close(); err == nil {
				err = e
			}
		}
		return err
	})
}
