package card

import (
	"fmt"
	"slices"
)

// placesVote is the number of places that vote in the demo of Places365
// (run_placesCNN_unified.py).
const placesVote = 10

// output completes what the way out needs, by task.
func (s *completion) output() {
	switch s.Task {
	case "recognize", "scene":
		s.classes()
	case "detect", "face-detect":
		s.detector()
	case "face-embed":
		s.embedder()
	case "ocr-detect", "ocr-recognize":
		s.text()
	default:
		s.named()
	}
	if s.Task == "scene" {
		var scene Scene
		if s.Scene != nil {
			scene = *s.Scene
		}
		if scene.Vote == 0 && scene.Table != "" {
			scene.Vote = placesVote
		}
		s.Scene = &scene
	}
}

// named checks a stated output key, and fills it in where there is one output.
func (s *completion) named() (Port, bool) {
	o := &s.Output
	if o.Name == "" {
		if len(s.outputs) != 1 {
			return Port{}, false
		}
		o.Name = s.outputs[0].Key
	}
	port, ok := find(s.outputs, o.Name)
	if !ok {
		s.choose("output.name", "an output of the signature", quote(o.Name), s.outputs)
	}
	return port, ok
}

// single is named, or the one output that fits; else it asks.
func (s *completion) single(fits func(Port) bool, what string) (Port, bool) {
	if s.Output.Name == "" {
		var list []Port
		for _, port := range s.outputs {
			if port.isFloat() && (port.Shape == nil || fits(port)) {
				list = append(list, port)
			}
		}
		if len(list) == 1 {
			s.Output.Name = list[0].Key
		} else if len(s.outputs) != 1 {
			got := fmt.Sprintf("nothing, and %d outputs that could be it", len(list))
			if len(list) == 0 {
				got = "none that could be it: these are not the outputs of " + s.kind() + "; is the task another?"
			}
			s.choose("output.name", "the output with "+what, got, s.outputs)
			return Port{}, false
		}
	}
	return s.named()
}

// kind names the models that the task is for.
func (s *completion) kind() string {
	switch s.Task {
	case "recognize", "scene":
		return "a classifier, which has a score for each class, [batch, classes]"
	case "face-embed":
		return "a face embedder, which has one vector a face, [batch, numbers]"
	case "ocr-detect", "ocr-recognize":
		return "a model of task " + s.Task
	}
	return "a detector with head " + s.Detect.Head
}

func (s *completion) classes() {
	port, ok := s.single(func(p Port) bool {
		n := len(p.Shape)
		return n == 1 || n == 2 || n == 4 && p.Shape[1] == 1 && p.Shape[2] == 1
	}, "the scores")
	s.scores("")
	if ok && port.last() == 1 && len(port.Shape) > 1 && !s.Output.MultiLabel {
		s.p.add("output.multi_label", "true, with the one name that the number is the score of, since "+port.String()+" has a single row, which as one class of one would always have probability 1", "false")
	}
}

// scores asks for the kind of scores, or takes it from where it is certain.
func (s *completion) scores(certain string) {
	if s.Output.Scores == "" {
		s.Output.Scores = certain
	}
	if s.Output.Scores == "" {
		s.missing("output.scores", "one of "+oneOf(ScoreKinds()), "the graph does not say whether a softmax or sigmoid is in it; look at the activation of its last layer")
	}
}

