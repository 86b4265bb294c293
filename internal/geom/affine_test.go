package geom

import (
	"math"
	"testing"
)

func TestSimilarityFindsTheMapThatWasUsed(t *testing.T) {
	from := []Point{{0, 0}, {4, 0}, {1, 7}, {-3, 2}, {5, 5}}
	for _, want := range []Affine{
		{A: 1, E: 1},
		{A: 2, C: -7, E: 2, F: 3},
		{A: 0, B: -1, C: 5, D: 1, E: 0, F: 1},           // a quarter turn
		{A: -0.3, B: 0.4, C: 100, D: -0.4, E: -0.3},     // half as large, turned
		{A: 1e-6, B: 0, C: 1e6, D: 0, E: 1e-6, F: -1e6}, // tiny and far
	} {
		var to []Point
		for _, p := range from {
			to = append(to, want.Apply(p))
		}
		got, ok := Similarity(from, to)
		if !ok {
			t.Fatalf("%v: no fit", want)
		}
		inv, ok := got.Inverse()
		if !ok {
			t.Fatalf("%v: no inverse", got)
		}
		for i, p := range from {
			if d := got.Apply(p).Sub(to[i]); math.Hypot(d.X, d.Y) > 1e-9*(1+math.Hypot(to[i].X, to[i].Y)) {
				t.Errorf("%v: %v goes to %v, want %v", want, p, got.Apply(p), to[i])
			}
			if d := inv.Apply(to[i]).Sub(p); math.Hypot(d.X, d.Y) > 1e-3 { // 1e6 pixels away and a millionth as large
				t.Errorf("%v: %v comes back to %v, want %v", want, to[i], inv.Apply(to[i]), p)
			}
		}
	}
}

// A mirror is no similarity without one: the fit turns and scales as well as it can.
func TestSimilarityNeverMirrors(t *testing.T) {
	from := []Point{{0, 0}, {4, 0}, {1, 7}, {-3, 2}, {5, 5}}
	var to []Point
	for _, p := range from {
		to = append(to, Point{-p.X, p.Y})
	}
	m, ok := Similarity(from, to)
	if !ok || m.A*m.E-m.B*m.D <= 0 || m.A != m.E || m.B != -m.D {
		t.Errorf("%+v, %v", m, ok)
	}
}

func TestNoSimilarity(t *testing.T) {
	two := []Point{{0, 0}, {1, 1}}
	same := []Point{{3, 3}, {3, 3}}
	for why, c := range map[string][2][]Point{
		"nothing": {}, "one": {two[:1], two[:1]}, "unlike numbers": {two, two[:1]}, "one place": {same, two}, "onto one place": {two, same},
		"NaN": {{{math.NaN(), 0}, {1, 1}}, two}, "infinite": {two, {{math.Inf(1), 0}, {1, 1}}},
	} {
		if m, ok := Similarity(c[0], c[1]); ok {
			t.Errorf("%s: %+v", why, m)
		}
	}
	for _, m := range []Affine{{}, {A: 1, B: 2, D: 2, E: 4}, {A: math.NaN(), E: 1}, {A: math.Inf(1), E: 1}} {
		if inv, ok := m.Inverse(); ok {
			t.Errorf("%+v has the inverse %+v", m, inv)
		}
	}
}
