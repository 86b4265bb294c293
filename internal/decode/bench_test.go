package decode

import (
	"bytes"
	"context"
	"image"
	"image/jpeg"
	"testing"
)

// tenMegapixels makes a photo as a camera stores it, with some texture.
func tenMegapixels(b *testing.B) []byte {
	m := image.NewRGBA(image.Rect(0, 0, 3648, 2736))
	s := uint32(1)
	for i := range m.Pix {
		s = s*1664525 + 1013904223
		m.Pix[i] = uint8(i>>6) + uint8(s>>28)
	}
	var buf bytes.Buffer
	if err := jpeg.Encode(&buf, m, &jpeg.Options{Quality: 90}); err != nil {
		b.Fatal(err)
	}
	return buf.Bytes()
}

func BenchmarkNew(b *testing.B) {
	data := tenMegapixels(b)
	b.ReportAllocs()
	for b.Loop() {
		mustNew(b, data)
	}
}

// BenchmarkLoadGo is the whole decode without a JPEGDecoder.
func BenchmarkLoadGo(b *testing.B) {
	p := mustNew(b, tenMegapixels(b))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Load(context.Background(), p, Need{}, nil, true); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRaster is the part of it that is not image/jpeg.
func BenchmarkRaster(b *testing.B) {
	m := image.NewYCbCr(image.Rect(0, 0, 3648, 2736), image.YCbCrSubsampleRatio420)
	b.ReportAllocs()
	for b.Loop() {
		rasterJPEG(m)
	}
}

func BenchmarkFormats(b *testing.B) {
	for _, name := range []string{"cat.jpg", "text.png", "kinds/offset.gif", "kinds/24.bmp", "kinds/lzw.tif", "kinds/lossy.webp"} {
		b.Run(name, func(b *testing.B) {
			p := photo(b, name)
			b.ReportAllocs()
			for b.Loop() {
				load(b, p)
			}
		})
	}
}
