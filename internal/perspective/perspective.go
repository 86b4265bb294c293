// Package perspective cuts turned and slanted pieces out of a picture, as
// cv2.getPerspectiveTransform and cv2.warpPerspective do with INTER_CUBIC and BORDER_REPLICATE:
// bit-equal where pixels are copied, else mostly within 2 of 255 of OpenCV 5, on pure noise within 8.
//
// All functions are safe for concurrent use.
package perspective

import (
	"math"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/geom"
	"github.com/gosight/vision/internal/raster"
)

// maxPixels bounds a piece: no piece of a picture is larger than the largest picture.
const maxPixels = 1 << 28

// A Matrix takes (x, y) to ((m0 x + m1 y + m2)/d, (m3 x + m4 y + m5)/d), d = m6 x + m7 y + m8.
type Matrix [9]float64

// Apply maps p.
func (m Matrix) Apply(p geom.Point) geom.Point {
	d := m[6]*p.X + m[7]*p.Y + m[8]
	return geom.Point{X: (m[0]*p.X + m[1]*p.Y + m[2]) / d, Y: (m[3]*p.X + m[4]*p.Y + m[5]) / d}
}

// FromRect returns the map that takes the corners (0, 0), (w, 0), (w, h), (0, h) to those of q (Heckbert,
// Fundamentals of Texture Mapping and Image Warping, 1989, 2.2.3). It reports false for a quad that
// has three corners on a line or is not finite.
func FromRect(w, h float64, q geom.Quad) (Matrix, bool) {
	dx1, dx2, sx := q[1].X-q[2].X, q[3].X-q[2].X, q[0].X-q[1].X+q[2].X-q[3].X
	dy1, dy2, sy := q[1].Y-q[2].Y, q[3].Y-q[2].Y, q[0].Y-q[1].Y+q[2].Y-q[3].Y
	det := dx1*dy2 - dx2*dy1
	g, k := (sx*dy2-dx2*sy)/det, (dx1*sy-sx*dy1)/det
	m := Matrix{
		(q[1].X - q[0].X + g*q[1].X) / w, (q[3].X - q[0].X + k*q[3].X) / h, q[0].X,
		(q[1].Y - q[0].Y + g*q[1].Y) / w, (q[3].Y - q[0].Y + k*q[3].Y) / h, q[0].Y,
		g / w, k / h, 1,
	}
	for _, v := range m {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return m, false
		}
	}
	return m, true
}

// Size returns the size of the upright piece under q: the longer of opposite sides, cut to whole
// pixels, at least one.
func Size(q geom.Quad) (w, h int) {
	side := func(a, b geom.Point) float64 { return math.Hypot(a.X-b.X, a.Y-b.Y) }
	whole := func(a, b float64) int { return max(int(min(max(a, b), maxPixels)), 1) }
	return whole(side(q[0], q[1]), side(q[2], q[3])), whole(side(q[0], q[3]), side(q[1], q[2]))
}

// Cut returns the piece of src under q, w x h pixels. The corners of q are positions of package geom, in
// which a pixel's centre lies half a pixel from its corner: an upright q of whole numbers copies pixels, whichever
// corner it begins at. OpenCV counts from the centre of the first pixel. Outside of src its edge goes on. A quad that spans
// nothing is a *fault.FormatError, too large a piece a *fault.LimitError.
func Cut(src *raster.Image, q geom.Quad, w, h int) (*raster.Image, error) {
	if w < 1 || h < 1 || int64(w)*int64(h) > maxPixels {
		return nil, &fault.LimitError{What: "pixels of a piece", Got: int64(w) * int64(h), Max: maxPixels}
	}
	m, ok := FromRect(float64(w), float64(h), q)
	if !ok || src.W < 1 || src.H < 1 {
		return nil, &fault.FormatError{Reason: "a piece of text without area"}
	}
	dst := raster.New(w, h)
	out := dst.Pix
	for y := range h {
		for x := range w {
			p := m.Apply(geom.Point{X: float64(x) + 0.5, Y: float64(y) + 0.5})
			sample(out[:3:3], src, fixed(p.X-0.5), fixed(p.Y-0.5))
			out = out[3:]
		}
	}
	return dst, nil
}

const (
	bits = 5 // of the fraction of a position, as in OpenCV's remap
	unit = 1 << bits
)

// fixed is v in 1/32 of a pixel.
func fixed(v float64) int {
	const far = 1 << 40
	if !(v > -far) { // NaN too
		return -far
	}
	return int(math.RoundToEven(min(v, far) * unit))
}

// weights of four neighbours for each fraction, Keys' cubic with a = -0.75.
var weights = func() (t [unit][4]float32) { //nolint:gochecknoglobals // a table that never changes
	const a = -0.75
	for i := range t {
		x := float32(i) / unit
		t[i][0] = ((a*(x+1)-5*a)*(x+1)+8*a)*(x+1) - 4*a
		t[i][1] = ((a+2)*x-(a+3))*x*x + 1
		t[i][2] = ((a+2)*(1-x)-(a+3))*(1-x)*(1-x) + 1
		t[i][3] = 1 - t[i][0] - t[i][1] - t[i][2]
	}
	return t
}()

// sample writes the pixel at (fx, fy), in 1/32 of a pixel.
func sample(out []uint8, src *raster.Image, fx, fy int) {
	x, y := fx>>bits, fy>>bits
	if fx&(unit-1) == 0 && fy&(unit-1) == 0 { // upright pieces are copied
		i := 3 * (min(max(y, 0), src.H-1)*src.W + min(max(x, 0), src.W-1))
		copy(out, src.Pix[i:i+3])
		return
	}
	wx, wy := &weights[fx&(unit-1)], &weights[fy&(unit-1)]
	var col [4]int
	for i := range col {
		col[i] = 3 * min(max(x-1+i, 0), src.W-1)
	}
	var r, g, b float32
	for j := range 4 {
		row := src.Pix[3*src.W*min(max(y-1+j, 0), src.H-1):]
		for i, c := range col {
			k := wx[i] * wy[j]
			p := row[c : c+3 : c+3]
			r, g, b = r+k*float32(p[0]), g+k*float32(p[1]), b+k*float32(p[2])
		}
	}
	out[0], out[1], out[2] = byteOf(r), byteOf(g), byteOf(b)
}

func byteOf(v float32) uint8 { return uint8(min(max(v, 0), 255) + 0.5) }
