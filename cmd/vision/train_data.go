package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gosight/vision/dataset"
	"github.com/gosight/vision/train"
)

// keptPart is the part of the pictures, one of so many, that is kept for validation where the set has none.
const keptPart = 10

// trainingData opens the parts of a set and says on standard error what is not as one would think.
func trainingData(a *app, data, out string, sets setFlags) (train.Data, error) {
	t, v, err := trainingSet(data, sets)
	if err != nil {
		return train.Data{}, err
	}
	// What a run writes would be read as pictures of the set, where all that lies in its folder is.
	if k, path := classKindOf(data); k == nil && (v == nil || inPart(path, out)) || k != nil && (k.name == "imagenet" || strings.HasPrefix(k.name, "cifar")) {
		if err := outside("-out", out, path); err != nil {
			return train.Data{}, err
		}
	}
	if v != nil {
		warnEmpty(a, data+", validation part", v)
		return train.Data{Train: t, Valid: v}, nil
	}
	if t.Len() < keptPart {
		fmt.Fprintf(a.err, "vision: %s has %d pictures, fewer than %d: none is kept for validation\n", data, t.Len(), keptPart)
		return train.Data{Train: t}, nil
	}
	most, rest := t.Split(keptPart)
	return train.Data{Train: most, Valid: rest}, nil
}

// inPart tells whether a folder lies in the training part, or that for validation, of a set with both.
func inPart(set, dir string) bool {
	rel, err := filepath.Rel(resolved(set), resolved(dir))
	return err == nil && slices.ContainsFunc(strings.Split(filepath.ToSlash(rel), "/"), func(name string) bool {
		return slices.Contains([]string{"train", "val", "valid", "validation", "test"}, name)
	})
}

// outside refuses a folder to write to that is the set's, or lies in it.
func outside(flag, dir, set string) error {
	// A name within an archive leads to no folder, and has none within it.
	if rel, err := filepath.Rel(resolved(set), resolved(dir)); err == nil && filepath.IsLocal(rel) {
		return usagef("%s %s: lies in %s, whose pictures are read; want another folder", flag, dir, set)
	}
	return nil
}

// warnEmpty names the class folders of a part to test on that hold no picture.
func warnEmpty(a *app, part string, s *dataset.Set) {
	if len(s.Empty) > 0 {
		fmt.Fprintf(a.err, "vision: %s: no picture in class folders %q\n", part, s.Empty)
	}
}
