package ocr

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/geom"
)

// Formats returns the names of the formats that NewWriter takes: text, json (a line a picture),
// tsv (Tesseract's columns), hocr (1.2, XHTML) and alto (4.2).
func Formats() []string { return []string{"text", "json", "tsv", "hocr", "alto"} }

// A Writer writes the pages of one document in a format. Text and JSON are written as they come; hOCR and ALTO are
// complete after Close. It may be used by one goroutine at a time.
type Writer struct {
	w     io.Writer
	write func(w *Writer, file string, p *Page) string
	end   func(w *Writer) string
	pages int
	first string // alto: the first page, until it is known whether there are others
	name  string // alto: its file
}

// NewWriter returns a writer of a format to w. Errors are *vision.UnsupportedError for a format that there is
// not.
func NewWriter(w io.Writer, format string) (*Writer, error) {
	out := &Writer{w: w, end: func(*Writer) string { return "" }}
	switch format {
	case "text":
		out.write = func(_ *Writer, _ string, p *Page) string { return p.Text() }
	case "json":
		out.write = func(_ *Writer, file string, p *Page) string { return jsonLine(file, p) }
	case "tsv":
		out.write = (*Writer).tsv
	case "hocr":
		out.write, out.end = (*Writer).hocr, (*Writer).endHOCR
	case "alto":
		out.write, out.end = (*Writer).alto, (*Writer).endALTO
	default:
		return nil, &fault.UnsupportedError{Format: "format " + strconv.Quote(format), Reason: "want " + strings.Join(Formats(), ", ")}
	}
	return out, nil
}

// Write writes a page, which was read in the picture called file. Positions are pixels from the
// picture's top left corner, but in JSON, where quads are as in the page.
func (w *Writer) Write(file string, p *Page) error {
	w.pages++
	return w.put(w.write(w, file, p))
}

// Close writes the end of the document. It does not close what is written to.
func (w *Writer) Close() error { return w.put(w.end(w)) }

func (w *Writer) put(s string) error {
	if s == "" {
		return nil
	}
	if _, err := io.WriteString(w.w, s); err != nil {
		return fmt.Errorf("ocr: write: %w", err)
	}
	return nil
}

// jsonLine is {"file", "text", "words": [{"text", "score", "quad"}]}.
func jsonLine(file string, p *Page) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	// Strings and finite numbers always encode.
	_ = e.Encode(struct {
		File  string `json:"file"`
		Text  string `json:"text"`
		Words []Word `json:"words"`
	}{file, p.Text(), p.Words()})
	return b.String()
}

// A place is whole pixels from the picture's corner.
type place struct{ left, top, right, bottom int }

// at returns the place of a quad within the picture.
func (p *Page) at(q geom.Quad) place {
	b := q.Bounds().Sub(p.min)
	in := func(v, most int) int { return min(max(v, 0), max(most, 0)) }
	return place{in(b.Min.X, p.Width), in(b.Min.Y, p.Height), in(b.Max.X, p.Width), in(b.Max.Y, p.Height)}
}

// percent is a score as Tesseract's formats have it.
func percent(s float32) float64 { return 100 * float64(s) }

// tsvHead are the columns of Tesseract's TSV.
const tsvHead = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n"

// tsv writes the rows of a page: levels 1 page, 2 block, 3 paragraph, 4 line and 5 word. All
// lines are in one block and paragraph.
func (w *Writer) tsv(_ string, p *Page) string {
	var b strings.Builder
	if w.pages == 1 {
		b.WriteString(tsvHead)
	}
	row := func(level, block, par, line, word int, at place, conf, text string) {
		fmt.Fprintf(&b, "%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t%s\n", level, w.pages, block, par, line, word,
			at.left, at.top, at.right-at.left, at.bottom-at.top, conf, text)
	}
	whole := place{0, 0, p.Width, p.Height}
	row(1, 0, 0, 0, 0, whole, "-1", "")
	if len(p.Lines) == 0 {
		return b.String()
	}
	row(2, 1, 0, 0, 0, p.block(), "-1", "")
	row(3, 1, 1, 0, 0, p.block(), "-1", "")
	clean := strings.NewReplacer("\t", " ", "\n", " ", "\r", " ")
	for i, l := range p.Lines {
		row(4, 1, 1, i+1, 0, p.at(l.Quad), "-1", "")
		for j, word := range l.Words {
			row(5, 1, 1, i+1, j+1, p.at(word.Quad), strconv.FormatFloat(percent(word.Score), 'f', 6, 64), clean.Replace(word.Text))
		}
	}
	return b.String()
}

// block is the place of all lines.
func (p *Page) block() place {
	all := place{p.Width, p.Height, 0, 0}
	for _, l := range p.Lines {
		at := p.at(l.Quad)
		all = place{min(all.left, at.left), min(all.top, at.top), max(all.right, at.right), max(all.bottom, at.bottom)}
	}
	return all
}
