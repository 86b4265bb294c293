package main

import (
	"errors"
	"io/fs"
	"os"
	"strings"

	"github.com/gosight/vision/dataset"
)

// A classKind is a form of -data in which classified pictures are kept.
type classKind struct {
	name string
	form string // how it is written
	// parts opens the training part and the one to validate on, which is nil if there is none.
	parts func(path string, labelOffset int) (train, valid *dataset.Set, err error)
	// test opens what a model is measured on.
	test func(path string, labelOffset int) (*dataset.Set, error)
}

// classKinds are all forms but that of a set named without its kind, a folder of classes.
func classKinds() []classKind {
	fixed := func(name, form string, open func(path, part string) (*dataset.Set, error)) classKind {
		return classKind{
			name: name, form: form,
			parts: func(path string, _ int) (t, v *dataset.Set, err error) {
				if t, err = open(path, "train"); err == nil {
					v, err = open(path, "test")
				}
				return t, v, err
			},
			test: func(path string, _ int) (*dataset.Set, error) { return open(path, "test") },
		}
	}
	// Sets of these kinds may have parts or not.
	listed := func(name, form string, parts func(path string, labelOffset int) (t, v *dataset.Set, err error)) classKind {
		return classKind{name: name, form: form, parts: parts, test: func(path string, labelOffset int) (*dataset.Set, error) {
			t, v, err := parts(path, labelOffset)
			if v != nil {
				t = v
			}
			return t, err
		}}
	}
	return []classKind{
		fixed("mnist", "mnist:DIR", dataset.MNIST),
		fixed("cifar10", "cifar10:PATH", dataset.CIFAR10),
		fixed("cifar100", "cifar100:PATH", dataset.CIFAR100),
		fixed("cifar100-coarse", "cifar100-coarse:PATH", dataset.CIFAR100Coarse),
		{name: "imagenet", form: "imagenet:DIR", parts: imageNetParts, test: imageNetTest},
		listed("tfrecord", "tfrecord:PATTERN", func(path string, labelOffset int) (t, v *dataset.Set, err error) {
			return dataset.TFRecordParts(path, dataset.TFRecordOptions{LabelOffset: labelOffset})
		}),
		listed("csv", "csv:FILE", func(path string, _ int) (t, v *dataset.Set, err error) { return dataset.CSVParts(path) }),
	}
}

// imageNetParts opens ImageNet to train on; without its validation part some of it is kept, as of a folder.
func imageNetParts(path string, _ int) (t, v *dataset.Set, err error) {
	if t, err = dataset.ImageNetPart(path, "train"); err != nil {
		return nil, nil, err
	}
	v, err = dataset.ImageNetPart(path, "valid")
	if errors.Is(err, fs.ErrNotExist) {
		return t, nil, nil
	}
	return t, v, err
}

// imageNetTest opens ImageNet's validation part, or else any pictures whose names begin with a synset.
func imageNetTest(path string, _ int) (*dataset.Set, error) {
	s, err := dataset.ImageNetPart(path, "valid")
	if errors.Is(err, fs.ErrNotExist) {
		return dataset.ImageNet(path)
	}
	return s, err
}

// classForms says how a set of classified pictures is written.
func classForms() string {
	var all []string
	for _, k := range classKinds() {
		all = append(all, k.form)
	}
	return "a folder of classes, " + strings.Join(all[:len(all)-1], ", ") + " or " + all[len(all)-1]
}

// classKindOf cuts the kind off a set's name; it is nil for a folder or archive of classes. A name with a colon that is
// there, or that begins with no kind, is a path.
func classKindOf(data string) (*classKind, string) {
	head, path, ok := strings.Cut(data, ":")
	if _, err := os.Stat(data); !ok || err == nil {
		return nil, data
	}
	for _, k := range classKinds() {
		if k.name == head {
			return &k, path
		}
	}
	return nil, data
}

// setFlags are what -data does not say of a set.
type setFlags struct{ labelOffset int }

func (f *setFlags) add(c *command) {
	c.flags.IntVar(&f.labelOffset, "label-offset", 0, "the label of the first class in TFRecord files, `N`: 1 where 0 is the background")
}

func (f *setFlags) check(data string) error {
	if f.labelOffset < 0 {
		return usagef("-label-offset %d: want 0 or more", f.labelOffset)
	}
	if k, _ := classKindOf(data); f.labelOffset != 0 && (k == nil || k.name != "tfrecord") {
		return usagef("-label-offset: want it with tfrecord:PATTERN alone, got it with -data %s", data)
	}
	return nil
}

// trainingSet opens both parts of a set; the second is nil if it has none.
func trainingSet(data string, f setFlags) (t, v *dataset.Set, err error) {
	if err := f.check(data); err != nil {
		return nil, nil, err
	}
	k, path := classKindOf(data)
	switch {
	case k != nil && path == "":
		return nil, nil, usagef("-data %s: want %s", data, k.form)
	case k != nil:
		t, v, err = k.parts(path, f.labelOffset)
	default:
		t, v, err = dataset.TrainFolders(path)
		if _, statErr := os.Stat(path); errors.Is(statErr, fs.ErrNotExist) && strings.Contains(path, ":") {
			return nil, nil, usagef("-data %s: train takes %s", data, strings.Replace(classForms(), "a folder", "a folder or an archive", 1))
		}
	}
	if err != nil {
		return nil, nil, setError(data, err)
	}
	return t, v, nil
}

// classSet opens a set of classified pictures to measure a model on.
func classSet(task, data string, f setFlags) (set *dataset.Set, err error) {
	if err := f.check(data); err != nil {
		return nil, err
	}
	kind, path, err := setKind(task, data)
	if err != nil {
		return nil, err
	}
	if k, _ := classKindOf(data); k != nil && k.name == kind {
		set, err = k.test(path, f.labelOffset)
	} else {
		set, err = dataset.ImageFolder(archive(path))
	}
	if err != nil {
		return nil, setError(data, err)
	}
	return set, nil
}
