package preprocess

import (
	"math"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/geom"
	"github.com/gosight/vision/internal/raster"
)

// WarpAffine returns w x h pixels of src, moved by m, which takes positions in src to those in
// the result; (0, 0) is the centre of the first pixel in both. Between pixels it is
// bilinear; beyond the edge of src everything is black.
//
// It is cv2.warpAffine(src, m, (w, h)) of OpenCV 5, bit for bit: that one computes positions
// and weights in float32, with fused multiplications. OpenCV 4 rounded positions to 1/32 of a pixel, which
// gives values that are up to a few of 255 off.
//
// An m that has no inverse is a *fault.FormatError, and so is an empty src.
func WarpAffine(src *raster.Image, m geom.Affine, w, h int) (*raster.Image, error) {
	inv, ok := m.Inverse()
	if !ok {
		return nil, &fault.FormatError{Format: "alignment", Reason: "a map that has no inverse"}
	}
	if err := checkSource(src, src.W, src.H, geom.Identity); err != nil {
		return nil, err
	}
	dst := raster.New(w, h)
	a, d := float32(inv.A), float32(inv.D)
	for y := range h {
		// Two roundings here, one below, as there.
		row := float32(float32(y)*float32(inv.B)) + float32(inv.C)
		col := float32(float32(y)*float32(inv.E)) + float32(inv.F)
		out := dst.Pix[3*y*w : 3*(y+1)*w]
		for x := range w {
			bilinear(out[3*x:3*x+3:3*x+3], src, fused(a, float32(x), row), fused(d, float32(x), col))
		}
	}
	return dst, nil
}

// bilinear writes the pixel of src at (x, y), counted from the centre of the first.
func bilinear(dst []uint8, src *raster.Image, x, y float32) {
	if !(x > -1 && y > -1 && x < float32(src.W) && y < float32(src.H)) {
		return // black already
	}
	x0, y0 := math.Floor(float64(x)), math.Floor(float64(y))
	fx, fy := x-float32(x0), y-float32(y0)
	ix, iy := int(x0), int(y0)
	var black [3]uint8
	at := func(x, y int) []uint8 {
		if x < 0 || y < 0 || x >= src.W || y >= src.H {
			return black[:]
		}
		i := 3 * (y*src.W + x)
		return src.Pix[i : i+3 : i+3]
	}
	p00, p01, p10, p11 := at(ix, iy), at(ix+1, iy), at(ix, iy+1), at(ix+1, iy+1)
	for c := range dst {
		a, b := float32(p00[c]), float32(p10[c])
		top := fused(fx, float32(p01[c])-a, a)
		bottom := fused(fx, float32(p11[c])-b, b)
		dst[c] = round8(fused(fy, bottom-top, top))
	}
}

// fused is a*b + c rounded once. The product of two float32 is exact in float64, so that
// machines that fuse and those that do not agree.
func fused(a, b, c float32) float32 { return float32(float64(a)*float64(b) + float64(c)) }
