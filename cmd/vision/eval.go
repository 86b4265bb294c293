package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/gosight/vision/eval"
)

const evalHelp = `Pictures that are missing or that fail are left out of what is measured and named; the exit status is
then 1. With -json the answer is one JSON object, with the protocol in words and every class.`

// An evaluation is what the commands "eval TASK" have in common.
type evaluation struct {
	task string
	data string
	json *bool
}

// newEvaluation adds the flags.
func newEvaluation(c *command) *evaluation {
	e := &evaluation{task: strings.TrimPrefix(c.name, "eval ")}
	onceVar(c.flags, &e.data, "data", "the labelled pictures, `SET`")
	e.json = jsonFlag(c.flags)
	return e
}

// check checks the command line beyond the flags of models.
func (e *evaluation) check(args []string) error {
	switch {
	case len(args) > 0:
		return usagef("want no arguments, got %q; the pictures are named with -data", args[0])
	case e.data == "":
		return usagef("want -data SET: %s", forms(e.task))
	}
	return nil
}

// progress is an option that shows a bar, and what takes it away.
func (e *evaluation) progress(a *app, total int) (eval.Option, func()) {
	bar := newBar(a, total)
	return eval.Progress(func(int, int) { bar.step() }), bar.clear
}

// end prints a result: with -json one object, led by what was measured; else a table. What was
// left out makes the command fail.
func (e *evaluation) end(a *app, model string, result any, scope eval.Scope, table [][]string) error {
	if *e.json {
		if err := writeResult(a, e.task, model, e.data, result); err != nil {
			return err
		}
	} else {
		text := fmt.Sprintf("%s on %s\n", model, e.data) + columns("  ", append(scopeTable(scope), table...)) +
			"\n" + strings.Join(wrap(scope.Protocol, width), "\n") + "\n"
		if err := write(a, text); err != nil {
			return err
		}
		for _, f := range scope.Failures {
			fmt.Fprintf(a.err, "vision: %s: %s\n", f.Name, strings.ReplaceAll(plainText(f.Error), "\n", "; "))
		}
		if more := scope.LeftOut - len(scope.Failures); more > 0 {
			fmt.Fprintf(a.err, "vision: %d more were left out\n", more)
		}
	}
	if scope.LeftOut > 0 {
		return errFailed
	}
	return nil
}

func scopeTable(s eval.Scope) [][]string {
	table := [][]string{{"pictures", strconv.Itoa(s.Pictures)}, {"left out", strconv.Itoa(s.LeftOut)}}
	if s.WithoutTruth > 0 {
		table = append(table, []string{"without truth", strconv.Itoa(s.WithoutTruth)})
	}
	return table
}

// evalError is an error of an evaluation: classes that do not fit are of how it was asked for.
func evalError(err error) error {
	var classes *eval.ClassError
	if errors.As(err, &classes) {
		return &openError{err}
	}
	return err
}

// writeResult writes a result as one object that begins with task, model and data.
func writeResult(a *app, task, model, data string, result any) error {
	head, err := json.Marshal(struct {
		Task  string `json:"task"`
		Model string `json:"model"`
		Data  string `json:"data"`
	}{task, model, data})
	if err != nil {
		return err
	}
	body, err := json.Marshal(result)
	if err != nil {
		return err
	}
	return write(a, string(head[:len(head)-1])+","+string(body[1:])+"\n")
}

// fraction writes a measure for people; -1 is none.
func fraction(v float64) string {
	if v < 0 {
		return "-"
	}
	return strconv.FormatFloat(v, 'f', 4, 64)
}
