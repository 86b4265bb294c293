package decode

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"testing"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/geom"
	"github.com/gosight/vision/internal/raster"
)

// fake is a JPEGDecoder whose pixels tell where they lie in the stored picture:
// red the column, green the row.
type fake struct {
	w, h  int
	err   error
	ratio int // of the last call
	calls int
}

func (f *fake) DecodeJPEG(_ context.Context, _ []byte, ratio int) (*raster.Image, error) {
	f.ratio, f.calls = ratio, f.calls+1
	if f.err != nil {
		return nil, f.err
	}
	m := raster.New((f.w+ratio-1)/ratio, (f.h+ratio-1)/ratio)
	for i := range m.W * m.H {
		m.Pix[3*i], m.Pix[3*i+1] = uint8(i%m.W), uint8(i/m.W)
	}
	return m, nil
}

func factor(f float64) func(w, h int) float64 { return func(w, h int) float64 { return f } }

func TestRatioLeavesWhatIsNeeded(t *testing.T) {
	for _, c := range []struct {
		need  Need
		exact bool
		want  int
		why   string
	}{
		{Need{}, false, 1, "no need stated: all of it"},
		{Need{Factor: factor(0.5)}, false, 1, "enlarged"},
		{Need{Factor: factor(3.99)}, false, 1, "less than the headroom at 1:2"},
		{Need{Factor: factor(4)}, false, 2, "exactly two pixels left"},
		{Need{Factor: factor(8)}, false, 4, "exactly two pixels left"},
		{Need{Factor: factor(15.9)}, false, 4, "not yet 1:8"},
		{Need{Factor: factor(1000)}, false, 8, "no smaller scale than 1:8"},
		{Need{Factor: factor(4), Headroom: 1}, false, 4, "no headroom"},
		{Need{Factor: factor(4), Headroom: 3}, false, 1, "more headroom"},
		{Need{Factor: factor(1000)}, true, 1, "exact"},
		{Need{Factor: factor(math.NaN())}, false, 1, "not a number"},
	} {
		dec := &fake{w: 22, h: 37}
		pic, err := Load(context.Background(), photo(t, "orient/6.jpg"), c.need, dec, c.exact)
		if err != nil {
			t.Fatal(err)
		}
		asked := c.want
		if asked >= 4 {
			asked = 0 // package jpegscale does it
		}
		if dec.ratio != asked || pic.ScaleX != float64(c.want) || pic.ScaleY != float64(c.want) {
			t.Errorf("%s: decoder asked for 1:%d, scale %v, want 1:%d", c.why, dec.ratio, pic.ScaleX, c.want)
		}
		if pic.W != 37 || pic.H != 22 {
			t.Errorf("%s: full size %d x %d, want 37 x 22", c.why, pic.W, pic.H)
		}
	}
	var gotW, gotH int
	need := Need{Factor: func(w, h int) float64 { gotW, gotH = w, h; return 1 }}
	if _, err := Load(context.Background(), photo(t, "orient/6.jpg"), need, &fake{w: 22, h: 37}, false); err != nil || gotW != 37 || gotH != 22 {
		t.Errorf("Factor was asked for %d x %d, want the upright size 37 x 22 (%v)", gotW, gotH, err)
	}
}

