package metric

import (
	"strings"
	"testing"
	"unicode/utf8"
)

type textMeasure struct {
	WER, CER     float64
	Words, Chars [2]int
}

type textFile struct {
	Pairs []struct {
		Truth, Found string
		textMeasure
	}
	Corpus textMeasure
	Own    []struct {
		Truth, Found string
		WER          float64
	}
	Words []struct {
		Truth, Found string
		Same         [3]bool
	}
}

func TestErrorRatesEqualJiwer(t *testing.T) {
	var g textFile
	load(t, "text.json.gz", &g)
	var cer, wer ErrorCount
	for _, p := range g.Pairs {
		c, w := CER(p.Truth, p.Found), WER(p.Truth, p.Found)
		if (c != ErrorCount{p.Chars[0], p.Chars[1]}) || c.Rate() != p.CER {
			t.Errorf("CER of %q and %q: got %v, %v, want %v, %v", p.Truth, p.Found, c, c.Rate(), p.Chars, p.CER)
		}
		if (w != ErrorCount{p.Words[0], p.Words[1]}) || w.Rate() != p.WER {
			t.Errorf("WER of %q and %q: got %v, %v, want %v, %v", p.Truth, p.Found, w, w.Rate(), p.Words, p.WER)
		}
		cer.Add(c)
		wer.Add(w)
	}
	if cer.Rate() != g.Corpus.CER || wer.Rate() != g.Corpus.WER {
		t.Errorf("corpus: got CER %v, WER %v, want %v, %v", cer.Rate(), wer.Rate(), g.Corpus.CER, g.Corpus.WER)
	}
	for _, o := range g.Own {
		if got := WER(o.Truth, o.Found).Rate(); got != o.WER {
			t.Errorf("WER of %q and %q: got %v, want %v", o.Truth, o.Found, got, o.WER)
		}
	}
}

func TestWordsAreTheSame(t *testing.T) {
	var g textFile
	load(t, "text.json.gz", &g)
	var count WordCount
	want := WordCount{Words: len(g.Words)}
	for _, w := range g.Words {
		for how, same := range w.Same {
			if got := Strictness(how).Key(w.Truth) == Strictness(how).Key(w.Found); got != same {
				t.Errorf("rule %d: %q and %q: got %v, want %v", how, w.Truth, w.Found, got, same)
			}
		}
		count.Add(w.Truth, w.Found)
		want.Exact += one(w.Same[0])
		want.Caseless += one(w.Same[1])
		want.LettersDigit += one(w.Same[2])
	}
	if count != want {
		t.Errorf("got %+v, want %+v", count, want)
	}
	if a, b, c := (WordCount{Words: 4, Exact: 1, Caseless: 2, LettersDigit: 3}).Accuracy(); a != .25 || b != .5 || c != .75 {
		t.Errorf("accuracies %v %v %v", a, b, c)
	}
	if a, _, _ := (WordCount{}).Accuracy(); a != 0 {
		t.Errorf("accuracy of no words: %v", a)
	}
}

// Word numbers cross the surrogates, which no string can hold.
func TestWERWithManyDifferentWords(t *testing.T) {
	for i, seen := 0, map[rune]bool{}; i < 0xe100; i++ {
		r := codePoint(i)
		if !utf8.ValidRune(r) || seen[r] {
			t.Fatalf("word %d is written as %U", i, r)
		}
		seen[r] = true
	}
	// Long equal ends cost nothing; one word between them differs.
	var b strings.Builder
	for i := range 0xe100 {
		b.WriteString(" w")
		for ; i > 0; i /= 26 {
			b.WriteByte(byte('a' + i%26))
		}
	}
	words := strings.Fields(b.String())
	words[0xd900] = "other"
	if got, want := WER(b.String(), strings.Join(words, " ")), (ErrorCount{1, 0xe100}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestMatchWords(t *testing.T) {
	for _, c := range []struct {
		why          string
		truth, found string
		how          Strictness
		want         FoundCount
	}{
		{"nothing", "", "", Exact, FoundCount{}},
		{"order does not count", "one two three", "three\none two", Exact, FoundCount{3, 3, 3}},
		{"each word is matched once", "a a b", "a b b b", Exact, FoundCount{2, 3, 4}},
		{"case counts", "Total", "TOTAL", Exact, FoundCount{0, 1, 1}},
		{"case does not count", "Total", "TOTAL", Caseless, FoundCount{1, 1, 1}},
		{"marks do not count, nor words of marks alone", "TOTAL: - 9.50", "total 950 :", LettersDigit, FoundCount{2, 2, 2}},
	} {
		if got := MatchWords(c.truth, c.found, c.how); got != c.want {
			t.Errorf("%s: got %+v, want %+v", c.why, got, c.want)
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add("a b", "b")
	f.Add("e\u0301\u0323\x00", "\xff\xfe  \u2003")
	f.Fuzz(func(t *testing.T, a, b string) {
		if len(a)+len(b) > 2000 {
			return
		}
		for _, count := range []func(a, b string) ErrorCount{CER, WER} {
			ab, ba := count(a, b), count(b, a)
			if ab.Edits != ba.Edits || ab.Edits > max(ab.Length, ba.Length) || ab.Edits < max(ab.Length-ba.Length, ba.Length-ab.Length) {
				t.Fatalf("%q and %q: %+v one way, %+v the other", a, b, ab, ba)
			}
			if same := count(a, a); same.Edits != 0 {
				t.Fatalf("%q differs from itself by %d", a, same.Edits)
			}
		}
		for how := Exact; how <= LettersDigit; how++ {
			if k := how.Key(a); how.Key(k) != k {
				t.Fatalf("rule %d: the key of %q is not its own key: %q, %q", how, a, k, how.Key(k))
			}
		}
	})
}
