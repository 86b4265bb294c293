// Package objects embeds a small image classifier: the project's default model.
//
// It tells the ten classes of CIFAR-10 apart (airplane, automobile, bird, cat,
// deer, dog, frog, horse, ship, truck), in a picture that shows one of them large.
// It is a convolutional network of 4.6 million parameters for 32x32 pixels, trained
// from nothing by vision train, right on 90.8 % of the 10,000 test
// pictures. MODEL_CARD.md beside this file says how it was trained, what it was
// measured on and what it is not good for. Licence: Apache-2.0.
//
// Only programs that import this package carry the model (9.3 MB).
package objects

import (
	"embed"
	"io/fs"
)

//go:embed model
var files embed.FS

// FS returns the model's folder, for recognize.OpenFS: saved_model.pb, variables,
// card.json and labels.txt lie at its root. Any number of goroutines may read it.
func FS() fs.FS {
	sub, err := fs.Sub(files, "model")
	if err != nil {
		return files // cannot be: "model" is a valid path
	}
	return sub
}
