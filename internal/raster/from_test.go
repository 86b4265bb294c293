package raster

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"math/rand/v2"
	"testing"
)

// plain hides the type of a picture, so that From takes the path for any type.
type plain struct{ image.Image }

// samples returns one picture of every type that From knows, filled with noise,
// with bounds that start at lo.
func samples(lo image.Point) map[string]image.Image {
	rnd := rand.New(rand.NewPCG(1, 2))
	noise := func(pix []uint8) {
		for i := range pix {
			pix[i] = uint8(rnd.Uint32())
		}
	}
	r := image.Rect(0, 0, 23, 17).Add(lo)
	ms := map[string]image.Image{}
	rgba := image.NewRGBA(r)
	noise(rgba.Pix)
	for i := 0; i < len(rgba.Pix); i += 4 { // valid: no colour above its alpha
		a := rgba.Pix[i+3]
		if i%3 == 0 {
			a = 255
		}
		rgba.Pix[i+3] = a
		for c := range 3 {
			rgba.Pix[i+c] = uint8(int(rgba.Pix[i+c]) * int(a) / 255)
		}
	}
	ms["RGBA"] = rgba
	rgba64 := image.NewRGBA64(r)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			c := color.NRGBA64{uint16(rnd.Uint32()), uint16(rnd.Uint32()), uint16(rnd.Uint32()), uint16(rnd.Uint32())}
			if x%2 == 0 {
				c.A = 0xffff
			}
			rgba64.Set(x, y, c)
		}
	}
	ms["RGBA64"] = rgba64
	nrgba := image.NewNRGBA(r)
	noise(nrgba.Pix)
	ms["NRGBA"] = nrgba
	nrgba64 := image.NewNRGBA64(r)
	noise(nrgba64.Pix)
	ms["NRGBA64"] = nrgba64
	grey := image.NewGray(r)
	noise(grey.Pix)
	ms["Gray"] = grey
	grey16 := image.NewGray16(r)
	noise(grey16.Pix)
	ms["Gray16"] = grey16
	cmyk := image.NewCMYK(r)
	noise(cmyk.Pix)
	ms["CMYK"] = cmyk
	alpha := image.NewAlpha(r)
	noise(alpha.Pix)
	ms["Alpha"] = alpha
	pal := image.NewPaletted(r, color.Palette{
		color.NRGBA{10, 200, 30, 0}, color.RGBA{20, 30, 40, 255}, color.Gray{99}, color.NRGBA64{0x1234, 0x5678, 0x9abc, 0x8000},
	})
	noise(pal.Pix)
	for i := range pal.Pix {
		pal.Pix[i] %= 4
	}
	ms["Paletted"] = pal
	for _, ratio := range []image.YCbCrSubsampleRatio{
		image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420,
		image.YCbCrSubsampleRatio440, image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410,
	} {
		m := image.NewYCbCr(r, ratio)
		noise(m.Y)
		noise(m.Cb)
		noise(m.Cr)
		ms[ratio.String()] = m
	}
	a := image.NewNYCbCrA(r, image.YCbCrSubsampleRatio420)
	noise(a.Y)
	noise(a.Cb)
	noise(a.Cr)
	noise(a.A)
	ms["NYCbCrA"] = a
	return ms
}

// want is the straight colour that From promises for c.
func want(c color.Color) [3]uint8 {
	switch c := c.(type) {
	case color.NYCbCrA: // its RGBA method rounds when it multiplies alpha in
		r, g, b := color.YCbCrToRGB(c.Y, c.Cb, c.Cr)
		return [3]uint8{r, g, b}
	case color.NRGBA64:
		return [3]uint8{uint8(c.R >> 8), uint8(c.G >> 8), uint8(c.B >> 8)}
	case color.CMYK:
		n := 255 - float64(c.K)
		ink := func(v uint8) uint8 { return uint8(n - float64(int(float64(v)*n/255+0.5))) }
		return [3]uint8{ink(c.C), ink(c.M), ink(c.Y)}
	}
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	return [3]uint8{n.R, n.G, n.B}
}

