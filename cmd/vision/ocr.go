package main

import (
	"context"
	"image"
	"iter"
	"os"
	"slices"
	"strings"

	"github.com/gosight/vision/ocr"
)

func ocrCommand() *command {
	c := newCommand("ocr", "FILE|FOLDER|- ...", "read the text in pictures")
	c.more = filesHelp + "\n\n" + drawHelp + ` For ocr it is twice as wide: what was read stands beside the picture.

-format json, or -json, is a line a file: {"file", "text", "words": [{"text", "score", "quad": [[x, y], ...
4]}, ...]}, or {"file", "error"}. Quads are in pixels of the upright picture, clockwise from where the text begins.
tsv has Tesseract's columns, hocr is hOCR 1.2 in XHTML, alto is ALTO 4.2 in XML; several pictures are
pages of one document, and what fails is told on standard error. Text of several
pictures stands indented under their names.

The file of -o is replaced when the answers are whole, or as far as they are when ocr is interrupted; if they cannot be
written, it stays as it was. It may not be a picture that is read. A device or a pipe is written to as answers come.`
	m := addModelPairFlags(c.flags, "detector", "recognizer")
	format := c.flags.String("format", "text", "write `FORMAT`: "+strings.Join(ocr.Formats(), ", "))
	asJSON := c.flags.Bool("json", false, "the same as -format json")
	lines := c.flags.Bool("lines", false, "pictures are ready-cut lines or words; -model may be the recognizer alone")
	output := c.flags.String("o", "", "write to `FILE`, beside it at first, in place of standard output")
	draw := drawFlag(c.flags)
	c.run = func(ctx context.Context, a *app, args []string) error {
		if err := checkFiles(args); err != nil {
			return err
		}
		if !slices.Contains(ocr.Formats(), *format) {
			return usagef("-format %s: want one of %s", *format, strings.Join(ocr.Formats(), ", "))
		}
		if *asJSON {
			if *format != "text" && *format != "json" {
				return usagef("-json and -format %s: want one of them", *format)
			}
			*format = "json"
		}
		least := 2
		if *lines {
			least = 1
		}
		dirs, opts, err := m.folders(least)
		if err != nil {
			return err
		}
		if dirs[1] == "" { // the one that is named reads
			dirs[0], dirs[1] = "", dirs[0]
		}
		drawn, err := newDrawings(*draw, args)
		if err != nil {
			return err
		}
		dst, err := a.newOutput(*output, args)
		if err != nil {
			return err
		}
		defer dst.discard()
		model, err := openModels(ctx, opened(dirs), func() (*ocr.Model, error) { return ocr.Open(dirs[0], dirs[1], opts...) })
		if err != nil {
			return err
		}
		defer func() { _ = model.Close() }()
		to := *a
		if dst != nil {
			to.out = dst.file
		}
		p, err := newPagePrinter(&to, *format, args)
		if err != nil {
			return err
		}
		one, many := model.Read, model.ReadSeq
		if *lines {
			one, many = linePages(model)
		}
		err = eachDrawn(ctx, drawn, p.watch(a.sources(ctx, args)), one, many,
			func(img image.Image, page *ocr.Page) image.Image { return ocr.Draw(img, page) }, p.page)
		return p.finish(err, dst)
	}
	return c
}

// linePages reads ready-cut lines as pages of one line.
func linePages(m *ocr.Model) (func(context.Context, image.Image) (*ocr.Page, error), func(context.Context, iter.Seq[image.Image]) iter.Seq2[*ocr.Page, error]) {
	page := func(b image.Rectangle, l ocr.Line) *ocr.Page {
		p := &ocr.Page{Width: b.Dx(), Height: b.Dy()}
		if l.Text != "" {
			p.Lines = []ocr.Line{l}
		}
		return p
	}
	one := func(ctx context.Context, img image.Image) (*ocr.Page, error) {
		l, err := m.ReadLine(ctx, img)
		if err != nil {
			return nil, err
		}
		return page(img.Bounds(), l), nil
	}
	many := func(ctx context.Context, imgs iter.Seq[image.Image]) iter.Seq2[*ocr.Page, error] {
		return func(yield func(*ocr.Page, error) bool) {
			var bounds []image.Rectangle // of pictures on the way; those that answer come in order
			seen := func(yield func(image.Image) bool) {
				for img := range imgs {
					bounds = append(bounds, img.Bounds())
					if !yield(img) {
						return
					}
				}
			}
			for l, err := range m.ReadLineSeq(ctx, seen) {
				var p *ocr.Page
				if len(bounds) > 0 {
					if err == nil {
						p = page(bounds[0], l)
					}
					bounds = bounds[1:]
				}
				if !yield(p, err) {
					return
				}
			}
		}
	}
	return one, many
}

// A pagePrinter writes pages in a format.
type pagePrinter struct {
	*printer
	doc    *ocr.Writer
	format string
	titles bool // the pages' files are named
}

func newPagePrinter(a *app, format string, args []string) (*pagePrinter, error) {
	doc, err := ocr.NewWriter(a.out, format)
	if err != nil {
		return nil, err
	}
	single := len(args) == 1
	if st, err := os.Stat(args[0]); err == nil && st.IsDir() {
		single = false
	}
	return &pagePrinter{newPrinter(a, format == "json", args), doc, format, format == "text" && !single}, nil
}

// finish ends the document, after err, and gives its file its name if all of it could be written. After an interrupt
// that is what had been answered.
func (p *pagePrinter) finish(err error, dst *output) error {
	if err == nil {
		err = p.doc.Close()
	}
	if err == nil {
		err = dst.keep()
	}
	return p.end(err)
}

// page writes the answer of one file.
func (p *pagePrinter) page(file string, page *ocr.Page, err error) error {
	if err != nil {
		return p.failure(file, err)
	}
	p.bar.step()
	if p.titles {
		text := strings.TrimSuffix(page.Text(), "\n")
		if text == "" {
			text = "no text found"
		}
		return write(p.a, file+"\n  "+strings.ReplaceAll(text, "\n", "\n  ")+"\n")
	}
	return p.doc.Write(file, page)
}
