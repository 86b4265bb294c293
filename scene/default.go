package scene

import (
	"context"
	"image"
	"sync"

	"github.com/gosight/vision/models/scenes"
)

// std is the embedded model, opened on first use. It is reached from functions
// alone, so that programs that do not call them do not link the model.
//
//nolint:gochecknoglobals // the shared model of package-level functions has nowhere else to live
var std struct {
	sync.Mutex
	m *Model
}

// Default returns the model that is embedded in the program, package models/scenes,
// opened on first use with the default options and shared by all callers. It may be
// closed; the next call opens it again.
func Default() (*Model, error) {
	std.Lock()
	defer std.Unlock()
	if std.m != nil && !std.m.engine.Closed() {
		return std.m, nil
	}
	m, err := OpenFS(scenes.FS(), ".")
	if err != nil {
		return nil, err
	}
	std.m = m
	return m, nil
}

// Describe tells which of fifteen kinds of places a picture shows (Bedroom, Coast,
// Forest, Highway, Industrial, InsideCity, Kitchen, LivingRoom, Mountain, Office, OpenCountry,
// Store, Street, Suburb, TallBuilding), and whether that is indoors, with the embedded
// model. It is Default and the model's Describe.
func Describe(ctx context.Context, img image.Image) (Scene, error) {
	m, err := Default()
	if err != nil {
		return Scene{}, err
	}
	return m.Describe(ctx, img)
}
