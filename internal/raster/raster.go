// Package raster holds the one pixel buffer that pictures have between
// decoding and preprocessing.
package raster

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
