package scene_test

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"log"

	"github.com/gosight/vision"
	"github.com/gosight/vision/scene"
)

// The model that is embedded in the program knows fifteen kinds of places.
func Example() {
	img, err := vision.ReadFile("../testdata/images/rocket.jpg")
	if err != nil {
		log.Fatal(err)
	}
	s, err := scene.Describe(context.Background(), img)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(s.Places), "places, indoors:", s.Indoor)
	// Output: 15 places, indoors: false
}

// A Places365 network opens with one line: the preset names its places and says which of
// them are indoors. This one is a tiny stand-in, which looks at the red of a picture.
func ExampleOpen() {
	m, err := scene.Open("../testdata/models/scene_places365", vision.Preset("places365-torch"))
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()

	img := image.NewRGBA(image.Rect(0, 0, 300, 200))
	for i := range 300 * 200 {
		img.Set(i%300, i/300, color.RGBA{R: 51, A: 255})
	}
	s, err := m.Describe(context.Background(), img)
	if err != nil {
		log.Fatal(err)
	}
	for _, l := range s.Places.Top(3) {
		fmt.Printf("%-14s %.3f\n", l.Name, l.Score)
	}
	fmt.Printf("indoors: %v, %.0f of the ten best\n", s.Indoor, 10*s.IndoorScore)
	// Output:
	// butte          0.226
	// butchers_shop  0.167
	// cabin/outdoor  0.137
	// indoors: false, 4 of the ten best
}
