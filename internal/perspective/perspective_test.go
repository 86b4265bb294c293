package perspective

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"math"
	"os"
	"testing"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/geom"
	"github.com/gosight/vision/internal/raster"
)

func TestCutEqualsOpenCV(t *testing.T) {
	var golden struct {
		W, H  int
		Pix   []byte
		Cases []struct {
			Quad  [4][2]float64
			W, H  int
			Pix   []byte
			Exact bool // an upright piece: pixels are copied
		}
	}
	f, err := os.Open("../../testdata/ocr/perspective.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewDecoder(z).Decode(&golden); err != nil {
		t.Fatal(err)
	}
	src := &raster.Image{W: golden.W, H: golden.H, Pix: golden.Pix}
	for i, c := range golden.Cases {
		var q geom.Quad
		for k, p := range c.Quad {
			q[k] = geom.Point{X: p[0], Y: p[1]}
		}
		if w, h := Size(q); w != c.W || h != c.H {
			t.Errorf("case %d: size %d x %d, want %d x %d", i, w, h, c.W, c.H)
		}
		got, err := Cut(src, q, c.W, c.H)
		if err != nil {
			t.Fatal(err)
		}
		worst, off := 0, 0
		for k, v := range got.Pix {
			d := int(v) - int(c.Pix[k])
			if d < 0 {
				d = -d
			}
			if worst = max(worst, d); d > 2 {
				off++
			}
		}
		// Positions are rounded to 1/32 of a pixel: in a noisy picture, as this one is, the next differs
		// by so much.
		if c.Exact && worst > 0 || 20*off > len(got.Pix) || worst > 8 {
			t.Errorf("case %d: worst difference %d, %d of %d above 2", i, worst, off, len(got.Pix))
		}
	}
}

func TestFromRect(t *testing.T) {
	q := geom.Quad{{X: 3, Y: 4}, {X: 20, Y: 6}, {X: 22, Y: 17}, {X: 1, Y: 12}}
	m, ok := FromRect(10, 5, q)
	if !ok {
		t.Fatal("no map")
	}
	for i, p := range []geom.Point{{X: 0, Y: 0}, {X: 10, Y: 0}, {X: 10, Y: 5}, {X: 0, Y: 5}} {
		if g := m.Apply(p); math.Hypot(g.X-q[i].X, g.Y-q[i].Y) > 1e-9 {
			t.Errorf("%v goes to %v, want %v", p, g, q[i])
		}
	}
}

func TestCutRefuses(t *testing.T) {
	src := raster.New(4, 4)
	nan := math.NaN()
	var fe *fault.FormatError
	for _, q := range []geom.Quad{{}, {{X: nan}, {X: 1}, {X: 1, Y: 1}, {Y: 1}}, {{X: 0, Y: 0}, {X: 1, Y: 1}, {X: 2, Y: 2}, {X: 3, Y: 3}}} {
		if _, err := Cut(src, q, 2, 2); !errors.As(err, &fe) {
			t.Errorf("of %v: %v, want a *FormatError", q, err)
		}
	}
	var le *fault.LimitError
	for _, s := range [][2]int{{0, 1}, {1 << 20, 1 << 20}} {
		if _, err := Cut(src, geom.Quad{{X: 0}, {X: 1}, {X: 1, Y: 1}, {Y: 1}}, s[0], s[1]); !errors.As(err, &le) {
			t.Errorf("of %v: %v, want a *LimitError", s, err)
		}
	}
	if w, h := Size(geom.Quad{}); w != 1 || h != 1 {
		t.Errorf("size of nothing %d x %d, want 1 x 1", w, h)
	}
}

// Outside of the picture its edge goes on, however far.
func TestCutBeyondTheEdge(t *testing.T) {
	src := raster.New(2, 1)
	src.Pix = []uint8{10, 20, 30, 40, 50, 60}
	got, err := Cut(src, geom.Quad{{X: -1e15, Y: -3}, {X: 2, Y: -3}, {X: 2, Y: 3}, {X: -1e15, Y: 3}}, 3, 2)
	if err != nil || got.Pix[0] != 10 || got.Pix[2] != 30 {
		t.Errorf("%v, %v", got, err)
	}
}
