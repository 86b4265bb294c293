package postprocess

import (
	"compress/gzip"
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/gosight/vision/internal/geom"
)

// golden reads a file that reference/ocr/make_goldens.py wrote.
func ocrGolden(t testing.TB, name string, into any) {
	t.Helper()
	f, err := os.Open("../../testdata/ocr/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewDecoder(z).Decode(into); err != nil {
		t.Fatal(err)
	}
}

func apart(a, b geom.Quad) float64 {
	worst := 0.0
	for i := range a {
		worst = max(worst, math.Hypot(a[i].X-b[i].X, a[i].Y-b[i].Y))
	}
	return worst
}

// The same corners, from whichever on: near 45 degrees rounding decides which is top left, and of two
// rectangles of the same area either may be taken.
func apartTurned(a, b geom.Quad) float64 {
	least := math.Inf(1)
	for k := range 4 {
		least = min(least, apart(geom.Quad{a[k], a[(k+1)%4], a[(k+2)%4], a[(k+3)%4]}, b))
	}
	return least
}

func TestTextBoxesEqualOpenCV(t *testing.T) {
	var rows []struct {
		W         int
		Map       []byte
		Thresh    float32
		BoxThresh float32 `json:"box_thresh"`
		Unclip    float64
		MinSize   int `json:"min_size"`
		Boxes     []struct {
			Quad  [4][2]float64
			Score float32
		}
	}
	ocrGolden(t, "boxes.json.gz", &rows)
	boxes, rough := 0, 0
	for i, r := range rows {
		probs := make([]float32, len(r.Map))
		for j, v := range r.Map {
			probs[j] = float32(v) / 255
		}
		// Scores differ where a pixel of the edge is fillPoly's and not ours, and small boxes have few
		// pixels. One at the threshold may fall on either side.
		const slack, exact = 0.05, 0.01
		got := TextBoxes(probs, r.W, TextRule{r.Thresh, r.BoxThresh - slack, r.Unclip, r.MinSize, 0})
		used := make([]bool, len(got))
		for _, b := range r.Boxes {
			boxes++
			best, off := -1, math.Inf(1)
			for k, g := range got {
				var want geom.Quad
				for c, p := range b.Quad {
					want[c] = geom.Point{X: p[0] + 0.5, Y: p[1] + 0.5}
				}
				if d := apartTurned(g.Quad, want); !used[k] && d < off {
					best, off = k, d
				}
			}
			if off > 0.1 || math.Abs(float64(got[best].Score-b.Score)) > slack {
				t.Errorf("map %d: OpenCV has %v; the nearest here is %.2f pixels off: %v", i, b, off, got)
				continue
			}
			used[best] = true
			if math.Abs(float64(got[best].Score-b.Score)) > exact {
				rough++
			}
		}
		for k, g := range got {
			if !used[k] && g.Score > r.BoxThresh+slack {
				t.Errorf("map %d: %v is not in OpenCV's", i, g)
			}
		}
	}
	if boxes < 60 || 5*rough > boxes {
		t.Errorf("%d boxes, of which %d have scores that are 0.01 off, want 60 and at most a fifth", boxes, rough)
	}
}

func TestTextBoxesByHand(t *testing.T) {
	const w, h = 30, 20
	probs := make([]float32, w*h)
	for y := 5; y < 10; y++ { // 9 x 5 pixels of 0.8
		for x := 4; x < 13; x++ {
			probs[y*w+x] = 0.8
		}
	}
	probs[7*w+8] = 0.1 // a hole is no text, and no reason to split
	rule := TextRule{Threshold: 0.3, BoxThreshold: 0.6, Unclip: 1.5, MinSize: 3}
	got := TextBoxes(probs, w, rule)
	// Between the outermost centres 8 x 4: it grows by 32*1.5/24 = 2, around the middle at (8.5, 7.5).
	want := geom.Quad{{X: 2.5, Y: 3.5}, {X: 14.5, Y: 3.5}, {X: 14.5, Y: 11.5}, {X: 2.5, Y: 11.5}}
	if len(got) != 1 || apart(got[0].Quad, want) > 1e-9 || math.Abs(float64(got[0].Score)-(44*0.8+0.1)/45) > 1e-6 {
		t.Errorf("got %v, want %v", got, want)
	}
	nan := slices.Clone(probs)
	nan[0], nan[7*w+8] = float32(math.NaN()), float32(math.NaN())
	for _, c := range []struct {
		why   string
		probs []float32
		w     int
		rule  TextRule
		n     int
	}{
		{"nothing", make([]float32, w*h), w, rule, 0},
		{"no map", nil, 0, rule, 0},
		{"one pixel", []float32{1}, 1, rule, 0},
		{"NaN is no text", make([]float32, w*h), w, rule, 0},
		{"NaN within: the mean is none, and the box falls", nan, w, rule, 0},
		{"below the box threshold", probs, w, TextRule{Threshold: 0.3, BoxThreshold: 0.9, Unclip: 1.5, MinSize: 3}, 0},
		{"too small", probs, w, TextRule{Threshold: 0.3, BoxThreshold: 0.6, Unclip: 1.5, MinSize: 5}, 0},
		{"all of it", slices.Repeat([]float32{1}, w*h), w, rule, 1},
	} {
		if got := TextBoxes(c.probs, c.w, c.rule); len(got) != c.n {
			t.Errorf("%s: %v, want %d boxes", c.why, got, c.n)
		}
	}
}

