package vision_test

import (
	"errors"
	"fmt"
	"log"

	"github.com/gosight/vision"
)

// A Photo is read upright: this file is stored on its side.
func ExampleReadFile() {
	img, err := vision.ReadFile("testdata/images/orient/6.jpg")
	if err != nil {
		log.Fatal(err)
	}
	w, h := img.Stored()
	fmt.Printf("%s, stored as %d x %d, upright %d x %d\n", img.Format(), w, h, img.Bounds().Dx(), img.Bounds().Dy())
	// Output: jpeg, stored as 22 x 37, upright 37 x 22
}

// Errors tell what is wrong with a file by their type.
func ExampleLimitError() {
	_, err := vision.ReadFile("testdata/images/hostile/huge.jpg")
	var limit *vision.LimitError
	if errors.As(err, &limit) {
		fmt.Println(limit.Got, limit.What)
	}
	// Output: 2500000000 pixels
}

// Cutting by score is the caller's.
func ExampleLabels_Above() {
	labels := vision.Labels{{Name: "cat", Index: 3, Score: 0.7}, {Name: "dog", Index: 5, Score: 0.25}, {Name: "frog", Index: 6, Score: 0.05}}
	for _, l := range labels.Above(0.2) {
		fmt.Println(l.Name, l.Score)
	}
	// Output:
	// cat 0.7
	// dog 0.25
}
