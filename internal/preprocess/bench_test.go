package preprocess

import (
	"fmt"
	"testing"

	"github.com/gosight/vision/internal/card"
	"github.com/gosight/vision/internal/geom"
)

// BenchmarkFloat32 prepares typical pictures on one goroutine (workers=1) and
// on as many as GOMAXPROCS allows.
func BenchmarkFloat32(b *testing.B) {
	for _, c := range []struct {
		name, mode, sampler string
		w, h                int
	}{
		{"reduced decode", "crop", "pillow-bilinear", 968, 648},
		{"reduced decode", "crop", "pillow-bicubic", 968, 648},
		{"reduced decode", "crop", "pillow-lanczos", 968, 648},
		{"reduced decode", "crop", "tf-bilinear", 968, 648},
		{"reduced decode", "crop", "opencv-linear", 968, 648},
		{"reduced decode", "crop", "opencv-area", 968, 648},
		{"small photo", "crop", "pillow-bilinear", 500, 375},
		{"small photo", "squash", "pillow-bilinear", 500, 375},
		{"small photo", "squash", "pillow-bilinear", 375, 500},
		{"10 megapixels", "crop", "pillow-bilinear", 3872, 2592},
		{"10 megapixels", "crop", "pillow-bicubic", 3872, 2592},
		{"10 megapixels", "crop", "tf-bilinear-antialias", 3872, 2592},
		{"10 megapixels", "crop", "tf-bilinear", 3872, 2592},
		{"10 megapixels", "crop", "opencv-area", 3872, 2592},
	} {
		for _, workers := range []int{1, 0} {
			if workers == 0 && c.w < 900 {
				continue
			}
			b.Run(fmt.Sprintf("%s/%s/%s/workers=%d", c.name, c.mode, c.sampler, workers), func(b *testing.B) {
				in := card.Input{Width: 224, Height: 224, Channels: "RGB", Range: []float64{-1, 1}}
				in.Resize = card.Resize{Mode: c.mode, Shorter: 256, Resampler: c.sampler}
				p, err := New(in, Float)
				if err != nil {
					b.Fatal(err)
				}
				p.workers = workers
				src := picture("gradient", c.w, c.h)
				dst := make([]float32, p.RowLen(c.w, c.h))
				b.ReportAllocs()
				for b.Loop() {
					if _, err := p.Float32(dst, src, c.w, c.h, geom.Identity); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
