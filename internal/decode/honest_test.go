package decode

import (
	"context"
	"errors"
	"image"
	"testing"

	"github.com/gosight/vision/internal/fault"
)

// A picture whose bounds lie would take terabytes if they were believed.
func TestPicturesThatPromiseTooMuch(t *testing.T) {
	huge := image.Rect(0, 0, 1<<20, 1<<20)
	for _, img := range []image.Image{
		&image.RGBA{Pix: make([]byte, 4), Stride: 4, Rect: huge}, &image.NRGBA{Pix: make([]byte, 4), Stride: 4, Rect: huge},
		&image.Gray{Pix: make([]byte, 4), Stride: 4, Rect: huge}, &image.Gray16{Rect: huge}, &image.CMYK{Rect: huge},
		&image.Paletted{Rect: huge}, &image.Alpha{Rect: huge}, &image.YCbCr{Rect: huge}, &image.RGBA64{Rect: huge},
	} {
		var fe *fault.FormatError
		if _, err := Load(context.Background(), img, Need{}, nil, false); !errors.As(err, &fe) {
			t.Errorf("%T: %v, want a FormatError", img, err)
		}
	}
	sub := image.NewNRGBA(image.Rect(0, 0, 10, 10)).SubImage(image.Rect(7, 8, 10, 10))
	if _, err := Load(context.Background(), sub, Need{}, nil, false); err != nil {
		t.Errorf("a part of a picture: %v", err)
	}
}
