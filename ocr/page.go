package ocr

import (
	"encoding/json"
	"fmt"
	"image"
	"strings"

	"github.com/gosight/vision"
)

// A Page is the text of one picture.
type Page struct {
	Width  int    // of the picture in pixels
	Height int    // of the picture in pixels
	Lines  []Line // in reading order

	min image.Point // corner of the picture's bounds, in which quads lie
}

// A Line is words that stand beside each other.
type Line struct {
	Text  string      // of the words, with spaces between
	Score float32     // probability in [0, 1]: the mean of its letters'
	Quad  vision.Quad // in pixels of the upright picture that the caller passed, clockwise from where the text begins
	Words []Word      // in reading order
}

// A Word is letters without a space between.
type Word struct {
	Text  string
	Score float32     // probability in [0, 1]: the mean of its letters'
	Quad  vision.Quad // as Line's; its ends are estimated from the time steps at which letters were read
}

func (l Line) String() string { return fmt.Sprintf("%.3f %q", l.Score, l.Text) }
func (w Word) String() string { return fmt.Sprintf("%.3f %q", w.Score, w.Text) }

// Text returns the page's text. Lines end with "\n"; what stands beside a line, in another column of a table
// for instance, follows it after two spaces.
func (p *Page) Text() string {
	var b strings.Builder
	for i, l := range p.Lines {
		if i > 0 {
			if beside(p.Lines[i-1].Quad, l.Quad) {
				b.WriteString("  ")
			} else {
				b.WriteByte('\n')
			}
		}
		b.WriteString(l.Text)
	}
	if b.Len() > 0 {
		b.WriteByte('\n')
	}
	return b.String()
}

// String is Text.
func (p *Page) String() string { return p.Text() }

// Words returns the words of all lines.
func (p *Page) Words() []Word {
	words := []Word{}
	for _, l := range p.Lines {
		words = append(words, l.Words...)
	}
	return words
}

// beside reports whether b goes on to the right of a on the same row, seen along a's direction.
func beside(a, b vision.Quad) bool {
	f := frameAlong(a)
	p, q := f.box(a), f.box(b)
	shared := min(p.y1, q.y1) - max(p.y0, q.y0)
	return q.x0 >= (p.x0+p.x1)/2 && q.x0 > p.x0 && shared > 0.5*min(p.y1-p.y0, q.y1-q.y0)
}

// quad is the JSON form: [[x, y], ... 4].
type quad [4][2]float64

func toJSON(q vision.Quad) (j quad) {
	for i, p := range q {
		j[i] = [2]float64{p.X, p.Y}
	}
	return j
}

func (j quad) quad() (q vision.Quad) {
	for i, p := range j {
		q[i] = vision.Point{X: p[0], Y: p[1]}
	}
	return q
}

type wordJSON struct {
	Text  string  `json:"text"`
	Score float32 `json:"score"`
	Quad  quad    `json:"quad"`
}

type lineJSON struct {
	wordJSON
	Words []Word `json:"words"`
}

type pageJSON struct {
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Text   string `json:"text"`
	Lines  []Line `json:"lines"`
}

// MarshalJSON writes {"text", "score", "quad": [[x, y], ... 4]}.
func (w Word) MarshalJSON() ([]byte, error) {
	return json.Marshal(wordJSON{w.Text, w.Score, toJSON(w.Quad)})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (w *Word) UnmarshalJSON(data []byte) error {
	var j wordJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return fmt.Errorf("ocr: word: %w", err)
	}
	*w = Word{j.Text, j.Score, j.Quad.quad()}
	return nil
}

// MarshalJSON writes {"text", "score", "quad", "words"}.
func (l Line) MarshalJSON() ([]byte, error) {
	return json.Marshal(lineJSON{wordJSON{l.Text, l.Score, toJSON(l.Quad)}, none(l.Words)})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (l *Line) UnmarshalJSON(data []byte) error {
	var j lineJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return fmt.Errorf("ocr: line: %w", err)
	}
	*l = Line{j.Text, j.Score, j.Quad.quad(), j.Words}
	return nil
}

// MarshalJSON writes {"width", "height", "text", "lines"}.
func (p *Page) MarshalJSON() ([]byte, error) {
	return json.Marshal(pageJSON{p.Width, p.Height, p.Text(), none(p.Lines)})
}

// UnmarshalJSON reads what MarshalJSON writes; the text is made of the lines.
func (p *Page) UnmarshalJSON(data []byte) error {
	var j pageJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return fmt.Errorf("ocr: page: %w", err)
	}
	*p = Page{Width: j.Width, Height: j.Height, Lines: j.Lines}
	return nil
}

// none is [] in JSON, not null.
func none[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
