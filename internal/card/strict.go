package card

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// strict walks JSON text beside the Go type it is meant for and finds what
// encoding/json lets pass: unknown and doubled fields, null, other spellings of
// a name. It says where, and what was probably meant.
//
// The text must be well-formed JSON.
func strict(data []byte, t reflect.Type) (*findings, error) {
	w := &walker{data: data, dec: json.NewDecoder(bytes.NewReader(data)), root: t, findings: findings{stated: map[string]bool{}, faulty: map[string]bool{}}}
	w.dec.UseNumber()
	if err := w.value(t, ""); err != nil {
		return nil, err
	}
	return &w.findings, nil
}

// A walker's methods return errors of the decoder alone; what is wrong with the text
// is noted, and passed over.
type walker struct {
	findings
	data []byte
	dec  *json.Decoder
	root reflect.Type
}

// next returns the next token and the offset of its first byte.
func (w *walker) next() (json.Token, int64, error) {
	at := w.dec.InputOffset()
	for at < int64(len(w.data)) && strings.IndexByte(" \t\r\n:,", w.data[at]) >= 0 {
		at++
	}
	tok, err := w.dec.Token()
	return tok, at, err
}

// skip passes over the rest of the value that begins with tok.
func (w *walker) skip(tok json.Token) error {
	for depth := 0; ; {
		switch tok {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
		var err error
		if tok, err = w.dec.Token(); err != nil {
			return err
		}
	}
}

func (w *walker) value(t reflect.Type, path string) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	tok, at, err := w.next()
	if err != nil {
		return err
	}
	if tok == nil {
		w.fault(at, path, "%s is null: leave the field out instead", show(path))
		return nil
	}
	if tok == unanswered && answerable(path) {
		w.open = append(w.open, question{path, t})
		w.faulty[path] = true
		return nil
	}
	switch t.Kind() {
	case reflect.Struct, reflect.Map:
		if tok != json.Delim('{') {
			w.fault(at, path, "%s: want an object {...}, got %s", show(path), kind(tok))
			return w.skip(tok)
		}
		return w.object(t, path)
	case reflect.Slice:
		if tok != json.Delim('[') {
			w.fault(at, path, "%s: want an array [...], got %s", show(path), kind(tok))
			return w.skip(tok)
		}
		for i := 0; w.dec.More(); i++ {
			if err := w.value(t.Elem(), fmt.Sprintf("%s[%d]", path, i)); err != nil {
				return err
			}
		}
		_, err = w.dec.Token()
		return err
	case reflect.Interface:
		return w.any(tok, path)
	}
	return w.scalar(t, tok, at, path)
}

func (w *walker) scalar(t reflect.Type, tok json.Token, at int64, path string) error {
	switch t.Kind() {
	case reflect.String:
		if _, ok := tok.(string); !ok {
			w.fault(at, path, "%s: want a text in double quotes, got %s", show(path), kind(tok))
		}
	case reflect.Bool:
		if _, ok := tok.(bool); !ok {
			w.fault(at, path, "%s: want true or false, got %s", show(path), kind(tok))
		}
	case reflect.Int:
		if n, ok := tok.(json.Number); !ok {
			w.fault(at, path, "%s: want a whole number, got %s", show(path), kind(tok))
		} else if _, err := strconv.ParseInt(n.String(), 10, 32); err != nil {
			w.fault(at, path, "%s: want a whole number, got %s", show(path), n)
		}
	case reflect.Float64:
		if n, ok := tok.(json.Number); !ok {
			w.fault(at, path, "%s: want a number, got %s", show(path), kind(tok))
		} else if _, err := n.Float64(); err != nil {
			w.fault(at, path, "%s: the number %s is too large", show(path), n)
		}
	default:
		return fmt.Errorf("card: field %s has a type that cards cannot hold: %v", path, t)
	}
	return w.skip(tok)
}

func (w *walker) object(t reflect.Type, path string) error {
	seen := map[string]bool{}
	for w.dec.More() {
		tok, at, err := w.next()
		if err != nil {
			return err
		}
		key, _ := tok.(string)
		sub := join(path, key)
		if seen[key] {
			w.fault(at, sub, "%s is said twice", show(sub))
		}
		seen[key] = true
		var inner reflect.Type
		if t.Kind() == reflect.Map {
			inner = t.Elem()
		} else if f, ok := field(t, key); ok {
			inner = f.Type
		} else {
			w.fault(at, sub, "unknown field %s%s", quote(sub), w.meant(t, path, key))
			if tok, _, err = w.next(); err == nil {
				err = w.skip(tok)
			}
			if err != nil {
				return err
			}
			continue
		}
		w.stated[sub] = true
		if err := w.value(inner, sub); err != nil {
			return err
		}
	}
	_, err := w.dec.Token()
	return err
}

