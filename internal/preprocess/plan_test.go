package preprocess

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gosight/vision/internal/card"
	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/geom"
	"github.com/gosight/vision/internal/raster"
)

func crop224() card.Input {
	in := card.Input{Width: 224, Height: 224, Channels: "RGB", Range: []float64{-1, 1}}
	in.Resize = card.Resize{Mode: "crop", Shorter: 256, Resampler: "pillow-bilinear"}
	return in
}

func mustPlan(t testing.TB, in card.Input, e Element) *Plan {
	t.Helper()
	p, err := New(in, e)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func feed(t testing.TB, p *Plan, src *raster.Image) []float32 {
	t.Helper()
	dst := make([]float32, p.RowLen(src.W, src.H))
	if _, err := p.Float32(dst, src, src.W, src.H, geom.Identity); err != nil {
		t.Fatal(err)
	}
	return dst
}

func TestNewRefuses(t *testing.T) {
	for _, c := range []struct {
		name  string
		elem  Element
		spoil func(*card.Input)
		field string
	}{
		{"channel order cannot be guessed", Float, func(in *card.Input) { in.Channels = "" }, "channels"},
		{"unknown channels", Float, func(in *card.Input) { in.Channels = "CMYK" }, "channels"},
		{"range cannot be guessed", Float, func(in *card.Input) { in.Range = nil }, "range"},
		{"half a range", Float, func(in *card.Input) { in.Range = []float64{1} }, "range"},
		{"empty range", Float, func(in *card.Input) { in.Range = []float64{1, 1} }, "range"},
		{"range that is no number", Float, func(in *card.Input) { in.Range = []float64{0, math.NaN()} }, "range"},
		{"resampler cannot be guessed", Float, func(in *card.Input) { in.Resize.Resampler = "" }, "resize.resampler"},
		{"unknown resampler", Float, func(in *card.Input) { in.Resize.Resampler = "bilinear" }, "resize.resampler"},
		{"mode cannot be guessed", Float, func(in *card.Input) { in.Resize.Mode = "" }, "resize.mode"},
		{"unknown mode", Float, func(in *card.Input) { in.Resize.Mode = "fit" }, "resize.mode"},
		{"no width", Float, func(in *card.Input) { in.Width = 0 }, "width"},
		{"negative height", Float, func(in *card.Input) { in.Height = -1 }, "height"},
		{"absurd width", Float, func(in *card.Input) { in.Width = 1 << 30 }, "width"},
		{"crop without a shorter side", Float, func(in *card.Input) { in.Resize.Shorter = 0 }, "resize.shorter"},
		{"crop larger than what is resized", Float, func(in *card.Input) { in.Resize.Shorter = 200 }, "resize.shorter"},
		{"unknown rounding", Float, func(in *card.Input) { in.Resize.Rounding = "up" }, "resize.rounding"},
		{"central without a fraction", Float, func(in *card.Input) { in.Resize.Mode = "central" }, "resize.fraction"},
		{"central of more than all", Float, func(in *card.Input) { in.Resize.Mode, in.Resize.Fraction = "central", 1.5 }, "resize.fraction"},
		{"letterbox without a filling", Float, func(in *card.Input) { in.Resize.Mode = "letterbox" }, "resize.pad"},
		{"filling beyond white", Float, func(in *card.Input) { in.Resize.Mode, in.Resize.Pad = "letterbox", []float64{256} }, "resize.pad"},
		{"filling of two channels", Float, func(in *card.Input) { in.Resize.Mode, in.Resize.Pad = "letterbox", []float64{1, 2} }, "resize.pad"},
		{"grey that is not", Float, func(in *card.Input) { in.Layout = "NHW" }, "channels"},
		{"line without a height", Float, func(in *card.Input) { in.Resize.Mode, in.Height = "height", 0 }, "height"},
		{"line without a filling", Float, func(in *card.Input) { in.Resize.Mode = "height" }, "resize.pad"},
		{"both means", Float, func(in *card.Input) { in.Standardize, in.Mean = true, []float64{1} }, "standardize"},
		{"unknown anchor", Float, func(in *card.Input) {
			in.Resize.Mode, in.Resize.Pad, in.Resize.Anchor = "letterbox", []float64{0}, "left"
		}, "resize.anchor"},
		{"letterbox rounded as a crop", Float, func(in *card.Input) {
			in.Resize.Mode, in.Resize.Pad, in.Resize.Rounding = "letterbox", []float64{0}, "torchvision"
		}, "resize.rounding"},
		{"negative multiple", Float, func(in *card.Input) { in.Resize.Mode, in.Resize.Multiple = "none", -32 }, "resize.multiple"},
		{"unknown layout", Float, func(in *card.Input) { in.Layout = "CHWN" }, "layout"},
		{"mean of two channels", Float, func(in *card.Input) { in.Mean = []float64{1, 2} }, "mean"},
		{"division by zero", Float, func(in *card.Input) { in.Std = []float64{0} }, "std"},
		{"a network that decodes by itself", Float, func(in *card.Input) { in.Encoded = true }, "encoded"},
		{"bytes that are to be normalised", Byte, func(in *card.Input) {}, "range"},
		{"bytes less a mean", Byte, func(in *card.Input) { in.Range, in.Mean = nil, []float64{127} }, "range"},
	} {
		in := crop224()
		c.spoil(&in)
		_, err := New(in, c.elem)
		var me *fault.ModelError
		if !errors.As(err, &me) || me.What != "card" || !strings.HasPrefix(me.Want, "input."+c.field+":") {
			t.Errorf("%s: got %v, want a ModelError of the card's input.%s", c.name, err, c.field)
		}
	}
}

func TestRefusesPictures(t *testing.T) {
	p := mustPlan(t, crop224(), Float)
	grow := crop224()
	grow.Resize = card.Resize{Mode: "none", MinSide: 736, Resampler: "opencv-linear"}
	ocr := mustPlan(t, grow, Float)
	bytes := crop224()
	bytes.Range = nil
	b := mustPlan(t, bytes, Byte)

	var format *fault.FormatError
	var limit *fault.LimitError
	var model *fault.ModelError
	full := make([]float32, 3*224*224)
	for _, c := range []struct {
		name   string
		p      *Plan
		dst    []float32
		src    *raster.Image
		w, h   int
		sx, sy float64
		want   any
	}{
		{"no picture", p, full, nil, 10, 10, 1, 1, &format},
		{"no width", p, full, raster.New(0, 10), 0, 10, 1, 1, &format},
		{"no height", p, full, raster.New(10, 0), 10, 0, 1, 1, &format},
		{"negative width", p, full, raster.New(10, 10), -10, 10, 1, 1, &format},
		{"pixels missing", p, full, &raster.Image{W: 10, H: 10, Pix: make([]uint8, 299)}, 10, 10, 1, 1, &format},
		{"sizes that contradict", p, full, raster.New(10, 10), 11, 10, 1, 1, &format},
		{"a reduced decode of something else", p, full, raster.New(10, 10), 40, 20, 2, 2, &format},
		{"no scale", p, full, raster.New(10, 10), 10, 10, 0, 1, &format},
		{"scale that is no number", p, full, raster.New(10, 10), 10, 10, math.NaN(), 1, &format},
		{"beyond all limits", p, full, raster.New(10, 10), 1 << 40, 10, 1, 1, &limit},
		{"a thin picture that would grow to gigabytes", ocr, full, raster.New(1, 5000), 1, 5000, 1, 1, &limit},
		{"short tensor", p, full[1:], raster.New(10, 10), 10, 10, 1, 1, &model},
		{"no tensor", p, nil, raster.New(10, 10), 10, 10, 1, 1, &model},
		{"floats from a plan of bytes", b, full, raster.New(10, 10), 10, 10, 1, 1, &model},
	} {
		_, err := c.p.Float32(c.dst, c.src, c.w, c.h, geom.Map{ScaleX: c.sx, ScaleY: c.sy})
		if err == nil || !errors.As(err, c.want) {
			t.Errorf("%s: got %v, want %T", c.name, err, c.want)
		}
	}
	if _, err := p.Uint8(make([]uint8, 3*224*224), raster.New(10, 10), 10, 10, geom.Identity); !errors.As(err, &model) {
		t.Errorf("bytes from a plan of floats: %v", err)
	}
	if w, h := ocr.Size(1, 5000); w != 0 || h != 0 || ocr.RowLen(1, 5000) != 0 || ocr.Factor(1, 5000) != 1 {
		t.Errorf("a picture that cannot be fed has size %dx%d", w, h)
	}
}

func TestGeometry(t *testing.T) {
	// The figures are worked out by hand from the formulae of the package's
	// documentation.
	resize := func(mode string) card.Resize { return card.Resize{Mode: mode, Resampler: "pillow-bilinear"} }
	with := func(r card.Resize, f func(*card.Resize)) card.Resize { f(&r); return r }
	crop := with(resize("crop"), func(r *card.Resize) { r.Shorter = 256 })
	letterbox := with(resize("letterbox"), func(r *card.Resize) { r.Pad = []float64{0} })
	none := resize("none")
	for _, c := range []struct {
		name       string
		r          card.Resize
		inW, inH   int
		w, h       int
		outW, outH int
		factor     float64
		want       geom.Map
	}{
		{"crop, landscape: 341.33 is 341, offset 58.5 to even 58", crop, 224, 224, 400, 300, 224, 224, 300.0 / 256,
			geom.Map{ScaleX: 400.0 / 341, ScaleY: 300.0 / 256, OffsetX: 58 * 400.0 / 341, OffsetY: 16 * 300.0 / 256}},
		{"crop, portrait: 384 exactly", crop, 224, 224, 200, 300, 224, 224, 200.0 / 256,
			geom.Map{ScaleX: 200.0 / 256, ScaleY: 300.0 / 384, OffsetX: 16 * 200.0 / 256, OffsetY: 80 * 300.0 / 384}},
		{"crop, 383.46 wide, offset 79.5 to even 80", crop, 224, 224, 968, 646, 224, 224, 646.0 / 256,
			geom.Map{ScaleX: 968.0 / 383, ScaleY: 646.0 / 256, OffsetX: 80 * 968.0 / 383, OffsetY: 16 * 646.0 / 256}},
		{"crop, rounded: 341.6 is 342", with(crop, func(r *card.Resize) { r.Rounding = "round" }), 224, 224, 427, 320, 224, 224, 427.0 / 342,
			geom.Map{ScaleX: 427.0 / 342, ScaleY: 320.0 / 256, OffsetX: 59 * 427.0 / 342, OffsetY: 16 * 320.0 / 256}},
		{"crop, floor: 341.6 is 341, offset 58.5 is 58", with(crop, func(r *card.Resize) { r.Rounding = "floor" }), 224, 224, 427, 320, 224, 224, 320.0 / 256,
			geom.Map{ScaleX: 427.0 / 341, ScaleY: 320.0 / 256, OffsetX: 58 * 427.0 / 341, OffsetY: 16 * 320.0 / 256}},
		{"crop of a thread", crop, 224, 224, 1, 5000, 224, 224, 1.0 / 256,
			geom.Map{ScaleX: 1.0 / 256, ScaleY: 1.0 / 256, OffsetX: 16.0 / 256, OffsetY: 639888.0 / 256}},
		{"central: (100-87.5)/2 is 6", with(resize("central"), func(r *card.Resize) { r.Fraction = 0.875 }), 44, 22, 100, 50, 44, 22, 2,
			geom.Map{ScaleX: 2, ScaleY: 2, OffsetX: 6, OffsetY: 3}},
		{"squash", resize("squash"), 50, 100, 100, 50, 50, 100, 0.5,
			geom.Map{ScaleX: 2, ScaleY: 0.5}},
		{"letterbox, landscape: 640x427 at 106", letterbox, 640, 640, 300, 200, 640, 640, 200.0 / 427,
			geom.Map{ScaleX: 300.0 / 640, ScaleY: 200.0 / 427, OffsetY: -106 * 200.0 / 427}},
		{"letterbox, top left", with(letterbox, func(r *card.Resize) { r.Anchor = "top-left" }), 640, 640, 200, 300, 640, 640, 200.0 / 427,
			geom.Map{ScaleX: 200.0 / 427, ScaleY: 300.0 / 640}},
		{"letterbox, top left, floor: 426", with(letterbox, func(r *card.Resize) { r.Anchor, r.Rounding = "top-left", "floor" }), 640, 640, 200, 300, 640, 640, 300.0 / 640,
			geom.Map{ScaleX: 200.0 / 426, ScaleY: 300.0 / 640}},
		{"letterbox of a thread has one column", letterbox, 640, 640, 1, 5000, 640, 640, 1,
			geom.Map{ScaleX: 1, ScaleY: 5000.0 / 640, OffsetX: -319}},
		{"line: 48*333/100 is 160 to 192", with(resize("height"), func(r *card.Resize) { r.Multiple, r.Pad = 64, []float64{0} }), 0, 48, 333, 100, 192, 48, 333.0 / 160,
			geom.Map{ScaleX: 333.0 / 160, ScaleY: 100.0 / 48}},
		{"line, squeezed to 320", with(resize("height"), func(r *card.Resize) { r.MaxSide, r.MinSide, r.Pad = 320, 100, []float64{0} }), 0, 48, 1000, 48, 320, 48, 1,
			geom.Map{ScaleX: 1000.0 / 320, ScaleY: 1}},
		{"line, 24 wide, padded to 100", with(resize("height"), func(r *card.Resize) { r.MaxSide, r.MinSide, r.Pad = 320, 100, []float64{0} }), 0, 48, 24, 48, 100, 48, 1, geom.Identity},
		{"none", none, 7, 7, 100, 50, 100, 50, 1, geom.Identity},
		{"none, shrunk to 960 and to multiples of 32: 639.84 is 639 is 640", with(none, func(r *card.Resize) { r.MaxSide, r.Multiple = 960, 32 }), 0, 0, 1500, 1000, 960, 640, 1500.0 / 960,
			geom.Map{ScaleX: 1500.0 / 960, ScaleY: 1000.0 / 640}},
		{"none, 80 is 2.5 multiples, to even 2", with(none, func(r *card.Resize) { r.Multiple = 32 }), 0, 0, 80, 10, 64, 32, 10.0 / 32,
			geom.Map{ScaleX: 80.0 / 64, ScaleY: 10.0 / 32}},
		{"none, grown to 200", with(none, func(r *card.Resize) { r.MinSide = 200 }), 0, 0, 300, 100, 600, 200, 0.5,
			geom.Map{ScaleX: 0.5, ScaleY: 0.5}},
	} {
		in := card.Input{Width: c.inW, Height: c.inH, Channels: "RGB", Range: []float64{0, 1}, Resize: c.r}
		p := mustPlan(t, in, Float)
		if w, h := p.Size(c.w, c.h); w != c.outW || h != c.outH || p.RowLen(c.w, c.h) != 3*w*h {
			t.Errorf("%s: size %dx%d, row of %d, want %dx%d", c.name, w, h, p.RowLen(c.w, c.h), c.outW, c.outH)
			continue
		}
		if f := p.Factor(c.w, c.h); math.Abs(f-c.factor) > 1e-12 {
			t.Errorf("%s: factor %v, want %v", c.name, f, c.factor)
		}
		got, err := p.Float32(make([]float32, p.RowLen(c.w, c.h)), raster.New(c.w, c.h), c.w, c.h, geom.Identity)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range []float64{got.ScaleX - c.want.ScaleX, got.ScaleY - c.want.ScaleY, got.OffsetX - c.want.OffsetX, got.OffsetY - c.want.OffsetY} {
			if math.Abs(d) > 1e-9 {
				t.Errorf("%s: map %v, want %v", c.name, got, c.want)
				break
			}
		}
	}
}

// TestNamesOfCard: what a card may say, a plan can do.
func TestNamesOfCard(t *testing.T) {
	names := card.Resamplers()
	slices.Sort(names)
	if !slices.Equal(names, Resamplers()) {
		t.Errorf("resamplers %v, the card has %v", Resamplers(), names)
	}
	for _, mode := range card.ResizeModes() {
		in := input(mode, "pillow-bilinear", 20, 20)
		mustPlan(t, in, Float)
		for _, layout := range card.Layouts() {
			for _, channels := range card.ChannelOrders() {
				if in.Layout, in.Channels = layout, channels; layout != "NHW" || channels == "GRAY" {
					mustPlan(t, in, Float)
				}
			}
		}
	}
}

func TestString(t *testing.T) {
	in := crop224()
	caffe := crop224()
	caffe.Channels, caffe.Range, caffe.Mean = "BGR", []float64{0, 255}, []float64{103.939, 116.779, 123.68}
	torch := crop224()
	torch.Layout, torch.Range, torch.Mean, torch.Std = "NCHW", []float64{0, 1}, []float64{0.5}, []float64{0.25}
	torch.Resize = card.Resize{Mode: "letterbox", Pad: []float64{114}, Resampler: "opencv-linear"}
	line := crop224()
	line.Channels, line.Layout, line.Height, line.Standardize = "GRAY", "NHW", 48, true
	line.Resize = card.Resize{Mode: "height", MaxSide: 320, Pad: []float64{127.5}, Resampler: "opencv-linear"}
	own := card.Input{Channels: "RGB", Resize: card.Resize{Mode: "none"}}
	for _, c := range []struct {
		in   card.Input
		elem Element
		want string
	}{
		{in, Float, "shorter side 256 pillow-bilinear, centre 224x224, RGB, -1..1"},
		{caffe, Float, "shorter side 256 pillow-bilinear, centre 224x224, BGR, 0..255 minus 103.939/116.779/123.68"},
		{torch, Float, "letterboxed to 224x224 opencv-linear, center, padded with 114, RGB planes, 0..1 minus 0.5 over 0.25"},
		{line, Float, "height 48 opencv-linear, own width up to 320, padded with 127.5, GRAY, -1..1 standardized"},
		{own, Byte, "own size, RGB, bytes"},
	} {
		if got := mustPlan(t, c.in, c.elem).String(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
