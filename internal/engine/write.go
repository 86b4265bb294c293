package engine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/gosight/vision/internal/card"
)

// CardText writes a card as people do: a field a line, lists on one line.
func CardText(c *card.Card) []byte {
	w := &writer{}
	w.object(fields(c), reflect.TypeFor[card.Card](), "", "")
	return w.Bytes()
}

// fields returns what a card says by name.
func fields(c *card.Card) map[string]any {
	values := map[string]any{}
	data, err := json.Marshal(c)
	if err != nil {
		return values // a constant that Go code made of no JSON kind
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&values); err != nil {
		return map[string]any{}
	}
	return values
}

// A writer writes values in the order of the fields of a type, and notes their paths.
type writer struct {
	bytes.Buffer
	paths []string
}

func (w *writer) object(values map[string]any, t reflect.Type, path, indent string) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || len(values) == 0 {
		w.WriteString(inline(values))
		return
	}
	sep := "{\n"
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		v, ok := values[name]
		if !ok {
			continue
		}
		w.paths = append(w.paths, path+name)
		fmt.Fprintf(w, "%s%s  %q: ", sep, indent, name)
		sep = ",\n"
		if m, ok := v.(map[string]any); ok {
			w.object(m, f.Type, path+name+".", indent+"  ")
		} else {
			w.WriteString(inline(v))
		}
	}
	fmt.Fprintf(w, "\n%s}", indent)
}

// inline writes a value on one line.
func inline(v any) string {
	if list, ok := v.([]any); ok {
		parts := make([]string, len(list))
		for i, e := range list {
			parts[i] = inline(e)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return "null" // values come from JSON
	}
	return strings.TrimSuffix(b.String(), "\n")
}
