// Package raster holds the one pixel buffer that pictures have between
// decoding and preprocessing.
package raster

import (
	"image"
	"image/color"
)

// An Image is a picture of H rows of W pixels of 8-bit RGB, not premultiplied,
// without alpha and without padding: pixel (x, y) starts at Pix[3*(y*W+x)].
type Image struct {
	W, H int
	Pix  []uint8
}

// New returns a black picture.
func New(w, h int) *Image {
	return &Image{W: w, H: h, Pix: make([]uint8, 3*w*h)}
}

// ColorModel returns color.RGBAModel: every pixel is opaque.
func (m *Image) ColorModel() color.Model { return color.RGBAModel }

// Bounds returns the rectangle from (0, 0) to (W, H).
func (m *Image) Bounds() image.Rectangle { return image.Rect(0, 0, m.W, m.H) }

// At returns the pixel at (x, y), black outside of the picture.
func (m *Image) At(x, y int) color.Color {
	if x < 0 || y < 0 || x >= m.W || y >= m.H {
		return color.RGBA{A: 255}
	}
	p := m.Pix[3*(y*m.W+x):][:3]
	return color.RGBA{p[0], p[1], p[2], 255}
}
