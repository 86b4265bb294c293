package report

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"testing"
)

func TestWorstKeepsTheWorst(t *testing.T) {
	w := &Worst{}
	for i := range 100 { // 0, 0.07, 0.14, ... 0.97, 0.04, ...: no order, and none twice
		score := float64(i*7%100) / 100
		wants := w.Wants(score)
		w.Wrong(Mistake{Name: fmt.Sprint(i), Score: score})
		w.Right()
		kept := false
		for _, m := range w.kept {
			kept = kept || m.Name == fmt.Sprint(i)
		}
		if kept != wants {
			t.Fatalf("picture %d of score %g: wanted %v, kept %v", i, score, wants, kept)
		}
	}
	if len(w.kept) != MostWorst || w.pictures != 200 || w.wrong != 100 {
		t.Fatalf("kept %d, counted %d of %d", len(w.kept), w.wrong, w.pictures)
	}
	for i, m := range w.kept {
		if want := float64(99-i) / 100; m.Score != want {
			t.Errorf("the picture at %d has %g, want %g", i, m.Score, want)
		}
	}
	w = &Worst{}
	for i := range 50 {
		w.Wrong(Mistake{Name: fmt.Sprint(i), Score: 0.5})
	}
	for i, m := range w.kept { // of equal ones those that came first
		if m.Name != fmt.Sprint(i) {
			t.Errorf("at %d is %s", i, m.Name)
		}
	}
}

// filled is a picture of one colour whose corner is elsewhere than at 0, 0.
func filled(w, h int, c color.Color) func() (image.Image, error) {
	m := image.NewNRGBA(image.Rect(5, 7, 5+w, 7+h))
	draw.Draw(m, m.Rect, image.NewUniform(c), image.Point{}, draw.Src)
	return func() (image.Image, error) { return m, nil }
}

func TestSheet(t *testing.T) {
	w := &Worst{}
	data, err := w.PNG("net")
	if b := decodedPNG(t, data, err).Bounds(); b.Dx() != tileGap+sheetColumn*(tileSide+tileGap) {
		t.Errorf("a sheet of nothing is %v", b)
	}
	pink, green, blue := color.NRGBA{250, 0, 200, 255}, color.NRGBA{0, 250, 0, 255}, color.NRGBA{0, 0, 250, 255}
	for i, m := range []Mistake{
		{Name: "small.png", Image: filled(28, 28, pink)},                                    // 140 pixels a side
		{Name: "a/long/way/to/a/photo/that/has/a/name.jpg", Image: filled(640, 320, green)}, // 160 x 80
		{Name: "huge.jpg", Image: filled(1600, 3200, blue)},                                 // 80 x 160
		{Name: "gone.jpg", Image: func() (image.Image, error) { return nil, errors.New("gone") }},
		{Name: "empty.png", Image: filled(0, 0, pink)},
		{Name: "", Truth: "\t\n", Answer: "a name that is much longer than there is room for it", Image: filled(1, 1000, pink)},
		{Name: "next row", Image: filled(1, 1, pink)},
	} {
		m.Score = 1 - float64(i)/10
		w.Wrong(m)
	}
	data, err = w.PNG("net")
	sheet := decodedPNG(t, data, err)
	if got := area(sheet, green); got != 160*80 {
		t.Errorf("640x320 was drawn with %d pixels", got)
	}
	if got := area(sheet, blue); got != 80*160 {
		t.Errorf("1600x3200 was drawn with %d pixels", got)
	}
	if got, want := area(sheet, pink), 140*140+160+160*160; got != want {
		t.Errorf("28x28, 1x1000 and 1x1 were drawn with %d pixels, want %d", got, want)
	}
	const step = tileSide + tileGap
	for col, want := range map[int]color.NRGBA{0: pink, 1: green, 2: blue} {
		at := image.Pt(tileGap+col*step+30, sheetHead+tileSide/2)
		if got := color.NRGBAModel.Convert(sheet.At(at.X, at.Y)); got != want {
			t.Errorf("column %d shows %v", col, got)
		}
	}
	// Nothing runs from one column into the next.
	for col := 1; col < sheetColumn; col++ {
		for y := sheetHead; y < sheet.Bounds().Max.Y; y++ {
			if x := tileGap + col*step - 2; color.GrayModel.Convert(sheet.At(x, y)) != (color.Gray{255}) {
				t.Fatalf("something is drawn between columns at %d, %d", x, y)
			}
		}
	}
}
