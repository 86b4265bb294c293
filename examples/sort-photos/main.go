// Sort-photos walks a folder and writes a line of CSV for each picture: its best label, the
// score and the file. Sorted, it is an album by subject:
//
//	sort-photos ~/Pictures | sort
//	sort-photos -model models/resnet50 ~/Pictures > photos.csv
package main

import (
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"image"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/gosight/vision"
	"github.com/gosight/vision/recognize"
)

func main() {
	model := flag.String("model", "", "folder of a SavedModel and its card.json; the embedded model if empty")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *model, cmp.Or(flag.Arg(0), ".")); err != nil {
		fmt.Fprintln(os.Stderr, "sort-photos:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, model, dir string) error {
	m, err := open(model)
	if err != nil {
		return err
	}
	defer m.Close()
	out := csv.NewWriter(os.Stdout)
	var names []string // of the pictures under way, oldest first; photos runs on this goroutine
	photos := func(yield func(image.Image) bool) {
		err = filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			img, err := vision.ReadFile(name)
			if err != nil {
				if !otherFile(name, err) {
					fmt.Fprintln(os.Stderr, err)
				}
				return nil
			}
			if names = append(names, name); !yield(img) {
				return fs.SkipAll
			}
			return nil
		})
	}
	for labels, err := range m.ClassifySeq(ctx, photos) {
		switch best := labels.Best(); {
		case ctx.Err() != nil:
			continue // the sequence ends by itself
		case err != nil:
			fmt.Fprintf(os.Stderr, "%s: %v\n", names[0], err)
		default:
			_ = out.Write([]string{best.Name, fmt.Sprintf("%.3f", best.Score), names[0]}) // out.Error says if it failed
		}
		names = names[1:]
	}
	out.Flush()
	return errors.Join(ctx.Err(), err, out.Error())
}

// otherFile reports whether err is that a file is no picture, and its name does not say that it is one: a
// README, a film. A .jpg that is none is a damaged picture, to be told.
func otherFile(name string, err error) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".heic", ".avif":
		return false
	}
	var broken *vision.FormatError
	var unsupported *vision.UnsupportedError
	return errors.As(err, &broken) && broken.Format == "" || errors.As(err, &unsupported)
}

func open(model string) (*recognize.Model, error) {
	if model == "" {
		return recognize.Default()
	}
	return recognize.Open(model)
}
