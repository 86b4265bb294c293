// Withoutdefault opens a model of its own in every way that there is, so it need not
// carry the embedded one.
package main

import (
	"context"
	"fmt"
	"image"
	"os"

	"github.com/gosight/vision"
	"github.com/gosight/vision/scene"
)

func main() {
	m, err := scene.Open(os.Args[1], vision.Card(os.Args[2]))
	if err != nil {
		m, err = scene.OpenFS(os.DirFS(os.Args[1]), ".")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	defer m.Close()
	img, err := vision.ReadFile(os.Args[3])
	fmt.Println(m.Info(), m.Names(), err)
	s, err := m.Describe(context.Background(), img)
	fmt.Println(s, err)
	all, err := m.DescribeAll(context.Background(), []image.Image{img})
	fmt.Println(all, err)
	for s, err := range m.DescribeSeq(context.Background(), func(yield func(image.Image) bool) { yield(img) }) {
		fmt.Println(s, err)
	}
}
