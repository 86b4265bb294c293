package ocr_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gosight/vision"
	"github.com/gosight/vision/ocr"
)

// texts are the lines of a page.
func texts(p *ocr.Page) []string {
	list := []string{}
	for _, l := range p.Lines {
		list = append(list, l.Text)
	}
	return list
}

// near reports whether a quad is the rectangle, begun at corner k, to a tolerance in pixels.
func near(q vision.Quad, r image.Rectangle, k int, tolerance float64) bool {
	corners := [4]image.Point{r.Min, {X: r.Max.X, Y: r.Min.Y}, r.Max, {X: r.Min.X, Y: r.Max.Y}}
	for i, p := range q {
		c := corners[(i+k)%4]
		if math.Abs(p.X-float64(c.X)) > tolerance || math.Abs(p.Y-float64(c.Y)) > tolerance {
			return false
		}
	}
	return true
}

func TestReadLineByHand(t *testing.T) {
	m := open(t, "", coloursCard)
	for _, c := range []struct {
		why, text, want string
	}{
		{"letters", "abcd", "abcd"},
		{"a letter twice: a blank stands between", "aab", "aab"},
		{"words", "ab cd a", "ab cd a"},
		{"spaces at the ends are no words", " ab ", "ab"},
		{"one letter", "d", "d"},
		{"nothing", "", ""},
	} {
		l, err := m.ReadLine(context.Background(), strip(8, c.text))
		if err != nil {
			t.Fatal(err)
		}
		words := strings.Fields(c.want)
		got := []string{}
		for _, w := range l.Words {
			got = append(got, w.Text)
		}
		if l.Text != c.want || !slices.Equal(got, words) || c.want != "" && l.Score != 1 {
			t.Errorf("%s: read %v, words %q, want %q with score 1", c.why, l, got, c.want)
		}
	}
	// At the network's height a letter is two time steps of 4 pixels. "ab cd": a word ends half a
	// letter behind the middle of its last letter's step.
	l, err := m.ReadLine(context.Background(), strip(8, "ab cd"))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []image.Rectangle{image.Rect(0, 0, 18, 8), image.Rect(26, 0, 44, 8)} {
		if !near(l.Words[i].Quad, want, 0, 1e-6) {
			t.Errorf("word %d at %v, want %v", i, l.Words[i].Quad, want)
		}
	}
	// Half of the colour's brightness: row a has 1 - 0.5, black 1 - 0.5, so the letter has 0.5.
	img := strip(8, "b")
	for y := range 4 {
		for x := 4; x < 8; x++ {
			img.Set(x, y, color.NRGBA{0, 204, 0, 255}) // 0.8
		}
	}
	if l, err = m.ReadLine(context.Background(), img); err != nil || l.Text != "b" || math.Abs(float64(l.Score)-0.8) > 1e-5 {
		t.Errorf("a letter at 0.8 of its colour: %v, %v, want score 0.8", l, err)
	}
}

func TestReadByHand(t *testing.T) {
	m := open(t, brightCard, coloursCard)
	page := sheet(image.Rect(0, 0, 300, 200))
	first, second := put(page, 40, 20, 16, "ab cd"), put(page, 40, 60, 16, "dcba")
	beside := put(page, 200, 61, 16, "aa")
	p := read(t, m, page)
	if got := texts(p); !slices.Equal(got, []string{"ab cd", "dcba", "aa"}) {
		t.Fatalf("lines %q", got)
	}
	if p.Width != 300 || p.Height != 200 || p.Text() != "ab cd\ndcba  aa\n" {
		t.Errorf("%d x %d, text %q", p.Width, p.Height, p.Text())
	}
	for i, r := range []image.Rectangle{first, second, beside} {
		if !near(p.Lines[i].Quad, r, 0, 2) {
			t.Errorf("line %d at %v, want %v", i, p.Lines[i].Quad, r)
		}
	}
}

