// Package digits embeds a small classifier of handwritten digits.
//
// It tells 0 to 9 apart in a picture of one digit, light on dark, large in the middle, as MNIST has them. It is ResNet-20,
// trained by `vision train`. MODEL_CARD.md beside this file says how it was trained, what it was measured on and what it is
// not good for. Licence: Apache-2.0.
//
//	m, err := recognize.OpenFS(digits.FS(), ".")
//
// Only programs that import this package carry the model (1.2 MB).
package digits

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
