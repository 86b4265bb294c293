// Package overlay draws what was found on copies of pictures, for people to look at: boxes,
// points and labels whose lines and letters grow with the picture.
package overlay

import (
	"image"
	"image/color"
	"image/draw"
	"math"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"github.com/gosight/vision/internal/geom"
)

// A Canvas is a copy of a picture that is drawn on.
type Canvas struct {
	img  *image.RGBA
	line int // thickness in pixels
	face font.Face
}

// New returns a copy of img to draw on, with the same bounds.
func New(img image.Image) *Canvas {
	b := img.Bounds()
	c := &Canvas{img: image.NewRGBA(b), face: basicfont.Face7x13}
	draw.Draw(c.img, b, img, b.Min, draw.Src)
	side := float64(min(b.Dx(), b.Dy()))
	c.line = max(1, int(math.Round(side/320)))
	// Go's own font is read in every time: a millisecond, and nothing is kept. The plain
	// one stands in should that fail.
	if f, err := opentype.Parse(goregular.TTF); err == nil {
		face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: max(12, side/48), DPI: 72, Hinting: font.HintingFull})
		if err == nil {
			c.face = face
		}
	}
	return c
}

// Done returns the drawn picture.
func (c *Canvas) Done() *image.RGBA {
	if f, ok := c.face.(*opentype.Face); ok {
		_ = f.Close()
	}
	return c.img
}

// Frame draws a box in the colour of kind, within its pixels.
func (c *Canvas) Frame(b image.Rectangle, kind int) {
	ink := image.NewUniform(Shade(kind))
	w := min(c.line, (b.Dx()+1)/2)
	h := min(c.line, (b.Dy()+1)/2)
	for _, r := range []image.Rectangle{
		{b.Min, image.Pt(b.Max.X, b.Min.Y+h)},
		{image.Pt(b.Min.X, b.Max.Y-h), b.Max},
		{b.Min, image.Pt(b.Min.X+w, b.Max.Y)},
		{image.Pt(b.Max.X-w, b.Min.Y), b.Max},
	} {
		draw.Draw(c.img, r, ink, image.Point{}, draw.Src)
	}
}

// Point draws a filled disc round p in the colour of kind, with a dark rim. Points of things that are
// only size pixels large are smaller.
func (c *Canvas) Point(p geom.Point, kind, size int) {
	in := c.img.Bounds()
	r := max(min(float64(c.line)+1, float64(size)/24), 0.5)
	if !(p.X > float64(in.Min.X)-r && p.Y > float64(in.Min.Y)-r && p.X < float64(in.Max.X)+r && p.Y < float64(in.Max.Y)+r) {
		return // beyond the picture, or nowhere
	}
	lo := image.Pt(int(max(p.X-r-1, float64(in.Min.X))), int(max(p.Y-r-1, float64(in.Min.Y))))
	hi := image.Pt(int(min(p.X+r+2, float64(in.Max.X))), int(min(p.Y+r+2, float64(in.Max.Y))))
	ink := Shade(kind)
	for y := lo.Y; y < hi.Y; y++ {
		for x := lo.X; x < hi.X; x++ {
			switch d := math.Hypot(float64(x)+0.5-p.X, float64(y)+0.5-p.Y); {
			case d <= r-0.5:
				c.img.SetRGBA(x, y, ink)
			case d <= r+0.5:
				c.img.SetRGBA(x, y, color.RGBA{A: 255})
			}
		}
	}
}

// Label writes text on a patch of the colour of kind: above the box, or in it where there
// is no room above.
func (c *Canvas) Label(b image.Rectangle, kind int, text string) {
	m := c.face.Metrics()
	pad := c.line + 1
	w := font.MeasureString(c.face, text).Ceil() + 2*pad
	h := m.Ascent.Ceil() + m.Descent.Ceil() + pad
	at := image.Pt(b.Min.X, b.Min.Y-h)
	in := c.img.Bounds()
	if at.Y < in.Min.Y {
		at.Y = b.Min.Y
	}
	at.X = max(min(at.X, in.Max.X-w), in.Min.X)
	patch := Shade(kind)
	draw.Draw(c.img, image.Rectangle{at, at.Add(image.Pt(w, h))}, image.NewUniform(patch), image.Point{}, draw.Src)
	d := font.Drawer{Dst: c.img, Src: ink(patch), Face: c.face,
		Dot: fixed.P(at.X+pad, at.Y+m.Ascent.Ceil()+pad/2)}
	d.DrawString(text)
}

// Shade is the colour of a kind, a class for instance: hues one golden angle apart, so that kinds that
// are near in number are far in colour.
func Shade(kind int) color.RGBA {
	const golden = 0.6180339887498949
	_, hue := math.Modf(float64(kind)*golden + 0.35)
	channel := func(shift float64) uint8 {
		_, t := math.Modf(hue + shift)
		v := math.Abs(t*6-3) - 1 // HSV's ramp
		return uint8(math.Round(255 * min(max(v, 0), 1)))
	}
	return color.RGBA{channel(0), channel(2.0 / 3), channel(1.0 / 3), 255}
}

// ink is black or white, whichever is read better on c, by ITU-R 601 luma.
func ink(c color.RGBA) image.Image {
	if 299*int(c.R)+587*int(c.G)+114*int(c.B) > 128*1000 {
		return image.Black
	}
	return image.White
}
