package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/train"
)

func importCommand() *command {
	c := newCommand("models import", "FILE", "make a model of published weights")
	known := strings.Join(train.Importable(), ", ")
	c.examples = `vision models import vgg16_weights_tf_dim_ordering_tf_kernels.h5 -net vgg16 -out vgg16
vision recognize -model vgg16 photo.jpg`
	c.more = `It writes a SavedModel with its card to -out, which "vision recognize -model" opens, and TensorFlow in Python.
FILE is one of

  HDF5 as Keras wrote weights or whole models before version 3, and as it publishes those of ImageNet, with the top:
  vgg16, vgg19, resnet50, resnet101, resnet152, inception_v3, mobilenet_v2;

  a checkpoint of TF-Slim's Inception v1, inception_v1.ckpt or its .index: googlenet.

1000 classes are named as ImageNet's, 1001 so with a background before them, others by -labels or by numbers.
A file whose MD5 Keras publishes is named as such; one that has only its name brings a warning.

With -json it prints one object: {"file", "net", "out", "layout", "classes", "parameters", "published", "warnings"}, the last two
where there are such, or {"file", "error"}. Exit status 2 if the file is broken or of another network; nothing is written then.`
	var net, out, labels string
	onceVar(c.flags, &net, "net", "the network, `NAME`: "+known)
	onceVar(c.flags, &out, "out", "the folder to write to, `DIR`, new or empty")
	onceVar(c.flags, &labels, "labels", "names of the classes, `FILE`, one a line")
	asJSON := jsonFlag(c.flags)
	c.run = func(ctx context.Context, a *app, args []string) error {
		switch {
		case len(args) != 1:
			return usagef("want one file of weights, got %d arguments", len(args))
		case net == "" || out == "":
			return usagef("want -net and -out")
		case !slices.Contains(train.Importable(), net):
			return usagef("-net %s: there are weights for %s", net, known)
		}
		n, err := train.ByName(net)
		if err != nil {
			return err
		}
		var opts []train.ImportOption
		if labels != "" {
			names, err := readNames(labels)
			if err != nil {
				return err
			}
			opts = append(opts, train.Labels(names...))
		}
		if err := wake(); err != nil {
			return &openError{err}
		}
		im, err := train.Import(ctx, args[0], n, out, opts...)
		if err != nil {
			return importError(a, args[0], *asJSON && ctx.Err() == nil, err)
		}
		if *asJSON {
			return writeJSON(a, im)
		}
		return write(a, aboutImport(im))
	}
	return c
}

// importError says what went wrong, and whether it is the file.
func importError(a *app, file string, asJSON bool, err error) error {
	var setting *train.SettingError
	var occupied *train.OccupiedError
	switch {
	case errors.As(err, &setting):
		return usagef("%s", setting.Reason)
	case errors.As(err, &occupied):
		return usagef("-out %s: it holds something already: want a new folder or an empty one", occupied.Dir)
	case asJSON:
		if e := writeJSON(a, struct {
			File  string `json:"file"`
			Error string `json:"error"`
		}{file, plain(err)}); e != nil {
			return e
		}
	}
	var mismatch *train.MismatchError
	var format *fault.FormatError
	var unsupported *fault.UnsupportedError
	var limit *fault.LimitError
	if errors.As(err, &mismatch) || errors.As(err, &format) || errors.As(err, &unsupported) || errors.As(err, &limit) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return &openError{err}
	}
	return err
}

// readNames reads a name a line.
func readNames(file string) ([]string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, usagef("-labels %s: %s", file, plain(err))
	}
	return strings.Split(strings.TrimRight(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n"), "\n"), nil
}

func aboutImport(im *train.Imported) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s, %d classes, %d parameters, from %s (%s)\n", im.Out, im.Net, im.Classes, im.Parameters, im.File, im.Layout)
	if im.Published != "" {
		fmt.Fprintf(&b, "  it is %s as Keras publishes it\n", im.Published)
	}
	for _, w := range im.Warnings {
		fmt.Fprintf(&b, "  warning: %s\n", w)
	}
	return b.String()
}
