package card

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Tasks returns the words that Card.Task may have.
func Tasks() []string {
	return []string{"recognize", "detect", "face-detect", "face-embed", "ocr-detect", "ocr-recognize", "scene", "other"}
}

// Layouts returns the words that Input.Layout may have. N is the batch, H rows, W
// columns, C channels; HWC takes one picture without a batch, NHW grey pictures
// without a channel dimension.
func Layouts() []string { return []string{"NHWC", "NCHW", "HWC", "NHW"} }

// ChannelOrders returns the words that Input.Channels may have.
func ChannelOrders() []string { return []string{"RGB", "BGR", "GRAY"} }

// ResizeModes returns the words that Resize.Mode may have.
func ResizeModes() []string {
	return []string{"crop", "central", "squash", "letterbox", "height", "none"}
}

// Roundings returns the words that Resize.Rounding may have.
func Roundings() []string { return []string{"torchvision", "round", "floor"} }

// Anchors returns the words that Resize.Anchor may have.
func Anchors() []string { return []string{"center", "top-left"} }

// ScoreKinds returns the words that Output.Scores may have.
func ScoreKinds() []string { return []string{"probabilities", "logits"} }

// Resamplers returns the words that Resize.Resampler may have: the library whose
// result is reproduced, then the filter.
//
//   - pillow-*: Image.resize; antialiased, except nearest.
//   - tf-*: tf.image.resize with antialias=False, which is its default.
//   - tf-*-antialias: tf.image.resize with antialias=True.
//   - opencv-*: cv2.resize with INTER_*.
func Resamplers() []string {
	return []string{
		"pillow-nearest", "pillow-box", "pillow-bilinear", "pillow-hamming", "pillow-bicubic", "pillow-lanczos",
		"tf-nearest", "tf-bilinear", "tf-bicubic", "tf-area",
		"tf-lanczos3", "tf-lanczos5", "tf-gaussian", "tf-mitchellcubic",
		"tf-bilinear-antialias", "tf-bicubic-antialias", "tf-lanczos3-antialias", "tf-lanczos5-antialias",
		"tf-gaussian-antialias", "tf-mitchellcubic-antialias",
		"opencv-nearest", "opencv-linear", "opencv-area", "opencv-cubic",
	}
}

func heads() []string        { return []string{"tf-od", "separate", "rows", "yolo", "centernet"} }
func boxOrders() []string    { return []string{"xyxy", "yxyx", "xywh", "cxcywh"} }
func anchorOrders() []string { return []string{"cxcywh", "cycxhw"} }
func boxUnits() []string     { return []string{"normalized", "pixels"} }
func nmsKinds() []string     { return []string{"none", "per-class", "agnostic"} }
func pointOrders() []string  { return []string{"xy-pairs", "yx-pairs", "x-then-y", "y-then-x"} }
func aligns() []string       { return []string{"arcface-112", "box"} }
func distances() []string    { return []string{"cosine", "euclidean"} }
func blanks() []string       { return []string{"first", "last"} }

func roles() []string {
	return []string{"boxes", "scores", "classes", "count", "landmarks", "rows", "heatmap", "sizes", "offsets"}
}

func columns() []string {
	return []string{"x1", "y1", "x2", "y2", "cx", "cy", "w", "h", "score", "class", "image", "skip"}
}

// words returns the list that belongs to the field at path, or nil.
func words(path string) []string {
	switch path {
	case "task":
		return Tasks()
	case "input.layout":
		return Layouts()
	case "input.channels":
		return ChannelOrders()
	case "input.resize.mode":
		return ResizeModes()
	case "input.resize.rounding":
		return Roundings()
	case "input.resize.anchor":
		return Anchors()
	case "input.resize.resampler":
		return Resamplers()
	case "output.scores":
		return ScoreKinds()
	case "detect.head":
		return heads()
	case "detect.boxes":
		return boxOrders()
	case "detect.anchors.order":
		return anchorOrders()
	case "detect.units":
		return boxUnits()
	case "detect.nms":
		return nmsKinds()
	case "detect.landmarks":
		return pointOrders()
	case "detect.columns":
		return columns()
	case "detect.outputs":
		return roles()
	case "face.align":
		return aligns()
	case "face.distance":
		return distances()
	case "ocr.blank":
		return blanks()
	}
	return nil
}

