// Similar finds pictures of a folder that look alike, by the angle between their features.
//
//	similar -least 0.97 ~/Pictures
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/gosight/vision"
	"github.com/gosight/vision/recognize"
)

func main() {
	least := flag.Float64("least", 0.97, "cosine of the features from which on two pictures are alike")
	flag.Parse()
	if err := run(cmp.Or(flag.Arg(0), "."), *least); err != nil {
		fmt.Fprintln(os.Stderr, "similar:", err)
		os.Exit(1)
	}
}

func run(dir string, least float64) error {
	m, err := recognize.Default()
	if err != nil {
		return err
	}
	defer m.Close()
	var names []string
	var features [][]float32
	return filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		f, err := embed(m, name)
		if err != nil {
			if !otherFile(name, err) {
				fmt.Fprintln(os.Stderr, err)
			}
			return nil
		}
		for i, other := range features {
			if c := dot(f, other); c >= least {
				fmt.Printf("%.3f %s %s\n", c, names[i], name)
			}
		}
		names, features = append(names, name), append(features, f)
		return nil
	})
}

// otherFile reports whether err is that a file is no picture, and its name does not say that it is one: a
// README, a film. A .jpg that is none is a damaged picture, to be told.
func otherFile(name string, err error) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".heic", ".avif":
		return false
	}
	var broken *vision.FormatError
	var unsupported *vision.UnsupportedError
	return errors.As(err, &broken) && broken.Format == "" || errors.As(err, &unsupported)
}

// embed returns the features of a picture, of length 1.
func embed(m *recognize.Model, name string) ([]float32, error) {
	img, err := vision.ReadFile(name)
	if err != nil {
		return nil, err
	}
	f, err := m.Embed(context.Background(), img)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	length := float32(math.Sqrt(dot(f, f)))
	for i := range f {
		f[i] /= max(length, math.SmallestNonzeroFloat32)
	}
	return f, nil
}

func dot(a, b []float32) (sum float64) {
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}
