package decode

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
	"golang.org/x/image/webp"

	"github.com/gosight/vision/internal/fault"
)

// header is what is known of a picture before its pixels.
type header struct {
	format      string
	w, h        int // as stored, both above 0
	orientation int // 1..8

	scalable bool // a JPEG of a kind that libjpeg scales: grey or three channels
	noAdobe  bool // a four-channel JPEG that does not say how its ink is written
	gif      gifFrame
	animated *webpFrame // the first frame of an animated WebP
}

// readHeader recognises data and checks its size against max pixels. It takes
// memory for no pixel.
func readHeader(data []byte, max int64) (header, error) {
	format, err := sniff(data)
	if err != nil {
		return header{}, err
	}
	h := header{format: format, orientation: 1}
	switch format {
	case "jpeg":
		err = h.readJPEG(data)
	case "png":
		err = h.readConfig(data, png.DecodeConfig)
		h.orientation = orientation(pngExif(data))
	case "gif":
		err = h.readGIF(data)
	case "bmp":
		err = h.readBMP(data)
	case "webp":
		err = h.readWebP(data)
	case "tiff":
		err = h.readTIFF(data)
	}
	if err != nil {
		return header{}, err
	}
	if h.w <= 0 || h.h <= 0 {
		return header{}, zeroSize(format, h.w, h.h)
	}
	if err := checkPixels(int64(h.w), int64(h.h), max); err != nil {
		return header{}, err
	}
	return h, nil
}

// readConfig takes the size from a decoder that reads headers alone.
func (h *header) readConfig(data []byte, config func(io.Reader) (image.Config, error)) error {
	c, err := config(bytes.NewReader(data))
	if err != nil {
		return typed(h.format, err)
	}
	h.w, h.h = c.Width, c.Height
	return nil
}

func (h *header) readBMP(data []byte) error {
	// x/image calls a picture without pixels unsupported; it is broken.
	if len(data) >= 26 && (le32(data[18:]) == 0 || le32(data[22:]) == 0) {
		return zeroSize(h.format, int(le32(data[18:])), int(le32(data[22:])))
	}
	return h.readConfig(data, bmp.DecodeConfig)
}

func (h *header) readTIFF(data []byte) error {
	dir, ok := readIFD(data)
	if !ok {
		return broken(h.format, "want a directory of tags, got none")
	}
	// Cameras' RAW formats are TIFFs whose first page is a thumbnail.
	if _, dng := dir.value(tagDNGVersion); dng {
		return unsupported("camera RAW")
	}
	if kind, _ := dir.value(tagNewSubfileType); kind&1 != 0 {
		return unsupported("camera RAW")
	}
	if err := h.readConfig(data, tiff.DecodeConfig); err != nil {
		return err
	}
	h.orientation = dir.orientation()
	return nil
}

func (h *header) readWebP(data []byte) error {
	exif, frame, err := walkWebP(data)
	if err != nil {
		return err
	}
	h.orientation = orientation(exif)
	if frame == nil {
		return h.readConfig(data, webp.DecodeConfig)
	}
	h.animated, h.w, h.h = frame, frame.canvasW, frame.canvasH
	return nil
}

func zeroSize(format string, w, h int) error {
	return broken(format, fmt.Sprintf("want at least one pixel, got %d x %d", w, h))
}

func broken(format, reason string) error {
	return &fault.FormatError{Format: format, Reason: reason}
}

// typed wraps the error of a decoder of format into one of package fault.
func typed(format string, err error) error {
	var (
		pngU  png.UnsupportedError
		jpegU jpeg.UnsupportedError
		tiffU tiff.UnsupportedError
	)
	if errors.Is(err, bmp.ErrUnsupported) || errors.As(err, &pngU) || errors.As(err, &jpegU) || errors.As(err, &tiffU) {
		return &fault.UnsupportedError{Format: format, Reason: "a variant that is not read; convert it first", Err: err}
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return &fault.FormatError{Format: format, Reason: "the file is cut off", Err: io.ErrUnexpectedEOF}
	}
	return &fault.FormatError{Format: format, Err: err}
}

// decodeStored decodes the picture that h was read from, as stored.
func decodeStored(data []byte, h header) (img image.Image, err error) {
	// The decoders are others' code and the file may be hostile: if one of them
	// trips, this picture is broken and the process lives.
	defer func() {
		if r := recover(); r != nil {
			img, err = nil, broken(h.format, fmt.Sprintf("the decoder failed: %v", r))
		}
	}()
	r := bytes.NewReader(data)
	switch h.format {
	case "jpeg":
		if h.noAdobe {
			data = withAdobe(data)
			r = bytes.NewReader(data)
		}
		img, err = jpeg.Decode(r)
	case "png":
		img, err = png.Decode(r)
	case "gif":
		img, err = gif.Decode(r)
	case "bmp":
		img, err = bmp.Decode(r)
	case "webp":
		img, err = decodeWebP(data, h)
	case "tiff":
		img, err = tiff.Decode(r)
	}
	if err != nil {
		return nil, typed(h.format, err)
	}
	if h.format == "gif" {
		img = h.gif.onCanvas(img, h.w, h.h)
	}
	if b := img.Bounds(); b.Dx() != h.w || b.Dy() != h.h {
		return nil, broken(h.format, fmt.Sprintf("the header promises %d x %d pixels, got %d x %d", h.w, h.h, b.Dx(), b.Dy()))
	}
	return img, nil
}
