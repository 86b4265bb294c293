package preprocess

import (
	"math"
	"testing"

	"github.com/gosight/vision/internal/card"
	"github.com/gosight/vision/internal/geom"
	"github.com/gosight/vision/internal/raster"
)

// one is a plan that feeds the picture as it is.
func one(channels string, rng, mean, std []float64) card.Input {
	return card.Input{Channels: channels, Range: rng, Mean: mean, Std: std, Resize: card.Resize{Mode: "none"}}
}

func TestValues(t *testing.T) {
	px := &raster.Image{W: 1, H: 1, Pix: []uint8{255, 51, 0}}
	for _, c := range []struct {
		name string
		in   card.Input
		want []float64
	}{
		{"as they are", one("RGB", []float64{0, 255}, nil, nil), []float64{255, 51, 0}},
		{"to one", one("RGB", []float64{0, 1}, nil, nil), []float64{1, 0.2, 0}},
		{"Keras tf", one("RGB", []float64{-1, 1}, nil, nil), []float64{1, -0.6, -1}},
		{"Keras caffe", one("BGR", []float64{0, 255}, []float64{103.939, 116.779, 123.68}, nil), []float64{-103.939, -65.779, 131.32}},
		{"Keras torch", one("RGB", []float64{0, 1}, []float64{.485, .456, .406}, []float64{.229, .224, .225}),
			[]float64{(1 - .485) / .229, (.2 - .456) / .224, -.406 / .225}},
		{"one mean for all", one("RGB", []float64{0, 255}, []float64{127.5}, []float64{128}), []float64{127.5 / 128, -76.5 / 128, -127.5 / 128}},
		{"inverted", one("RGB", []float64{1, 0}, nil, nil), []float64{0, 0.8, 1}},
		{"grey: (19595*255 + 38470*51 + 32768) >> 16", one("GRAY", []float64{0, 255}, nil, nil), []float64{106}},
	} {
		got := feed(t, mustPlan(t, c.in, Float), px)
		if len(got) != len(c.want) {
			t.Fatalf("%s: %v", c.name, got)
		}
		for i := range got {
			if math.Abs(float64(got[i])-c.want[i]) > 1e-6*max(1, math.Abs(c.want[i])) {
				t.Errorf("%s: got %v, want %v", c.name, got, c.want)
				break
			}
		}
	}
}

// TestLayouts feeds one picture in every layout and order of channels, as bytes
// and as floats, by a resampler that gives bytes and by one that gives floats:
// they must be the same values at other places.
func TestLayouts(t *testing.T) {
	src := picture("random", 30, 20)
	for _, sampler := range []string{"pillow-bicubic", "tf-bicubic", "opencv-area", "pillow-nearest", "tf-bilinear"} {
		in := card.Input{Width: 8, Height: 12, Channels: "RGB", Range: []float64{0, 255}}
		in.Resize = card.Resize{Mode: "letterbox", Pad: []float64{10, 20, 30}, Resampler: sampler}
		rgb := feed(t, mustPlan(t, in, Float), src)
		for _, channels := range []string{"RGB", "BGR"} {
			for _, layout := range []string{"NHWC", "HWC", "NCHW"} {
				in.Channels, in.Layout = channels, layout
				floats := feed(t, mustPlan(t, in, Float), src)
				b := mustPlan(t, in, Byte)
				bytes := make([]uint8, b.RowLen(30, 20))
				if _, err := b.Uint8(bytes, src, 30, 20, geom.Identity); err != nil {
					t.Fatal(err)
				}
				for i, want := range rgb {
					px, c := i/3, i%3
					if channels == "BGR" {
						c = 2 - c
					}
					at := 3*px + c
					if layout == "NCHW" {
						at = c*8*12 + px
					}
					if floats[at] != want {
						t.Fatalf("%s %s %s: pixel %d is %v, want %v", sampler, channels, layout, px, floats[at], want)
					}
					if cut := uint8(min(max(want, 0), 255)); bytes[at] != cut {
						t.Fatalf("%s %s %s: byte of pixel %d is %v, want %v", sampler, channels, layout, px, bytes[at], cut)
					}
				}
			}
		}
	}
}

// TestStandardizeFlat: a picture of one colour is all zero, not divided by zero.
func TestStandardizeFlat(t *testing.T) {
	in := input("squash", "tf-bilinear", 4, 4)
	in.Channels, in.Layout, in.Standardize = "GRAY", "NHW", true
	for _, v := range feed(t, mustPlan(t, in, Float), picture("constant", 9, 9)) {
		if v != 0 {
			t.Fatalf("got %v, want 0", v)
		}
	}
}

func TestGreyPadding(t *testing.T) {
	in := input("letterbox", "pillow-box", 2, 3)
	in.Channels, in.Resize.Pad = "GRAY", []float64{255, 51, 0}
	got := feed(t, mustPlan(t, in, Float), raster.New(2, 1))
	if want := float32(19595*255+38470*51) / 65536; got[0] != want || got[2] != 0 {
		t.Errorf("got %v, want a filling of %v", got, want)
	}
}

func TestLetterboxPads(t *testing.T) {
	src := raster.New(20, 10)
	for i := range src.Pix {
		src.Pix[i] = 200
	}
	in := card.Input{Width: 8, Height: 8, Channels: "BGR", Range: []float64{0, 1}}
	in.Resize = card.Resize{Mode: "letterbox", Pad: []float64{255, 51, 0}, Resampler: "opencv-linear"}
	got := feed(t, mustPlan(t, in, Float), src)
	for y := range 8 {
		want := []float32{0, 0.2, 1} // Pad is R, G, B; the network wants B, G, R
		if y >= 2 && y < 6 {
			want = []float32{200.0 / 255, 200.0 / 255, 200.0 / 255}
		}
		for x := range 8 {
			for c := range 3 {
				if v := got[3*(8*y+x)+c]; v != want[c] {
					t.Fatalf("(%d, %d) channel %d is %v, want %v", x, y, c, v, want[c])
				}
			}
		}
	}
}
