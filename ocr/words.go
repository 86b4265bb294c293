package ocr

import (
	"image"
	"slices"
	"strings"

	"github.com/gosight/vision/internal/geom"
)

// line makes a line of a piece; at is the corner of the picture's bounds.
func (p piece) line(at image.Point) Line {
	return lineOf([]piece{p}, at)
}

// lineOf makes a line of pieces that follow each other.
func lineOf(pieces []piece, at image.Point) Line {
	var l Line
	var quads []geom.Quad
	var texts []string
	sum, n := 0.0, 0
	for _, p := range pieces {
		quads = append(quads, p.quad)
		for _, s := range p.symbols {
			sum, n = sum+float64(s.confidence), n+1
		}
		for _, w := range p.words() {
			w.Quad = moved(w.Quad, at)
			l.Words = append(l.Words, w)
			texts = append(texts, w.Text)
		}
	}
	if n > 0 {
		l.Score = float32(sum / float64(n))
	}
	l.Text = strings.Join(texts, " ")
	l.Quad = moved(around(quads...), at)
	return l
}

func moved(q geom.Quad, at image.Point) geom.Quad {
	for i := range q {
		q[i].X, q[i].Y = q[i].X+float64(at.X), q[i].Y+float64(at.Y)
	}
	return q
}

// words splits a piece at its spaces. A word reaches from half way between its first letter and
// the one before to half way between its last and the next, but no further than half a letter's
// width from them; the first and the last reach to the ends of the piece.
func (p piece) words() []Word {
	var words []Word
	width := distance(p.quad[0], p.quad[1])
	runs := wordRuns(p.symbols)
	for i, r := range runs {
		from, to := 0.0, width
		if i > 0 {
			from = edge(p.symbols, runs[i-1][1]-1, r[0])[1]
		}
		if i+1 < len(runs) {
			to = edge(p.symbols, r[1]-1, runs[i+1][0])[0]
		}
		letters := p.symbols[r[0]:r[1]]
		if p.reverse {
			letters = logical(letters, func(s symbol) bool { return isLatin(s.text) })
		}
		var b strings.Builder
		sum := 0.0
		for _, s := range letters {
			b.WriteString(s.text)
			sum += float64(s.confidence)
		}
		words = append(words, Word{b.String(), float32(sum / float64(len(letters))), between(p.quad, from/width, to/width)})
	}
	if p.reverse {
		words = logical(words, func(w Word) bool { return isLatin(w.Text) })
	}
	return words
}

// wordRuns returns the ranges of symbols between spaces.
func wordRuns(symbols []symbol) [][2]int {
	var runs [][2]int
	from := -1
	for i, s := range symbols {
		space := strings.TrimSpace(s.text) == ""
		if !space && from < 0 {
			from = i
		}
		if space && from >= 0 {
			runs, from = append(runs, [2]int{from, i}), -1
		}
	}
	if from >= 0 {
		runs = append(runs, [2]int{from, len(symbols)})
	}
	return runs
}

// edge returns where the word that ends with symbol a ends and that which begins with b begins.
func edge(symbols []symbol, a, b int) [2]float64 {
	middle := func(s symbol) float64 { return (s.from + s.to) / 2 }
	pitch := func(i, j int) float64 { // of letters beside each other
		if i < 0 || j >= len(symbols) || strings.TrimSpace(symbols[i].text) == "" || strings.TrimSpace(symbols[j].text) == "" {
			return (middle(symbols[b]) - middle(symbols[a])) / 2
		}
		return middle(symbols[j]) - middle(symbols[i])
	}
	end, begin := middle(symbols[a])+pitch(a-1, a)/2, middle(symbols[b])-pitch(b, b+1)/2
	if end > begin {
		m := (middle(symbols[a]) + middle(symbols[b])) / 2
		return [2]float64{m, m}
	}
	return [2]float64{end, begin}
}

// between returns the part of q from one fraction of its width to another.
func between(q geom.Quad, from, to float64) geom.Quad {
	at := func(a, b geom.Point, t float64) geom.Point {
		t = min(max(t, 0), 1)
		return geom.Point{X: a.X + (b.X-a.X)*t, Y: a.Y + (b.Y-a.Y)*t}
	}
	return geom.Quad{at(q[0], q[1], from), at(q[0], q[1], to), at(q[3], q[2], to), at(q[3], q[2], from)}
}

// logical brings what was read from the left, of a script that is written from the right, into the order in
// which it is spoken: all turned round but runs of numbers and Latin letters, as PaddleOCR's
// pred_reverse does.
func logical[T any](list []T, latin func(T) bool) []T {
	out := slices.Clone(list)
	slices.Reverse(out)
	for i := 0; i < len(out); i++ {
		j := i
		for j < len(out) && latin(out[j]) {
			j++
		}
		slices.Reverse(out[i:j])
		i = max(i, j-1)
	}
	return out
}

func isLatin(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:*./%+-") == ""
}
