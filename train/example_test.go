package train_test

import (
	"context"
	"fmt"
	"log"

	"github.com/gosight/vision/dataset"
	"github.com/gosight/vision/recognize"
	"github.com/gosight/vision/train"
)

func ExampleFit() {
	ctx := context.Background()
	photos, valid, err := dataset.TrainFolders("photos") // photos/train/CLASS/*.jpg and photos/val/CLASS/*.jpg
	if err != nil {
		log.Fatal(err)
	}
	net, err := train.ByName("resnet9-half")
	if err != nil {
		log.Fatal(err)
	}
	result, err := train.Fit(ctx, net, train.Data{Train: photos, Valid: valid},
		train.Out("model"), train.Epochs(15), train.Flip(), train.PadCrop(4), train.Resume())
	if err != nil {
		log.Fatal(err) // run it again: Resume goes on where it stopped
	}
	fmt.Println(result.Best.ValidAccuracy)
	m, err := recognize.Open("model")
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
}

func ExampleFineTune() {
	ctx := context.Background()
	photos, valid, err := dataset.TrainFolders("photos") // photos/train/CLASS/*.jpg and photos/val/CLASS/*.jpg
	if err != nil {
		log.Fatal(err)
	}
	result, err := train.FineTune(ctx, train.From("mobilenet_v2"), train.Data{Train: photos, Valid: valid},
		train.Out("flowers"), train.SkipBroken(), train.Resume())
	if err != nil {
		log.Fatal(err) // run it again: Resume goes on where it stopped
	}
	for _, broken := range result.Skipped {
		fmt.Println("left out:", broken)
	}
	fmt.Println(result.Best.ValidAccuracy)
	m, err := recognize.Open("flowers")
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
}
