package detect

import (
	"image"
	"strconv"

	"github.com/gosight/vision/internal/overlay"
)

// Draw returns a copy of img with the boxes, names and scores of objects, for people to
// look at. Lines and letters grow with the picture; each class has a colour of its own. The
// best object is on top. Of a *vision.Photo that cannot be decoded the copy is black.
func Draw(img image.Image, objects Objects) *image.RGBA {
	c := overlay.New(img)
	for i := len(objects) - 1; i >= 0; i-- {
		c.Frame(objects[i].Box, objects[i].Index)
	}
	for i := len(objects) - 1; i >= 0; i-- {
		o := objects[i]
		c.Label(o.Box, o.Index, o.Name+" "+strconv.FormatFloat(float64(o.Score), 'f', 2, 32))
	}
	return c.Done()
}
