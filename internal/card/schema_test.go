package card

import (
	"bytes"
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write doc/card.schema.json anew")

const schemaFile = "../../doc/card.schema.json"

// TestSchemaIsThatOfTheTypes keeps doc/card.schema.json, which editors complete
// cards with, equal to what the types and the lists of words say.
func TestSchemaIsThatOfTheTypes(t *testing.T) {
	docs := fieldDocs(t, "card.go", "tasks.go")
	schema := object(reflect.TypeFor[Card](), "", docs)
	schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	schema["title"] = "card.json of github.com/gosight/vision"
	schema["anyOf"] = []any{map[string]any{"required": []string{"task"}}, map[string]any{"required": []string{"preset"}}}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(schema); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(schemaFile, buf.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, buf.Bytes()) {
		t.Errorf("%s is not what the types say: go test ./internal/card -run Schema -update", schemaFile)
	}
}

// object returns the schema of struct t, which stands at path.
func object(t reflect.Type, path string, docs map[string]string) map[string]any {
	props := map[string]any{}
	for f := range t.Fields() {
		name := jsonName(f)
		if name == "" {
			continue
		}
		at := join(path, name)
		s := value(f.Type, at, docs)
		if d := docs[t.Name()+"."+f.Name]; d != "" {
			s["description"] = d
		}
		props[name] = s
	}
	props["$schema"] = map[string]any{"type": "string"}
	if path != "" {
		delete(props, "$schema")
	}
	return map[string]any{"type": "object", "properties": props, "additionalProperties": false}
}

func value(t reflect.Type, path string, docs map[string]string) map[string]any {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Struct:
		return object(t, path, docs)
	case reflect.Slice:
		s := map[string]any{"type": "array", "items": value(t.Elem(), path, docs)}
		switch path {
		case "input.range":
			s["minItems"], s["maxItems"] = 2, 2
		case "input.mean", "input.std", "input.resize.pad":
			s["minItems"], s["maxItems"] = 1, 3
		case "output.label_names":
			s["minItems"] = 1
		}
		return s
	case reflect.Map:
		if t.Elem().Kind() == reflect.Interface {
			return map[string]any{"type": "object"}
		}
		s := map[string]any{"type": "object", "additionalProperties": value(t.Elem(), "", docs)}
		if list := words(path); list != nil {
			s["propertyNames"] = map[string]any{"enum": list}
		}
		return s
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int:
		s := map[string]any{"type": "integer"}
		if path != "output.label_offset" {
			s["minimum"] = 0
		}
		return s
	case reflect.Float64:
		return map[string]any{"type": "number"}
	}
	s := map[string]any{"type": "string"}
	if list := words(path); list != nil {
		s["enum"] = list
	}
	if path == "preset" {
		s["enum"] = presetNames()
	}
	return s
}

// fieldDocs returns the comments of struct fields by "Type.Field": the one on the
// line of the field, else the one above it.
func fieldDocs(t *testing.T, files ...string) map[string]string {
	docs := map[string]string{}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			st, ok := spec.Type.(*ast.StructType)
			if !ok {
				return true
			}
			for _, f := range st.Fields.List {
				text := f.Comment.Text()
				if text == "" {
					text = f.Doc.Text()
				}
				for _, id := range f.Names {
					docs[spec.Name.Name+"."+id.Name] = strings.Join(strings.Fields(text), " ")
				}
			}
			return true
		})
	}
	return docs
}