// synonym returns the word of the field at path that other tools' w means, or "".
func synonym(path, w string) string {
	switch path + "=" + strings.ToLower(w) {
	case "task=classify", "task=classification", "task=image-classification", "task=recognise", "task=recognition":
		return "recognize"
	case "task=detection", "task=object-detection":
		return "detect"
	case "task=places", "task=scenes":
		return "scene"
	case "task=ocr", "task=text-recognition":
		return "ocr-recognize"
	case "task=text-detection":
		return "ocr-detect"
	case "task=face", "task=face-recognition", "task=embedding":
		return "face-embed"
	case "input.channels=grey", "input.channels=grayscale", "input.channels=greyscale", "input.channels=l":
		return "GRAY"
	case "input.layout=channels_last":
		return "NHWC"
	case "input.layout=channels_first":
		return "NCHW"
	case "input.layout=nhw1":
		return "NHWC"
	case "input.resize.mode=stretch", "input.resize.mode=resize", "input.resize.mode=fill":
		return "squash"
	case "input.resize.mode=pad", "input.resize.mode=fit":
		return "letterbox"
	case "input.resize.mode=center", "input.resize.mode=center-crop", "input.resize.mode=centre", "input.resize.mode=center_crop":
		return "crop"
	case "output.scores=softmax", "output.scores=sigmoid", "output.scores=probs", "output.scores=probability":
		return "probabilities"
	case "output.scores=raw", "output.scores=linear", "output.scores=logit":
		return "logits"
	case "input.resize.resampler=pillow-antialias":
		return "pillow-lanczos"
	case "input.resize.resampler=opencv-bilinear":
		return "opencv-linear"
	case "input.resize.resampler=opencv-bicubic":
		return "opencv-cubic"
	}
	return ""
}

// likeFilter suggests the resamplers whose filter is called v by those who do not say the library.
func likeFilter(v string) string {
	v = strings.ToLower(v)
	for library, ours := range map[string]string{"pil": "pillow", "tensorflow": "tf", "cv2": "opencv", "cv": "opencv"} {
		if rest, ok := strings.CutPrefix(v, library); ok && rest != "" && strings.ContainsRune("-_.", rune(rest[0])) {
			return suggest(nearest(ours+"-"+rest[1:], Resamplers()), "")
		}
	}
	v = strings.TrimPrefix(v, "inter_")
	var list []string
	for _, r := range Resamplers() {
		_, filter, _ := strings.Cut(r, "-")
		if filter == v || "bi"+filter == v || filter == "bi"+v {
			list = append(list, strconv.Quote(r))
		}
	}
	if list == nil {
		return ""
	}
	return " (did you mean " + oneOf(list) + "?)"
}

// nearest returns the word of list that is spelt most like w, or "" if none is
// near. The first of equals wins.
func nearest(w string, list []string) string {
	best, at := "", 1+max(1, utf8.RuneCountInString(w)/3)
	for _, cand := range list {
		if d := distance(strings.ToLower(w), strings.ToLower(cand)); d < at {
			best, at = cand, d
		}
	}
	return best
}

// distance counts the insertions, deletions, substitutions and swaps of
// neighbours between a and b (optimal string alignment). Long words are cut: the
// answer is only for suggestions.
func distance(a, b string) int {
	const most = 64
	x, y := []rune(a), []rune(b)
	x, y = x[:min(len(x), most)], y[:min(len(y), most)]
	before, last, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(x); i++ {
		before, last, row = last, row, before
		row[0] = i
		for j := 1; j <= len(y); j++ {
			cost := last[j-1]
			if x[i-1] != y[j-1] {
				cost++
			}
			row[j] = min(cost, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return row[len(y)]
}

func oneOf(list []string) string {
	if len(list) == 1 {
		return list[0]
	}
	return strings.Join(list[:len(list)-1], ", ") + " or " + list[len(list)-1]
}

func known(w string, list []string) bool { return slices.Contains(list, w) }
