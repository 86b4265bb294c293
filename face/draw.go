package face

import (
	"image"
	"strconv"

	"github.com/gosight/vision/internal/overlay"
)

// Draw returns a copy of img with the boxes, scores and landmarks of faces, for people to look
// at. Lines and letters grow with the picture; neighbours in faces have different colours. The largest face is
// below the others. Of a *vision.Photo that cannot be decoded the copy is black.
func Draw(img image.Image, faces Faces) *image.RGBA {
	c := overlay.New(img)
	for i, f := range faces {
		c.Frame(f.Box, i)
		for _, p := range f.Landmarks {
			c.Point(p, i, min(f.Box.Dx(), f.Box.Dy()))
		}
	}
	for i, f := range faces {
		c.Label(f.Box, i, strconv.FormatFloat(float64(f.Score), 'f', 2, 32))
	}
	return c.Done()
}
