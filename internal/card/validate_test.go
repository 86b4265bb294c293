package card

import (
	"errors"
	"strings"
	"testing"

	"github.com/gosight/vision/internal/fault"
)

func TestValidateRefuses(t *testing.T) {
	for _, tt := range []struct{ why, body, want string }{
		{"an unknown layout", `"input": {"layout": "channels_last"}`, `input.layout to be one of NHWC, NCHW, HWC or NHW, got "channels_last" (did you mean "NHWC"?)`},
		{"lower case", `"input": {"channels": "bgr"}`, `(did you mean "BGR"?)`},
		{"grey by another name", `"input": {"channels": "grayscale"}`, `(did you mean "GRAY"?)`},
		{"an unknown mode", `"input": {"resize": {"mode": "stretch"}}`, `(did you mean "squash"?)`},
		{"a resampler without its library", `"input": {"resize": {"resampler": "bilinear"}}`, `(did you mean "pillow-bilinear", "tf-bilinear" or "opencv-linear"?)`},
		{"a library's own name", `"input": {"resize": {"resampler": "PIL-bilinear"}}`, `(did you mean "pillow-bilinear"?)`},
		{"a misspelt resampler", `"input": {"resize": {"resampler": "pillow-bilineer"}}`, `(did you mean "pillow-bilinear"?)`},
		{"OpenCV's own word", `"input": {"resize": {"resampler": "opencv-bilinear"}}`, `(did you mean "opencv-linear"?)`},
		{"negative width", `"input": {"width": -1}`, "input.width to be 0 to 65536, got -1"},
		{"colour without room for it", `"input": {"layout": "NHW", "channels": "RGB"}`, "GRAY with layout NHW"},
		{"range of one", `"input": {"range": [255]}`, "two numbers [lo, hi]"},
		{"range of three", `"input": {"range": [0, 1, 2]}`, "two numbers [lo, hi]"},
		{"range turned round", `"input": {"range": [1, 0]}`, "lo < hi"},
		{"empty range", `"input": {"range": [1, 1]}`, "lo < hi"},
		{"two means", `"input": {"mean": [1, 2]}`, "input.mean to be one number, or three"},
		{"three means for grey", `"input": {"channels": "GRAY", "mean": [0.1, 0.2, 0.3]}`, "input.mean to be one number for GRAY"},
		{"no mean at all", `"input": {"mean": []}`, "input.mean"},
		{"division by zero", `"input": {"std": [1, 0, 1]}`, "input.std to be numbers above 0"},
		{"negative deviation", `"input": {"std": [-1]}`, "input.std to be numbers above 0"},
		{"a mean of bytes with values of 0..1", `"input": {"range": [0, 1], "mean": [123.68, 116.78, 103.94]}`, "in units of input.range, between 0 and 1"},
		{"a mean of 0..1 with bytes", `"input": {"range": [0, 255], "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}`, "a mean of 0..255 values goes with range [0, 255]"},
		{"a deviation of bytes with values of 0..1", `"input": {"range": [0, 1], "std": [58.4, 57.1, 57.4]}`, "input.std to be in units of input.range"},
		{"two ways to standardise", `"input": {"standardize": true, "mean": [0.5]}`, "input.standardize takes mean and deviation from each picture"},
		{"the graph decodes, yet a range", `"input": {"encoded": true, "range": [0, 1]}`, "input.range has no effect with input.encoded"},
		{"a field of another mode", `"input": {"resize": {"mode": "squash", "shorter": 256}}`, `input.resize.shorter belongs to mode crop; the mode is "squash"`},
		{"padding where nothing is padded", `"input": {"resize": {"mode": "crop", "pad": [0]}}`, "input.resize.pad belongs to mode letterbox or height"},
		{"two ways to say the shorter side", `"input": {"resize": {"mode": "crop", "shorter": 256, "crop_ratio": 0.875}}`, "say the same: leave one out"},
		{"a ratio in percent", `"input": {"resize": {"mode": "crop", "crop_ratio": 87.5}}`, "above 0 and at most 1"},
		{"a fraction of nothing", `"input": {"resize": {"mode": "central", "fraction": -0.5}}`, "input.resize.fraction"},
		{"two pads", `"input": {"resize": {"mode": "letterbox", "pad": [0, 0]}}`, "input.resize.pad"},
		{"a pad beyond a byte", `"input": {"resize": {"mode": "letterbox", "pad": [256]}}`, "input.resize.pad"},
		{"sides the wrong way round", `"input": {"resize": {"mode": "none", "min_side": 9, "max_side": 8}}`, "min_side to be at most max_side, 8"},
		{"torchvision has no letterbox", `"input": {"resize": {"mode": "letterbox", "rounding": "torchvision"}}`, "round or floor in mode letterbox"},
		{"the activation for the kind", `"output": {"scores": "softmax"}`, `(did you mean "probabilities"?)`},
		{"names twice", `"output": {"labels": "l.txt", "label_names": ["a"]}`, "leave one out"},
		{"no names", `"output": {"label_names": []}`, "at least one name"},
		{"a name of nothing", `"output": {"label_names": ["a", ""]}`, "output.label_names[1]"},
		{"a Windows path", `"output": {"labels": "labels\\l.txt"}`, "forward slashes"},
		{"an unknown list", `"output": {"labels": "builtin:imagenet-100"}`, `(did you mean "builtin:imagenet-1000"?)`},
		{"an offset of a million", `"output": {"label_offset": 1000000}`, "output.label_offset"},
		{"the picture as a constant", `"input": {"name": "x"}, "constants": {"x": 1}`, "this input takes the picture"},
		{"an object as a constant", `"constants": {"x": [{"a": 1}]}`, "constants.x to be true, false, a number"},
		{"a tag of nothing", `"tags": [""]`, "tags"},
		{"a short digest", `"sha256": {"saved_model.pb": "abc"}`, "64 hexadecimal digits"},
		{"a digest of a file elsewhere", `"sha256": {"../x": "` + strings.Repeat("0", 64) + `"}`, "relative to the model's folder"},
		{"a figure without its data", `"accuracy": [{"metric": "top-1", "value": 0.9}]`, "accuracy[0] to be metric, value and data"},
		{"a section of another task", `"detect": {"head": "yolo"}`, `detect belongs to task detect or face-detect or other; the task is "recognize"`},
	} {
		t.Run(tt.why, func(t *testing.T) {
			_, err := Parse([]byte(`{"task": "recognize", `+tt.body+`}`), "x.json")
			var model *fault.ModelError
			if !errors.As(err, &model) || model.What != "card" || model.Model != "x.json" {
				t.Fatalf("%T %v: want a ModelError about the card x.json", err, err)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

func TestValidateRefusesInSections(t *testing.T) {
	for _, tt := range []struct{ why, card, want string }{
		{"an unknown head", `"task": "detect", "detect": {"head": "ssd"}`, "detect.head to be one of"},
		{"an unknown role", `"task": "detect", "detect": {"outputs": {"boxs": "a"}}`, `(did you mean "boxes"?)`},
		{"a role of nothing", `"task": "detect", "detect": {"outputs": {"boxes": ""}}`, "output keys by role"},
		{"an unknown column", `"task": "detect", "detect": {"head": "rows", "columns": ["xmin"]}`, "detect.columns to be one of"},
		{"a column twice", `"task": "detect", "detect": {"head": "rows", "columns": ["x1", "y1", "x2", "y2", "x1", "score"]}`, `"x1" twice`},
		{"rows of nothing", `"task": "detect", "detect": {"head": "rows"}`, "the meaning of each column"},
		{"rows without a score", `"task": "detect", "detect": {"head": "rows", "columns": ["x1", "y1", "x2", "y2"]}`, "one of them score"},
		{"rows without a box", `"task": "detect", "detect": {"head": "rows", "columns": ["x1", "y1", "score"]}`, "a box"},
		{"columns of what has none", `"task": "detect", "detect": {"head": "yolo", "columns": ["score"]}`, "belongs to head rows"},
		{"objectness elsewhere", `"task": "detect", "detect": {"head": "tf-od", "objectness": true}`, "belongs to head yolo"},
		{"suppression without an overlap", `"task": "detect", "detect": {"head": "yolo", "nms": "agnostic"}`, "detect.iou to be above 0"},
		{"an overlap in percent", `"task": "detect", "detect": {"iou": 45}`, "detect.iou to be 0 to 1"},
		{"an unknown distance", `"task": "face-embed", "face": {"distance": "cosin"}`, `(did you mean "cosine"?)`},
		{"a margin where points align", `"task": "face-embed", "face": {"align": "arcface-112", "margin": 32}`, "belongs to align box"},
		{"a blank in the middle", `"task": "ocr-recognize", "ocr": {"blank": "37"}`, "first or last"},
		{"a character twice", `"task": "ocr-recognize", "ocr": {"alphabet": "aba"}`, `"a" twice`},
		{"two alphabets", `"task": "ocr-recognize", "ocr": {"alphabet": "ab"}, "output": {"labels": "k.txt"}`, "leave one out"},
		{"an offset beside a blank", `"task": "ocr-recognize", "output": {"label_offset": 1}, "ocr": {}`, "ocr.blank says"},
		{"a box threshold for a reader", `"task": "ocr-recognize", "ocr": {"box_threshold": 0.5}`, "belong to task ocr-detect"},
		{"a blank for a finder", `"task": "ocr-detect", "ocr": {"blank": "last"}`, "belong to task ocr-recognize"},
		{"two tables", `"task": "scene", "scene": {"table": "io.txt", "indoor": ["bar"]}`, "leave one out"},
		{"indoor and outdoor", `"task": "scene", "scene": {"indoor": ["bar"], "outdoor": ["bar"]}`, "not indoor too"},
	} {
		t.Run(tt.why, func(t *testing.T) {
			_, err := Parse([]byte(`{`+tt.card+`}`), "x.json")
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

func TestValidateSaysAllAtOnce(t *testing.T) {
	_, err := Parse([]byte(`{"task": "recognize", "input": {"channels": "rgb", "range": [1, 0]}, "output": {"scores": "raw"}}`), "x.json")
	for _, field := range []string{"input.channels", "input.range", "output.scores"} {
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%v does not speak of %s", err, field)
		}
	}
}

func TestNearest(t *testing.T) {
	for _, tt := range []struct{ word, want string }{
		{"cat", "cat"}, {"Cat", "cat"}, {"cta", "cat"}, {"ca", "cat"}, {"hrose", "horse"}, {"horses", "horse"}, {"zebra", ""}, {"", ""},
	} {
		if got := nearest(tt.word, []string{"cat", "horse"}); got != tt.want {
			t.Errorf("nearest(%q) = %q, want %q", tt.word, got, tt.want)
		}
	}
}
