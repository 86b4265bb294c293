package card

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// unanswered is what a drafted card has where its writer is asked.
const unanswered = "?"

// findings are what strict has to say of a text.
type findings struct {
	stated map[string]bool // paths of the fields that stand in the text, "input.resize.mode"
	faulty map[string]bool // paths of those that have a fault or are open
	faults []error         // in the order of the text
	open   []question      // fields that hold unanswered
}

type question struct {
	path string
	t    reflect.Type
}

func (f *findings) fine() bool { return len(f.faults) == 0 && len(f.open) == 0 }

// report adds what was found to p: the open questions in one sentence.
func (f *findings) report(p *problems) {
	for _, err := range f.faults {
		p.say("%w", err)
	}
	if f.open == nil {
		return
	}
	list := make([]string, len(f.open))
	for i, q := range f.open {
		list[i] = q.path + " (" + answer(q) + ")"
	}
	p.say(`answer the "?" of %s; see %s`, strings.Join(list, ", "), Page)
}

// blames reports whether the value of field is told to be wrong already, or is missing where what was
// not understood may have been it.
func (f *findings) blames(field, got string) bool {
	if !f.fine() && got == "nothing" {
		return true
	}
	field = strings.TrimSuffix(field, ":")
	for path := range f.faulty {
		if rest, ok := strings.CutPrefix(path, field); ok && (rest == "" || rest[0] == '[' || strings.HasSuffix(field, "]")) {
			return true
		}
		if rest, ok := strings.CutPrefix(field, path); ok && path != "" && (rest[0] == '.' || rest[0] == '[') {
			return true
		}
	}
	return false
}

// answerable reports whether a "?" at path is no text of its own, as in a comment or a list of names.
func answerable(path string) bool {
	free := []string{"", "$schema", "comment", "name", "licence", "source"}
	return !slices.Contains(free, path) && !strings.ContainsAny(path, "[")
}

// answer says what a field takes.
func answer(q question) string {
	switch q.path {
	case "input.range":
		return "two numbers, such as [0, 1], [-1, 1] or [0, 255]"
	case "input.mean", "input.std":
		return "an array of one number, or of three in the order of input.channels"
	case "input.width", "input.height", "input.resize.shorter":
		return "pixels"
	case "input.resize.pad":
		return "an array of the fill, such as [0] or [114]"
	case "input.resize.resampler":
		return "such as pillow-bilinear, tf-bilinear or opencv-linear"
	case "output.labels":
		return "a file of names, one a line, or builtin:imagenet-1000; or leave it out"
	case "output.label_names":
		return "an array of the names"
	case "input.name", "output.name", "signature":
		return "one that the model has"
	case "tags":
		return `an array of names, such as ["serve"]`
	}
	if list := words(q.path); list != nil && q.t.Kind() == reflect.String {
		return oneOf(list)
	}
	switch q.t.Kind() {
	case reflect.String:
		return "a text"
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.Slice:
		return "an array"
	case reflect.Struct, reflect.Map:
		return "an object {...}"
	}
	return fmt.Sprintf("the value for the input %s", q.path[strings.LastIndexByte(q.path, '.')+1:])
}
