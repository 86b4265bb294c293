// Label says what each picture shows, with the model that is embedded in the library.
//
//	label cat.jpg frog.png
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/gosight/vision"
	"github.com/gosight/vision/recognize"
)

func main() {
	failed := false
	for _, name := range os.Args[1:] {
		labels, err := label(name)
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
			failed = true
			continue
		}
		fmt.Printf("%s: %v\n", name, labels.Best())
	}
	if failed {
		os.Exit(1)
	}
}

func label(name string) (vision.Labels, error) {
	img, err := vision.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return recognize.Classify(context.Background(), img)
}
