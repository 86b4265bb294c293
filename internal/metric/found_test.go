package metric

import (
	"math"
	"testing"

	"github.com/gosight/vision/internal/geom"
)

func quadOf(q [4][2]float64) (g geom.Quad) {
	for i, p := range q {
		g[i] = geom.Point{X: p[0], Y: p[1]}
	}
	return g
}

type regionFile struct {
	Pairs []struct {
		A, B  [4][2]float64
		Valid [2]bool
		Areas [2]float64
		Inter float64
	}
	Sets []struct {
		Truth    [][4][2]float64
		DontCare []bool `json:"dont_care"`
		Found    [][4][2]float64
		Counts   [3]int
	}
}

func TestPolygonsEqualGEOS(t *testing.T) {
	var g regionFile
	load(t, "regions.json.gz", &g)
	valid, both := map[bool]int{}, 0
	for _, c := range g.Pairs {
		a, okA := newPolygon(quadOf(c.A))
		b, okB := newPolygon(quadOf(c.B))
		if okA != c.Valid[0] || okB != c.Valid[1] {
			t.Errorf("valid: got %v of %v and %v of %v, want %v", okA, c.A, okB, c.B, c.Valid)
			continue
		}
		valid[okA]++
		if !okA || !okB {
			continue
		}
		both++
		near(t, "area", a.area, c.Areas[0], 1e-9)
		near(t, "area", b.area, c.Areas[1], 1e-9)
		near(t, "intersection", a.intersection(b), c.Inter, 1e-8)
		near(t, "the other way", b.intersection(a), c.Inter, 1e-8)
	}
	if valid[true] == 0 || valid[false] == 0 || both < 100 {
		t.Errorf("the golden holds %v valid quads and %d pairs of them", valid, both)
	}
}

func TestMatchRegionsEqualsShapely(t *testing.T) {
	var g regionFile
	load(t, "regions.json.gz", &g)
	var got, want FoundCount
	for i, s := range g.Sets {
		var truth []Region
		for j, q := range s.Truth {
			truth = append(truth, Region{quadOf(q), s.DontCare[j]})
		}
		var found []geom.Quad
		for _, q := range s.Found {
			found = append(found, quadOf(q))
		}
		c := MatchRegions(truth, found)
		w := FoundCount{s.Counts[0], s.Counts[1], s.Counts[2]}
		if c != w {
			t.Errorf("set %d: got %+v, want %+v", i, c, w)
		}
		got.Add(c)
		want.Add(w)
	}
	if got != want || want.Matched < 10 {
		t.Errorf("sum: got %+v, want %+v with some matches", got, want)
	}
}

func TestFoundRatios(t *testing.T) {
	c := FoundCount{Matched: 2, Truth: 8, Found: 4}
	if c.Recall() != .25 || c.Precision() != .5 || math.Abs(c.Hmean()-1./3) > 1e-15 {
		t.Errorf("got %v %v %v", c.Recall(), c.Precision(), c.Hmean())
	}
	var none FoundCount
	if none.Recall() != 0 || none.Precision() != 0 || none.Hmean() != 0 {
		t.Error("nothing at all gives ratios that are not 0")
	}
}

func TestPolygonsRefuseWhatIsNotFinite(t *testing.T) {
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if _, ok := newPolygon(geom.Quad{{X: v, Y: 0}, {X: 1, Y: 0}, {X: 1, Y: 1}, {X: 0, Y: 1}}); ok {
			t.Errorf("a corner at %v is valid", v)
		}
	}
}
