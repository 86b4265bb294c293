package recognize

import (
	"context"
	"image"
	"sync"

	"github.com/gosight/vision"
	"github.com/gosight/vision/models/objects"
)

// std is the embedded model, opened on first use. It is reached from functions
// alone, so that programs that do not call them do not link the model.
//
//nolint:gochecknoglobals // the shared model of package-level functions has nowhere else to live
var std struct {
	sync.Mutex
	m *Model
}

// Default returns the model that is embedded in the program, package models/objects,
// opened on first use with the default options and shared by all callers. It may be
// closed; the next call opens it again.
func Default() (*Model, error) {
	std.Lock()
	defer std.Unlock()
	if std.m != nil && !std.m.engine.Closed() {
		return std.m, nil
	}
	m, err := OpenFS(objects.FS(), ".")
	if err != nil {
		return nil, err
	}
	std.m = m
	return m, nil
}

// Classify tells which of the ten classes of CIFAR-10 (airplane, automobile, bird, cat,
// deer, dog, frog, horse, ship, truck) a picture shows, with the embedded model. It is
// Default and the model's Classify.
func Classify(ctx context.Context, img image.Image) (vision.Labels, error) {
	m, err := Default()
	if err != nil {
		return nil, err
	}
	return m.Classify(ctx, img)
}
