package detect_test

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"math"
	"path/filepath"
	"testing"

	"github.com/gosight/vision"
	"github.com/gosight/vision/detect"
	"github.com/gosight/vision/internal/sharedtest"
)

// With real models the answer is the same, to 2 pixels, however the same picture is handed over: as a
// part of a larger one with bounds of its own, padded to the shape of the network, or turned and mirrored in a
// file whose EXIF flag says so.
func TestGeometryWithRealModels(t *testing.T) {
	const letterboxed = `{"task": "detect",
		"input": {"channels": "RGB", "range": [0, 255], "resize": {"mode": "letterbox", "pad": [0], "anchor": "top-left", "resampler": "tf-bilinear"}},
		"output": {"name": "output_2", "scores": "probabilities", "labels": "builtin:coco-80"},
		"detect": {"head": "rows", "columns": ["x1", "y1", "x2", "y2", "score", "class"], "units": "pixels", "max": 100}}`
	for _, c := range []struct {
		why, model, card string // no card: that of testdata/cards
		least            float32
	}{
		{"the picture's own size", "ssd_mobilenet_v1_coco", "", 0.5},
		{"squashed", "centernet_coco", "", 0.4},
		{"letterbox", "centernet_coco", letterboxed, 0.4},
	} {
		t.Run(c.why, func(t *testing.T) {
			cards := filepath.Join("..", "testdata", "cards")
			if c.card != "" {
				cards = filepath.Join(t.TempDir(), "card.json")
				write(t, cards, c.card)
			}
			m, err := detect.Open(sharedtest.Path(t, "models", c.model), vision.Card(cards), vision.Exact())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = m.Close() }()
			objects := 0
			for _, name := range []string{"kite_and_cold.jpg", "people_sample1.jpg", "grace_hopper.bmp"} {
				p, err := vision.ReadFile(sharedtest.Path(t, "data", "photos", name))
				if err != nil {
					t.Fatal(err)
				}
				// A multiple of 80: of 5, so that the letterbox, which makes four pixels of five, leaves no fraction, and
				// of 16, so that the blocks of a JPEG are the same however it is turned.
				whole := image.NewRGBA(image.Rect(0, 0, 640, min(640, p.Bounds().Dy()*640/p.Bounds().Dx())/80*80))
				shrink(whole, p)
				want := find(t, m, whole).Above(c.least)
				objects += len(want)

				at := image.Pt(-37, 1011)
				larger := image.NewRGBA(image.Rectangle{at, at.Add(whole.Bounds().Size())}.Inset(-50))
				draw.Draw(larger, larger.Bounds(), image.NewUniform(color.RGBA{255, 0, 255, 255}), image.Point{}, draw.Src)
				draw.Draw(larger, image.Rectangle{at, at.Add(whole.Bounds().Size())}, whole, image.Point{}, draw.Src)
				part := larger.SubImage(image.Rectangle{at, at.Add(whole.Bounds().Size())})
				alike(t, name+", part of a larger picture", find(t, m, part), want, at)

				if c.card != "" {
					padded := image.NewRGBA(image.Rect(0, 0, 640, 640))
					draw.Draw(padded, padded.Bounds(), image.Black, image.Point{}, draw.Src)
					draw.Draw(padded, whole.Bounds(), whole, image.Point{}, draw.Src)
					alike(t, name+", padded", find(t, m, padded), want, image.Point{})
				}
				upright := find(t, m, turned(t, whole, 1)).Above(c.least)
				for flag := 2; flag <= 8; flag++ {
					alike(t, name+", EXIF "+string(rune('0'+flag)), find(t, m, turned(t, whole, flag)), upright, image.Point{})
				}
			}
			if objects < 8 {
				t.Errorf("only %d objects were compared", objects)
			}
		})
	}
}

