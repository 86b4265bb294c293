package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"

	"github.com/gosight/vision/internal/decode"
	"github.com/gosight/vision/internal/fault"
)

// encoded returns a file for a network that decodes by itself: the Photo's own if
// it is an upright JPEG or PNG, which such networks take, else a PNG of the upright
// pixels. Networks know nothing of EXIF.
func (e *Engine) encoded(ctx context.Context, img image.Image) (string, error) {
	p, _ := img.(*decode.Photo)
	if p != nil && p.Orientation() == 1 && (p.Format() == "jpeg" || p.Format() == "png") {
		return string(p.Bytes()), nil
	}
	pic, err := decode.Load(ctx, img, decode.Need{}, e.jpeg, true)
	if err != nil {
		return "", err
	}
	m := image.NewRGBA(image.Rect(0, 0, pic.W, pic.H))
	for i, o := 0, 0; i+2 < len(pic.Raster.Pix); i, o = i+3, o+4 {
		copy(m.Pix[o:o+3], pic.Raster.Pix[i:])
		m.Pix[o+3] = 255
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		return "", fmt.Errorf("vision: encode the picture for the network: %w", err)
	}
	return b.String(), nil
}

// blame puts the picture's own fault before the error of a run, where the network
// was given a file that nobody had decoded before.
func (e *Engine) blame(ctx context.Context, img image.Image, err error) error {
	var me *fault.ModelError
	if e.plan != nil || !errors.As(err, &me) {
		return err
	}
	if _, broken := decode.Load(ctx, img, decode.Need{}, e.jpeg, true); broken != nil {
		return broken
	}
	return err
}
