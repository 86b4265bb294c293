package decode

import (
	"context"
	"errors"
	"fmt"
	"image"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/geom"
	"github.com/gosight/vision/internal/jpegscale"
	"github.com/gosight/vision/internal/option"
	"github.com/gosight/vision/internal/raster"
)

// A JPEGDecoder decodes JPEG faster than Go does, and can scale down while it
// decodes. It must be safe for any number of goroutines.
type JPEGDecoder interface {
	// DecodeJPEG decodes data as stored, not turned, at one of the ratios 1, 2, 4,
	// 8: the result has ceil(w/ratio) x ceil(h/ratio) pixels. At ratio 1 they are
	// those of the reference decoder.
	//
	// What is wrong with the data is a *fault.FormatError or a
	// *fault.UnsupportedError: Load then tries Go's decoder. Any other error
	// ends Load.
	DecodeJPEG(ctx context.Context, data []byte, ratio int) (*raster.Image, error)
}

// Headroom is how many pixels of a scaled picture, along each axis, are kept for
// one pixel of the network's input, unless the caller says otherwise. With 2, the
// resampler still has pixels to average and the scaled decode costs little
// accuracy; with 1, decoding is cheapest and the resampler hardly works.
const Headroom = 2.0

// A Need says how much of a picture the caller can use.
type Need struct {
	// Factor returns how many pixels of an upright picture of w x h pixels
	// become one pixel of the network's input, along the axis that shrinks
	// least. 1 or less: every pixel is needed. nil: likewise.
	Factor func(w, h int) float64
	// Headroom is kept beyond that; 0: the constant Headroom.
	Headroom float64
}

// ratio returns the largest scale, 1, 2, 4 or 8, that leaves what is needed of
// an upright picture of w x h pixels.
func (n Need) ratio(w, h int) int {
	if n.Factor == nil {
		return 1
	}
	room := n.Headroom
	if room <= 0 {
		room = Headroom
	}
	f := n.Factor(w, h)
	for r := 8; r > 1; r /= 2 {
		if float64(r)*room <= f {
			return r
		}
	}
	return 1
}

// A Picture is an upright raster and its place in the picture that the caller
// passed: the point (x, y) of the raster, in pixels, lies at
// (ScaleX*x + OffsetX, ScaleY*y + OffsetY) of the caller's picture, counted from
// the top left corner of its bounds.
type Picture struct {
	Raster *raster.Image
	W, H   int // size of the upright picture at full size

	// Scale is exactly the ratio of a scaled decode, else 1. The raster then
	// covers up to ratio-1 pixels more than the picture has, on its stored right
	// and bottom; where turning brings these to the left or top, Offset is
	// negative.
	ScaleX, ScaleY   float64
	OffsetX, OffsetY float64
}

// Map returns the map from the raster to the caller's picture.
func (p *Picture) Map() geom.Map {
	return geom.Map{ScaleX: p.ScaleX, ScaleY: p.ScaleY, OffsetX: p.OffsetX, OffsetY: p.OffsetY}
}