// Turned by quarters, a page reads the same, and its quads begin where the text does.
func TestTurnedPages(t *testing.T) {
	m := open(t, brightCard, coloursCard)
	upright := sheet(image.Rect(0, 0, 240, 160))
	line := put(upright, 30, 30, 16, "abcd abcd")
	put(upright, 30, 80, 16, "ddcc")
	for k := range 4 { // clockwise
		img, r := image.Image(upright), line
		b := upright.Bounds()
		for range k {
			img = quarter(img)
			r = image.Rect(b.Dy()-r.Max.Y, r.Min.X, b.Dy()-r.Min.Y, r.Max.X)
			b = img.Bounds()
		}
		p := read(t, m, img)
		if got := texts(p); !slices.Equal(got, []string{"abcd abcd", "ddcc"}) {
			t.Errorf("turned by %d: %q", 90*k, got)
			continue
		}
		if !near(p.Lines[0].Quad, r, k, 2) {
			t.Errorf("turned by %d: at %v, want %v from corner %d", 90*k, p.Lines[0].Quad, r, k)
		}
	}
}

// quarter turns a picture clockwise.
func quarter(img image.Image) image.Image {
	b := img.Bounds()
	out := image.NewNRGBA(image.Rect(0, 0, b.Dy(), b.Dx()))
	for y := range b.Dy() {
		for x := range b.Dx() {
			out.Set(b.Dy()-1-y, x, img.At(b.Min.X+x, b.Min.Y+y))
		}
	}
	return out
}

func TestInvariants(t *testing.T) {
	m := open(t, brightCard, coloursCard)
	page := sheet(image.Rect(0, 0, 200, 120))
	put(page, 20, 20, 16, "abc a")
	put(page, 20, 60, 16, "ddd")
	want := read(t, m, page)

	shifted := sheet(image.Rect(-30, 50, 300, 400))
	put(shifted, 20, 120, 16, "abc a")
	put(shifted, 20, 160, 16, "ddd")
	put(shifted, 20, 300, 16, "bb") // not in the part
	part := read(t, m, shifted.SubImage(image.Rect(0, 100, 200, 220)))
	for i, l := range part.Lines {
		for k := range l.Quad {
			l.Quad[k].Y -= 100
		}
		if l.Quad != want.Lines[i].Quad || l.Text != want.Lines[i].Text || l.Score != want.Lines[i].Score {
			t.Errorf("line %d of a part with shifted bounds: %v %v, want %v %v", i, l, l.Quad, want.Lines[i], want.Lines[i].Quad)
		}
	}
	if len(part.Lines) != len(want.Lines) || part.Text() != want.Text() {
		t.Errorf("a part with shifted bounds reads %q", part.Text())
	}

	padded := sheet(image.Rect(0, 0, 260, 220))
	put(padded, 20+31, 20+37, 16, "abc a")
	put(padded, 20+31, 60+37, 16, "ddd")
	for i, l := range read(t, m, padded).Lines {
		if w := want.Lines[i]; l.Text != w.Text || math.Hypot(l.Quad[0].X-31-w.Quad[0].X, l.Quad[0].Y-37-w.Quad[0].Y) > 2 || math.Hypot(l.Quad[2].X-31-w.Quad[2].X, l.Quad[2].Y-37-w.Quad[2].Y) > 2 {
			t.Errorf("padded: %v at %v, want %v at %v", l, l.Quad, w, w.Quad)
		}
	}

	// Mirrored, the boxes are found where they were.
	mirror := image.NewNRGBA(page.Bounds())
	for y := range 120 {
		for x := range 200 {
			mirror.Set(199-x, y, page.At(x, y))
		}
	}
	for i, l := range read(t, m, mirror).Lines {
		w := want.Lines[i].Quad
		if math.Abs(200-l.Quad[1].X-w[0].X) > 2 || math.Abs(200-l.Quad[0].X-w[1].X) > 2 || math.Abs(l.Quad[0].Y-w[0].Y) > 2 {
			t.Errorf("mirrored: line %d at %v, want the mirror image of %v", i, l.Quad, w)
		}
	}
}