func TestMapFollowsScaleAndTurn(t *testing.T) {
	// The middle of each raster pixel, taken to the upright picture by the Map,
	// must be the middle of the stored cell that it came from, turned.
	for o := 1; o <= 8; o++ {
		for _, ratio := range []int{1, 2, 4, 8} {
			p := photo(t, fmt.Sprintf("orient/%d.jpg", o))
			w, h := p.Stored()
			dec := &fake{w: w, h: h}
			m, err := dec.DecodeJPEG(context.Background(), nil, ratio)
			if err != nil {
				t.Fatal(err)
			}
			pic, err := p.place(m, ratio)
			if err != nil {
				t.Fatal(err)
			}
			if l, err := Load(context.Background(), p, Need{Factor: factor(float64(ratio)), Headroom: 1}, dec, false); err != nil || l.Map() != pic.Map() || l.Raster.W != pic.Raster.W || l.Raster.H != pic.Raster.H {
				t.Fatalf("orientation %d at 1:%d: Load gives %v of %d x %d (%v), want %v of %d x %d", o, ratio, l.Map(), l.Raster.W, l.Raster.H, err, pic.Map(), pic.Raster.W, pic.Raster.H)
			}
			for i := range pic.Raster.W * pic.Raster.H {
				x, y := i%pic.Raster.W, i/pic.Raster.W
				got := pic.Map().Apply(geom.Point{X: float64(x) + 0.5, Y: float64(y) + 0.5})
				sx := (float64(pic.Raster.Pix[3*i]) + 0.5) * float64(ratio)
				sy := (float64(pic.Raster.Pix[3*i+1]) + 0.5) * float64(ratio)
				if want := upright(o, sx, sy, float64(w), float64(h)); got != want {
					t.Fatalf("orientation %d at 1:%d: raster (%d, %d) maps to %v, want %v", o, ratio, x, y, got, want)
				}
			}
		}
	}
}

// upright takes a point of a stored picture of w x h to the upright picture, by
// the definitions of EXIF 2.32, 4.6.4.
func upright(o int, x, y, w, h float64) geom.Point {
	return map[int]geom.Point{
		1: {X: x, Y: y}, 2: {X: w - x, Y: y}, 3: {X: w - x, Y: h - y}, 4: {X: x, Y: h - y},
		5: {X: y, Y: x}, 6: {X: h - y, Y: x}, 7: {X: h - y, Y: w - x}, 8: {X: y, Y: w - x},
	}[o]
}

func TestLoadFallsBackToGo(t *testing.T) {
	own := errors.New("the decoder is closed")
	for _, c := range []struct {
		name  string
		err   error
		calls int
		want  error
		why   string
	}{
		{"kinds/progressive.jpg", &fault.UnsupportedError{Format: "jpeg"}, 1, nil, "a variant that neither decoder takes"},
		{"kinds/junk.jpg", &fault.FormatError{Format: "jpeg"}, 1, nil, "junk that neither decoder takes"},
		{"kinds/progressive.jpg", own, 1, own, "no matter of the data"},
		{"kinds/cmyk.jpg", nil, 0, nil, "four channels never go to the decoder"},
		{"kinds/rgb8.png", nil, 0, nil, "not a JPEG"},
	} {
		dec := &fake{w: 37, h: 22, err: c.err}
		pic, err := Load(context.Background(), photo(t, c.name), Need{Factor: factor(99)}, dec, false)
		if !errors.Is(err, c.want) || dec.calls != c.calls {
			t.Errorf("%s: got %v after %d calls", c.why, err, dec.calls)
		}
		if err == nil && worst(t, pic.Raster, golden(t, c.name)) > tolerance(c.name) {
			t.Errorf("%s: wrong pixels", c.why)
		}
	}
	// Both fail: Go's reason is told, the other would say the same again.
	reject := &fault.FormatError{Format: "jpeg", Reason: "from the decoder"}
	_, err := Load(context.Background(), photo(t, "hostile/cut.jpg"), Need{}, &fake{err: reject}, false)
	if errors.Is(err, reject) || kind(err) != formatError {
		t.Errorf("got %v", err)
	}
}

func TestLoadChecksTheDecoder(t *testing.T) {
	// A file that shows one size to us and another to the decoder falls back.
	pic, err := Load(context.Background(), photo(t, "kinds/444.jpg"), Need{}, &fake{w: 5, h: 5}, false)
	if err != nil || pic.Raster.W != 37 {
		t.Errorf("got %v, %v; want the picture from Go's decoder", pic, err)
	}
}

func TestLoadObeysTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	dec := &fake{w: 37, h: 22}
	if _, err := Load(ctx, photo(t, "kinds/444.jpg"), Need{}, dec, false); !errors.Is(err, context.Canceled) || dec.calls != 0 {
		t.Errorf("got %v after %d calls", err, dec.calls)
	}
}

func TestLoadKeepsNothing(t *testing.T) {
	p := photo(t, "kinds/rgb8.png")
	load(t, p)
	if p.stored.Load() != nil {
		t.Error("Load left the decoded picture in the Photo")
	}
	if err := p.Decode(); err != nil {
		t.Fatal(err)
	}
	n := testing.AllocsPerRun(10, func() { load(t, p) })
	if n > 4 {
		t.Errorf("%v allocations although the picture was decoded before", n)
	}
	// A JPEG goes through the decoder even so.
	j := photo(t, "kinds/444.jpg")
	if err := j.Decode(); err != nil {
		t.Fatal(err)
	}
	dec := &fake{w: 37, h: 22}
	if _, err := Load(context.Background(), j, Need{}, dec, false); err != nil || dec.calls != 1 {
		t.Errorf("%d calls of the decoder, want 1 (%v)", dec.calls, err)
	}
}

func TestLoadTakesAnyImage(t *testing.T) {
	m := image.NewNRGBA(image.Rect(10, 20, 16, 24))
	m.SetNRGBA(11, 22, color.NRGBA{1, 2, 3, 128})
	pic, err := Load(context.Background(), m.SubImage(image.Rect(11, 22, 14, 24)), Need{Factor: factor(9)}, &fake{}, false)
	if err != nil {
		t.Fatal(err)
	}
	if pic.W != 3 || pic.H != 2 || [3]uint8(pic.Raster.Pix) != [3]uint8{1, 2, 3} {
		t.Errorf("got %d x %d, first pixel %v", pic.W, pic.H, pic.Raster.Pix[:3])
	}
	for _, c := range []struct {
		img  image.Image
		want string
		why  string
	}{
		{nil, formatError, "nil"},
		{(*Photo)(nil), formatError, "nil Photo"},
		{image.NewRGBA(image.Rectangle{}), formatError, "no pixels"},
		{image.Black, limitError, "endless"},
	} {
		if _, err := Load(context.Background(), c.img, Need{}, nil, false); kind(err) != c.want {
			t.Errorf("%s: got %v, want a %s error", c.why, err, c.want)
		}
	}
}

// The scales that package jpegscale has need no decoder, and a file that it does not take comes whole.
func TestLoadScalesWithoutADecoder(t *testing.T) {
	for _, c := range []struct {
		name  string
		f     float64
		scale float64
		why   string
	}{
		{"cat.jpg", 8, 4, "a quarter"},
		{"cat.jpg", 16, 8, "an eighth"},
		{"cat.jpg", 4, 1, "half, which only a JPEGDecoder has"},
		{"kinds/progressive.jpg", 16, 1, "progressive"},
	} {
		p := photo(t, c.name)
		pic, err := Load(context.Background(), p, Need{Factor: factor(c.f)}, nil, false)
		if err != nil {
			t.Fatal(err)
		}
		if w, _ := p.Stored(); pic.ScaleX != c.scale || pic.Raster.W != (w+int(c.scale)-1)/int(c.scale) || pic.W != w {
			t.Errorf("%s: scale %v, %d pixels wide of %d, want scale %v", c.why, pic.ScaleX, pic.Raster.W, pic.W, c.scale)
		}
		if pic, err = Load(context.Background(), p, Need{Factor: factor(c.f)}, nil, true); err != nil || pic.ScaleX != 1 {
			t.Errorf("%s, exact: %v, %v", c.why, pic, err)
		}
	}
	if _, err := Load(context.Background(), photo(t, "hostile/cut.jpg"), Need{Factor: factor(16)}, nil, false); kind(err) != formatError {
		t.Errorf("a file that is cut off: %v", err)
	}
}
