package ocr

import (
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gosight/vision/internal/geom"
	"github.com/gosight/vision/internal/raster"
)

// text is a piece at (x, y), w x h, that reads as given.
func text(s string, x, y, w, h float64) piece {
	p := piece{quad: geom.Quad{{X: x, Y: y}, {X: x + w, Y: y}, {X: x + w, Y: y + h}, {X: x, Y: y + h}}, score: 1}
	for i, r := range s {
		at := w * float64(i) / float64(len(s))
		p.symbols = append(p.symbols, symbol{string(r), at, at + w/float64(len(s)), 1})
	}
	return p
}

// paragraph is lines of one width that follow each other.
func paragraph(name string, lines int, x, y, w, h float64) []piece {
	var all []piece
	for i := range lines {
		all = append(all, text(fmt.Sprintf("%s%d", name, i), x, y+float64(i)*h*1.3, w, h))
	}
	return all
}

func lineTexts(p *Page) []string {
	var s []string
	for _, l := range p.Lines {
		s = append(s, l.Text)
	}
	return s
}

func TestReadingOrder(t *testing.T) {
	for _, c := range []struct {
		why    string
		pieces []piece
		want   string
	}{
		{"no text", nil, ""},
		{"from the top", []piece{text("b", 10, 50, 100, 10), text("a", 10, 10, 100, 10)}, "a|b"},
		{"words of a line, of which one stands a little higher", []piece{text("b", 62, 9, 50, 10), text("a", 10, 11, 50, 10)}, "a b"},
		{"a table is read by rows, however long its gaps",
			[]piece{text("qty", 10, 10, 30, 10), text("price", 300, 11, 30, 10), text("2", 10, 25, 30, 10), text("9.50", 300, 24, 30, 10), text("1", 10, 40, 30, 10), text("3.00", 300, 41, 30, 10)},
			"qty|price|2|9.50|1|3.00"},
		{"long names and short prices are no columns", append(paragraph("item", 4, 10, 10, 200, 10), paragraph("9", 4, 260, 10, 30, 10)...),
			"item0|90|item1|91|item2|92|item3|93"},
		{"two columns of running text", append(paragraph("r", 5, 260, 10, 220, 10), paragraph("l", 5, 10, 10, 220, 10)...),
			"l0|l1|l2|l3|l4|r0|r1|r2|r3|r4"},
		{"under a heading, over a foot", slices.Concat(paragraph("r", 3, 260, 40, 220, 10), []piece{text("foot", 10, 100, 470, 10), text("head", 10, 5, 470, 14)}, paragraph("l", 3, 10, 40, 220, 10)),
			"head|l0|l1|l2|r0|r1|r2|foot"},
		{"three columns", slices.Concat(paragraph("c", 3, 510, 10, 220, 10), paragraph("a", 3, 10, 10, 220, 10), paragraph("b", 3, 260, 10, 220, 10)),
			"a0|a1|a2|b0|b1|b2|c0|c1|c2"},
	} {
		for _, degrees := range []float64{0, 4, -6, 90, 180, 270} {
			pieces := slices.Clone(c.pieces)
			f := frame{math.Cos(degrees * math.Pi / 180), math.Sin(degrees * math.Pi / 180)}
			for i := range pieces {
				for k, p := range pieces[i].quad {
					pieces[i].quad[k] = f.out(p)
				}
			}
			rand.New(rand.NewPCG(1, 2)).Shuffle(len(pieces), func(i, j int) { pieces[i], pieces[j] = pieces[j], pieces[i] })
			if got := strings.Join(lineTexts(newPage(image.Rect(0, 0, 500, 500), pieces)), "|"); got != c.want {
				t.Errorf("%s, turned by %g degrees: %s, want %s", c.why, degrees, got, c.want)
			}
		}
	}
}

func TestTextPutsRowsOnOneLine(t *testing.T) {
	p := newPage(image.Rect(0, 0, 500, 100), []piece{text("total", 10, 10, 60, 12), text("9.50", 300, 11, 40, 12), text("thanks", 10, 40, 60, 12)})
	if got := p.Text(); got != "total  9.50\nthanks\n" {
		t.Errorf("%q", got)
	}
}

