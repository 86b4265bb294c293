package main

import (
	"context"
	"strconv"

	"github.com/gosight/vision/eval"
	"github.com/gosight/vision/ocr"
)

func evalOCRCommand() *command {
	c := newCommand("eval ocr", "", "measure reading on pictures with their text")
	c.more = `SET is ocr:DIR or a folder, of a kind that the files beside the pictures tell: gt.tsv (a file, a tab and its text a line), pictures of
one word or line each, for which -model may be the recognizer alone; NAME.csv (corners and text a line, as SROIE), pages with
their lines; gt_NAME.txt (as ICDAR 2015), photos with the words in them; else NAME.txt or NAME.gold.txt, pages with their text.

It tells what the kind allows: character and word error rate, words that are right, words found wherever they stand, places
found. ` + evalHelp
	m := addModelPairFlags(c.flags, "detector", "recognizer")
	e := newEvaluation(c)
	c.run = func(ctx context.Context, a *app, args []string) error {
		if err := e.check(args); err != nil {
			return err
		}
		set, kind, err := ocrSet(e.data)
		if err != nil {
			return err
		}
		least := 2
		if kind == eval.Words {
			least = 1
		}
		dirs, opts, err := m.folders(least)
		if err != nil {
			return err
		}
		if dirs[1] == "" { // the one that is named reads
			dirs[0], dirs[1] = "", dirs[0]
		}
		model, err := openModels(ctx, opened(dirs), func() (*ocr.Model, error) { return ocr.Open(dirs[0], dirs[1], opts...) })
		if err != nil {
			return err
		}
		defer func() { _ = model.Close() }()
		progress, done := e.progress(a, set.Len())
		var r *eval.TextResult
		if kind == eval.Words {
			r, err = eval.Text(ctx, set, kind, model.ReadLineSeq, func(l ocr.Line) eval.Reading { return eval.Reading{Text: l.Text} }, progress)
		} else {
			r, err = eval.Text(ctx, set, kind, model.ReadSeq, readingOf, progress)
		}
		if done(); err != nil {
			return evalError(err)
		}
		return e.end(a, m.model, r, r.Scope, textTable(r))
	}
	return c
}

// readingOf is a page as package eval takes it.
func readingOf(p *ocr.Page) eval.Reading {
	r := eval.Reading{Text: p.Text()}
	for _, l := range p.Lines {
		r.Lines = append(r.Lines, eval.Piece{Text: l.Text, Quad: l.Quad})
		for _, w := range l.Words {
			r.Words = append(r.Words, eval.Piece{Text: w.Text, Quad: w.Quad})
		}
	}
	return r
}

// textTable is a reader's result for people.
func textTable(r *eval.TextResult) [][]string {
	var table [][]string
	if r.CER != nil {
		table = append(table, []string{"character error rate", fraction(r.CER.Rate)}, []string{"word error rate", fraction(r.WER.Rate)})
	}
	if c := r.Correct; c != nil {
		table = append(table, []string{"right", fraction(c.Exact)}, []string{"right but for case", fraction(c.Caseless)},
			[]string{"right in letters and digits", fraction(c.LettersDigits)})
	}
	for _, f := range []struct {
		what string
		rate *eval.FoundRate
	}{{"words", r.Words}, {"places", r.Regions}} {
		if f.rate != nil {
			table = append(table, []string{f.what + ": recall", fraction(f.rate.Recall)}, []string{f.what + ": precision", fraction(f.rate.Precision)},
				[]string{f.what + ": mean of both", fraction(f.rate.Hmean)}, []string{f.what + " there, found", strconv.Itoa(f.rate.There) + ", " + strconv.Itoa(f.rate.Found)})
		}
	}
	return table
}
