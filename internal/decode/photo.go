package decode

import (
	"image"
	"image/color"
	"sync"
	"sync/atomic"

	"github.com/gosight/vision/internal/option"
)

// Limits say what New accepts and how a picture is turned.
type Limits struct {
	MaxPixels int64 // largest width*height; 0 or less: option.DefaultMaxPixels
	AsStored  bool  // leave the picture as it is stored, whatever EXIF says
}

// A Photo is a picture file in memory. As an image.Image it is upright and its
// bounds start at (0, 0); the first call of At, RGBA64At, ColorModel or Decode
// decodes all of it and keeps the result, in the file's own colour model.
// A Photo is safe for any number of goroutines.
type Photo struct {
	data []byte
	head header
	turn int // orientation in force, 1..8

	once   sync.Once
	stored atomic.Pointer[decoded]
}

// decoded is the outcome of decoding, as stored.
type decoded struct {
	img image.Image // not nil if err is
	err error
}

// New reads the header of a picture file. The Photo keeps data, which must not be
// changed afterwards; nothing is decoded yet.
//
// The error is a *fault.FormatError, *fault.UnsupportedError or
// *fault.LimitError. A broken EXIF block is no error: it means orientation 1.
func New(data []byte, lim Limits) (*Photo, error) {
	if lim.MaxPixels <= 0 {
		lim.MaxPixels = option.DefaultMaxPixels
	}
	h, err := readHeader(data, lim.MaxPixels)
	if err != nil {
		return nil, err
	}
	p := &Photo{data: data, head: h, turn: h.orientation}
	if lim.AsStored {
		p.turn = 1
	}
	return p, nil
}

// Bytes returns the file as it was given to New. It must not be changed.
func (p *Photo) Bytes() []byte { return p.data }

// Format returns the name of the format: "jpeg", "png", "gif", "bmp", "webp" or
// "tiff".
func (p *Photo) Format() string { return p.head.format }

// Orientation returns the EXIF orientation, 1 to 8, also where Limits.AsStored
// keeps it from being applied. 1 means upright or not known.
func (p *Photo) Orientation() int { return p.head.orientation }

// Stored returns the size in pixels before turning.
func (p *Photo) Stored() (w, h int) { return p.head.w, p.head.h }

// Bounds returns the upright picture's rectangle, from (0, 0), without decoding.
func (p *Photo) Bounds() image.Rectangle {
	w, h := p.size()
	return image.Rect(0, 0, w, h)
}

// size returns the upright size.
func (p *Photo) size() (w, h int) {
	if p.turn >= 5 {
		return p.head.h, p.head.w
	}
	return p.head.w, p.head.h
}

// Decode decodes the picture, unless that was done before, and returns the error
// that At cannot give: a *fault.FormatError or *fault.UnsupportedError.
func (p *Photo) Decode() error { return p.decode().err }

// Apart gives img decoded. Of a Photo it is a copy, so that the pixels are not kept with img but go when the copy does.
func Apart(img image.Image) (image.Image, error) {
	p, ok := img.(*Photo)
	if !ok {
		return img, nil
	}
	c := &Photo{data: p.data, head: p.head, turn: p.turn}
	return c, c.Decode()
}

func (p *Photo) decode() *decoded {
	p.once.Do(func() {
		img, err := decodeStored(p.data, p.head)
		p.stored.Store(&decoded{img, err})
	})
	return p.stored.Load()
}

// ColorModel returns the colour model of the decoded picture, and color.RGBAModel
// if it cannot be decoded.
func (p *Photo) ColorModel() color.Model {
	d := p.decode()
	if d.err != nil {
		return color.RGBAModel
	}
	return d.img.ColorModel()
}

// At returns the colour of the upright pixel (x, y). Outside of the bounds, and
// where Decode fails, it is transparent black.
func (p *Photo) At(x, y int) color.Color {
	d := p.decode()
	if d.err != nil || !(image.Point{x, y}).In(p.Bounds()) {
		return color.RGBA{}
	}
	return d.img.At(p.locate(d.img, x, y))
}

// RGBA64At is At for callers that spare the allocation; see image.RGBA64Image.
func (p *Photo) RGBA64At(x, y int) color.RGBA64 {
	d := p.decode()
	if d.err != nil || !(image.Point{x, y}).In(p.Bounds()) {
		return color.RGBA64{}
	}
	x, y = p.locate(d.img, x, y)
	if m, ok := d.img.(image.RGBA64Image); ok {
		return m.RGBA64At(x, y)
	}
	r, g, b, a := d.img.At(x, y).RGBA()
	return color.RGBA64{R: uint16(r), G: uint16(g), B: uint16(b), A: uint16(a)}
}

// locate takes an upright position to the stored picture, as raster.Orient does.
func (p *Photo) locate(img image.Image, x, y int) (int, int) {
	w, h := p.head.w, p.head.h
	switch p.turn {
	case 2:
		x = w - 1 - x
	case 3:
		x, y = w-1-x, h-1-y
	case 4:
		y = h - 1 - y
	case 5:
		x, y = y, x
	case 6:
		x, y = y, h-1-x
	case 7:
		x, y = w-1-y, h-1-x
	case 8:
		x, y = w-1-y, x
	}
	lo := img.Bounds().Min
	return lo.X + x, lo.Y + y
}