// Pieces beside each other make one line, whose quad holds both.
func TestLinesHoldTheirWords(t *testing.T) {
	p := newPage(image.Rect(5, 5, 500, 100), []piece{text("a b", 10, 10, 60, 12), text("c", 75, 11, 20, 12)})
	if len(p.Lines) != 1 || p.Lines[0].Text != "a b c" || len(p.Lines[0].Words) != 3 {
		t.Fatalf("%v", p.Lines)
	}
	b := p.Lines[0].Quad.Bounds()
	for _, w := range p.Lines[0].Words {
		if !w.Quad.Bounds().In(b.Inset(-1)) {
			t.Errorf("%v at %v is not in %v", w, w.Quad.Bounds(), b)
		}
	}
	if b.Min.X < 14 || b.Min.X > 15 {
		t.Errorf("the line begins at %v, want 15: quads lie in the picture's bounds", b.Min)
	}
}

// A thousand pieces at any place are all there, once.
func TestOrderLosesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var pieces []piece
	for i := range 1000 {
		pieces = append(pieces, text(fmt.Sprintf("w%d", i), 3000*r.Float64(), 3000*r.Float64(), 5+300*r.Float64(), 5+40*r.Float64()))
	}
	words := newPage(image.Rect(0, 0, 3300, 3300), pieces).Words()
	seen := map[string]int{}
	for _, w := range words {
		seen[w.Text]++
	}
	if len(words) != 1000 || len(seen) != 1000 {
		t.Errorf("%d words, %d different, want 1000", len(words), len(seen))
	}
}

func TestPartsOfALongLine(t *testing.T) {
	// Words of 60 pixels, gaps of 20, in a line 20 high: cut where no word is.
	pic := raster.New(4000, 20)
	for i := range pic.Pix {
		pic.Pix[i] = 255
	}
	for x := range pic.W {
		for y := 4; y < 16; y++ {
			if x%80 < 60 && (x/5+y/3)%2 == 0 {
				copy(pic.Pix[3*(y*pic.W+x):], []byte{0, 0, 0})
			}
		}
	}
	parts := partsOf(pic, 40)
	if len(parts) != 5 {
		t.Fatalf("%d parts, want 5", len(parts))
	}
	at := 0
	for i, p := range parts {
		if p.at != at || p.pic.H != 20 || float64(p.pic.W) > 45*20 || i > 0 && (!p.gap || p.at%80 < 60) {
			t.Errorf("part %d at %d, %d wide, after a gap: %v", i, p.at, p.pic.W, p.gap)
		}
		at += p.pic.W
	}
	if at != pic.W {
		t.Errorf("the parts are %d wide, want %d", at, pic.W)
	}
	if one := partsOf(pic, 400); len(one) != 1 || one[0].pic != pic {
		t.Errorf("a short line in %d parts", len(one))
	}
	for _, s := range [][2]int{{1, 1}, {100000, 1}, {1, 100000}, {97, 1}} {
		sum := 0
		for _, p := range partsOf(raster.New(s[0], s[1]), 40) {
			if sum += p.pic.W; p.pic.W < 1 {
				t.Errorf("%v: a part without pixels", s)
			}
		}
		if sum != s[0] {
			t.Errorf("%v: parts %d wide", s, sum)
		}
	}
}

func TestBands(t *testing.T) {
	for _, c := range []struct{ w, h, side, n int }{
		{1000, 3000, 960, 1},     // three times as long: shrunk
		{600, 20000, 1280, 18},   // of 1280
		{20000, 600, 1280, 18},   //
		{2000, 20000, 1280, 6},   // of 4000
		{1, 20000, 1280, 1},      // nothing to be found
		{600, 20000, 0, 1},       // a network of any size
		{100, 1000, 1280, 1},     // fits
		{10, 1 << 20, 1280, 937}, //
	} {
		bands := bandsOf(c.w, c.h, c.side)
		if len(bands) != c.n {
			t.Errorf("%+v: %d bands", c, len(bands))
		}
		end := 0
		for i, b := range bands {
			if b.from > end || i > 0 && end-b.from < 64 || b.to <= b.from {
				t.Errorf("%+v: band %d from %d to %d after %d", c, i, b.from, b.to, end)
			}
			end = b.to
		}
		if want := max(c.w, c.h); len(bands) > 1 && end != want {
			t.Errorf("%+v: the bands end at %d", c, end)
		}
	}
}
