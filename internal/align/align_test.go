package align

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"image"
	"math"
	"os"
	"testing"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/geom"
	"github.com/gosight/vision/internal/raster"
)

// picture is that of reference/face/make_goldens.py.
func picture(w, h int) *raster.Image {
	m := raster.New(w, h)
	for y := range h {
		for x := range w {
			for c := range 3 {
				m.Pix[3*(y*w+x)+c] = uint8(x*(7+c) + y*(13-c) + x*y*(c+1)/5)
			}
		}
	}
	return m
}

// The fit is scikit-image's, the aligned face OpenCV's, bit for bit.
func TestEqualsOpenCV(t *testing.T) {
	f, err := os.Open("../../testdata/align/opencv.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	s := bufio.NewScanner(z)
	for ; s.Scan(); n++ {
		var want struct {
			W, H, Size int
			Points     [][2]float64
			Fit        [2][3]float64
			SHA256     string
			Sample     []int
		}
		if err := json.Unmarshal(s.Bytes(), &want); err != nil {
			t.Fatal(err)
		}
		var points []geom.Point
		for _, p := range want.Points {
			points = append(points, geom.Point{X: p[0], Y: p[1]})
		}
		template, err := Template(want.Size)
		if err != nil {
			t.Fatal(err)
		}
		m, ok := geom.Similarity(points, template)
		if !ok {
			t.Fatalf("line %d: no fit", n)
		}
		for i, v := range []float64{m.A, m.B, m.C, m.D, m.E, m.F} {
			// Two ways of computing one thing: the last digits differ.
			if w := want.Fit[i/3][i%3]; math.Abs(v-w) > 1e-9*max(1, math.Abs(w)) {
				t.Errorf("line %d: fit[%d] = %v, want %v", n, i, v, w)
			}
		}
		got, err := ToTemplate(picture(want.W, want.H), points, want.Size)
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(got.Pix); hex.EncodeToString(sum[:]) != want.SHA256 {
			worst := 0
			for i, w := range want.Sample {
				d := int(got.Pix[3*got.W*(got.H/2)+i]) - w
				worst = max(worst, d, -d)
			}
			t.Errorf("line %d: %d x %d: not OpenCV's; the middle row is off by up to %d", n, want.Size, want.Size, worst)
		}
	}
	if n != 60 || s.Err() != nil {
		t.Errorf("%d lines, %v", n, s.Err())
	}
}

func TestTemplateSizes(t *testing.T) {
	for _, c := range []struct {
		size int
		x, y float64 // of the first point
	}{{112, 38.2946, 51.6963}, {224, 2 * 38.2946, 2 * 51.6963}, {128, 38.2946 + 8, 51.6963}, {256, 2 * (38.2946 + 8), 2 * 51.6963}} {
		p, err := Template(c.size)
		if err != nil || len(p) != 5 || math.Hypot(p[0].X-c.x, p[0].Y-c.y) > 1e-5 {
			t.Errorf("%d: %v, %v", c.size, p, err)
		}
	}
	for _, size := range []int{0, -112, 96, 160} {
		var me *fault.ModelError
		if _, err := Template(size); !errors.As(err, &me) {
			t.Errorf("%d: %v", size, err)
		}
	}
}

func TestPointsThatDoNotFit(t *testing.T) {
	face, err := Template(112)
	if err != nil {
		t.Fatal(err)
	}
	same := make([]geom.Point, 5)
	nan := append([]geom.Point{{X: math.NaN()}}, face[1:]...)
	for why, points := range map[string][]geom.Point{"none": nil, "four": face[:4], "all the same": same, "NaN": nan} {
		var me *fault.ModelError
		if _, err := ToTemplate(picture(9, 9), points, 112); !errors.As(err, &me) {
			t.Errorf("%s: %v", why, err)
		}
	}
	// Points far away: all is black, nothing breaks.
	far := make([]geom.Point, 5)
	for i, p := range face {
		far[i] = geom.Point{X: p.X*1e12 - 1e14, Y: p.Y * 1e12}
	}
	m, err := ToTemplate(picture(9, 9), far, 112)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range m.Pix {
		if v != 0 {
			t.Fatal("something was found far away")
		}
	}
	if _, err := ToTemplate(raster.New(0, 0), face, 112); err == nil {
		t.Error("an empty picture is taken")
	}
	if m, err := ToTemplate(picture(1, 1), face, 112); err != nil || m.W != 112 {
		t.Errorf("one pixel: %v", err)
	}
}

// The margin is said in pixels of the network's input: of a box of 128 that becomes 160 with a margin of
// 32, 16 pixels to either side.
func TestBoxWithMargin(t *testing.T) {
	src := picture(400, 300)
	for _, c := range []struct {
		why    string
		box    image.Rectangle
		margin float64
		want   image.Rectangle
	}{
		{"no margin", image.Rect(50, 60, 178, 188), 0, image.Rect(50, 60, 178, 188)},
		{"a fifth of 160", image.Rect(50, 60, 178, 188), 32, image.Rect(34, 44, 194, 204)},
		{"half as wide, half the margin", image.Rect(50, 60, 114, 188), 32, image.Rect(42, 44, 122, 204)},
		{"at the edge", image.Rect(0, 180, 128, 300), 32, image.Rect(0, 165, 144, 300)},
		{"over the edge", image.Rect(-20, -20, 20, 20), 0, image.Rect(0, 0, 20, 20)},
	} {
		got, err := Box(src, c.box, c.margin, 160, 160)
		if err != nil {
			t.Errorf("%s: %v", c.why, err)
			continue
		}
		if got.W != c.want.Dx() || got.H != c.want.Dy() || got.At(0, 0) != src.At(c.want.Min.X, c.want.Min.Y) || got.At(got.W-1, got.H-1) != src.At(c.want.Max.X-1, c.want.Max.Y-1) {
			t.Errorf("%s: %d x %d, want %v", c.why, got.W, got.H, c.want)
		}
	}
	for _, r := range []image.Rectangle{{}, image.Rect(500, 10, 600, 20)} {
		var fe *fault.FormatError
		if _, err := Box(src, r, 0, 160, 160); !errors.As(err, &fe) {
			t.Errorf("%v: %v", r, err)
		}
	}
}

func TestMirror(t *testing.T) {
	src := picture(7, 5)
	m := Mirror(src)
	for y := range 5 {
		for x := range 7 {
			if m.At(x, y) != src.At(6-x, y) {
				t.Fatalf("(%d, %d)", x, y)
			}
		}
	}
}
