// Package align cuts faces out of pictures as embedders want them: turned and scaled so that
// eyes, nose and mouth lie where a template has them, or the box with a margin.
package align

import (
	"fmt"
	"image"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/geom"
	"github.com/gosight/vision/internal/preprocess"
	"github.com/gosight/vision/internal/raster"
)

// arcface is the template of ArcFace (insightface, utils/face_align.py) for 112 x 112 pixels: the eye
// on the left of the picture, the one on the right, the tip of the nose, the left and
// the right corner of the mouth. It is float32 there, and fits hang on that.
var arcface = [5][2]float32{ //nolint:gochecknoglobals // a constant, for which Go has no word
	{38.2946, 51.6963}, {73.5318, 51.5014}, {56.0252, 71.7366}, {41.5493, 92.3655}, {70.7299, 92.2041},
}

// Template returns where the five points lie in an aligned face of size x size pixels.
// Multiples of 112 scale the template; for multiples of 128, size/128 of it stands 8 pixels (scaled likewise)
// further right, as in insightface's estimate_norm. Other sizes are an error.
func Template(size int) ([]geom.Point, error) {
	scale, right := float64(size)/112, 0.
	switch {
	case size > 0 && size%112 == 0:
	case size > 0 && size%128 == 0:
		scale = float64(size) / 128
		right = 8 * scale
	default:
		return nil, &fault.ModelError{What: "card", Want: "an input of a multiple of 112 or 128 pixels for face.align arcface-112", Got: fmt.Sprint(size)}
	}
	t := make([]geom.Point, len(arcface))
	for i, p := range arcface {
		t[i] = geom.Point{X: float64(p[0])*scale + right, Y: float64(p[1]) * scale}
	}
	return t, nil
}

// ToTemplate returns the face of size x size pixels whose points, in pixels of src, lie where
// Template has them: similarity fit, then OpenCV's warpAffine. What lies beyond the
// picture is black.
func ToTemplate(src *raster.Image, points []geom.Point, size int) (*raster.Image, error) {
	t, err := Template(size)
	if err != nil {
		return nil, err
	}
	m, ok := geom.Similarity(points, t)
	if !ok {
		return nil, &fault.ModelError{What: "landmarks", Want: "five points that are not all the same", Got: fmt.Sprint(points)}
	}
	return preprocess.WarpAffine(src, m, size, size)
}

// Box returns the pixels of box with a margin: so much more on both sides together that, when
// the result is resized to w x h, margin pixels of that are beside the box, as in facenet-pytorch's
// extract_face. It is cut at the edge of src.
func Box(src *raster.Image, box image.Rectangle, margin float64, w, h int) (*raster.Image, error) {
	// Half of the margin to each side, in pixels of src.
	x := margin * float64(box.Dx()) / (float64(w) - margin) / 2
	y := margin * float64(box.Dy()) / (float64(h) - margin) / 2
	r := image.Rect(int(max(float64(box.Min.X)-x, 0)), int(max(float64(box.Min.Y)-y, 0)),
		int(min(float64(box.Max.X)+x, float64(src.W))), int(min(float64(box.Max.Y)+y, float64(src.H))))
	return cut(src, r)
}

// cut copies a part of src.
func cut(src *raster.Image, r image.Rectangle) (*raster.Image, error) {
	r = r.Intersect(src.Bounds())
	if r.Empty() {
		return nil, &fault.FormatError{Format: "face", Reason: fmt.Sprintf("a box beside the picture of %d x %d", src.W, src.H)}
	}
	dst := raster.New(r.Dx(), r.Dy())
	for y := range dst.H {
		from := 3 * ((r.Min.Y+y)*src.W + r.Min.X)
		copy(dst.Pix[3*y*dst.W:3*(y+1)*dst.W], src.Pix[from:])
	}
	return dst, nil
}

// Mirror returns src with left and right changed.
func Mirror(src *raster.Image) *raster.Image {
	dst := raster.New(src.W, src.H)
	for y := range src.H {
		row, out := src.Pix[3*y*src.W:3*(y+1)*src.W], dst.Pix[3*y*src.W:3*(y+1)*src.W]
		for i, j := 0, len(out)-3; i < len(row); i, j = i+3, j-3 {
			copy(out[j:j+3], row[i:i+3])
		}
	}
	return dst
}
