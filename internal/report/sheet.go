package report

import (
	"fmt"
	"image"
	"image/color"
	"strings"

	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// All in pixels.
const (
	tileSide    = 160
	tileGap     = 14
	tileLine    = 17 // of the three lines under each picture
	sheetColumn = 6
	sheetHead   = 40
)

// PNG draws a sheet of the pictures, the most surely wrong first. Under each stand its class, the class that it was
// put into with the probability of that, and its name. A picture that cannot be read any more is told in its place.
func (w *Worst) PNG(title string) ([]byte, error) {
	return drawn(func() (image.Image, error) {
		letters, err := newLetters()
		if err != nil {
			return nil, err
		}
		defer letters.close()
		rows := max(1, (len(w.kept)+sheetColumn-1)/sheetColumn)
		const stepX, stepY = tileSide + tileGap, tileSide + tileGap + 3*tileLine
		sheet := image.NewRGBA(image.Rect(0, 0, tileGap+sheetColumn*stepX, sheetHead+rows*stepY))
		draw.Draw(sheet, sheet.Bounds(), image.White, image.Point{}, draw.Src)
		head := fmt.Sprintf("%s: %d of %d pictures in a wrong class", title, w.wrong, w.pictures)
		if len(w.kept) > 0 {
			head += ", the most surely wrong first"
		}
		letters.write(sheet, letters.large, image.Pt(tileGap, 26), sheet.Bounds().Dx()-2*tileGap, head, color.Black, false)
		for i, m := range w.kept {
			at := image.Pt(tileGap+i%sheetColumn*stepX, sheetHead+i/sheetColumn*stepY)
			box := image.Rectangle{at, at.Add(image.Pt(tileSide, tileSide))}
			img, err := m.Image()
			if err == nil {
				place(sheet, box, img)
			} else {
				draw.Draw(sheet, box, image.NewUniform(color.Gray{225}), image.Point{}, draw.Src)
				letters.write(sheet, letters.small, at.Add(image.Pt(6, tileSide/2)), tileSide-12, "cannot be read any more", color.Black, false)
			}
			at.Y += tileSide + 13
			letters.write(sheet, letters.small, at, tileSide, m.Truth, color.RGBA{33, 102, 172, 255}, false)
			score := fmt.Sprintf(" (%.3f)", m.Score)
			room := tileSide - font.MeasureString(letters.small, score).Ceil()
			end := letters.write(sheet, letters.small, at.Add(image.Pt(0, tileLine)), room, "\u2192 "+m.Answer, color.RGBA{178, 24, 43, 255}, false)
			letters.write(sheet, letters.small, image.Pt(end, at.Y+tileLine), tileSide, score, color.RGBA{178, 24, 43, 255}, false)
			letters.write(sheet, letters.small, at.Add(image.Pt(0, 2*tileLine)), tileSide, m.Name, color.Gray{110}, true)
		}
		return sheet, nil
	})
}

// place draws a picture at the left of a box: as large as it fits, small ones by whole pixels.
func place(dst draw.Image, box image.Rectangle, img image.Image) {
	b := img.Bounds()
	if b.Empty() {
		return
	}
	long := max(b.Dx(), b.Dy())
	w, h := max(1, b.Dx()*tileSide/long), max(1, b.Dy()*tileSide/long)
	if times := tileSide / long; times >= 1 {
		w, h = b.Dx()*times, b.Dy()*times
	}
	at := box.Min.Add(image.Pt(0, (tileSide-h)/2))
	to := image.Rectangle{at, at.Add(image.Pt(w, h))}
	if long <= tileSide {
		draw.NearestNeighbor.Scale(dst, to, img, b, draw.Over, nil)
		return
	}
	// Every pixel of a large photo, asked for one by one, would take a second.
	const fine = 8
	if long > fine*tileSide {
		small := image.NewRGBA(image.Rect(0, 0, w*fine/2, h*fine/2))
		draw.ApproxBiLinear.Scale(small, small.Bounds(), img, b, draw.Src, nil)
		img, b = small, small.Bounds()
	}
	draw.BiLinear.Scale(dst, to, img, b, draw.Over, nil)
}

// letters are the sizes in which is written.
type letters struct{ small, large font.Face }

func newLetters() (*letters, error) {
	f, err := opentype.Parse(goregular.TTF)
	if err != nil {
		return nil, fmt.Errorf("report: font: %w", err)
	}
	l := &letters{}
	for _, s := range []struct {
		face *font.Face
		size float64
	}{{&l.small, 12.5}, {&l.large, 17}} {
		if *s.face, err = opentype.NewFace(f, &opentype.FaceOptions{Size: s.size, DPI: 72, Hinting: font.HintingFull}); err != nil {
			return nil, fmt.Errorf("report: font: %w", err)
		}
	}
	return l, nil
}

func (l *letters) close() {
	_ = l.small.Close()
	_ = l.large.Close()
}

// write writes a line from a point of its base and returns where it ends. What is wider than width pixels is cut, at its
// end or at its beginning.
func (l *letters) write(dst draw.Image, face font.Face, at image.Point, width int, line string, ink color.Color, tail bool) int {
	line = strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, line)
	fits := func(s string) bool { return font.MeasureString(face, s).Ceil() <= width }
	if r := []rune(line); !fits(line) {
		for len(r) > 0 && !fits(line) {
			if tail {
				r = r[1:]
				line = "\u2026" + string(r)
			} else {
				r = r[:len(r)-1]
				line = string(r) + "\u2026"
			}
		}
	}
	d := font.Drawer{Dst: dst, Src: image.NewUniform(ink), Face: face, Dot: fixed.P(at.X, at.Y)}
	d.DrawString(line)
	return d.Dot.X.Ceil()
}