// Load returns the upright pixels of img.
//
// A *Photo in JPEG is decoded at the smallest scale that need allows, or at full size if exact: at
// 1:4 and 1:8 by package jpegscale, if it takes the file, else by dec. Their pixels are the same.
// Go's decoders do the rest: other formats, CMYK JPEGs, JPEGs that dec does not
// take, and all that is left to dec if it is nil. They give all
// pixels, for JPEG within three levels of libjpeg. What Load decodes it does not keep in the Photo, so a
// slice of many Photos stays small; what Photo.Decode has kept it uses only where
// Go's decoders would decode, so that answers do not hang on who looked at the Photo before.
//
// A *raster.Image, which Load itself may have made, is taken as it is, without a copy; it must not change. Any
// other img is copied by raster.From. One whose type is not of package image
// may have option.DefaultMaxPixels at most.
func Load(ctx context.Context, img image.Image, need Need, dec JPEGDecoder, exact bool) (*Picture, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p, ok := img.(*Photo)
	if !ok {
		return loadImage(img)
	}
	if p == nil {
		return nil, &fault.FormatError{Reason: "want a picture, got a nil Photo"}
	}
	if p.head.scalable {
		pic, err := p.loadJPEG(ctx, need, dec, exact)
		if err == nil || !aboutData(err) {
			return pic, err
		}
		// Go's decoder has the last word, and its words: the others' would say the same twice.
	}
	d := p.stored.Load()
	if d == nil {
		stored, err := decodeStored(p.data, p.head)
		d = &decoded{stored, err}
	}
	if d.err != nil {
		return nil, d.err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if m, ok := d.img.(*image.YCbCr); ok && p.head.format == "jpeg" {
		return whole(rasterJPEG(m).Orient(p.turn)), nil
	}
	return whole(raster.From(d.img).Orient(p.turn)), nil
}

// All reports whether Load would decode, or copy, every pixel of img.
func All(img image.Image, need Need, dec JPEGDecoder, exact bool) bool {
	p, ok := img.(*Photo)
	return !ok || p == nil || !p.head.scalable || dec == nil || exact || need.ratio(p.size()) == 1
}

// aboutData reports whether err blames the data.
func aboutData(err error) bool {
	var f *fault.FormatError
	var u *fault.UnsupportedError
	return errors.As(err, &f) || errors.As(err, &u)
}

// loadJPEG leaves to Go's decoder, by an error about the data, what no faster one takes.
func (p *Photo) loadJPEG(ctx context.Context, need Need, dec JPEGDecoder, exact bool) (*Picture, error) {
	ratio := 1
	if !exact {
		ratio = need.ratio(p.size())
	}
	if ratio >= 4 {
		m, err := jpegscale.Decode(ctx, p.data, ratio, 0)
		if err == nil {
			return p.place(m, ratio)
		}
		if !aboutData(err) {
			return nil, err
		}
	}
	if dec == nil {
		return nil, unsupported("a JPEG without a decoder for it")
	}
	m, err := dec.DecodeJPEG(ctx, p.data, ratio)
	if err != nil {
		return nil, err
	}
	return p.place(m, ratio)
}

// place turns m, which is p at 1/ratio of its size, upright, and says where it lies.
func (p *Photo) place(m *raster.Image, ratio int) (*Picture, error) {
	w, h := (p.head.w+ratio-1)/ratio, (p.head.h+ratio-1)/ratio
	if m.W != w || m.H != h {
		return nil, &fault.FormatError{
			Format: p.head.format,
			Reason: fmt.Sprintf("header and ratio %d promise %d x %d pixels, got %d x %d", ratio, w, h, m.W, m.H),
		}
	}
	pic := whole(m.Orient(p.turn))
	pic.W, pic.H = p.size()
	pic.ScaleX, pic.ScaleY = float64(ratio), float64(ratio)
	overX, overY := float64(p.head.w-ratio*w), float64(p.head.h-ratio*h)
	switch p.turn {
	case 2:
		pic.OffsetX = overX
	case 3:
		pic.OffsetX, pic.OffsetY = overX, overY
	case 4:
		pic.OffsetY = overY
	case 6:
		pic.OffsetX = overY
	case 7:
		pic.OffsetX, pic.OffsetY = overY, overX
	case 8:
		pic.OffsetY = overX
	}
	return pic, nil
}

func whole(m *raster.Image) *Picture {
	return &Picture{Raster: m, W: m.W, H: m.H, ScaleX: 1, ScaleY: 1}
}

func loadImage(img image.Image) (*Picture, error) {
	if img == nil {
		return nil, &fault.FormatError{Reason: "want a picture, got nil"}
	}
	b := img.Bounds()
	if b.Empty() {
		return nil, &fault.FormatError{Reason: fmt.Sprintf("want a picture, got %d x %d pixels", b.Dx(), b.Dy())}
	}
	if err := honest(img, b); err != nil {
		return nil, err
	}
	switch m := img.(type) {
	case *raster.Image:
		return whole(m), nil
	case *image.RGBA, *image.NRGBA, *image.RGBA64, *image.NRGBA64, *image.Gray, *image.Gray16,
		*image.CMYK, *image.YCbCr, *image.NYCbCrA, *image.Paletted, *image.Alpha, *image.Alpha16:
	default:
		// Bounds cost nothing here: image.Uniform has 4e18 pixels.
		if err := checkPixels(int64(b.Dx()), int64(b.Dy()), option.DefaultMaxPixels); err != nil {
			return nil, err
		}
	}
	return whole(raster.From(img)), nil
}

// honest refuses a picture whose bounds promise more pixels than it holds: they are
// believed when memory is taken.
func honest(img image.Image, b image.Rectangle) error {
	var have, each int
	switch m := img.(type) {
	case *raster.Image:
		have, each = len(m.Pix), 3
	case *image.RGBA:
		have, each = len(m.Pix), 4
	case *image.NRGBA:
		have, each = len(m.Pix), 4
	case *image.RGBA64:
		have, each = len(m.Pix), 8
	case *image.NRGBA64:
		have, each = len(m.Pix), 8
	case *image.Gray:
		have, each = len(m.Pix), 1
	case *image.Gray16:
		have, each = len(m.Pix), 2
	case *image.CMYK:
		have, each = len(m.Pix), 4
	case *image.Paletted:
		have, each = len(m.Pix), 1
	case *image.Alpha:
		have, each = len(m.Pix), 1
	case *image.Alpha16:
		have, each = len(m.Pix), 2
	case *image.YCbCr:
		have, each = len(m.Y), 1
	case *image.NYCbCrA:
		have, each = len(m.Y), 1
	default:
		return nil
	}
	if int64(b.Dx()) > int64(have)/int64(each)/int64(b.Dy()) {
		return &fault.FormatError{Reason: fmt.Sprintf("a picture of type %T with %d x %d pixels that holds %d bytes", img, b.Dx(), b.Dy(), have)}
	}
	return nil
}
