package ocr

import (
	"image"
	"image/color"
	"image/draw"
	"testing"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"github.com/gosight/vision/internal/raster"
)

// printed is a line in Go's font, and the symbols that a recogniser would give if it read it as
// read, each letter at its middle.
func printed(t *testing.T, line, read string, ink, paper color.Color) (*raster.Image, []symbol) {
	t.Helper()
	f, err := opentype.Parse(goregular.TTF)
	if err != nil {
		t.Fatal(err)
	}
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: 32, DPI: 72})
	if err != nil {
		t.Fatal(err)
	}
	m := image.NewRGBA(image.Rect(0, 0, font.MeasureString(face, line).Ceil()+8, 40))
	draw.Draw(m, m.Bounds(), image.NewUniform(paper), image.Point{}, draw.Src)
	d := font.Drawer{Dst: m, Src: image.NewUniform(ink), Face: face, Dot: fixed.P(4, 29)}
	var symbols []symbol
	for i := range len(line) {
		from := float64(d.Dot.X) / 64
		d.DrawString(line[i : i+1])
		to := float64(d.Dot.X) / 64
		symbols = append(symbols, symbol{read[i : i+1], (from + to) / 2, (from + to) / 2, 1})
	}
	pic := raster.New(m.Bounds().Dx(), 40)
	for i := range pic.W * pic.H {
		copy(pic.Pix[3*i:3*i+3], m.Pix[4*i:4*i+3])
	}
	return pic, symbols
}

func TestCaseByHeight(t *testing.T) {
	for _, c := range []struct{ why, line, read, want string }{
		{"small letters read as capitals", "the quick brown fox", "THE QUICK BROWN FOX", "The quick Brown Fox"}, // a first letter as high as a capital in either case stays,
		{"capitals read as small letters", "QUICK BROWN FOX 12", "qUick brOWn fox 12", "QUICK BROWN FOX 12"},
		{"mixed", "Over the lazy dog", "OVeR tHE LAZY dOG", "Over the Lazy dog"},
		{"nothing as high as a capital: as it was read", "vex me", "VEX mE", "VEX mE"},
		{"digits tell, too", "room 7", "ROOM 7", "room 7"},
		{"only digits", "1984", "1984", "1984"},
		{"no text", "", "", ""},
	} {
		for _, light := range []bool{false, true} {
			ink, paper := color.Gray{20}, color.Gray{230}
			if light {
				ink, paper = paper, ink
			}
			pic, symbols := printed(t, c.line, c.read, ink, paper)
			settleCase(pic, symbols)
			got := ""
			for _, s := range symbols {
				got += s.text
			}
			if got != c.want {
				t.Errorf("%s, light on dark %v: %q, want %q", c.why, light, got, c.want)
			}
		}
	}
	// Nothing to see.
	flat := raster.New(50, 20)
	symbols := []symbol{{"A", 3, 5, 1}, {"b", 10, 12, 1}}
	settleCase(flat, symbols)
	if symbols[0].text != "A" || symbols[1].text != "b" {
		t.Errorf("of a flat picture: %v", symbols)
	}
	settleCase(raster.New(1, 1), []symbol{{"a", 0, 0, 1}, {"1", 900, 900, 1}})
}
