// Withdefault describes by the embedded model, so that must be inside.
package main

import (
	"context"
	"fmt"
	"image"
	"os"

	"github.com/gosight/vision/scene"
)

func main() {
	s, err := scene.Describe(context.Background(), image.NewGray(image.Rect(0, 0, 8, 8)))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(s)
}
