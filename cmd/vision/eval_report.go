package main

import (
	"fmt"
	"image"
	"os"
	"path/filepath"

	"github.com/gosight/vision/eval"
	"github.com/gosight/vision/internal/decode"
	"github.com/gosight/vision/internal/report"
)

const reportHelp = `With -report the folder DIR, which is made if it is not there, gets confusion.png and confusion.csv, how many
pictures of each class (rows) were answered as which (columns), and worst.png, the pictures put into a wrong class with the
highest probability. Files of these names are replaced. DIR may not lie in the set's folder.`

// An evalReport gathers what -report writes. A nil one gathers nothing.
type evalReport struct {
	dir    string
	names  []string
	counts *report.Confusion
	worst  report.Worst
	err    error
}

// newEvalReport makes the folder, "" for none, so that a run of hours does not fail at its end. names are those of the model's rows.
func newEvalReport(dir, task, data string, names []string) (*evalReport, error) {
	if dir == "" {
		return nil, nil
	}
	_, path, err := setKind(task, data)
	if err != nil {
		return nil, err
	}
	if err := outside("-report", dir, path); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, usagef("-report %s: %s", dir, reason(dir, err))
	}
	return &evalReport{dir: dir, names: names, counts: report.NewConfusion(names)}, outside("-report", dir, path) // where links lead is known only now
}

// add is told of each picture.
func (r *evalReport) add(a eval.Answer) {
	if err := r.counts.Add(a.Truth, a.Class); err != nil {
		if r.err == nil {
			r.err = err
		}
		return // there is no name for it
	}
	if a.Truth == a.Class {
		r.worst.Right()
		return
	}
	m := report.Mistake{Name: a.Name, Truth: r.names[a.Truth], Answer: r.names[a.Class], Score: a.Score}
	if r.worst.Wants(a.Score) {
		m.Image = func() (image.Image, error) { return decode.Apart(a.Image) }
	}
	r.worst.Wrong(m)
}

// write writes the files.
func (r *evalReport) write(title string) error {
	if r.err != nil {
		return r.err
	}
	for _, f := range []struct {
		name string
		make func() ([]byte, error)
	}{
		{"confusion.csv", r.counts.CSV},
		{"confusion.png", func() ([]byte, error) { return r.counts.PNG(title) }},
		{"worst.png", func() ([]byte, error) { return r.worst.PNG(title) }},
	} {
		data, err := f.make()
		if err == nil {
			err = replace(filepath.Join(r.dir, f.name), data)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	return nil
}