func TestManyEqualSingles(t *testing.T) {
	m := open(t, brightCard, coloursCard)
	var pages, lines []image.Image
	for i := range 20 {
		page := sheet(image.Rect(0, 0, 200+10*i, 150))
		for j := range 4 {
			put(page, 10, 10+j*30, 12+i%3*2, strings.Repeat("abcd"[:1+(i+j)%4], 1+j))
		}
		pages = append(pages, page)
		lines = append(lines, strip(6+i%5*3, strings.Repeat("ab cd"[:1+i%5], 1+i%7)))
	}
	all, err := m.ReadAll(context.Background(), pages)
	if err != nil {
		t.Fatal(err)
	}
	allLines, err := m.ReadLineAll(context.Background(), lines)
	if err != nil {
		t.Fatal(err)
	}
	for i := range pages {
		if one := read(t, m, pages[i]); !reflect.DeepEqual(one, all[i]) {
			t.Errorf("page %d: %v alone, %v among others", i, one, all[i])
		}
		if one, err := m.ReadLine(context.Background(), lines[i]); err != nil || !reflect.DeepEqual(one, allLines[i]) {
			t.Errorf("line %d: %v alone, %v among others", i, one, allLines[i])
		}
	}
	i := 0
	for p, err := range m.ReadSeq(context.Background(), slices.Values(pages)) {
		if err != nil || !reflect.DeepEqual(p, all[i]) {
			t.Errorf("page %d of a stream: %v, %v", i, p, err)
		}
		i++
	}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range pages {
				k := (i + 3*g) % len(pages)
				p, err := m.Read(context.Background(), pages[k])
				if err != nil || !reflect.DeepEqual(p, all[k]) {
					t.Errorf("page %d on goroutine %d: %v, %v", k, g, p, err)
				}
			}
		})
	}
	wg.Wait()
}

func TestFailuresAreByIndex(t *testing.T) {
	m := open(t, brightCard, coloursCard)
	cut, err := vision.ReadFile("../testdata/images/hostile/cut.jpg") // its header is whole, its scan is not
	if err != nil {
		t.Fatal(err)
	}
	for why, bad := range map[string]image.Image{"a photo that ends early": cut, "an empty picture": image.NewNRGBA(image.Rectangle{})} {
		p, err := m.ReadAll(context.Background(), []image.Image{strip(16, "ab"), bad, strip(16, "ab")})
		var be *vision.BatchError
		if !errors.As(err, &be) || len(be.Failures) != 1 || be.Failures[0].Index != 1 || p[0] == nil || p[1] != nil || p[2] == nil {
			t.Errorf("%s among others: %v, %v", why, p, err)
		}
	}
}

// Pages are held whole: however many a network of one size takes at once, there are few.
func TestFewPagesAreHeld(t *testing.T) {
	m := open(t, swap(brightCard, `{"mode": "none", "max_side": 512, "multiple": 2, "resampler": "opencv-linear"}`,
		`{"mode": "letterbox", "pad": [0], "resampler": "opencv-linear"}`, `"input": {`, `"input": {"width": 160, "height": 160, `), coloursCard)
	limit := runtime.GOMAXPROCS(0) + 1
	if batch := m.Info().Detector.MaxBatch; 2*batch <= limit {
		t.Skipf("SKIPPED, nothing was tested: two batches of %d pages are no more than %d", batch, limit)
	}
	page := sheet(image.Rect(0, 0, 160, 120))
	put(page, 20, 20, 16, "ab")
	begun, answered, most := 0, 0, 0
	pages := func(yield func(image.Image) bool) {
		for range 8 * limit {
			if !yield(page) {
				return
			}
			begun++
			most = max(most, begun-answered)
		}
	}
	for p, err := range m.ReadSeq(context.Background(), pages) {
		if err != nil || p.Text() != "ab\n" {
			t.Errorf("%v, %v", p, err)
		}
		answered++
	}
	if answered != 8*limit || most > limit {
		t.Errorf("%d answers of %d, %d pages at once, want up to %d", answered, 8*limit, most, limit)
	}
}

