package main

import (
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// largePhoto returns a JPEG of 10 megapixels: the shared photo, or where that is
// not there one that is made, and says so by its name.
func (b *bench) largePhoto() (string, error) {
	photo := filepath.Join(b.shared, "data", "photos", "street_10mp.jpg")
	if _, err := os.Stat(photo); err == nil {
		return photo, nil
	}
	made := filepath.Join(b.root, ".bench", "synthetic_10mp.jpg")
	fmt.Fprintf(b.log, "  %s is not there: measuring on a made picture\n", photo)
	return made, synthetic(made, 3872, 2592)
}

// ordinaryPhotos returns up to n JPEGs of ordinary size.
func (b *bench) ordinaryPhotos(n int) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(b.shared, "data", "imagenet", "*.JPEG"))
	if err != nil {
		return nil, err
	}
	for i := len(files); i < n; i++ {
		made := filepath.Join(b.root, ".bench", fmt.Sprintf("synthetic_%03d.jpg", i))
		if err := synthetic(made, 500, 375); err != nil {
			return nil, err
		}
		files = append(files, made)
	}
	return files[:n], nil
}

// synthetic writes a JPEG with waves, edges and grain, about as many bytes a pixel as a photo.
func synthetic(path string, w, h int) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	rng := rand.New(rand.NewPCG(uint64(w), uint64(h)))
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			wave := 60 * math.Sin(float64(x)/40) * math.Cos(float64(y)/70)
			edge := float64((x/97+y/61)%3) * 30
			grain := rng.Float64() * 8
			v := 90 + wave + edge + grain
			img.SetRGBA(x, y, color.RGBA{clamp(v), clamp(v * 0.8), clamp(220 - v), 255})
		}
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := jpeg.Encode(f, img, &jpeg.Options{Quality: 85}); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}

func clamp(v float64) uint8 { return uint8(max(0, min(255, v))) }
