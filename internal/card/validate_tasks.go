package card

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// checkTasks checks the sections that belong to one task each.
func (c *Card) checkTasks(p *problems) {
	section := func(name string, there bool, tasks ...string) {
		if there && c.Task != "" && !slices.Contains(tasks, c.Task) {
			p.say("%s belongs to task %s; the task is %q", name, strings.Join(tasks, " or "), c.Task)
		}
	}
	section("detect", c.Detect != nil, "detect", "face-detect", "other")
	section("face", c.Face != nil, "face-embed", "other")
	section("ocr", c.OCR != nil, "ocr-detect", "ocr-recognize", "other")
	section("scene", c.Scene != nil, "scene", "other")
	if c.Detect != nil {
		c.Detect.check(p)
	}
	if c.Face != nil {
		c.Face.check(p)
	}
	if c.OCR != nil {
		c.checkOCR(p)
	}
	if c.Scene != nil {
		c.Scene.check(p)
	}
}

func (d *Detect) check(p *problems) {
	word(p, "detect.head", d.Head)
	word(p, "detect.boxes", d.Boxes)
	word(p, "detect.units", d.Units)
	word(p, "detect.landmarks", d.Landmarks)
	word(p, "detect.nms", d.NMS)
	probability(p, "detect.score", d.Score)
	probability(p, "detect.iou", d.IoU)
	between(p, "detect.max", d.Max, 0, most)
	for _, role := range slices.Sorted(maps.Keys(d.Outputs)) {
		word(p, "detect.outputs", role)
		if role == "" || d.Outputs[role] == "" {
			p.add("detect.outputs", "output keys by role", quote(role)+": "+quote(d.Outputs[role]))
		}
	}
	for i, col := range d.Columns {
		word(p, "detect.columns", col)
		if col == "" || col != "skip" && slices.Contains(d.Columns[:i], col) {
			p.add("detect.columns", "a different meaning for each column, or skip", quote(col)+" twice")
		}
	}
	if d.Head == "" {
		return
	}
	if (d.Head == "rows") != (d.Columns != nil) {
		if d.Head == "rows" {
			p.add("detect.columns", "the meaning of each column of the rows, such as [\"x1\", \"y1\", \"x2\", \"y2\", \"score\", \"class\"]", "nothing")
		} else {
			p.say("detect.columns belongs to head rows; the head is %q", d.Head)
		}
	}
	if d.Columns != nil && !slices.Contains(d.Columns, "score") {
		p.add("detect.columns", "one of them score", strings.Join(d.Columns, ", "))
	}
	if d.Columns != nil && !corners(d.Columns) {
		p.add("detect.columns", "a box: x1, y1 and x2, y2, or x1, y1 and w, h, or cx, cy and w, h", strings.Join(d.Columns, ", "))
	}
	if d.Objectness && d.Head != "yolo" {
		p.say("detect.objectness belongs to head yolo; the head is %q", d.Head)
	}
	if d.Anchors != nil {
		d.Anchors.check(p)
		if d.Head != "separate" {
			p.say("detect.anchors belongs to head separate; the head is %q", d.Head)
		}
		if d.Boxes != "" && d.Boxes != "cxcywh" {
			p.add("detect.boxes", "cxcywh, since detect.anchors makes boxes of centre and size", quote(d.Boxes))
		}
		if d.Outputs["classes"] != "" {
			p.say("detect.outputs.classes has no place beside detect.anchors: raw boxes have a score for each class")
		}
	}
	if (d.NMS == "per-class" || d.NMS == "agnostic") && d.IoU == 0 {
		p.add("detect.iou", "above 0 for the suppression that detect.nms asks for", "nothing")
	}
}

// corners reports whether columns make a box.
func corners(columns []string) bool {
	has := func(names ...string) bool {
		for _, n := range names {
			if !slices.Contains(columns, n) {
				return false
			}
		}
		return true
	}
	return has("x1", "y1", "x2", "y2") || has("x1", "y1", "w", "h") || has("cx", "cy", "w", "h")
}

func (f *Face) check(p *problems) {
	word(p, "face.align", f.Align)
	word(p, "face.distance", f.Distance)
	if !(f.Margin >= 0 && f.Margin <= most) {
		p.add("face.margin", "pixels of the network's input, from 0", num(f.Margin))
	}
	if f.Margin != 0 && f.Align == "arcface-112" {
		p.say("face.margin belongs to align box; the align is %q", f.Align)
	}
}

// mostBeams is where searching with more has long stopped to change anything.
const mostBeams = 1000

func (c *Card) checkOCR(p *problems) {
	o := c.OCR
	word(p, "ocr.blank", o.Blank)
	probability(p, "ocr.threshold", o.Threshold)
	probability(p, "ocr.box_threshold", o.BoxThreshold)
	if !(o.Unclip >= 0 && o.Unclip <= 10) {
		p.add("ocr.unclip", "0 to 10", num(o.Unclip))
	}
	between(p, "ocr.min_size", o.MinSize, 0, most)
	between(p, "ocr.max", o.Max, 0, most)
	between(p, "ocr.beam", o.Beam, 0, mostBeams)
	probability(p, "ocr.score", o.Score)
	if o.Alphabet != "" && (c.Output.Labels != "" || c.Output.LabelNames != nil) {
		p.say("ocr.alphabet and output.labels both say the characters: leave one out")
	}
	if c.Output.LabelOffset != 0 && c.Task == "ocr-recognize" {
		p.say("output.label_offset has no place in task ocr-recognize: ocr.blank says where the characters begin")
	}
	seen := map[rune]bool{}
	for _, r := range o.Alphabet {
		if seen[r] {
			p.add("ocr.alphabet", "every character once", quote(string(r))+" twice")
		}
		seen[r] = true
	}
	if strings.ContainsRune(o.Alphabet, utf8.RuneError) {
		p.add("ocr.alphabet", "text", "a replacement character")
	}
	switch c.Task {
	case "ocr-recognize":
		if o.Threshold != 0 || o.BoxThreshold != 0 || o.Unclip != 0 || o.MinSize != 0 || o.Max != 0 {
			p.say("ocr.threshold, box_threshold, unclip, min_size and max belong to task ocr-detect")
		}
	case "ocr-detect":
		if o.Blank != "" || o.Space || o.Alphabet != "" || o.Reverse || o.Beam != 0 || o.Score != 0 || o.CaseByHeight {
			p.say("ocr.blank, space, alphabet, reverse, beam, score and case_by_height belong to task ocr-recognize")
		}
	}
}

func (s *Scene) check(p *problems) {
	if s.Table != "" && (s.Indoor != nil || s.Outdoor != nil) {
		p.say("scene.table and scene.indoor, scene.outdoor say the same: leave one out")
	}
	if strings.ContainsAny(s.Table, "\\\x00") {
		p.add("scene.table", "a file relative to the card, with forward slashes", quote(s.Table))
	}
	for _, n := range s.Indoor {
		if slices.Contains(s.Outdoor, n) {
			p.add("scene.outdoor", "names that are not indoor too", quote(n))
		}
	}
	between(p, "scene.vote", s.Vote, 0, most)
}

func probability(p *problems, path string, v float64) {
	if !(v >= 0 && v <= 1) {
		p.add(path, "0 to 1", num(v))
	}
}
