// Package ocr reads text in pictures: a detector finds it, a recogniser reads it, both any
// TensorFlow SavedModel of their kind.
//
//	m, err := ocr.Open("models/ppocr_det", "models/ppocr_rec", vision.Card("cards/"))
//	if err != nil { ... }
//	defer m.Close()
//	page, err := m.Read(ctx, img)
//	fmt.Print(page.Text())
//
// # Detectors
//
// The card's task is ocr-detect. The network gives a probability map, as DB networks do (PP-OCR,
// docTR); the card's section ocr says from which probability on a pixel is text and how boxes are made
// of it. A picture that is much longer than wide, a receipt for instance, is looked at in bands that overlap,
// so that it need not be shrunk.
//
// # Recognisers
//
// The card's task is ocr-recognize. The network gives probabilities of characters at each time step (CTC); the
// card says which characters, which row is the blank, and whether to search with beams. Lines are cut
// upright out of the picture and run in batches of equal width; the answer for a line does not depend on its
// neighbours. Lines that read badly are turned by 180 degrees and read again, tall ones by 90 as well: the
// better reading counts, so that pages may lie on their side or stand on their head.
package ocr

import (
	"context"
	"image"
	"io/fs"
	"iter"
	"runtime"

	"github.com/gosight/vision"
	"github.com/gosight/vision/internal/batch"
	"github.com/gosight/vision/internal/engine"
	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/option"
)

// Info says what is in force for the two models.
type Info struct {
	Detector   *vision.Info `json:"detector,omitempty"` // nil without one
	Recognizer vision.Info  `json:"recognizer"`
}

// A Model is an open recogniser of text, with its detector. It is safe for any number of goroutines;
// calls that come together share runs of the networks.
type Model struct {
	det   *detector // nil: for ready-cut lines only
	rec   *recognizer
	calls engine.Calls
}

// Open opens the SavedModels of a detector and a recogniser, each in its folder. With detector "" there
// is none, and the model reads ready-cut lines only. What the networks need is said by card.json in each folder, or by
// vision.Card and vision.Preset: one for each model that is named here, so that without a detector
// there is one; or for two models one folder of cards that are named after the models' folders.
//
// The errors are *vision.ModelError, *vision.FormatError and *vision.DeviceError.
func Open(detector, recognizer string, opts ...vision.Option) (*Model, error) {
	return open(engine.Dir, detector, recognizer, opts)
}

// OpenFS is Open for models in folders of fsys, embedded ones for instance.
func OpenFS(fsys fs.FS, detector, recognizer string, opts ...vision.Option) (*Model, error) {
	return open(func(dir string) engine.Place { return engine.FS(fsys, dir) }, detector, recognizer, opts)
}

func open(place func(dir string) engine.Place, detectorDir, recognizerDir string, opts []vision.Option) (*Model, error) {
	var det *detector
	named := 1
	if detectorDir != "" {
		named = 2
		var err error
		if det, err = engine.Open(place(detectorDir), []string{"ocr-detect"}, newDetector, option.Of(0, named, opts)...); err != nil {
			return nil, err
		}
	}
	rec, err := engine.Open(place(recognizerDir), []string{"ocr-recognize"}, newRecognizer, option.Of(named-1, named, opts)...)
	if err != nil {
		if det != nil {
			_ = det.engine.Close()
		}
		return nil, err
	}
	return &Model{det: det, rec: rec}, nil
}