func TestTextBoxesKeepsTheBest(t *testing.T) {
	const w = 60
	probs := make([]float32, w*20)
	for i, p := range []float32{0.7, 0.9, 0.8, 0.95} {
		for y := 5; y < 12; y++ {
			for x := range 8 {
				probs[y*w+2+i*14+x] = p
			}
		}
	}
	got := TextBoxes(probs, w, TextRule{Threshold: 0.3, BoxThreshold: 0.6, Unclip: 1, MinSize: 3, Max: 2})
	if len(got) != 2 || got[0].Score < 0.94 || got[1].Score < 0.89 {
		t.Errorf("got %v, want those of 0.95 and 0.9", got)
	}
}

// Pieces that touch at a corner are one; a U and what lies in it are two.
func TestComponents(t *testing.T) {
	for _, c := range []struct {
		why  string
		rows []string
		n    int
	}{
		{"apart", []string{"#.#", "#.#"}, 2},
		{"by a corner", []string{"#..", ".#.", "..#"}, 1},
		{"by the other corner", []string{"..#", ".#.", "#.."}, 1},
		{"a U joins late", []string{"#.#.#", "#.#.#", "#####"}, 1},
		{"in a ring", []string{"#####", "#...#", "#.#.#", "#...#", "#####"}, 2},
		{"none", []string{"...", "..."}, 0},
	} {
		var v []float32
		for _, r := range c.rows {
			for _, p := range r {
				v = append(v, map[rune]float32{'#': 1}[p])
			}
		}
		if got := components(v, len(c.rows[0]), 0.5); len(got) != c.n {
			t.Errorf("%s: %v, want %d", c.why, got, c.n)
		}
	}
}

func TestMinAreaRect(t *testing.T) {
	for _, c := range []struct {
		why    string
		points []geom.Point
		w, h   float64
	}{
		{"no point", nil, 0, 0},
		{"one point", []geom.Point{{X: 3, Y: 4}, {X: 3, Y: 4}}, 0, 0},
		{"a line", []geom.Point{{X: 0, Y: 0}, {X: 3, Y: 4}, {X: 6, Y: 8}}, 10, 0},
		{"a square on its corner", []geom.Point{{X: 5, Y: 0}, {X: 10, Y: 5}, {X: 5, Y: 10}, {X: 0, Y: 5}, {X: 5, Y: 5}}, math.Sqrt(50), math.Sqrt(50)},
		{"upright", []geom.Point{{X: 0, Y: 0}, {X: 7, Y: 0}, {X: 7, Y: 2}, {X: 0, Y: 2}, {X: 3, Y: 0}}, 7, 2},
	} {
		r := MinAreaRect(c.points)
		if math.Abs(max(r.W, r.H)-c.w) > 1e-9 || math.Abs(min(r.W, r.H)-c.h) > 1e-9 {
			t.Errorf("%s: %+v, want %g x %g", c.why, r, c.w, c.h)
		}
	}
}

// Whatever the map, boxes are finite and as many as there may be.
func FuzzTextBoxes(f *testing.F) {
	f.Add([]byte{255, 255, 255, 255, 0, 255, 255, 255, 255}, uint8(3))
	f.Add([]byte{0, 1, 2, 253, 254, 255}, uint8(2))
	f.Fuzz(func(t *testing.T, data []byte, width uint8) {
		w := int(width)
		if w == 0 {
			return
		}
		probs := make([]float32, len(data)/w*w)
		for i := range probs {
			probs[i] = float32(data[i])/250 - 0.01
			if data[i] == 7 {
				probs[i] = float32(math.NaN())
			}
		}
		got := TextBoxes(probs, w, TextRule{0.3, 0.2, 1.5, 1, 5})
		if len(got) > 5 {
			t.Fatalf("%d boxes, want at most 5", len(got))
		}
		for _, b := range got {
			for _, p := range b.Quad {
				if math.IsNaN(p.X+p.Y) || math.IsInf(p.X+p.Y, 0) || math.IsNaN(float64(b.Score)) {
					t.Fatalf("%v of %v", b, probs)
				}
			}
		}
	})
}
