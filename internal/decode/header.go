package decode

import (
	"bytes"
	"encoding/binary"
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

	inverted bool // a TIFF whose grey values x/image gives inverted
	scalable bool // a JPEG of a kind that libjpeg scales: grey or three channels
	noAdobe  bool // a four-channel JPEG that does not say how its ink is written
	gif      gifFrame
	animated *webpFrame // the first frame of an animated WebP
}

// readHeader recognises data and checks its size against limit pixels. It takes
// memory for no pixel.
func readHeader(data []byte, limit int64) (header, error) {
	format, err := sniff(data)
	if err != nil {
		return header{}, err
	}
	h := header{format: format, orientation: 1}
	switch format {
	case "jpeg":
		err = h.readJPEG(data)
	case "png":
		err = h.readPNG(data, limit)
	case "gif":
		err = h.readGIF(data)
	case "bmp":
		err = h.readBMP(data, limit)
	case "webp":
		err = h.readWebP(data, limit)
	case "tiff":
		err = h.readTIFF(data, limit)
	}
	if err != nil {
		return header{}, err
	}
	if h.w <= 0 || h.h <= 0 {
		return header{}, zeroSize(format, h.w, h.h)
	}
	if err := checkPixels(int64(h.w), int64(h.h), limit); err != nil {
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

// The readers below look at the size themselves first: the decoders call a picture
// without pixels, or with absurdly many, by other names than ours.

func (h *header) readPNG(data []byte, limit int64) error {
	if len(data) >= 24 {
		if first := data[12:16]; string(first) != "IHDR" {
			return broken(h.format, fmt.Sprintf("want a first chunk IHDR, got %q", first))
		}
		w, h := binary.BigEndian.Uint32(data[16:]), binary.BigEndian.Uint32(data[20:])
		if err := checkPixels(int64(w), int64(h), limit); err != nil {
			return err
		}
	}
	if err := h.readConfig(data, png.DecodeConfig); err != nil {
		return err
	}
	h.orientation = orientation(pngExif(data))
	return nil
}

func (h *header) readBMP(data []byte, limit int64) error {
	if len(data) >= 26 && le32(data[14:]) >= 40 {
		w, h := int64(int32(le32(data[18:]))), int64(int32(le32(data[22:])))
		if w <= 0 || h == 0 {
			return zeroSize("bmp", int(w), int(h))
		}
		if err := checkPixels(w, max(h, -h), limit); err != nil {
			return err
		}
	}
	return h.readConfig(data, bmp.DecodeConfig)
}

func (h *header) readTIFF(data []byte, limit int64) error {
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
	w, _ := dir.value(tagImageWidth)
	l, _ := dir.value(tagImageLength)
	if err := checkPixels(int64(w), int64(l), limit); err != nil {
		return err
	}
	if err := h.readConfig(data, tiff.DecodeConfig); err != nil {
		return err
	}
	h.orientation = dir.orientation()
	// x/image shows the paper of a fax white, whatever the file says; libtiff and
	// Pillow go by the file.
	compression, _ := dir.value(tagCompression)
	photometric, _ := dir.value(tagPhotometric)
	h.inverted = (compression == 3 || compression == 4) && photometric == 1
	return nil
}

func (h *header) readWebP(data []byte, limit int64) error {
	exif, frame, err := walkWebP(data, limit)
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
	if grey, ok := img.(*image.Gray); ok && h.inverted {
		for i, v := range grey.Pix {
			grey.Pix[i] = 255 - v
		}
	}
	if h.format == "gif" {
		img = h.gif.onCanvas(img, h.w, h.h)
	}
	if b := img.Bounds(); b.Dx() != h.w || b.Dy() != h.h {
		return nil, broken(h.format, fmt.Sprintf("the header promises %d x %d pixels, got %d x %d", h.w, h.h, b.Dx(), b.Dy()))
	}
	return img, nil
}
