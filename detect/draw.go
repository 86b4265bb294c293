package detect

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"strconv"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// Draw returns a copy of img with the boxes, names and scores of objects, for people to
// look at. Lines and letters grow with the picture; each class has a colour of its own. The
// best object is on top. Of a *vision.Photo that cannot be decoded the copy is black.
func Draw(img image.Image, objects Objects) *image.RGBA {
	b := img.Bounds()
	dst := image.NewRGBA(b)
	draw.Draw(dst, b, img, b.Min, draw.Src)
	p := newPen(b)
	for i := len(objects) - 1; i >= 0; i-- {
		p.frame(dst, objects[i])
	}
	for i := len(objects) - 1; i >= 0; i-- {
		p.label(dst, objects[i])
	}
	if c, ok := p.face.(*opentype.Face); ok {
		_ = c.Close()
	}
	return dst
}

// A pen holds what is drawn with.
type pen struct {
	line int // thickness in pixels
	face font.Face
}

// newPen returns a pen for a picture of these bounds.
func newPen(b image.Rectangle) pen {
	side := float64(min(b.Dx(), b.Dy()))
	p := pen{line: max(1, int(math.Round(side/320))), face: basicfont.Face7x13}
	// Go's own font is read in every time: a millisecond, and nothing is kept. The plain
	// one stands in should that fail.
	if f, err := opentype.Parse(goregular.TTF); err == nil {
		face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: max(12, side/48), DPI: 72, Hinting: font.HintingFull})
		if err == nil {
			p.face = face
		}
	}
	return p
}

// frame draws the box, within its pixels.
func (p pen) frame(dst *image.RGBA, o Object) {
	c := image.NewUniform(shade(o.Index))
	b := o.Box
	w := min(p.line, (b.Dx()+1)/2)
	h := min(p.line, (b.Dy()+1)/2)
	for _, r := range []image.Rectangle{
		{b.Min, image.Pt(b.Max.X, b.Min.Y+h)},
		{image.Pt(b.Min.X, b.Max.Y-h), b.Max},
		{b.Min, image.Pt(b.Min.X+w, b.Max.Y)},
		{image.Pt(b.Max.X-w, b.Min.Y), b.Max},
	} {
		draw.Draw(dst, r, c, image.Point{}, draw.Src)
	}
}

// label writes name and score on a patch of the box's colour: above the box, or in it
// where there is no room above.
func (p pen) label(dst *image.RGBA, o Object) {
	text := o.Name + " " + strconv.FormatFloat(float64(o.Score), 'f', 2, 32)
	m := p.face.Metrics()
	pad := p.line + 1
	w := font.MeasureString(p.face, text).Ceil() + 2*pad
	h := m.Ascent.Ceil() + m.Descent.Ceil() + pad
	at := image.Pt(o.Box.Min.X, o.Box.Min.Y-h)
	in := dst.Bounds()
	if at.Y < in.Min.Y {
		at.Y = o.Box.Min.Y
	}
	at.X = max(min(at.X, in.Max.X-w), in.Min.X)
	c := shade(o.Index)
	draw.Draw(dst, image.Rectangle{at, at.Add(image.Pt(w, h))}, image.NewUniform(c), image.Point{}, draw.Src)
	d := font.Drawer{Dst: dst, Src: ink(c), Face: p.face,
		Dot: fixed.P(at.X+pad, at.Y+m.Ascent.Ceil()+pad/2)}
	d.DrawString(text)
}

// shade is the colour of a class: hues one golden angle apart, so that classes that are
// near in number are far in colour.
func shade(class int) color.RGBA {
	const golden = 0.6180339887498949
	_, hue := math.Modf(float64(class)*golden + 0.35)
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
