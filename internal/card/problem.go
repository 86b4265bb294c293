package card

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gosight/vision/internal/fault"
)

// Page is the page that every complaint about a card points to.
const Page = "doc/cards.md"

// problems collects what is wrong with a card, so that its writer sees all of it
// at once.
type problems struct {
	model string // file or name of the card
	errs  []error
}

// add reports that field should be want, and is got.
func (p *problems) add(field, want, got string) {
	p.errs = append(p.errs, &fault.ModelError{Model: p.model, What: "card", Want: field + " to be " + want, Got: got})
}

// say reports something that is not a wanted value of one field.
func (p *problems) say(format string, args ...any) {
	p.errs = append(p.errs, &fault.ModelError{Model: p.model, What: "card", Err: fmt.Errorf(format, args...)})
}

func (p *problems) err() error {
	if len(p.errs) == 0 {
		return nil
	}
	return &Error{p.model, p.errs}
}

// An Error is all that is wrong with one card: its file is said once, then each problem, on
// a line of its own if there are several. Within are the problems, each a *fault.ModelError
// whose Model is the file.
type Error struct {
	File     string // of the card, or "preset:NAME", or empty
	Problems []error
}

func (e *Error) Error() string { return "vision: " + e.Subject() + ": " + e.text() }

// Subject is what the problems are of: the card and its file.
func (e *Error) Subject() string { return strings.TrimSpace("card " + e.File) }

func (e *Error) text() string {
	list := e.Lines()
	if len(list) == 1 {
		return list[0]
	}
	return fmt.Sprintf("%d problems:\n  %s", len(list), strings.Join(list, "\n  "))
}

// Lines are the problems in words, without what they are of.
func (e *Error) Lines() []string {
	var list []string
	for _, err := range e.Problems {
		var model *fault.ModelError
		if errors.As(err, &model) {
			bare := *model
			bare.Model = ""
			if bare.What == "card" {
				bare.What = ""
			}
			err = &bare
		}
		list = append(list, strings.TrimPrefix(err.Error(), "vision: model: "))
	}
	return list
}

// Unwrap lets errors.As find a problem.
func (e *Error) Unwrap() []error { return e.Problems }

// quote shows a value from a card, cut to a length that suits a message.
func quote(s string) string {
	const most = 60
	if utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most]) + "..."
	}
	return strconv.Quote(s)
}