// Read returns the text of one picture. A picture without text is an empty page and no error. Lines that
// were read with a score below the card's ocr.score are left out.
//
// A picture that cannot be decoded gives a *vision.FormatError, *vision.UnsupportedError or
// *vision.LimitError; outputs that are no probabilities a *vision.ModelError, and so does a model without
// a detector. When ctx ends, Read returns its error at once. After Close it returns vision.ErrClosed.
func (m *Model) Read(ctx context.Context, img image.Image) (*Page, error) {
	if err := m.calls.Begin(); err != nil {
		return nil, err
	}
	defer m.calls.End()
	if m.det == nil {
		return nil, &fault.ModelError{Model: m.rec.engine.Info().Name, What: "detector", Want: "one, to find the lines of a page", Got: "none; ReadLine reads ready-cut lines"}
	}
	pic, err := m.det.engine.Upright(ctx, img)
	if err != nil {
		return nil, err
	}
	found, err := m.det.find(ctx, pic)
	if err != nil {
		return nil, err
	}
	side := onItsSide(found)
	if side { // detectors see less of text on its side
		pic = pic.Orient(8)
		if found, err = m.det.find(ctx, pic); err != nil {
			return nil, err
		}
	}
	pieces, err := m.rec.page(ctx, pic, found)
	if err != nil {
		return nil, err
	}
	if side {
		laidBack(pieces, float64(pic.H))
	}
	return newPage(img.Bounds(), pieces), nil
}

// ReadAll reads many pictures. The answers have the pictures' order. If some fail, theirs are nil
// and the error is a *vision.BatchError with the failures by index.
func (m *Model) ReadAll(ctx context.Context, imgs []image.Image) ([]*Page, error) {
	out, errs := batch.All(ctx, imgs, m.pages(), m.Read)
	return out, fault.Batch(errs)
}

// ReadSeq reads a stream of pictures of any length in bounded memory. It yields the answer or the error
// of each, in order; an error stops nothing.
func (m *Model) ReadSeq(ctx context.Context, imgs iter.Seq[image.Image]) iter.Seq2[*Page, error] {
	return batch.Ordered(ctx, imgs, m.pages(), m.Read)
}

// ReadLine reads a picture of one line or word. Its quad is the whole picture; if the line reads better turned by
// 90 or 180 degrees, it begins at another corner. A picture without text is a line without text and words.
// Its score is that of the text, however low. The errors are those of Read.
func (m *Model) ReadLine(ctx context.Context, img image.Image) (Line, error) {
	if err := m.calls.Begin(); err != nil {
		return Line{}, err
	}
	defer m.calls.End()
	pic, err := m.rec.engine.Upright(ctx, img)
	if err != nil {
		return Line{}, err
	}
	p, err := m.rec.line(ctx, pic)
	if err != nil {
		return Line{}, err
	}
	return p.line(img.Bounds().Min), nil
}

// ReadLineAll is ReadLine for many pictures, batched, as ReadAll is for Read.
func (m *Model) ReadLineAll(ctx context.Context, imgs []image.Image) ([]Line, error) {
	out, errs := batch.All(ctx, imgs, m.rec.engine.InFlight(), m.ReadLine)
	return out, fault.Batch(errs)
}

// ReadLineSeq is ReadLine for a stream of pictures, as ReadSeq is for Read.
func (m *Model) ReadLineSeq(ctx context.Context, imgs iter.Seq[image.Image]) iter.Seq2[Line, error] {
	return batch.Ordered(ctx, imgs, m.rec.engine.InFlight(), m.ReadLine)
}

// pages is how many pages are read at once: while some are detected, lines of others are read. Each
// is held whole, so that there are no more than the processors can work on.
func (m *Model) pages() int {
	if m.det == nil {
		return 1
	}
	return min(m.det.engine.InFlight(), runtime.GOMAXPROCS(0)+1)
}

// Info says what is in force: signatures, devices, precision, preprocessing, whether the
// graphs are frozen and if not why.
func (m *Model) Info() Info {
	info := Info{Recognizer: m.rec.engine.Info()}
	if m.det != nil {
		i := m.det.engine.Info()
		info.Detector = &i
	}
	return info
}

// Close waits for running calls and frees the model. It may be called more than once.
func (m *Model) Close() error {
	return m.calls.Close(func() error {
		err := m.rec.engine.Close()
		if m.det != nil {
			if e := m.det.engine.Close(); err == nil {
				err = e
			}
		}
		return err
	})
}
