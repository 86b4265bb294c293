package card

import (
	"embed"
	"path"
	"slices"
	"strings"
)

//go:embed labels/*.txt
var labelFiles embed.FS

//go:embed tables/*.txt
var tableFiles embed.FS

// builtinPrefix marks the name of an embedded label list in Output.Labels.
const builtinPrefix = "builtin:"

// Builtins returns the names of the label lists that a card may use as
// "builtin:NAME".
//
//   - imagenet-1000: the classes of ILSVRC 2012, in the order of their synsets
//   - imagenet-1001: the same after a row "background"
//   - coco-80: the classes of COCO without gaps, from 0
//   - coco-90: the same by their COCO number, 1 to 90, with gaps
//   - places365, cifar10, mnist, fashion-mnist
func Builtins() []string {
	files, err := labelFiles.ReadDir("labels")
	if err != nil {
		return nil
	}
	list := []string{"imagenet-1001"}
	for _, f := range files {
		list = append(list, strings.TrimSuffix(f.Name(), ".txt"))
	}
	slices.Sort(list)
	return list
}

// builtin returns the names of an embedded list.
func builtin(name string) (*nameList, error) {
	if name == "imagenet-1001" {
		list, err := builtin("imagenet-1000")
		if err != nil {
			return nil, err
		}
		list.names = slices.Insert(list.names, 0, "background")
		return list, nil
	}
	data, err := labelFiles.ReadFile(path.Join("labels", name+".txt"))
	if err != nil {
		return nil, err
	}
	return parseNames(data, name+".txt")
}
