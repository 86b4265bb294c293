package postprocess

import (
	"math"
	"slices"
	"testing"
)

// path is probabilities whose best rows are the given ones, at 0.7, the rest spread.
func path(classes int, rows ...int) []float32 {
	var p []float32
	for _, r := range rows {
		for c := range classes {
			v := float32(0.3) / float32(classes-1)
			if c == r {
				v = 0.7
			}
			p = append(p, v)
		}
	}
	return p
}

func rowsOf(symbols []Symbol) []int {
	rows := []int{}
	for _, s := range symbols {
		rows = append(rows, s.Row)
	}
	return rows
}

func TestCTCGreedy(t *testing.T) {
	for _, c := range []struct {
		why   string
		steps []int
		blank int
		want  []Symbol
	}{
		{"repeats are one", []int{1, 1, 2}, 0, []Symbol{{1, 0, 2, 0.7}, {2, 2, 3, 0.7}}},
		{"a blank between makes two", []int{1, 0, 1}, 0, []Symbol{{1, 0, 1, 0.7}, {1, 2, 3, 0.7}}},
		{"only blanks", []int{0, 0}, 0, nil},
		{"blank last", []int{3, 0, 3, 0}, 3, []Symbol{{0, 1, 2, 0.7}, {0, 3, 4, 0.7}}},
		{"no steps", nil, 0, nil},
	} {
		if got := CTCGreedy(path(4, c.steps...), 4, c.blank); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.why, got, c.want)
		}
	}
	nan := float32(math.NaN())
	if got := CTCGreedy([]float32{nan, nan, nan, nan, 0.9, nan}, 3, 0); len(got) != 1 || got[0].Row != 1 {
		t.Errorf("of NaN: %v", got)
	}
	if got := CTCGreedy([]float32{1, 2, 3}, 0, 0); got != nil {
		t.Errorf("of no classes: %v", got)
	}
}

func TestMeanConfidence(t *testing.T) {
	if got := MeanConfidence([]Symbol{{Confidence: 0.5}, {Confidence: 1}}); got != 0.75 {
		t.Errorf("got %v, want 0.75", got)
	}
	if got := MeanConfidence(nil); got != 0 {
		t.Errorf("of nothing %v, want 0", got)
	}
}

func TestCTCBeamEqualsTensorFlow(t *testing.T) {
	var rows []struct {
		Probs [][]float32
		Text  []int
	}
	ocrGolden(t, "beam.json.gz", &rows)
	differ := 0
	for i, r := range rows {
		var p []float32
		for _, step := range r.Probs {
			p = append(p, step...)
		}
		classes := len(r.Probs[0])
		got := CTCBeam(p, classes, classes-1, 5000)
		if !slices.Equal(rowsOf(got), append([]int{}, r.Text...)) {
			t.Errorf("case %d: %v, TensorFlow reads %v", i, rowsOf(got), r.Text)
		}
		if !slices.Equal(rowsOf(got), rowsOf(CTCGreedy(p, classes, classes-1))) {
			differ++
		}
		last := 0
		for _, s := range got {
			if s.From < last || s.To <= s.From || s.To > len(r.Probs) || !(s.Confidence > 0 && s.Confidence <= 1) {
				t.Errorf("case %d: %v", i, got)
			}
			last = s.To
		}
	}
	if len(rows) < 40 || differ < 5 {
		t.Errorf("%d cases, of which greedy reads %d otherwise, say little", len(rows), differ)
	}
}

// The textbook's case: the best path is blank, but "a" has more paths.
func TestCTCBeamSumsPaths(t *testing.T) {
	p := []float32{0.6, 0.4, 0.6, 0.4}
	if got := CTCGreedy(p, 2, 0); len(got) != 0 {
		t.Errorf("greedy %v, want nothing: 0.6 * 0.6", got)
	}
	if got := CTCBeam(p, 2, 0, 4); len(got) != 1 || got[0].Row != 1 {
		t.Errorf("beam %v, want one symbol: 0.4*0.6 + 0.6*0.4 + 0.4*0.4", got)
	}
	if got := CTCBeam(p, 2, 0, 1); len(got) != 0 {
		t.Errorf("a beam of one is greedy, got %v", got)
	}
	long := slices.Repeat(path(5, 1, 0, 2, 2, 0), 2000) // products of 10,000 probabilities
	if got := CTCBeam(long, 5, 0, 4); len(got) != 4000 {
		t.Errorf("%d symbols of a long line, want 4000", len(got))
	}
}

func FuzzCTC(f *testing.F) {
	f.Add([]byte{200, 10, 10, 20, 200, 10}, uint8(3), uint8(0), uint8(4))
	f.Add([]byte{0, 0, 0, 0}, uint8(2), uint8(1), uint8(200))
	f.Fuzz(func(t *testing.T, data []byte, classes, blank, width uint8) {
		p := make([]float32, len(data))
		for i, b := range data {
			p[i] = float32(b) / 255
			if b == 77 {
				p[i] = float32(math.NaN())
			}
		}
		if classes == 0 || blank >= classes {
			return
		}
		steps := len(p) / int(classes)
		for _, got := range [][]Symbol{CTCGreedy(p, int(classes), int(blank)), CTCBeam(p[:steps*int(classes)], int(classes), int(blank), int(width))} {
			last := 0
			for _, s := range got {
				if s.Row == int(blank) || s.Row < 0 || s.Row >= int(classes) || s.From < last || s.To <= s.From || s.To > steps {
					t.Fatalf("%v of %d steps", got, steps)
				}
				last = s.To
			}
		}
	})
}
