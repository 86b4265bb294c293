package card

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Merge returns c with what over says put over it: argument over card, card over
// preset. A field that over leaves out keeps the value of c. A zero counts as said
// if over was read from a file that states it. Neither card is changed.
//
// Some fields only make sense together. Where over says one of such a group, the
// whole group of c is forgotten:
//
//   - range, mean, std, standardize
//   - shorter, crop_ratio
//   - labels, label_names, label_offset
//   - all of resize but the resampler, if over says another mode
//   - all of scene, if over says a table or a list
//   - all of detect but the sizes of its lists, if over says another head
//
// Maps are joined key by key.
func (c *Card) Merge(over *Card) *Card {
	m := *c
	m.Constants, m.Thresholds, m.SHA256 = maps.Clone(c.Constants), maps.Clone(c.Thresholds), maps.Clone(c.SHA256)
	m.stated, m.defaulted = map[string]bool{}, map[string]bool{}
	maps.Copy(m.stated, c.stated)
	maps.Copy(m.defaulted, c.defaulted)
	if over == nil {
		return &m
	}
	forget(&m, over)
	put(reflect.ValueOf(&m).Elem(), reflect.ValueOf(over).Elem(), "", over.stated)
	for k := range over.Constants {
		m.defaulted[k] = over.defaulted[k]
	}
	maps.Copy(m.stated, over.stated)
	if over.file != "" {
		m.file = over.file
	}
	return &m
}

// forget clears the groups of m of which over says a part.
func forget(m, over *Card) {
	in, says := &m.Input, func(paths ...string) bool { return slices.ContainsFunc(paths, over.says) }
	if says("input.range", "input.mean", "input.std", "input.standardize") {
		in.Range, in.Mean, in.Std, in.Standardize = nil, nil, nil, false
	}
	if says("input.resize.shorter", "input.resize.crop_ratio") {
		in.Resize.Shorter, in.Resize.CropRatio = 0, 0
	}
	if says("output.labels", "output.label_names") {
		m.Output.Labels, m.Output.LabelNames, m.Output.LabelOffset = "", nil, 0
	}
	if says("input.resize.mode") && over.Input.Resize.Mode != in.Resize.Mode {
		in.Resize = Resize{Resampler: in.Resize.Resampler}
	}
	if m.Scene != nil && says("scene.table", "scene.indoor", "scene.outdoor") {
		m.Scene = &Scene{} // and the vote, which is for the one or the other
	}
	if says("detect.head") && m.Detect != nil && over.Detect.Head != m.Detect.Head {
		m.Detect = &Detect{Score: m.Detect.Score, IoU: m.Detect.IoU, Max: m.Detect.Max}
	}
}

// says reports whether c has a value for the field at path, or states its zero.
func (c *Card) says(path string) bool {
	if c.stated[path] {
		return true
	}
	v, ok := at(reflectOf(c), path)
	return ok && !v.IsZero()
}

// put copies the fields that src says over those of dst, both structs of one type.
func put(dst, src reflect.Value, path string, stated map[string]bool) {
	for i := range src.NumField() {
		name := jsonName(src.Type().Field(i))
		if name == "" {
			continue
		}
		sub, d, s := join(path, name), dst.Field(i), src.Field(i)
		switch {
		case s.Kind() == reflect.Struct:
			put(d, s, sub, stated)
		case s.Kind() == reflect.Pointer && s.IsNil(), !stated[sub] && s.IsZero():
		case s.Kind() == reflect.Pointer:
			own := reflect.New(s.Type().Elem())
			if !d.IsNil() {
				own.Elem().Set(d.Elem())
			}
			put(own.Elem(), s.Elem(), sub, stated)
			d.Set(own)
		case s.Kind() == reflect.Map:
			both := reflect.MakeMap(s.Type())
			for _, from := range []reflect.Value{d, s} {
				for k, v := range from.Seq2() {
					both.SetMapIndex(k, v)
				}
			}
			d.Set(both)
		default:
			d.Set(s)
		}
	}
}

// at returns the field of struct v that JSON reaches by path.
func at(v reflect.Value, path string) (reflect.Value, bool) {
	for name := range strings.SplitSeq(path, ".") {
		for v.Kind() == reflect.Pointer {
			if v.IsNil() {
				return reflect.Value{}, false
			}
			v = v.Elem()
		}
		if v.Kind() != reflect.Struct {
			return reflect.Value{}, false
		}
		f, ok := field(v.Type(), name)
		if !ok {
			return reflect.Value{}, false
		}
		v = v.FieldByIndex(f.Index)
	}
	return v, true
}

func reflectOf(c *Card) reflect.Value { return reflect.ValueOf(c).Elem() }
