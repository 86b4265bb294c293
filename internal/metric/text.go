package metric

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// An ErrorCount is the edits between texts that were read and the texts that are
// there. Sum the counts of a corpus with Add and take the Rate once, as jiwer does;
// the mean of rates is another number.
type ErrorCount struct {
	Edits  int `json:"edits"`  // substitutions, insertions and deletions
	Length int `json:"length"` // characters or words that are there
}

// Add adds the counts of another text.
func (c *ErrorCount) Add(o ErrorCount) {
	c.Edits += o.Edits
	c.Length += o.Length
}

// Rate is edits over length; it may exceed 1. With nothing to read it is the number of
// edits, as in jiwer: 0 if nothing was read.
func (c ErrorCount) Rate() float64 {
	if c.Length == 0 {
		return float64(c.Edits)
	}
	return float64(c.Edits) / float64(c.Length)
}

// Normal is the form in which texts are compared: Unicode NFC, every run of white
// space (lines too) one space, none at the ends.
func Normal(s string) string {
	return strings.Join(strings.Fields(norm.NFC.String(s)), " ")
}

// CER counts the code points of Normal that must be substituted, inserted or deleted
// to make found of truth: the Levenshtein distance. Spaces count as characters.
func CER(truth, found string) ErrorCount {
	truth, found = Normal(truth), Normal(found)
	return ErrorCount{levenshtein.ComputeDistance(truth, found), utf8.RuneCountInString(truth)}
}

// WER is CER over words: what stands between the spaces of Normal. The two texts may
// have up to a million different words in common.
func WER(truth, found string) ErrorCount {
	a, b := strings.Fields(Normal(truth)), strings.Fields(Normal(found))
	// The library compares strings, so each word is written as one code point.
	// Words of one text alone match nothing, so they share one.
	inA, code := map[string]bool{}, map[string]rune{}
	for _, w := range a {
		inA[w] = true
	}
	for _, w := range b {
		if _, ok := code[w]; !ok && inA[w] {
			code[w] = codePoint(len(code) + 2)
		}
	}
	return ErrorCount{levenshtein.ComputeDistance(coded(a, code, 0), coded(b, code, 1)), len(a)}
}

// codePoint numbers the code points that a string can hold: surrogates are left out.
func codePoint(i int) rune {
	const firstSurrogate, surrogates = 0xd800, 0x800
	if i >= firstSurrogate {
		i += surrogates
	}
	return rune(i)
}

// coded writes the code point of each word, or other for a word without one.
func coded(words []string, code map[string]rune, other rune) string {
	var b strings.Builder
	for _, w := range words {
		r, ok := code[w]
		if !ok {
			r = other
		}
		b.WriteRune(r)
	}
	return b.String()
}

// A Strictness says when two words are the same.
type Strictness int

// The strictnesses, from the strictest on.
const (
	Exact        Strictness = iota // equal after Normal
	Caseless                       // equal after Unicode case folding too
	LettersDigit                   // equal in their letters and numbers alone, case folded
)

// Key is the form of s under which words that are the same under how are equal.
func (how Strictness) Key(s string) string {
	s = Normal(s)
	if how == Exact {
		return s
	}
	s = norm.NFC.String(cases.Fold().String(s))
	if how == Caseless {
		return s
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return r
		}
		return -1
	}, s)
}

// A WordCount is how many words were read right, under each rule.
type WordCount struct {
	Words        int `json:"words"`
	Exact        int `json:"exact"`
	Caseless     int `json:"caseless"`
	LettersDigit int `json:"letters_digits"`
}

// Add counts one word.
func (c *WordCount) Add(truth, found string) {
	c.Words++
	c.Exact += one(Exact.Key(truth) == Exact.Key(found))
	c.Caseless += one(Caseless.Key(truth) == Caseless.Key(found))
	c.LettersDigit += one(LettersDigit.Key(truth) == LettersDigit.Key(found))
}

// Accuracy returns the parts of the words that were read right, 0 if there are none.
func (c WordCount) Accuracy() (exact, caseless, lettersDigits float64) {
	n := float64(max(c.Words, 1))
	return float64(c.Exact) / n, float64(c.Caseless) / n, float64(c.LettersDigit) / n
}
