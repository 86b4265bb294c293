package recognize_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io/fs"
	"log"
	"math"
	"os"

	"github.com/gosight/vision"
	"github.com/gosight/vision/recognize"
)

// The model that is embedded in the program knows ten kinds of things.
func Example() {
	img, err := vision.ReadFile("../testdata/images/cat.jpg")
	if err != nil {
		log.Fatal(err)
	}
	labels, err := recognize.Classify(context.Background(), img)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(labels.Best().Name)
	// Output: cat
}

// Any SavedModel opens with a card that says what its graph cannot. This tiny one tells
// which colour a picture has most of.
func ExampleOpen() {
	m, err := recognize.Open("../testdata/models/mean_rgb", vision.Card("testdata/cards/mean_rgb.json"))
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()

	red := image.NewRGBA(image.Rect(0, 0, 64, 64))
	for i := range 64 * 64 {
		red.Set(i%64, i/64, color.RGBA{R: 255, A: 255})
	}
	labels, err := m.Classify(context.Background(), red)
	if err != nil {
		log.Fatal(err)
	}
	for _, l := range labels {
		fmt.Printf("%-6s%.3f\n", l.Name, l.Score)
	}
	// Output:
	// red   0.576
	// green 0.212
	// blue  0.212
}

// One picture that cannot be read does not spoil the others.
func ExampleModel_ClassifyAll() {
	m, err := recognize.Open("../testdata/models/mean_rgb", vision.Card("testdata/cards/mean_rgb.json"))
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()

	var imgs []image.Image
	for _, name := range []string{"coffee.jpg", "hostile/cut.jpg", "rocket.jpg"} {
		img, err := vision.ReadFile("../testdata/images/" + name)
		if err != nil {
			log.Fatal(err)
		}
		imgs = append(imgs, img)
	}
	all, err := m.ClassifyAll(context.Background(), imgs)
	var failed *vision.BatchError
	if errors.As(err, &failed) {
		for _, f := range failed.Failures {
			var broken *vision.FormatError
			fmt.Println(f.Index, "is broken:", errors.As(f.Err, &broken))
		}
	}
	for i, labels := range all {
		fmt.Printf("%d %q\n", i, labels.Best().Name)
	}
	// Output:
	// 1 is broken: true
	// 0 "red"
	// 1 ""
	// 2 "blue"
}

// A folder of any size, in bounded memory: pictures are read as they are needed.
func ExampleModel_ClassifySeq() {
	m, err := recognize.Default()
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()

	names, err := fs.Glob(os.DirFS("../testdata/images/orient"), "*.png")
	if err != nil {
		log.Fatal(err)
	}
	photos := func(yield func(image.Image) bool) {
		for _, name := range names {
			img, err := vision.ReadFile("../testdata/images/orient/" + name)
			if err != nil {
				log.Print(err)
			}
			if !yield(img) { // a nil Photo gives an error in its place
				return
			}
		}
	}
	i := 0
	for labels, err := range m.ClassifySeq(context.Background(), photos) {
		fmt.Println(names[i], len(labels), "scores, error:", err)
		i++
	}
	// Output:
	// 1.png 10 scores, error: <nil>
	// 2.png 10 scores, error: <nil>
	// 3.png 10 scores, error: <nil>
	// 4.png 10 scores, error: <nil>
	// 5.png 10 scores, error: <nil>
	// 6.png 10 scores, error: <nil>
	// 7.png 10 scores, error: <nil>
	// 8.png 10 scores, error: <nil>
}

// Pictures that look alike have features with a small angle between them.
func ExampleModel_EmbedAll() {
	m, err := recognize.Default()
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()

	var imgs []image.Image
	for _, name := range []string{"orient/1.jpg", "orient/6.jpg", "cat.jpg"} { // the first two show one picture
		img, err := vision.ReadFile("../testdata/images/" + name)
		if err != nil {
			log.Fatal(err)
		}
		imgs = append(imgs, img)
	}
	f, err := m.EmbedAll(context.Background(), imgs)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(cosine(f[0], f[1]) > 0.95, cosine(f[0], f[2]) > 0.95)
	// Output: true false
}

func cosine(a, b []float32) float64 {
	var dot, aa, bb float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		dot, aa, bb = dot+x*y, aa+x*x, bb+y*y
	}
	return dot / math.Sqrt(aa*bb)
}
