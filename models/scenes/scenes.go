// Package scenes embeds a small classifier of places: the default model of package scene.
//
// It tells fifteen kinds of places apart (Bedroom, Coast, Forest, Highway, Industrial,
// InsideCity, Kitchen, LivingRoom, Mountain, Office, OpenCountry, Store, Street, Suburb,
// TallBuilding), by grey values alone. It is a graph of gradient descriptors, Fisher vectors
// and a linear layer, trained by reference/scenes/train.py on 1,500 pictures. MODEL_CARD.md beside this file
// says how it was trained, what it was measured on and what it is not good for. Licence: Apache-2.0.
//
// Only programs that import this package carry the model.
package scenes

import (
	"embed"
	"io/fs"
)

//go:embed model
var files embed.FS

// FS returns the model's folder, for scene.OpenFS: saved_model.pb, variables,
// card.json and labels.txt lie at its root. Any number of goroutines may read it.
func FS() fs.FS {
	sub, err := fs.Sub(files, "model")
	if err != nil {
		return files // cannot be: "model" is a valid path
	}
	return sub
}
