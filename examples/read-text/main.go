// Command read-text prints the text of pictures, and the words that it is least sure of.
//
//	read-text -detector DIR -recognizer DIR -cards DIR photo.jpg ...
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"slices"

	"github.com/gosight/vision"
	"github.com/gosight/vision/ocr"
)

func main() {
	detector := flag.String("detector", "", "folder of a text detector")
	recognizer := flag.String("recognizer", "", "folder of a text recognizer")
	cards := flag.String("cards", "", "folder of their cards")
	flag.Parse()

	m, err := ocr.Open(*detector, *recognizer, vision.Card(*cards))
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	for _, file := range flag.Args() {
		img, err := vision.ReadFile(file)
		if err != nil {
			log.Println(err)
			continue
		}
		page, err := m.Read(context.Background(), img)
		if err != nil {
			log.Println(file, err)
			continue
		}
		fmt.Printf("%s\n%s", file, page.Text())
		words := page.Words()
		slices.SortFunc(words, func(a, b ocr.Word) int { return int(1000*a.Score) - int(1000*b.Score) })
		for _, w := range words[:min(3, len(words))] {
			fmt.Printf("  not sure of %v at %v\n", w, w.Quad.Bounds())
		}
	}
}