func TestFromGivesEveryTypeItsStraightColour(t *testing.T) {
	// Bounds that start at odd places catch chroma shared by the wrong pixels.
	for _, lo := range []image.Point{{}, {3, 5}, {6, 1}, {-5, -3}} {
		for name, src := range samples(lo) {
			t.Run(fmt.Sprint(name, lo), func(t *testing.T) {
				check(t, src)
			})
		}
	}
}

func TestFromTakesSubImages(t *testing.T) {
	type sub interface {
		SubImage(image.Rectangle) image.Image
	}
	for _, r := range []image.Rectangle{image.Rect(5, 4, 18, 15), image.Rect(4, 3, 5, 16), image.Rect(7, 9, 22, 10)} {
		for name, src := range samples(image.Pt(3, 2)) {
			t.Run(fmt.Sprint(name, r), func(t *testing.T) {
				check(t, src.(sub).SubImage(r))
			})
		}
	}
}

func check(t *testing.T, src image.Image) {
	t.Helper()
	m := From(src)
	b := src.Bounds()
	if m.W != b.Dx() || m.H != b.Dy() || len(m.Pix) != 3*m.W*m.H {
		t.Fatalf("got %d x %d with %d bytes, want %v", m.W, m.H, len(m.Pix), b)
	}
	for y := range m.H {
		for x := range m.W {
			w := want(src.At(b.Min.X+x, b.Min.Y+y))
			if got := [3]uint8(m.Pix[3*(y*m.W+x):]); got != w {
				t.Fatalf("(%d, %d): got %v, want %v from %v", x, y, got, w, src.At(b.Min.X+x, b.Min.Y+y))
			}
		}
	}
}

func TestFromReadsUnknownTypes(t *testing.T) {
	for _, name := range []string{"NRGBA", "NRGBA64", "Paletted", "Gray", "RGBA", "YCbCrSubsampleRatio420"} {
		src := samples(image.Pt(2, 1))[name]
		if !bytes.Equal(From(plain{src}).Pix, From(src).Pix) {
			t.Errorf("%s: a wrapped picture gives other pixels than the picture", name)
		}
	}
	if m := From(image.NewRGBA(image.Rectangle{})); m.W != 0 || m.H != 0 || len(m.Pix) != 0 {
		t.Errorf("empty picture: got %+v", m)
	}
}

func TestFromSurvivesInvalidPixels(t *testing.T) {
	pal := image.NewPaletted(image.Rect(0, 0, 2, 1), color.Palette{color.White})
	pal.Pix[1] = 7 // At would panic
	if m := From(pal); !bytes.Equal(m.Pix, []byte{255, 255, 255, 0, 0, 0}) {
		t.Errorf("index beyond the palette: got %v", m.Pix)
	}
	over := image.NewRGBA64(image.Rect(0, 0, 1, 1))
	copy(over.Pix, []byte{0xff, 0xff, 0x80, 0, 0x40, 0, 0x80, 0}) // red above alpha
	if m := From(over); m.Pix[0] != 255 {
		t.Errorf("colour above its alpha: got %v", m.Pix)
	}
}

func TestFromAllocatesTheResultAlone(t *testing.T) {
	for name, src := range samples(image.Point{}) {
		if name == "Alpha" || name == "RGBA" { // colours pass through interfaces
			continue
		}
		if n := testing.AllocsPerRun(10, func() { From(src) }); n > 2 {
			t.Errorf("%s: %v allocations, want the picture and its pixels", name, n)
		}
	}
}

func BenchmarkFrom(b *testing.B) {
	r := image.Rect(0, 0, 1920, 1080)
	for name, src := range map[string]image.Image{
		"RGBA": opaque(image.NewRGBA(r)), "NRGBA": image.NewNRGBA(r), "Gray": image.NewGray(r), "CMYK": image.NewCMYK(r),
		"YCbCr420": image.NewYCbCr(r, image.YCbCrSubsampleRatio420),
		"YCbCr444": image.NewYCbCr(r, image.YCbCrSubsampleRatio444),
		"Paletted": image.NewPaletted(r, color.Palette{color.White}),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(r.Dx() * r.Dy()))
			for b.Loop() {
				From(src)
			}
		})
	}
}

func opaque(m *image.RGBA) *image.RGBA {
	for i := range m.Pix {
		m.Pix[i] = 255
	}
	return m
}
