// Withoutdefault opens a model of its own in every way that there is, so it need not
// carry the embedded one.
package main

import (
	"context"
	"fmt"
	"image"
	"os"

	"github.com/gosight/vision"
	"github.com/gosight/vision/recognize"
)

func main() {
	m, err := recognize.Open(os.Args[1], vision.Card(os.Args[2]))
	if err != nil {
		m, err = recognize.OpenFS(os.DirFS(os.Args[1]), ".")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	defer m.Close()
	img, err := vision.ReadFile(os.Args[3])
	fmt.Println(m.Info(), m.Names(), err)
	labels, err := m.Classify(context.Background(), img)
	fmt.Println(labels.Above(.2), err)
	features, err := m.EmbedAll(context.Background(), []image.Image{img})
	fmt.Println(features, err)
	for labels, err := range m.ClassifySeq(context.Background(), func(yield func(image.Image) bool) { yield(img) }) {
		fmt.Println(labels, err)
	}
}
