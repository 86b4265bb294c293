package eval

import (
	"context"

	"github.com/gosight/vision/dataset"
	"github.com/gosight/vision/internal/geom"
	"github.com/gosight/vision/internal/metric"
)

// A TextKind says what the truth of a set of texts is, and so what can be measured.
type TextKind int

// The kinds, called like the functions of package dataset that open them.
const (
	Words    TextKind = iota // pictures of one word or line each
	Receipts                 // pages with their lines and the lines' quads, in reading order
	Street                   // photos with the words in them and the words' quads, in no order
	Pages                    // pages with their text
)

// A Reading is what was read in one picture.
type Reading struct {
	Text  string  // all of it, lines ending with "\n" where there are several
	Words []Piece // for Street
	Lines []Piece // for Receipts
}

// A Piece is a word or a line with its place in pixels of the picture that was passed.
type Piece struct {
	Text string
	Quad geom.Quad
}

// A TextResult holds what the kind of set allows to measure; the rest is nil.
type TextResult struct {
	Scope
	CER     *ErrorRate    `json:"cer,omitempty"`     // characters; not for Street, which has no order
	WER     *ErrorRate    `json:"wer,omitempty"`     // words; as CER
	Correct *WordAccuracy `json:"correct,omitempty"` // pictures whose text is right; for Words
	Words   *FoundRate    `json:"words,omitempty"`   // words found anywhere in their picture; not for Words
	Regions *FoundRate    `json:"regions,omitempty"` // places found; for Receipts (lines) and Street (words)
}

// An ErrorRate is edits over length, summed over the set before dividing. It may exceed 1.
type ErrorRate struct {
	Rate   float64 `json:"rate"`
	Edits  int     `json:"edits"`  // substitutions, insertions and deletions
	Length int     `json:"length"` // characters or words that are there
}

// WordAccuracy is the part of the pictures whose whole text is right, in [0, 1].
type WordAccuracy struct {
	Exact         float64 `json:"exact"`          // but for white space
	Caseless      float64 `json:"caseless"`       // and for case
	LettersDigits float64 `json:"letters_digits"` // in letters and digits, regardless of case
}

// A FoundRate is how much of what is there was found.
type FoundRate struct {
	Recall    float64 `json:"recall"`    // matched of those there
	Precision float64 `json:"precision"` // matched of those found
	Hmean     float64 `json:"hmean"`     // the harmonic mean of both
	Matched   int     `json:"matched"`
	There     int     `json:"there"`
	Found     int     `json:"found"`
}

const (
	rateProtocol  = "character and word error rate: Levenshtein distance over length, summed over the set (jiwer), of texts in Unicode NFC with runs of white space as one space; "
	rightProtocol = "accuracy: texts that are equal exactly, regardless of case, and in letters and digits regardless of case; "
	wordsProtocol = "words: each word of a picture matched once with an equal one wherever it stands, by letters and digits alone regardless of case, words without any left out; "
	placeProtocol = "regions: ICDAR 2015, overlap above 0.5, matched in the set's order, what lies by more than half in a region that nobody can read left out; "
)

// Text measures reading: of ocr.Model.ReadSeq or ReadLineSeq, for instance, with reading to
// tell what its answers hold.
//
// In Street sets words read in a region that nobody can read do not count as found, neither as
// words nor as regions.
func Text[A any](ctx context.Context, set *dataset.Set, kind TextKind, read Stream[A], reading func(A) Reading, opts ...Option) (*TextResult, error) {
	r := &TextResult{}
	var chars, words metric.ErrorCount
	var right metric.WordCount
	var found, places metric.FoundCount
	err := run(ctx, set, read, opts, &r.Scope, func(a asked, answer A) error {
		got := reading(answer)
		truth := a.ex.Text
		switch kind {
		case Street:
			regions, quads := regionsOf(a, got.Words)
			text := ""
			for i, out := range metric.DontCare(regions, quads) {
				if !out {
					text += got.Words[i].Text + "\n"
				}
			}
			found.Add(metric.MatchWords(truth, text, metric.LettersDigit))
			places.Add(metric.MatchRegions(regions, quads))
			return nil
		case Words:
			right.Add(truth, got.Text)
		case Receipts:
			places.Add(metric.MatchRegions(regionsOf(a, got.Lines)))
			fallthrough
		default:
			found.Add(metric.MatchWords(truth, got.Text, metric.LettersDigit))
		}
		chars.Add(metric.CER(truth, got.Text))
		words.Add(metric.WER(truth, got.Text))
		return nil
	})
	if err != nil {
		return nil, err
	}
	if kind != Street {
		r.Protocol += rateProtocol
		r.CER = &ErrorRate{chars.Rate(), chars.Edits, chars.Length}
		r.WER = &ErrorRate{words.Rate(), words.Edits, words.Length}
	}
	if kind == Words {
		r.Protocol += rightProtocol
		exact, caseless, letters := right.Accuracy()
		r.Correct = &WordAccuracy{exact, caseless, letters}
	} else {
		r.Protocol += wordsProtocol
		r.Words = rateOf(found)
	}
	if kind == Receipts || kind == Street {
		r.Protocol += placeProtocol
		r.Regions = rateOf(places)
	}
	r.Protocol = r.Protocol[:len(r.Protocol)-len("; ")]
	return r, nil
}

// regionsOf returns the truth of a picture and the places of pieces, both from its corner.
func regionsOf(a asked, pieces []Piece) ([]metric.Region, []geom.Quad) {
	var regions []metric.Region
	for _, r := range a.ex.Regions {
		regions = append(regions, metric.Region{Quad: r.Quad, DontCare: r.DontCare})
	}
	var quads []geom.Quad
	for _, p := range pieces {
		q := p.Quad
		for i := range q {
			q[i].X -= float64(a.bounds.Min.X)
			q[i].Y -= float64(a.bounds.Min.Y)
		}
		quads = append(quads, q)
	}
	return regions, quads
}

func rateOf(c metric.FoundCount) *FoundRate {
	return &FoundRate{c.Recall(), c.Precision(), c.Hmean(), c.Matched, c.Truth, c.Found}
}
