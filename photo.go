package vision

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/gosight/vision/internal/decode"
	"github.com/gosight/vision/internal/fault"
)

// A Photo is an upright picture that keeps its file's bytes. It is an image.Image, decoded
// when a pixel is first asked for; Decode gives the error that At cannot. Tasks
// decode it themselves, no larger than they need.
type Photo = decode.Photo

// maxFile bounds what Read and ReadFile take in: a file of 100 megapixels is smaller
// in every format that is read.
const maxFile = 1 << 30

// NewPhoto reads the header of an encoded picture: JPEG, PNG, GIF, BMP, WebP or TIFF. It
// keeps data, which must not change afterwards. Of the options MaxPixels and AsStored matter.
//
// The error is a *FormatError, *UnsupportedError or *LimitError. A file whose header is
// fine and whose pixels are broken gives its error when it is used.
func NewPhoto(data []byte, opts ...Option) (*Photo, error) {
	o, err := apply(opts)
	if err != nil {
		return nil, err
	}
	return decode.New(data, decode.Limits{MaxPixels: o.MaxPixels, AsStored: o.AsStored})
}

// Read is NewPhoto of all that r gives.
func Read(r io.Reader, opts ...Option) (*Photo, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("vision: read picture: %w", err)
	}
	if len(data) > maxFile {
		return nil, &fault.LimitError{What: "bytes", Got: int64(len(data)), Max: maxFile}
	}
	return NewPhoto(data, opts...)
}

// ReadFile is NewPhoto of a file.
func ReadFile(name string, opts ...Option) (*Photo, error) {
	st, err := os.Stat(name)
	if err != nil {
		return nil, fmt.Errorf("vision: read picture: %w", err)
	}
	switch {
	case st.IsDir():
		return nil, fmt.Errorf("vision: read picture: %w", &os.PathError{Op: "read", Path: name, Err: errors.New("is a folder")})
	case st.Size() > maxFile:
		return nil, fmt.Errorf("%s: %w", name, &fault.LimitError{What: "bytes", Got: st.Size(), Max: maxFile})
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("vision: read picture: %w", err)
	}
	p, err := NewPhoto(data, opts...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return p, nil
}