func TestHundredsOfLines(t *testing.T) {
	m := open(t, strings.Replace(brightCard, `"max_side": 512`, `"max_side": 4096`, 1), coloursCard)
	page := sheet(image.Rect(0, 0, 700, 1010))
	var want []string
	for row := range 50 {
		var line []string
		for col := range 12 {
			text := strings.Repeat(string("abcd"[(row+col)%4]), 1+(row*col)%3)
			put(page, 10+col*56, 6+row*20, 10, text)
			line = append(line, text)
		}
		want = append(want, line...)
	}
	got := strings.Fields(strings.Join(texts(read(t, m, page)), " "))
	if !slices.Equal(got, want) {
		t.Errorf("read %d words, want %d: %q", len(got), len(want), got)
	}
}

// A picture of 20,000 pixels is not shrunk to 512: it is looked at in bands.
func TestVeryLongPictures(t *testing.T) {
	m := open(t, brightCard, coloursCard)
	tall, wide := sheet(image.Rect(0, 0, 200, 20000)), sheet(image.Rect(0, 0, 20000, 100))
	var down, across []string
	for i := range 400 {
		text := fmt.Sprintf("%c%c%c", "abcd"[i%4], "abcd"[i/4%4], "abcd"[i/16%4])
		put(tall, 20+i%5*10, 17+i*50, 14, text)
		down = append(down, text)
		if i < 190 {
			put(wide, 31+i*105, 40, 14, text)
			across = append(across, text)
		}
	}
	if got := texts(read(t, m, tall)); !slices.Equal(got, down) {
		t.Errorf("tall: read %d lines, want %d: %q", len(got), len(down), got)
	}
	if got := texts(read(t, m, wide)); !slices.Equal(got, across) {
		t.Errorf("wide: read %d lines, want %d: %q", len(got), len(across), got)
	}
	m = open(t, brightCard, strings.Replace(coloursCard, `"multiple"`, `"max_side": 8192, "multiple"`, 1))
	banner := sheet(image.Rect(0, 0, 9000, 60))
	at := put(banner, 20, 20, 16, strings.Repeat("abcd ", 110))
	long := read(t, m, banner)
	if len(long.Lines) != 1 || len(long.Lines[0].Words) != 110 || long.Text() != strings.TrimSpace(strings.Repeat("abcd ", 110))+"\n" || !near(long.Lines[0].Quad, at, 0, 2) {
		t.Errorf("one line through many bands: %d lines, %q, want one at %v", len(long.Lines), long.Text(), at)
	}
}

func TestNothingToRead(t *testing.T) {
	m := open(t, brightCard, coloursCard)
	white := sheet(image.Rect(0, 0, 100, 60))
	for i := range white.Pix {
		white.Pix[i] = 255
	}
	for _, c := range []struct {
		why string
		img image.Image
	}{
		{"an empty page", sheet(image.Rect(0, 0, 300, 200))},
		{"one pixel", sheet(image.Rect(0, 0, 1, 1))},
		{"bright pixels", strip(2, "")},
		{"a line of pixels", sheet(image.Rect(5, 5, 6, 20005))},
		{"all bright", white},
	} {
		p := read(t, m, c.img)
		if len(p.Lines) != 0 || p.Text() != "" || len(p.Words()) != 0 {
			t.Errorf("%s: read %v", c.why, p.Lines)
		}
		if l, err := m.ReadLine(context.Background(), c.img); err != nil || l.Text != "" || l.Score != 0 || len(l.Words) != 0 {
			t.Errorf("%s as a line: %v, %v", c.why, l, err)
		}
	}
}
