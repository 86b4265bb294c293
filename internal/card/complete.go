package card

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gosight/vision/internal/fault"
)

// A Port is one input or output of the signature that a card is for.
type Port struct {
	Key   string
	DType string  // TensorFlow's name, "float32" or "DT_FLOAT"
	Shape []int64 // nil: rank not known; -1: dimension not known; empty, not nil: a scalar
}

func (p Port) String() string {
	if p.Shape == nil {
		return fmt.Sprintf("%s %s of unknown rank", p.Key, p.dtype())
	}
	dims := make([]string, len(p.Shape))
	for i, d := range p.Shape {
		dims[i] = "?"
		if d >= 0 {
			dims[i] = fmt.Sprint(d)
		}
	}
	return fmt.Sprintf("%s %s [%s]", p.Key, p.dtype(), strings.Join(dims, ","))
}

// dtype returns the type as TensorFlow's Python calls it.
func (p Port) dtype() string {
	switch t := strings.ToLower(strings.TrimPrefix(p.DType, "DT_")); t {
	case "float":
		return "float32"
	case "half":
		return "float16"
	case "double":
		return "float64"
	default:
		return t
	}
}

func (p Port) isFloat() bool {
	return slices.Contains([]string{"float32", "float16", "bfloat16", "float64"}, p.dtype())
}

func (p Port) isInteger() bool {
	return slices.Contains([]string{"uint8", "int32", "int64"}, p.dtype())
}

// last returns the size of the last dimension, or -1.
func (p Port) last() int64 {
	if len(p.Shape) == 0 {
		return -1
	}
	return p.Shape[len(p.Shape)-1]
}

// Complete fills in what c leaves out from the inputs and outputs of its
// signature: keys, size, layout, grey for one channel, 0..255 for integers, the
// shorter side from the crop ratio. These would fail loudly if they were wrong. It
// refuses, in an *Error with a *fault.ModelError for each field, what would fail
// silently and is not said: channel order, range, resize rule, resampler, the kind
// of scores, box units, the CTC blank. It refuses too what contradicts the graph.
//
// Task other asks for nothing; what can be inferred is. On an error c is not
// changed.
func (c *Card) Complete(inputs, outputs []Port) error {
	done := c.Merge(nil)
	s := &completion{Card: done, p: &problems{model: c.file}, inputs: inputs, outputs: outputs}
	s.constants()
	s.input()
	s.output()
	if err := s.p.err(); err != nil {
		return err
	}
	if err := done.Validate(); err != nil {
		return err
	}
	*c = *done
	return nil
}

// completion is a card on its way to being complete.
type completion struct {
	*Card
	p       *problems
	inputs  []Port
	outputs []Port
	colours bool // the input has three channels
	misfits bool // the card says another size than the graph
}

// missing reports a field that only the writer of the card can know.
func (s *completion) missing(field, want, why string) {
	if s.Task == "other" {
		return
	}
	s.p.add(field, want, fmt.Sprintf("nothing: %s; see %s#%s", why, Page, anchor(field)))
}

// anchor returns the heading of the page that explains field.
func anchor(field string) string {
	if strings.HasPrefix(field, "constants.") {
		return "constants"
	}
	return strings.ReplaceAll(field, ".", "")
}

// choose reports that the graph leaves a choice among ports which field settles.
func (s *completion) choose(field, want, got string, have []Port) {
	list := make([]string, len(have))
	for i, h := range have {
		list[i] = h.String()
	}
	s.p.errs = append(s.p.errs, &fault.ModelError{Model: s.file, What: "card", Want: field + " to be " + want, Got: got, Have: list})
}

func find(ports []Port, key string) (Port, bool) {
	for _, p := range ports {
		if p.Key == key {
			return p, true
		}
	}
	return Port{}, false
}

// constants checks the constants against the inputs they are for, and that every
// input is fed.
func (s *completion) constants() {
	for _, key := range sortedKeys(s.Constants) {
		port, ok := find(s.inputs, key)
		switch {
		case !ok && s.defaulted[key]:
			delete(s.Constants, key)
		case !ok:
			s.choose("constants", "values by input key", "the key "+quote(key), s.inputs)
		default:
			if why := misfit(s.Constants[key], port); why != "" {
				s.p.add("constants."+key, "a value for "+port.String(), why)
			}
		}
	}
}

// misfit says why a constant cannot be fed to port, or "".
func misfit(v any, port Port) string {
	if list, ok := v.([]any); ok {
		if port.Shape != nil && len(port.Shape) == 0 {
			return "an array"
		}
		if port.Shape != nil && port.Shape[0] >= 0 && int(port.Shape[0]) != len(list) {
			return fmt.Sprintf("%d values", len(list))
		}
		inner := port
		if port.Shape != nil {
			inner.Shape = port.Shape[1:]
		}
		for _, e := range list {
			if why := misfit(e, inner); why != "" {
				return why
			}
		}
		return ""
	}
	if len(port.Shape) > 0 {
		return fmt.Sprintf("the single value %v", v)
	}
	fits := false
	switch v := v.(type) {
	case bool:
		fits = port.dtype() == "bool"
	case string:
		fits = port.dtype() == "string"
	case int:
		fits = port.dtype() != "bool" && port.dtype() != "string"
	case float64:
		fits = port.isFloat() || port.dtype() != "bool" && port.dtype() != "string" && v == float64(int64(v))
	}
	if !fits {
		return fmt.Sprintf("%#v", v)
	}
	return ""
}

// Rows returns the number of classes that the output of a completed card has, or
// 0 if the graph does not say.
func (c *Card) Rows(outputs []Port) int {
	port, ok := find(outputs, c.Output.Name)
	if !ok {
		return 0
	}
	return int(max(port.last(), 0))
}
