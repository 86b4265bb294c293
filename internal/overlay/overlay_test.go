package overlay

import (
	"bytes"
	"image"
	"image/color"
	"math"
	"testing"

	"github.com/gosight/vision/internal/geom"
)

var grey = color.NRGBA{90, 90, 90, 255}

// plain is a grey picture whose corner is not 0, 0, as that of a sub-image.
func plain(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(7, -5, 7+w, -5+h))
	for i := range m.Pix {
		m.Pix[i] = grey.R
		if i%4 == 3 {
			m.Pix[i] = 255
		}
	}
	return m
}

// changed are the bounds of the pixels that are not grey.
func changed(m *image.RGBA) image.Rectangle {
	var r image.Rectangle
	for y := m.Rect.Min.Y; y < m.Rect.Max.Y; y++ {
		for x := m.Rect.Min.X; x < m.Rect.Max.X; x++ {
			if m.RGBAAt(x, y) != color.RGBA(grey) {
				r = r.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return r
}

func TestFrameLiesWithinItsBox(t *testing.T) {
	src := plain(700, 640) // lines of two pixels
	before := bytes.Clone(src.Pix)
	c, box := New(src), image.Rect(50, 60, 90, 80)
	c.Frame(box, 3)
	m := c.Done()
	if m.Bounds() != src.Bounds() || !bytes.Equal(src.Pix, before) {
		t.Errorf("bounds %v, want %v, and the picture itself as it was", m.Bounds(), src.Bounds())
	}
	for y := 50; y < 90; y++ {
		for x := 40; x < 100; x++ {
			p, want := image.Pt(x, y), color.RGBA(grey)
			if p.In(box) && !p.In(box.Inset(2)) {
				want = Shade(3)
			}
			if got := m.RGBAAt(x, y); got != want {
				t.Fatalf("at %v %v, want %v", p, got, want)
			}
		}
	}
	for _, small := range []image.Rectangle{image.Rect(50, 60, 51, 61), image.Rect(50, 60, 53, 61), {}} { // no room for lines
		c := New(src)
		c.Frame(small, 0)
		m := c.Done()
		if got := changed(m); got != small {
			t.Errorf("the frame of %v changed %v", small, got)
		}
		for x := small.Min.X; x < small.Max.X; x++ { // it is filled
			if got := m.RGBAAt(x, small.Min.Y); got != Shade(0) {
				t.Errorf("within the frame of %v is %v", small, got)
			}
		}
	}
}

func TestPointLiesRoundItsPlace(t *testing.T) {
	for _, at := range []geom.Point{{X: 40.5, Y: 30.5}, {X: 7, Y: -5}, {X: 70, Y: 40}} {
		c := New(plain(64, 48))
		c.Point(at, 1, 1000)
		got, r := changed(c.Done()), 2.5 // a line of one pixel, one more, and half of the rim
		most := image.Rect(int(math.Floor(at.X-r)), int(math.Floor(at.Y-r)), int(math.Ceil(at.X+r)), int(math.Ceil(at.Y+r)))
		if got.Empty() || !got.In(most) {
			t.Errorf("the point at %v changed %v, want some of %v", at, got, most)
		}
	}
	nan := math.NaN()
	for _, at := range []geom.Point{{X: -100, Y: 5}, {X: 1e300, Y: 5}, {X: 20, Y: -1e9}, {X: nan, Y: 5}, {X: 20, Y: nan}} {
		c := New(plain(64, 48))
		c.Point(at, 1, 1000)
		if got := changed(c.Done()); !got.Empty() {
			t.Errorf("the point at %v, which is beyond the picture, changed %v", at, got)
		}
	}
}

// A label is above its box, or in it at the picture's upper edge, and never cut off at the right.
func TestLabelStaysInThePicture(t *testing.T) {
	for _, c := range []struct {
		box  image.Rectangle
		want func(label image.Rectangle) bool
	}{
		{image.Rect(100, 100, 150, 140), func(l image.Rectangle) bool { return l.Min.X == 100 && l.Max.Y == 100 }},
		{image.Rect(100, -5, 150, 140), func(l image.Rectangle) bool { return l.Min == image.Pt(100, -5) }},
		{image.Rect(290, 100, 307, 140), func(l image.Rectangle) bool { return l.Max == image.Pt(307, 100) }},
	} {
		canvas := New(plain(300, 200))
		canvas.Label(c.box, 2, "cat 0.98")
		m := canvas.Done()
		l := changed(m)
		if l.Dx() < 40 || l.Dy() < 10 || l.Dy() > 30 || !c.want(l) {
			t.Errorf("the label of %v fills %v", c.box, l)
		}
		inks := 0 // letters are dark on a bright patch or bright on a dark one
		for y := l.Min.Y; y < l.Max.Y; y++ {
			for x := l.Min.X; x < l.Max.X; x++ {
				if d := int(m.RGBAAt(x, y).G) - int(Shade(2).G); d > 100 || d < -100 {
					inks++
				}
			}
		}
		if inks < 20 {
			t.Errorf("%d pixels of letters are to be seen", inks)
		}
	}
	canvas := New(plain(10, 8)) // smaller than any label
	canvas.Label(image.Rect(8, -4, 12, 0), 0, "a long name 0.98")
	if m := canvas.Done(); m.Bounds() != plain(10, 8).Bounds() || changed(m).Min.X != 7 || changed(m).Max.X != 17 {
		t.Errorf("bounds %v, of which the label fills %v", m.Bounds(), changed(m))
	}
}

func TestKindsThatAreNearDifferInColour(t *testing.T) {
	far := func(a, b color.RGBA) int {
		d := 0
		for _, v := range []int{int(a.R) - int(b.R), int(a.G) - int(b.G), int(a.B) - int(b.B)} {
			d += max(v, -v)
		}
		return d
	}
	for kind := range 90 {
		for next := kind + 1; next < kind+4; next++ {
			if d := far(Shade(kind), Shade(next)); d < 150 {
				t.Errorf("kinds %d and %d: %v and %v", kind, next, Shade(kind), Shade(next))
			}
		}
	}
}