func (s *completion) detector() {
	var d Detect
	if s.Detect != nil {
		d = *s.Detect
	}
	s.Detect = &d
	api := []string{"detection_boxes", "detection_scores", "detection_classes"}
	isAPI := !slices.ContainsFunc(api, func(key string) bool { _, ok := find(s.outputs, key); return !ok })
	if d.Head == "" && isAPI {
		d.Head = "tf-od"
	}
	for _, role := range sortedKeys(d.Outputs) {
		if _, ok := find(s.outputs, d.Outputs[role]); !ok {
			s.choose("detect.outputs."+role, "an output of the signature", quote(d.Outputs[role]), s.outputs)
		}
	}
	need := func(roles ...string) {
		for _, role := range roles {
			if d.Outputs[role] == "" {
				s.choose("detect.outputs."+role, "the key of an output", "nothing", s.outputs)
			}
		}
	}
	order, certain := "", ""
	switch d.Head {
	case "":
		s.missing("detect.head", "one of "+oneOf(heads()), "the outputs are not those of the Object Detection API")
		return
	case "tf-od":
		if !isAPI {
			s.choose("detect.head", "another one, since tf-od needs detection_boxes, detection_scores and detection_classes", d.Head, s.outputs)
		}
		order, certain = "yxyx", "probabilities"
		if d.Units == "" {
			d.Units = "normalized"
		}
	case "rows":
		order, certain = columnOrder(d.Columns), "probabilities"
		s.single(func(p Port) bool { return len(p.Shape) >= 2 && p.last() == int64(len(d.Columns)) }, "the rows")
	case "yolo":
		order = "cxcywh"
		s.single(func(p Port) bool { return len(p.Shape) == 3 }, "the candidates")
		if d.NMS == "" {
			s.missing("detect.nms", "one of "+oneOf(nmsKinds()), "head yolo gives raw candidates")
		}
	case "separate":
		need("boxes", "scores")
		if d.Anchors != nil {
			order = "cxcywh"
		}
	case "centernet":
		need("heatmap", "sizes")
		order = "xywh"
	}
	if d.Boxes == "" {
		d.Boxes = order
	}
	if d.Boxes == "" {
		s.missing("detect.boxes", "one of "+oneOf(boxOrders()), "the graph does not say")
	}
	if d.Units == "" {
		s.missing("detect.units", "one of "+oneOf(boxUnits()), "the graph does not say")
	}
	if d.NMS == "" {
		d.NMS = "none"
	}
	if d.Outputs["landmarks"] != "" && d.Landmarks == "" {
		s.missing("detect.landmarks", "one of "+oneOf(pointOrders()), "the graph does not say")
	}
	s.scores(certain)
}

// columnOrder returns the order of a box that columns are enough to say.
func columnOrder(columns []string) string {
	has := func(name string) bool { return slices.Contains(columns, name) }
	switch {
	case has("x2") && slices.Index(columns, "x1") < slices.Index(columns, "y1"):
		return "xyxy"
	case has("x2"):
		return "yxyx"
	case has("cx"):
		return "cxcywh"
	case has("x1"):
		return "xywh"
	}
	return ""
}

func (s *completion) embedder() {
	s.single(func(p Port) bool { return len(p.Shape) == 2 }, "the embedding")
	var f Face
	if s.Face != nil {
		f = *s.Face
	}
	s.Face = &f
	if f.Align == "" {
		s.missing("face.align", "one of "+oneOf(aligns()), "the graph does not say how its faces were cut")
	}
	if f.Distance == "" {
		s.missing("face.distance", "one of "+oneOf(distances()), "the graph does not say how its embeddings are compared")
	}
}

func (s *completion) text() {
	s.single(func(p Port) bool { return len(p.Shape) >= 3 }, "the answer")
	s.scores("")
	var o OCR
	if s.OCR != nil {
		o = *s.OCR
	}
	s.OCR = &o
	if s.Task == "ocr-recognize" {
		if o.Blank == "" {
			s.missing("ocr.blank", "one of "+oneOf(blanks()), "the graph does not say which row is the CTC blank")
		}
		if o.Alphabet == "" && s.Output.Labels == "" && s.Output.LabelNames == nil {
			s.missing("ocr.alphabet", "the characters in the order of the rows, or output.labels to be a file with one a line", "the graph does not say")
		}
		return
	}
	// The values of the DB paper's code and of PaddleOCR.
	o.Threshold = orElse(o.Threshold, 0.3)
	o.BoxThreshold = orElse(o.BoxThreshold, 0.6)
	o.Unclip = orElse(o.Unclip, 1.5)
	o.MinSize = orElse(o.MinSize, 3)
	o.Max = orElse(o.Max, 1000)
}

func orElse[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}