// any walks a value of free form, such as a constant.
func (w *walker) any(tok json.Token, path string) error {
	switch tok {
	case json.Delim('['):
		for i := 0; w.dec.More(); i++ {
			if err := w.value(anyType(), fmt.Sprintf("%s[%d]", path, i)); err != nil {
				return err
			}
		}
	case json.Delim('{'):
		return w.object(reflect.MapOf(reflect.TypeFor[string](), anyType()), path)
	default:
		if n, ok := tok.(json.Number); ok {
			if _, err := n.Float64(); err != nil {
				w.fault(w.dec.InputOffset()-int64(len(n)), path, "%s: the number %s is too large", show(path), n)
			}
		}
		return nil
	}
	_, err := w.dec.Token()
	return err
}

func anyType() reflect.Type { return reflect.TypeFor[any]() }

// meant says what an unknown field was probably to be: a field of the same
// object, a field that lives elsewhere, or, failing both, the fields there are.
func (w *walker) meant(t reflect.Type, path, key string) string {
	here := names(t)
	if s := alias(key); s != "" {
		return fmt.Sprintf("; did you mean %s?", s)
	}
	if s := nearest(key, here); s != "" {
		return fmt.Sprintf("; did you mean %q?", join(path, s))
	}
	all := paths(w.root, "")
	last := make([]string, len(all))
	for i, p := range all {
		last[i] = p[strings.LastIndexByte(p, '.')+1:]
	}
	if s := nearest(key, last); s != "" {
		return fmt.Sprintf("; did you mean %q?", all[slices.Index(last, s)])
	}
	return fmt.Sprintf("; %s has %s", show(path), strings.Join(here, ", "))
}

// alias returns what other tools' names for a thing are called here.
func alias(key string) string {
	switch strings.ToLower(key) {
	case "size", "image_size", "img_size", "input_size", "target_size", "shape", "input_shape":
		return `"input.width" and "input.height"`
	case "interpolation", "filter", "resample", "method":
		return `"input.resize.resampler"`
	case "crop_pct":
		return `"input.resize.crop_ratio"`
	case "resize_mode", "fit", "crop":
		return `"input.resize.mode"`
	case "color", "colour", "color_order", "channel_order", "color_mode", "bgr", "rgb":
		return `"input.channels"`
	case "scale", "rescale", "normalize", "normalise", "normalization", "preprocessing", "value_range":
		return `"input.range", "input.mean" and "input.std"`
	case "prewhiten", "standardise", "per_image_standardization":
		return `"input.standardize"`
	case "data_format":
		return `"input.layout"`
	case "classes", "names", "class_names", "labels_file", "label_file", "label_map":
		return `"output.labels" (a file) or "output.label_names" (the names)`
	case "activation", "softmax", "logits", "from_logits":
		return `"output.scores"`
	case "multilabel", "sigmoid":
		return `"output.multi_label"`
	case "signature_def", "signature_key":
		return `"signature"`
	case "license":
		return `"licence"`
	case "type":
		return `"task"`
	case "family":
		return `"preset"`
	case "feed", "feeds", "inputs":
		return `"input" (the picture) and "constants" (everything else that is fed)`
	case "outputs":
		return `"output" or "detect.outputs"`
	}
	return ""
}

func (w *walker) fault(at int64, path, format string, args ...any) {
	line, col := position(w.data, at)
	w.faults = append(w.faults, fmt.Errorf("line %d, column %d: %s", line, col, fmt.Sprintf(format, args...)))
	w.faulty[path] = true
}

// position returns the line and column, from 1, of a byte; columns count
// characters.
func position(data []byte, at int64) (line, col int) {
	head := data[:min(max(at, 0), int64(len(data)))]
	line = 1 + bytes.Count(head, []byte("\n"))
	return line, 1 + utf8.RuneCount(head[bytes.LastIndexByte(head, '\n')+1:])
}

func kind(tok json.Token) string {
	switch v := tok.(type) {
	case json.Delim:
		if v == '{' {
			return "an object"
		}
		return "an array"
	case string:
		return "the text " + quote(v)
	case json.Number:
		return "the number " + v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return "null"
}

func show(path string) string {
	if path == "" {
		return "the card"
	}
	return path
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// field returns the field of struct t that JSON calls key.
func field(t reflect.Type, key string) (reflect.StructField, bool) {
	for f := range t.Fields() {
		if n := jsonName(f); n != "" && n == key {
			return f, true
		}
	}
	return reflect.StructField{}, false
}

func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	if !f.IsExported() || name == "-" {
		return ""
	}
	return name
}

func names(t reflect.Type) []string {
	var list []string
	for f := range t.Fields() {
		if n := jsonName(f); n != "" {
			list = append(list, n)
		}
	}
	return list
}

// paths returns the path of every field of struct t and of the structs in it.
func paths(t reflect.Type, path string) []string {
	var list []string
	for f := range t.Fields() {
		n := jsonName(f)
		if n == "" {
			continue
		}
		list = append(list, join(path, n))
		ft := f.Type
		for ft.Kind() == reflect.Pointer || ft.Kind() == reflect.Slice {
			ft = ft.Elem()
		}
		if ft.Kind() == reflect.Struct {
			list = append(list, paths(ft, join(path, n))...)
		}
	}
	return list
}
