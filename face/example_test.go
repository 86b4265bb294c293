package face_test

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"log"

	"github.com/gosight/vision"
	"github.com/gosight/vision/face"
)

// portrait is a picture of somebody as the tiny models of this project see one: their
// detector takes a patch of red, green or blue for a face, their embedder tells its colour.
func portrait(c color.Color) image.Image {
	return scene(image.Rect(0, 0, 60, 40), spot{image.Rect(10, 5, 40, 35), c})
}

// Two models and their cards: one finds faces, the other makes vectors of them.
func Example() {
	m, err := face.Open("../testdata/models/face_bright", "../testdata/models/face_mean", vision.Card("testdata/cards"))
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	ctx := context.Background()

	g := face.NewGallery()
	for name, c := range map[string]color.Color{"Rose": red, "Ivy": green} {
		faces, err := m.Find(ctx, portrait(c))
		if err != nil {
			log.Fatal(err)
		}
		if err := g.Add(name, faces[0].Embedding); err != nil { // several pictures of each would be better
			log.Fatal(err)
		}
	}
	for _, c := range []color.Color{red, blue} {
		faces, err := m.Find(ctx, portrait(c))
		if err != nil {
			log.Fatal(err)
		}
		for _, f := range faces.Above(0.5) {
			who, err := g.Identify(f.Embedding)
			if err != nil {
				log.Fatal(err)
			}
			fmt.Printf("%v: %q\n", f.Box, who.Person)
		}
	}
	// Output:
	// (10,5)-(40,35): "Rose"
	// (10,5)-(40,35): ""
}

// Finding needs one model only. Landmarks are eyes, nose and mouth.
func ExampleModel_Find() {
	m, err := face.Open("../testdata/models/face_bright", "", vision.Card("testdata/cards/face_bright.json"))
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	faces, err := m.Find(context.Background(), portrait(green))
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range faces {
		fmt.Println(f)
		fmt.Printf("nose at %.0f, %.0f\n", f.Landmarks[2].X, f.Landmarks[2].Y)
	}
	// Output:
	// 1.000 [10 5 40 35]
	// nose at 25, 23
}

// A gallery is one file. UpdateGallery is for programs that add to it at the same time.
func ExampleUpdateGallery() {
	ctx, file := context.Background(), tempFile()
	ada := face.Embedding{Model: "m", Vector: []float32{1, 0}}
	err := face.UpdateGallery(ctx, file, func(g *face.Gallery) error { return g.Add("Ada", ada) })
	if err != nil {
		log.Fatal(err)
	}
	g, err := face.LoadGallery(file)
	if err != nil {
		log.Fatal(err)
	}
	if err := g.SetThreshold(0.3); err != nil { // the card of a real model says it
		log.Fatal(err)
	}
	same, distance, err := g.Verify("Ada", face.Embedding{Model: "m", Vector: []float32{0.8, 0.6}})
	fmt.Printf("%v %.1f %v %q\n", same, distance, err, g.People())
	// Output: true 0.2 <nil> ["Ada"]
}
