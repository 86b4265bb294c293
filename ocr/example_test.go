package ocr_test

import (
	"context"
	"fmt"
	"image"
	"log"
	"os"

	"github.com/gosight/vision"
	"github.com/gosight/vision/ocr"
)

// A detector finds lines, a recogniser reads them; each has its card. These tiny ones find light
// on dark and read colours.
func Example() {
	m, err := ocr.Open("../testdata/models/text_bright", "../testdata/models/text_colours", vision.Card("testdata/cards"))
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()

	page := sheet(image.Rect(0, 0, 200, 100))
	put(page, 20, 20, 16, "ab cd")
	put(page, 20, 60, 16, "ddd")
	p, err := m.Read(context.Background(), page)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(p.Text())
	for _, w := range p.Words() {
		fmt.Printf("%s %.2f %v\n", w.Text, w.Score, w.Quad.Bounds())
	}
	// Output:
	// ab cd
	// ddd
	// ab 1.00 (20,20)-(56,36)
	// cd 1.00 (72,20)-(108,36)
	// ddd 1.00 (20,60)-(76,76)
}

// Without a detector a model reads ready-cut lines.
func ExampleModel_ReadLine() {
	m, err := ocr.Open("", "../testdata/models/text_colours", vision.Card("testdata/cards"))
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	line, err := m.ReadLine(context.Background(), strip(8, "cab"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(line)
	// Output: 1.000 "cab"
}

func ExampleWriter() {
	w, err := ocr.NewWriter(os.Stdout, "tsv")
	if err != nil {
		log.Fatal(err)
	}
	if err := w.Write("empty.png", &ocr.Page{Width: 640, Height: 480}); err != nil {
		log.Fatal(err)
	}
	if err := w.Close(); err != nil {
		log.Fatal(err)
	}
	// Output:
	// level	page_num	block_num	par_num	line_num	word_num	left	top	width	height	conf	text
	// 1	1	0	0	0	0	0	0	640	480	-1
}
