package card

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/gosight/vision/internal/fault"
)

// most bounds sizes in pixels, and other whole numbers of a card.
const most = 1 << 16

// Validate checks what c says, by itself: words, ranges, counts, fields that
// exclude each other. Fields left out are no error here; Complete asks for those.
// What is wrong is an *Error with a *fault.ModelError with What "card" for each problem.
func (c *Card) Validate() error {
	p := &problems{model: c.file}
	c.check(p, func(string, string) bool { return false })
	return p.err()
}

// check adds to p what is wrong with c, but for what known says is told already.
func (c *Card) check(p *problems, known func(field, got string) bool) {
	own := &problems{model: c.file}
	c.checkHead(own)
	c.checkInput(own)
	c.checkNumbers(own)
	c.checkResize(own)
	c.checkOutput(own)
	c.checkTasks(own)
	for _, err := range own.errs {
		var model *fault.ModelError
		if errors.As(err, &model) {
			text := model.Want
			if text == "" {
				text = model.Err.Error()
			}
			if field, _, _ := strings.Cut(text, " "); known(field, model.Got) {
				continue
			}
		}
		p.errs = append(p.errs, err)
	}
}

func (c *Card) checkHead(p *problems) {
	lost := c.Preset != "" && !known(c.Preset, presetNames())
	if lost {
		p.errs = append(p.errs, unknownPreset(c.file, c.Preset))
	}
	if c.Task == "" && !lost { // which may have said it
		p.add("task", "one of "+oneOf(Tasks()), "nothing")
	}
	word(p, "task", c.Task)
	if slices.Contains(c.Tags, "") {
		p.add("tags", "names", "an empty one")
	}
	for _, k := range slices.Sorted(maps.Keys(c.Constants)) {
		if k == "" {
			p.add("constants", "values by input key", "an empty key")
		} else if c.Input.Name == k {
			p.say("constants.%s: this input takes the picture, as input.name says", k)
		} else if s := constant(c.Constants[k]); s != "" {
			p.add("constants."+k, "true, false, a number, a text, or an array of these", s)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(c.SHA256)) {
		if !fs.ValidPath(k) || k == "." {
			p.add("sha256", "digests by file, named relative to the model's folder with forward slashes", "the file "+quote(k))
		}
		if !isDigest(c.SHA256[k]) {
			p.add("sha256."+k, "64 hexadecimal digits", quote(c.SHA256[k]))
		}
	}
	for i, a := range c.Accuracy {
		if a.Metric == "" || a.Data == "" || !finite(a.Value) {
			p.add(fmt.Sprintf("accuracy[%d]", i), "metric, value and data", fmt.Sprintf("%+v", a))
		}
	}
	for _, k := range slices.Sorted(maps.Keys(c.Thresholds)) {
		if !finite(c.Thresholds[k]) {
			p.add("thresholds."+k, "a number", num(c.Thresholds[k]))
		}
	}
}

func (c *Card) checkInput(p *problems) {
	in := &c.Input
	between(p, "input.width", in.Width, 0, most)
	between(p, "input.height", in.Height, 0, most)
	word(p, "input.layout", in.Layout)
	word(p, "input.channels", in.Channels)
	if in.Layout == "NHW" && in.Channels != "" && in.Channels != "GRAY" {
		p.add("input.channels", "GRAY with layout NHW, which has no room for colours", quote(in.Channels))
	}
	if in.Encoded {
		for _, f := range []string{"input.width", "input.height", "input.layout", "input.channels", "input.resize.mode", "input.range", "input.mean", "input.std", "input.standardize"} {
			if v, ok := at(reflectOf(c), f); ok && !v.IsZero() {
				p.say("%s has no effect with input.encoded, where the graph decodes and resizes by itself: leave one of them out", f)
			}
		}
	}
}

// checkNumbers checks the normalisation and, above all, its units, since values
// that are 255 times too large or small give answers that look like answers.
func (c *Card) checkNumbers(p *problems) {
	in := &c.Input
	lo, hi, ranged := 0.0, 0.0, false
	if in.Range != nil {
		if len(in.Range) == 2 {
			lo, hi = in.Range[0], in.Range[1]
		}
		ranged = len(in.Range) == 2 && finite(lo) && finite(hi) && lo < hi
		if !ranged {
			p.add("input.range", "two numbers [lo, hi] with lo < hi, such as [0, 1], [-1, 1] or [0, 255]", nums(in.Range))
		}
	}
	if in.Standardize && (in.Mean != nil || in.Std != nil) {
		p.say("input.standardize takes mean and deviation from each picture, so input.mean and input.std cannot be said beside it")
	}
	channels := 0 // 0: 1 or 3
	switch in.Channels {
	case "GRAY":
		channels = 1
	case "RGB", "BGR":
		channels = 3
	}
	count := func(field string, v []float64) {
		want := "one number, or three in the order of input.channels"
		if channels == 1 {
			want = "one number for GRAY"
		}
		if v != nil && len(v) != 1 && (len(v) != 3 || channels == 1) || slices.ContainsFunc(v, func(x float64) bool { return !finite(x) }) {
			p.add(field, want, nums(v))
		}
	}
	count("input.mean", in.Mean)
	count("input.std", in.Std)
	for _, s := range in.Std {
		if !(s > 0) {
			p.add("input.std", "numbers above 0, which values are divided by", nums(in.Std))
			break
		}
	}
	if !ranged {
		return
	}
	for _, m := range in.Mean {
		if m < lo || m > hi || m > 0 && m < 1 && hi-lo >= 100 {
			p.add("input.mean", fmt.Sprintf("in units of input.range, between %s and %s", num(lo), num(hi)),
				nums(in.Mean)+"; a mean of 0..255 values goes with range [0, 255], one of 0..1 values with [0, 1]")
			break
		}
	}
	for _, s := range in.Std {
		if s > 10*(hi-lo) {
			p.add("input.std", fmt.Sprintf("in units of input.range, %s to %s", num(lo), num(hi)), nums(in.Std))
			break
		}
	}
}

func (c *Card) checkResize(p *problems) {
	r := &c.Input.Resize
	word(p, "input.resize.mode", r.Mode)
	word(p, "input.resize.resampler", r.Resampler)
	word(p, "input.resize.anchor", r.Anchor)
	word(p, "input.resize.rounding", r.Rounding)
	between(p, "input.resize.shorter", r.Shorter, 0, most)
	between(p, "input.resize.max_side", r.MaxSide, 0, most)
	between(p, "input.resize.min_side", r.MinSide, 0, most)
	between(p, "input.resize.multiple", r.Multiple, 0, 1024)
	if r.Mode != "" {
		only := func(field string, zero bool, modes ...string) {
			if !zero && !slices.Contains(modes, r.Mode) {
				p.say("input.resize.%s belongs to mode %s; the mode is %q", field, strings.Join(modes, " or "), r.Mode)
			}
		}
		only("shorter", r.Shorter == 0, "crop")
		only("crop_ratio", r.CropRatio == 0, "crop")
		only("fraction", r.Fraction == 0, "central")
		only("pad", r.Pad == nil, "letterbox", "height")
		only("anchor", r.Anchor == "", "letterbox")
		only("max_side", r.MaxSide == 0, "none", "height")
		only("min_side", r.MinSide == 0, "none", "height")
		only("multiple", r.Multiple == 0, "none", "height")
		only("rounding", r.Rounding == "", "crop", "letterbox")
	}
	if r.Mode == "letterbox" && r.Rounding == "torchvision" {
		p.add("input.resize.rounding", "round or floor in mode letterbox", quote(r.Rounding))
	}
	if r.CropRatio != 0 && r.Shorter != 0 {
		p.say("input.resize.shorter and input.resize.crop_ratio say the same: leave one out")
	}
	if r.CropRatio != 0 && !(r.CropRatio > 0 && r.CropRatio <= 1) {
		p.add("input.resize.crop_ratio", "above 0 and at most 1, such as 0.875 for 224 out of 256", num(r.CropRatio))
	}
	if r.Fraction != 0 && !(r.Fraction > 0 && r.Fraction <= 1) {
		p.add("input.resize.fraction", "above 0 and at most 1", num(r.Fraction))
	}
	if r.MaxSide > 0 && r.MinSide > r.MaxSide {
		p.add("input.resize.min_side", fmt.Sprintf("at most max_side, %d", r.MaxSide), strconv.Itoa(r.MinSide))
	}
	if r.Pad != nil && len(r.Pad) != 1 && len(r.Pad) != 3 || slices.ContainsFunc(r.Pad, func(v float64) bool { return !(v >= 0 && v <= 255) }) {
		p.add("input.resize.pad", "one value of 0..255, or three in the order R, G, B", nums(r.Pad))
	}
}

func (c *Card) checkOutput(p *problems) {
	o := &c.Output
	word(p, "output.scores", o.Scores)
	if o.Labels != "" && o.LabelNames != nil {
		p.say("output.labels and output.label_names both name the classes: leave one out")
	}
	if strings.ContainsAny(o.Labels, "\\\x00") {
		p.add("output.labels", "a file relative to the card, with forward slashes", quote(o.Labels))
	}
	if name, ok := strings.CutPrefix(o.Labels, builtinPrefix); ok && !known(name, Builtins()) {
		p.add("output.labels", "builtin: and one of "+oneOf(Builtins()), quote(o.Labels)+suggest(nearest(name, Builtins()), builtinPrefix))
	}
	if o.LabelNames != nil && len(o.LabelNames) == 0 {
		p.add("output.label_names", "at least one name", "none")
	}
	if i := slices.Index(o.LabelNames, ""); i >= 0 {
		p.add(fmt.Sprintf("output.label_names[%d]", i), "a name", "an empty text")
	}
	between(p, "output.label_offset", o.LabelOffset, -most, most)
}

// word checks that v, if said, is one of the words of the field at path.
func word(p *problems, path, v string) {
	list := words(path)
	if v == "" || known(v, list) {
		return
	}
	s := synonym(path, v)
	if s == "" {
		s = nearest(v, list)
	}
	hint := suggest(s, "")
	if path == "input.resize.resampler" && s == "" {
		hint = likeFilter(v)
	}
	p.add(path, "one of "+oneOf(list), quote(v)+hint)
}

func suggest(s, prefix string) string {
	if s == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %q?)", prefix+s)
}

func between(p *problems, path string, v, lo, hi int) {
	if v < lo || v > hi {
		p.add(path, fmt.Sprintf("%d to %d", lo, hi), strconv.Itoa(v))
	}
}

// constant returns what is wrong with a value of Constants, or "". Values come
// from JSON, or from Go code.
func constant(v any) string {
	switch v := v.(type) {
	case bool, string, int:
		return ""
	case float64:
		if finite(v) {
			return ""
		}
		return num(v)
	case []any:
		for _, e := range v {
			if s := constant(e); s != "" {
				return s
			}
		}
		return ""
	case map[string]any:
		return "an object"
	}
	return fmt.Sprintf("a %T", v)
}

func isDigest(s string) bool {
	return len(s) == 64 && strings.Trim(s, "0123456789abcdefABCDEF") == ""
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

func num(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

func nums(v []float64) string {
	list := make([]string, len(v))
	for i, x := range v {
		list[i] = num(x)
	}
	return "[" + strings.Join(list, ", ") + "]"
}
