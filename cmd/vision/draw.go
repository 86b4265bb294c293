package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/gosight/vision"
	"github.com/gosight/vision/internal/batch"
)

const drawHelp = `With -draw a copy of each picture with what was found drawn on it is written to a folder, which is
made if it is not there: a JPEG as JPEG, others as PNG, under the picture's own name and below the same
subfolders; a name that is taken gets a number. The folder may not lie in one whose
pictures are read, and no picture that is read is ever written over.`

func drawFlag(fs *flag.FlagSet) *string {
	return fs.String("draw", "", "draw what is found on copies of the pictures in folder `DIR`")
}

// drawings writes drawn pictures to a folder. A nil drawings writes nothing.
type drawings struct {
	dir   string
	roots []string        // folders among the arguments
	read  []os.FileInfo   // files among the arguments
	taken map[string]bool // names in dir that were given away, in lower case
}

// newDrawings makes the folder; "" is none. args are what is read.
func newDrawings(dir string, args []string) (*drawings, error) {
	if dir == "" {
		return nil, nil
	}
	d := &drawings{dir: dir, taken: map[string]bool{}}
	for _, arg := range args {
		st, err := os.Stat(arg)
		switch {
		case arg == "-" || err != nil: // told when it is read
		case st.IsDir():
			d.roots = append(d.roots, arg)
		default:
			d.read = append(d.read, st)
		}
	}
	if err := d.outside(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, usagef("-draw %s: %s", dir, reason(dir, err))
	}
	return d, d.outside() // where links lead is known only now
}

// outside refuses a folder that lies in one that is read: the next run would read what
// this one draws.
func (d *drawings) outside() error {
	dir := resolved(d.dir)
	for _, root := range d.roots {
		if rel, err := filepath.Rel(resolved(root), dir); err == nil && filepath.IsLocal(rel) {
			return usagef("-draw %s: lies in %s, whose pictures are read; want another folder", d.dir, root)
		}
	}
	return nil
}

// resolved is the path without links, as far as it is there.
func resolved(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	for rest := ""; ; {
		if real, err := filepath.EvalSymlinks(abs); err == nil {
			return filepath.Join(real, rest)
		}
		up := filepath.Dir(abs)
		if up == abs {
			return filepath.Join(abs, rest)
		}
		abs, rest = up, filepath.Join(filepath.Base(abs), rest)
	}
}

// A drawing is an encoded picture.
type drawing struct {
	data []byte
	ext  string
}

// encode makes the file of a drawn picture: JPEG if the source is one, else PNG.
func encode(img, source image.Image) (drawing, error) {
	var b bytes.Buffer
	if p, ok := source.(*vision.Photo); ok && p.Format() == "jpeg" {
		const quality = 92
		err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality})
		return drawing{b.Bytes(), ".jpg"}, err
	}
	e := png.Encoder{CompressionLevel: png.BestSpeed}
	err := e.Encode(&b, img)
	return drawing{b.Bytes(), ".png"}, err
}

// write writes the drawing of a file under a name of its own, beside it at first.
func (d *drawings) write(file string, pic drawing) error {
	target := d.name(file, pic.ext)
	if err := os.MkdirAll(filepath.Dir(target), 0o777); err != nil {
		return err
	}
	return replace(target, pic.data)
}

// replace writes a file beside its name at first.
func replace(target string, data []byte) error {
	part := filepath.Join(filepath.Dir(target), fmt.Sprintf(".%s.%d.part", filepath.Base(target), os.Getpid()))
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(part, target)
	}
	if err != nil {
		_ = os.Remove(part)
	}
	return err
}

// name returns where the drawing of a file goes, and gives the name away.
func (d *drawings) name(file, ext string) string {
	name := filepath.Base(file)
	if file == "-" {
		name = "stdin"
	}
	for _, root := range d.roots {
		if rel, err := filepath.Rel(root, file); err == nil && filepath.IsLocal(rel) && rel != "." {
			name = rel
			break
		}
	}
	stem := name
	switch own := filepath.Ext(name); {
	case strings.EqualFold(own, ext), ext == ".jpg" && strings.EqualFold(own, ".jpeg"):
		stem, ext = strings.TrimSuffix(name, own), own
	}
	for i := 1; ; i++ {
		name = stem + ext
		if i > 1 {
			name = fmt.Sprintf("%s-%d%s", stem, i, ext)
		}
		target := filepath.Join(d.dir, name)
		if key := strings.ToLower(name); !d.taken[key] && !d.isRead(target) {
			d.taken[key] = true
			return target
		}
	}
}

// isRead reports whether a path is one of the files among the arguments, or in the way: a folder.
func (d *drawings) isRead(path string) bool {
	st, err := os.Stat(path)
	if err != nil {
		return false
	}
	for _, f := range d.read {
		if os.SameFile(st, f) {
			return true
		}
	}
	return st.Mode()&fs.ModeType != 0
}

// eachDrawn is each, with drawings where d is not nil. Pictures are then asked about one by
// one, as many at once as there are processors, since whole pictures are held to draw on.
func eachDrawn[A any](ctx context.Context, d *drawings, in iter.Seq[source], ask func(context.Context, image.Image) (A, error),
	stream func(context.Context, iter.Seq[image.Image]) iter.Seq2[A, error], draw func(image.Image, A) image.Image,
	show func(file string, answer A, err error) error,
) error {
	if d == nil {
		return each(ctx, in, stream, show)
	}
	type drawn struct {
		answer A
		pic    drawing
	}
	one := func(ctx context.Context, img image.Image) (drawn, error) {
		answer, err := ask(ctx, img)
		if err != nil {
			return drawn{}, err
		}
		pic, err := encode(draw(img, answer), img)
		return drawn{answer, pic}, err
	}
	all := func(ctx context.Context, imgs iter.Seq[image.Image]) iter.Seq2[drawn, error] {
		return batch.Ordered(ctx, imgs, runtime.GOMAXPROCS(0), one)
	}
	return each(ctx, in, all, func(file string, a drawn, err error) error {
		if err == nil {
			if err = d.write(file, a.pic); err != nil {
				err = fmt.Errorf("-draw %s: %s", d.dir, reason(d.dir, err))
			}
		}
		return show(file, a.answer, err)
	})
}
