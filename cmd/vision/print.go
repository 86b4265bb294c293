package main

import (
	"encoding/json"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A printer writes the answers of a command that goes over files: a JSON object a line,
// or text. Every answer is written at once.
type printer struct {
	a        *app
	json     bool
	bar      *progress
	anyError bool
}

func newPrinter(a *app, asJSON bool, args []string) *printer {
	return &printer{a: a, json: asJSON, bar: newProgress(a, args)}
}

// watch counts the files that go by, and leaves out those that are no pictures.
func (p *printer) watch(in iter.Seq[source]) iter.Seq[source] {
	return func(yield func(source) bool) {
		for s := range in {
			if s.photo == nil && s.err == nil {
				p.bar.step()
				continue
			}
			if !yield(s) {
				return
			}
		}
	}
}

// line writes v as a line of JSON.
func (p *printer) line(v any) error {
	p.bar.step()
	return writeJSON(p.a, v)
}

func writeJSON(a *app, v any) error {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	return write(a, b.String())
}

func write(a *app, s string) error {
	if _, err := a.out.Write([]byte(s)); err != nil {
		return fmt.Errorf("write the answers: %w", err)
	}
	return nil
}

// failure says that a file got no answer: in its place of the JSON lines, else on
// standard error.
func (p *printer) failure(file string, err error) error {
	p.anyError = true
	if p.json {
		return p.line(struct {
			File  string `json:"file"`
			Error string `json:"error"`
		}{file, reason(file, err)})
	}
	p.bar.step()
	p.bar.clear()
	fmt.Fprintf(p.a.err, "vision: %s: %s\n", file, reason(file, err))
	return nil
}

// table writes a file's name, and rows of cells under it in columns.
func (p *printer) table(file string, rows [][]string) error {
	p.bar.step()
	return write(p.a, file+"\n"+columns("  ", rows))
}

// columns lines up rows of cells.
func columns(indent string, rows [][]string) string {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		line := indent
		for i, cell := range row {
			line += cell + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+2)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

// score writes a score for people.
func score(s float32) string { return strconv.FormatFloat(float64(s), 'f', 3, 32) }

// end finishes the output and returns the command's error: err, or that some file
// failed.
func (p *printer) end(err error) error {
	p.bar.clear()
	if err == nil && p.anyError {
		return errFailed
	}
	return err
}