// alike checks that each wanted object is found, moved by shift, to 2 pixels and 0.02 of score:
// a JPEG of turned pixels is not quite the same.
func alike(t *testing.T, why string, got, want detect.Objects, shift image.Point) {
	t.Helper()
	for _, w := range want {
		box := w.Box.Add(shift)
		best := math.MaxInt
		for _, g := range got {
			if g.Index == w.Index && math.Abs(float64(g.Score-w.Score)) < 0.02 {
				best = min(best, max(abs(g.Box.Min.X-box.Min.X), abs(g.Box.Min.Y-box.Min.Y), abs(g.Box.Max.X-box.Max.X), abs(g.Box.Max.Y-box.Max.Y)))
			}
		}
		if best > 2 {
			t.Errorf("%s: nothing within 2 pixels of %v; the nearest of its kind is %d off", why, w, best)
		}
	}
}

func abs(v int) int { return max(v, -v) }

// shrink fills dst with src by taking the nearest pixel: what it looks like does not matter.
func shrink(dst *image.RGBA, src image.Image) {
	b := src.Bounds()
	for y := range dst.Rect.Dy() {
		for x := range dst.Rect.Dx() {
			dst.Set(x, y, src.At(b.Min.X+x*b.Dx()/dst.Rect.Dx(), b.Min.Y+y*b.Dy()/dst.Rect.Dy()))
		}
	}
}

// turned is a JPEG that stores img as EXIF orientation flag says, so that it is upright when
// the flag is minded.
func turned(t *testing.T, img *image.RGBA, flag int) *vision.Photo {
	t.Helper()
	w, h := img.Rect.Dx(), img.Rect.Dy()
	sw, sh := w, h
	if flag >= 5 {
		sw, sh = h, w
	}
	stored := image.NewRGBA(image.Rect(0, 0, sw, sh))
	for y := range h {
		for x := range w {
			// Where the upright pixel x, y is stored: EXIF 2.3, the row and column that are the top
			// and the left side.
			var sx, sy int
			switch flag {
			case 1:
				sx, sy = x, y
			case 2:
				sx, sy = w-1-x, y
			case 3:
				sx, sy = w-1-x, h-1-y
			case 4:
				sx, sy = x, h-1-y
			case 5:
				sx, sy = y, x
			case 6:
				sx, sy = y, w-1-x
			case 7:
				sx, sy = h-1-y, w-1-x
			case 8:
				sx, sy = h-1-y, x
			}
			stored.SetRGBA(sx, sy, img.RGBAAt(x, y))
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, stored, &jpeg.Options{Quality: 100}); err != nil {
		t.Fatal(err)
	}
	// TIFF, big endian: one entry, orientation (0x112), short, one value.
	exif := append([]byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00"), byte(flag), 0, 0, 0, 0, 0, 0)
	file := append([]byte{0xff, 0xd8, 0xff, 0xe1}, binary.BigEndian.AppendUint16(nil, uint16(len(exif)+2))...)
	file = append(append(file, exif...), b.Bytes()[2:]...)
	p, err := vision.NewPhoto(file)
	if err != nil {
		t.Fatal(err)
	}
	if p.Bounds() != img.Rect {
		t.Fatalf("EXIF %d: upright bounds %v, want %v", flag, p.Bounds(), img.Rect)
	}
	return p
}

// Eight goroutines on one real model get what one gets.
func TestManyGoroutinesOnRealModels(t *testing.T) {
	for _, model := range []string{"ssd_mobilenet_v1_coco", "centernet_coco"} {
		m, err := detect.Open(sharedtest.Path(t, "models", model), vision.Card("../testdata/cards"))
		if err != nil {
			t.Fatal(err)
		}
		p, err := vision.ReadFile(sharedtest.Path(t, "data", "photos", "kite_and_cold.jpg"))
		if err != nil {
			t.Fatal(err)
		}
		want := find(t, m, p).Above(0.3)
		imgs := make([]image.Image, 16)
		for i := range imgs {
			imgs[i] = p
		}
		answers, err := m.DetectAll(t.Context(), imgs)
		if err != nil {
			t.Fatal(err)
		}
		for _, got := range answers {
			alike(t, model, got, want, image.Point{})
		}
		if err := m.Close(); err != nil || len(want) < 5 {
			t.Errorf("%s: %v, %d objects", model, err, len(want))
		}
	}
}
