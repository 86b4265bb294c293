package card

import (
	"errors"
	"fmt"
	"strconv"
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
	switch len(p.errs) {
	case 0:
		return nil
	case 1:
		return p.errs[0]
	}
	return errors.Join(p.errs...)
}

// quote shows a value from a card, cut to a length that suits a message.
func quote(s string) string {
	const most = 60
	if utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most]) + "..."
	}
	return strconv.Quote(s)
}
