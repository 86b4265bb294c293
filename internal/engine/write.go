package engine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
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
		w.WriteString(inline(values, t))
		return
	}
	sep := "{\n"
	for _, name := range order(values, t) {
		v, f := values[name], fieldType(t, name)
		w.paths = append(w.paths, path+name)
		fmt.Fprintf(w, "%s%s  %q: ", sep, indent, name)
		sep = ",\n"
		if m, ok := v.(map[string]any); ok {
			w.object(m, f, path+name+".", indent+"  ")
		} else {
			w.WriteString(inline(v, f))
		}
	}
	fmt.Fprintf(w, "\n%s}", indent)
}

// inline writes a value of type t on one line.
func inline(v any, t reflect.Type) string {
	switch v := v.(type) {
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = inline(e, elem(t))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case map[string]any:
		var parts []string
		for _, name := range order(v, t) {
			parts = append(parts, fmt.Sprintf("%q: %s", name, inline(v[name], elem(t))))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return "null" // values come from JSON
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// fieldType returns the type of the field that JSON calls name.
func fieldType(t reflect.Type, name string) reflect.Type {
	for f := range t.Fields() {
		if n, _, _ := strings.Cut(f.Tag.Get("json"), ","); n == name {
			return f.Type
		}
	}
	return t
}

// elem returns the type of what t holds, or t where that is not known.
func elem(t reflect.Type) reflect.Type {
	if k := t.Kind(); k == reflect.Slice || k == reflect.Map || k == reflect.Pointer {
		return t.Elem()
	}
	return t
}

// order returns the names of values as the fields of t stand, or sorted.
func order(values map[string]any, t reflect.Type) []string {
	names := slices.Sorted(maps.Keys(values))
	if t.Kind() != reflect.Struct {
		return names
	}
	var own []string
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if slices.Contains(names, name) {
			own = append(own, name)
		}
	}
	return own
}
