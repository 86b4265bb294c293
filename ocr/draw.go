package ocr

import (
	"image"
	"image/color"
	"image/draw"
	"math"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"github.com/gosight/vision"
)

// Draw returns a picture twice as wide as img for people to look at: img with the outlines of the
// page's words, and beside it, in the same places, what was read. Words of low score are red. Letters
// that the font lacks, Chinese for instance, are boxes. Of a *vision.Photo that cannot be decoded the copy is black.
func Draw(img image.Image, page *Page) *image.RGBA {
	b := img.Bounds()
	dst := image.NewRGBA(image.Rect(b.Min.X, b.Min.Y, b.Max.X+b.Dx(), b.Max.Y))
	draw.Draw(dst, b, img, b.Min, draw.Src)
	draw.Draw(dst, b.Add(image.Pt(b.Dx(), 0)), image.White, image.Point{}, draw.Src)
	pen := max(1, int(math.Round(float64(min(b.Dx(), b.Dy()))/600)))
	letters, err := opentype.Parse(goregular.TTF)
	for _, w := range page.Words() {
		c := shade(w.Score)
		for i, p := range w.Quad {
			stroke(dst, b, p, w.Quad[(i+1)%4], pen, c)
		}
		if err == nil {
			write(dst, letters, w, b)
		}
	}
	return dst
}

// shade goes from red at a score of a half and less to green at 1.
func shade(score float32) color.RGBA {
	t := min(max(float64(score)*2-1, 0), 1)
	return color.RGBA{uint8(220 * (1 - t)), uint8(160 * t), uint8(60 * t), 255}
}

// stroke draws a line of pen pixels, within the picture in.
func stroke(dst *image.RGBA, in image.Rectangle, a, b vision.Point, pen int, c color.RGBA) {
	steps := int(max(math.Abs(b.X-a.X), math.Abs(b.Y-a.Y))) + 1
	ink := image.NewUniform(c)
	for i := range steps + 1 {
		t := float64(i) / float64(steps)
		x, y := int(a.X+(b.X-a.X)*t)-pen/2, int(a.Y+(b.Y-a.Y)*t)-pen/2
		draw.Draw(dst, image.Rect(x, y, x+pen, y+pen).Intersect(in), ink, image.Point{}, draw.Src)
	}
}

// write writes a word beside the picture, as large as fits into its place.
func write(dst *image.RGBA, letters *opentype.Font, w Word, picture image.Rectangle) {
	q := w.Quad
	at := q.Bounds()
	side := math.Hypot(q[3].X-q[0].X, q[3].Y-q[0].Y)
	size := min(max(side*0.8, 4), 400)
	face, err := opentype.NewFace(letters, &opentype.FaceOptions{Size: size, DPI: 72})
	if err != nil {
		return
	}
	defer func() { _ = face.Close() }()
	if n := font.MeasureString(face, w.Text).Ceil(); n > at.Dx() && at.Dx() > 0 {
		small, err := opentype.NewFace(letters, &opentype.FaceOptions{Size: max(size*float64(at.Dx())/float64(n), 4), DPI: 72})
		if err != nil {
			return
		}
		defer func() { _ = small.Close() }()
		face = small
	}
	m := face.Metrics()
	d := font.Drawer{Dst: dst, Src: image.NewUniform(darker(shade(w.Score))), Face: face,
		Dot: fixed.P(at.Min.X+picture.Dx(), (at.Min.Y+at.Max.Y+m.Ascent.Ceil()-m.Descent.Ceil())/2)}
	d.DrawString(w.Text)
}

func darker(c color.RGBA) color.RGBA { return color.RGBA{c.R, c.G / 2, c.B / 2, 255} }
