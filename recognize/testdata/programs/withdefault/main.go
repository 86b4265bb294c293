// Withdefault classifies by the embedded model, so that must be inside.
package main

import (
	"context"
	"fmt"
	"image"
	"os"

	"github.com/gosight/vision/recognize"
)

func main() {
	labels, err := recognize.Classify(context.Background(), image.NewGray(image.Rect(0, 0, 8, 8)))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(labels)
}
