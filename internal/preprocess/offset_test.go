package preprocess

import (
	"math"
	"testing"

	"github.com/gosight/vision/internal/card"
	"github.com/gosight/vision/internal/geom"
	"github.com/gosight/vision/internal/raster"
)

// TestTurnedReducedDecode turns a 20 x 10 picture by half: the reduced decode by 8 has 3 x 2
// pixels, whose overhang then stands on the left and on top. What is sampled must be the
// mirror image of what the picture as stored gives.
func TestTurnedReducedDecode(t *testing.T) {
	p, err := New(card.Input{Width: 4, Height: 4, Channels: "RGB", Range: []float64{0, 255},
		Resize: card.Resize{Mode: "squash", Resampler: "tf-bilinear"}}, Float)
	if err != nil {
		t.Fatal(err)
	}
	src, turned := raster.New(3, 2), raster.New(3, 2)
	for i := range 6 {
		for c := range 3 {
			src.Pix[3*i+c] = uint8(37*i + 11*c)
			turned.Pix[3*(5-i)+c] = src.Pix[3*i+c]
		}
	}
	stored, upright := make([]float32, 48), make([]float32, 48)
	if _, err := p.Float32(stored, src, 20, 10, geom.Map{ScaleX: 8, ScaleY: 8}); err != nil {
		t.Fatal(err)
	}
	at := geom.Map{ScaleX: 8, ScaleY: 8, OffsetX: 20 - 24, OffsetY: 10 - 16}
	if _, err := p.Float32(upright, turned, 20, 10, at); err != nil {
		t.Fatal(err)
	}
	for i := range 16 {
		for c := range 3 {
			if a, b := stored[3*i+c], upright[3*(15-i)+c]; math.Abs(float64(a-b)) > 1e-3 {
				t.Fatalf("position %d, channel %d: %v as stored, %v turned", i, c, a, b)
			}
		}
	}
	at.OffsetX = -9
	if _, err := p.Float32(upright, turned, 20, 10, at); err == nil {
		t.Error("an overhang of more than a pixel was accepted")
	}
}
