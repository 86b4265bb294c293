package preprocess

import (
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gosight/vision/internal/card"
	"github.com/gosight/vision/internal/geom"
	"github.com/gosight/vision/internal/raster"
)

// picture is the same as in reference/resample/make.py.
func picture(kind string, w, h int) *raster.Image {
	m := raster.New(w, h)
	state := uint32(12345)
	for i := range m.Pix {
		x, y, c := i/3%w, i/3/w, i%3
		switch kind {
		case "constant":
			m.Pix[i] = [3]uint8{200, 3, 255}[c]
		case "gradient":
			m.Pix[i] = uint8(x*7 + y*11 + c*50)
		default:
			state = state*1664525 + 1013904223
			m.Pix[i] = uint8(state >> 24)
		}
	}
	return m
}

type goldenRow struct {
	Sampler     string
	Kind        string
	W, H        int
	OutW, OutH  int
	Data        string
	Step        int // pixels of the picture per pixel of a reduced decode
	Grey        bool
	Mode        string
	Shorter     int
	Fraction    float64
	Pad         []float64
	Rounding    string
	Anchor      string
	MinSide     int
	Standardize bool
}

func (g goldenRow) input() card.Input {
	in := card.Input{Width: g.OutW, Height: g.OutH, Channels: "RGB", Range: []float64{0, 255}}
	in.Resize = card.Resize{Mode: g.Mode, Shorter: g.Shorter, Fraction: g.Fraction, Pad: g.Pad, Rounding: g.Rounding, Anchor: g.Anchor, MinSide: g.MinSide, Resampler: g.Sampler}
	if g.Mode == "" {
		in.Resize.Mode = "squash"
	}
	in.Standardize = g.Standardize
	if g.Grey {
		in.Channels = "GRAY"
	}
	return in
}

// tolerance is the largest difference from the reference, of 255, that a
// resampler may show. Bytes are compared with bytes, so 0 is bit-equality.
func tolerance(sampler string) float64 {
	switch {
	case sampler == "opencv-cubic":
		return 1 // OpenCV sums in float32 where it has vectors and in integers where not
	case strings.HasPrefix(sampler, "tf-"):
		return 1e-4 * 255 // float32 sums in another order
	}
	return 0
}

func TestEqualsReference(t *testing.T) {
	for _, name := range []string{"pillow", "tensorflow", "opencv", "modes"} {
		t.Run(name, func(t *testing.T) {
			worst, n := map[string]float64{}, map[string]int{}
			for _, g := range goldens(t, name) {
				d := differ(t, g)
				n[g.Sampler]++
				worst[g.Sampler] = max(worst[g.Sampler], d)
				if !(d <= tolerance(g.Sampler)) {
					t.Errorf("%s, %s %dx%d to %dx%d %s: differs by %g of 255", g.Sampler, g.Kind, g.W, g.H, g.OutW, g.OutH, g.Mode, d)
				}
			}
			for s, d := range worst {
				t.Logf("%-26s %2d pictures, largest difference %.3g of 255", s, n[s], d)
			}
		})
	}
}

// differ returns the largest difference from the golden.
func differ(t *testing.T, g goldenRow) float64 {
	t.Helper()
	p, err := New(g.input(), Float)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.StdEncoding.DecodeString(g.Data)
	if err != nil {
		t.Fatal(err)
	}
	step := max(g.Step, 1)
	src := picture(g.Kind, (g.W+step-1)/step, (g.H+step-1)/step)
	got := make([]float32, p.RowLen(g.W, g.H))
	if _, err := p.Float32(got, src, g.W, g.H, geom.Map{ScaleX: float64(step), ScaleY: float64(step)}); err != nil {
		t.Fatal(err)
	}
	at := func(i int) float64 { return float64(raw[i]) }
	if len(raw) == 4*len(got) {
		at = func(i int) float64 { return float64(math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))) }
	} else if len(raw) != len(got) {
		t.Fatalf("golden of %d bytes for %d values", len(raw), len(got))
	}
	d := 0.0
	for i, v := range got {
		d = max(d, math.Abs(float64(v)-at(i)))
	}
	return d
}

func goldens(t *testing.T, name string) []goldenRow {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "testdata", "resample", name+".jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var rows []goldenRow
	for dec := json.NewDecoder(z); ; {
		var g goldenRow
		err := dec.Decode(&g)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, g)
	}
	if len(rows) == 0 {
		t.Fatal("no goldens")
	}
	return rows
}
