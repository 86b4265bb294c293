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

	"golang.org/x/image/draw"
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

// enlarge returns a JPEG of about so many pixels: from itself if it is nearly so large, else
// made once, as if a camera of today had taken it.
func enlarge(from, made string, pixels int) (string, error) {
	f, err := os.Open(from)
	if err != nil {
		return "", err
	}
	defer f.Close()
	src, _, err := image.Decode(f)
	if err != nil {
		return "", fmt.Errorf("%s: %w", from, err)
	}
	w, h := src.Bounds().Dx(), src.Bounds().Dy()
	if w*h >= pixels*8/10 {
		return from, nil
	}
	if _, err := os.Stat(made); err == nil {
		return made, nil
	}
	scale := math.Sqrt(float64(pixels) / float64(w*h))
	dst := image.NewRGBA(image.Rect(0, 0, int(float64(w)*scale), int(float64(h)*scale)))
	draw.BiLinear.Scale(dst, dst.Rect, src, src.Bounds(), draw.Src, nil)
	if err := os.MkdirAll(filepath.Dir(made), 0o755); err != nil {
		return "", err
	}
	return made, writeJPEG(made, dst)
}

// writeJPEG writes a picture beside path and then in its place, so that half a one is never left.
func writeJPEG(path string, img image.Image) error {
	f, err := os.Create(path + ".part")
	if err != nil {
		return err
	}
	if err := jpeg.Encode(f, img, &jpeg.Options{Quality: 85}); err != nil {
		_ = f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(path+".part", path)
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
	return writeJPEG(path, img)
}

func clamp(v float64) uint8 { return uint8(max(0, min(255, v))) }
