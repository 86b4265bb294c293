package dataset_test

import (
	"errors"
	"fmt"
	"log"

	"github.com/gosight/vision/dataset"
)

// Shards as TF-Slim writes them; both parts lie in one folder.
func ExampleTFRecordParts() {
	train, valid, err := dataset.TFRecordParts("testdata/tfrecord/plain", dataset.TFRecordOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(train.Classes, train.Len(), valid.Len())
	for ex, err := range valid.All() {
		var broken *dataset.RecordError
		if errors.As(err, &broken) {
			fmt.Println("left out:", err) // with file, record and byte; the next one is read
			continue
		}
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(ex.Name, valid.Classes[ex.Class], ex.Image.Bounds().Max)
	}
	// Output:
	// [daisy rose tulip] 9 3
	// validation-00000-of-00001#0 tulip (5,4)
	// validation-00000-of-00001#1 daisy (5,4)
	// validation-00000-of-00001#2 rose (5,4)
}

// A list with a header; paths are relative to it.
func ExampleCSV() {
	s, err := dataset.CSV("testdata/list/flowers.csv", "train")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(s.Classes)
	for ex, err := range s.All() {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(ex.Name, s.Classes[ex.Class])
	}
	// Output:
	// [daisy rose]
	// a.png rose
	// b.png daisy
}
