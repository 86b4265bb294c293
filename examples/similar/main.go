// Similar finds pictures of a folder that look alike, by the angle between their features.
//
//	similar -least 0.97 ~/Pictures
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"

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
			fmt.Fprintln(os.Stderr, err) // no picture, or a broken one
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
