package card

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gosight/vision/internal/fault"
)

func TestCompleteInfers(t *testing.T) {
	const rest = `"range": [0, 1], "resize": {"mode": "squash", "resampler": "tf-area"}`
	colour := `{"task": "recognize", "input": {"channels": "RGB", ` + rest + `}, "output": {"scores": "logits"}}`
	plain := `{"task": "recognize", "input": {` + rest + `}, "output": {"scores": "logits"}}`
	y := []Port{f32("y", -1, 10)}
	for _, tt := range []struct {
		why, card string
		in, out   []Port
		check     func(c *Card) bool
	}{
		{"keys and size", colour, []Port{f32("x", -1, 96, 128, 3)}, y,
			func(c *Card) bool {
				return c.Input.Name == "x" && c.Output.Name == "y" && c.Input.Height == 96 && c.Input.Width == 128 && c.Input.Layout == "NHWC"
			}},
		{"planes", colour, []Port{f32("x", 1, 3, 96, 128)}, y,
			func(c *Card) bool {
				return c.Input.Layout == "NCHW" && c.Input.Height == 96 && c.Input.Width == 128
			}},
		{"no batch", colour, []Port{f32("x", 96, 128, 3)}, y,
			func(c *Card) bool { return c.Input.Layout == "HWC" && c.Input.Height == 96 && c.Input.Width == 128 }},
		{"grey for one channel", plain, []Port{f32("x", -1, 28, 28, 1)}, y,
			func(c *Card) bool { return c.Input.Channels == "GRAY" && c.Input.Layout == "NHWC" }},
		{"grey planes", plain, []Port{f32("x", -1, 1, 28, 28)}, y,
			func(c *Card) bool { return c.Input.Channels == "GRAY" && c.Input.Layout == "NCHW" }},
		{"grey without a channel dimension", plain, []Port{f32("x", -1, 28, 20)}, y,
			func(c *Card) bool {
				return c.Input.Channels == "GRAY" && c.Input.Layout == "NHW" && c.Input.Height == 28 && c.Input.Width == 20
			}},
		{"bytes are 0..255", `{"task": "recognize", "input": {"channels": "RGB", "resize": {"mode": "squash", "resampler": "tf-area"}}, "output": {"scores": "logits"}}`,
			[]Port{{"x", "DT_UINT8", []int64{-1, 96, 96, 3}}}, y,
			func(c *Card) bool { return slices.Equal(c.Input.Range, []float64{0, 255}) }},
		{"standardised pictures need no range", `{"task": "recognize", "input": {"channels": "RGB", "standardize": true, "resize": {"mode": "squash", "resampler": "tf-area"}}, "output": {"scores": "logits"}}`,
			[]Port{f32("x", -1, 96, 96, 3)}, y,
			func(c *Card) bool { return slices.Equal(c.Input.Range, []float64{0, 255}) }},
		{"a text input takes the file", `{"task": "recognize", "output": {"scores": "probabilities"}}`,
			[]Port{{"image_bytes", "string", []int64{-1}}}, y,
			func(c *Card) bool { return c.Input.Encoded && c.Input.Name == "image_bytes" }},
		{"the picture among scalars", `{"task": "recognize", "input": {"channels": "RGB", ` + rest + `}, "output": {"scores": "logits"}, "constants": {"keep_prob": 1, "training": false}}`,
			[]Port{f32("keep_prob", []int64{}...), {"training", "bool", []int64{}}, f32("x", -1, 96, 96, 3)}, y,
			func(c *Card) bool { return c.Input.Name == "x" }},
		{"the scores among features", colour, []Port{f32("x", -1, 96, 96, 3)}, []Port{f32("map", -1, 7, 7, 64), f32("scores", -1, 10), {"classes", "int64", []int64{-1, 5}}},
			func(c *Card) bool { return c.Output.Name == "scores" }},
		{"scores of 1 x 1 pixels", colour, []Port{f32("x", -1, 96, 96, 3)}, []Port{f32("map", -1, 7, 7, 64), f32("scores", -1, 1, 1, 10)},
			func(c *Card) bool { return c.Output.Name == "scores" }},
		{"the Object Detection API", `{"task": "detect", "input": {"channels": "RGB", "resize": {"mode": "none"}}}`,
			signatures["ssd_mobilenet_v1_coco"].in, signatures["ssd_mobilenet_v1_coco"].out,
			func(c *Card) bool {
				d := c.Detect
				return d.Head == "tf-od" && d.Boxes == "yxyx" && d.Units == "normalized" && d.NMS == "none" && c.Output.Scores == "probabilities"
			}},
		{"rows by their columns", `{"task": "detect", "input": {"channels": "RGB", ` + rest + `}, "detect": {"head": "rows", "columns": ["cx", "cy", "w", "h", "score"], "units": "pixels"}}`,
			[]Port{f32("x", 1, 96, 96, 3)}, []Port{f32("a", 1, 100, 4), f32("b", 1, 100, 5)},
			func(c *Card) bool { return c.Output.Name == "b" && c.Detect.Boxes == "cxcywh" }},
		{"nothing for other", `{"task": "other"}`, []Port{f32("a", 1), f32("b", 1, 2)}, nil,
			func(c *Card) bool { return c.Input.Name == "" }},
		{"what there is for other", `{"task": "other"}`, []Port{f32("a", -1, 32, 32, 3)}, y,
			func(c *Card) bool {
				return c.Input.Name == "a" && c.Input.Width == 32 && c.Output.Name == "y" && c.Input.Channels == ""
			}},
	} {
		t.Run(tt.why, func(t *testing.T) {
			c := parse(t, tt.card)
			if err := c.Complete(tt.in, tt.out); err != nil {
				t.Fatal(err)
			}
			if !tt.check(c) {
				t.Errorf("got %+v", c)
			}
		})
	}
}

func TestCompleteRefuses(t *testing.T) {
	x, y := []Port{f32("x", -1, 96, 96, 3)}, []Port{f32("y", -1, 10)}
	const resize = `"resize": {"mode": "squash", "resampler": "tf-area"}`
	const scores = `, "output": {"scores": "logits"}`
	full := `"input": {"channels": "RGB", "range": [0, 1], ` + resize + `}` + scores
	for _, tt := range []struct {
		why, body string
		in, out   []Port
		want      []string
	}{
		{"nothing said: all that fails silently", ``, x, y, []string{
			"input.channels to be one of RGB or BGR, got nothing", "doc/cards.md#inputchannels",
			"input.range", "doc/cards.md#inputrange",
			"input.resize.mode", "doc/cards.md#inputresizemode",
			"output.scores to be one of probabilities or logits", "doc/cards.md#outputscores"}},
		{"no resampler", `"input": {"channels": "RGB", "range": [0, 1], "resize": {"mode": "squash"}}` + scores, x, y, []string{"input.resize.resampler", "pillow-bilinear (torchvision, PIL)"}},
		{"crop to what", `"input": {"channels": "RGB", "range": [0, 1], "resize": {"mode": "crop", "resampler": "tf-area"}}` + scores, x, y, []string{"input.resize.shorter", "crop_ratio"}},
		{"central what", `"input": {"channels": "RGB", "range": [0, 1], "resize": {"mode": "central", "resampler": "tf-area"}}` + scores, x, y, []string{"input.resize.fraction"}},
		{"filled with what", `"input": {"channels": "RGB", "range": [0, 1], "resize": {"mode": "letterbox", "resampler": "tf-area"}}` + scores, x, y, []string{"input.resize.pad"}},
		{"no fixed size for a graph that has one", `"input": {"channels": "RGB", "range": [0, 1], "resize": {"mode": "none"}}` + scores, x, y, []string{"x float32 [?,96,96,3]", "got none"}},
		{"no size at all", full, []Port{f32("x", -1, -1, -1, 3)}, y, []string{"input.width", "with input.height"}},
		{"another size", `"input": {"width": 224, "channels": "RGB", "range": [0, 1], ` + resize + `}` + scores, x, y, []string{"input.width to be 96, as the graph says", "got 224"}},
		{"a crop that the graph is too large for", `"input": {"channels": "RGB", "range": [0, 1], "resize": {"mode": "crop", "shorter": 64, "resampler": "tf-area"}}` + scores, x, y, []string{"input.resize.shorter to be at least 96"}},
		{"a crop for another size: the size is to blame", `"input": {"width": 299, "height": 299, "channels": "RGB", "range": [0, 1], "resize": {"mode": "crop", "shorter": 128, "resampler": "tf-area"}}` + scores, x, y, []string{"2 problems", "input.width to be 96, as the graph says", "input.height"}},
		{"what is no classifier's", full, x, []Port{f32("a", 1, 128, 128, 4), f32("b", 1, 100, 6, 2)}, []string{"these are not the outputs of a classifier, which has a score for each class"}},
		{"colour for one channel", full, []Port{f32("x", -1, 96, 96, 1)}, y, []string{"GRAY, for the one channel"}},
		{"grey for three", `"input": {"channels": "GRAY", "range": [0, 1], ` + resize + `}` + scores, x, y, []string{"RGB or BGR, for the three channels"}},
		{"four channels", full, []Port{f32("x", -1, 96, 96, 4)}, y, []string{"input.layout"}},
		{"the wrong layout", `"input": {"layout": "NCHW", "channels": "RGB", "range": [0, 1], ` + resize + `}` + scores, x, y, []string{"1 or 3 channels"}},
		{"a layout of another rank", `"input": {"layout": "HWC", "channels": "RGB", "range": [0, 1], ` + resize + `}` + scores, x, y, []string{"input.layout to be one that fits x float32 [?,96,96,3], got HWC"}},
		{"a layout that cannot be told", full, []Port{f32("x", -1, -1, -1, -1)}, y, []string{"input.layout to be one of NHWC", "doc/cards.md#inputlayout"}},
		{"planes without a batch, or three grey pictures", full, []Port{f32("x", 3, 96, 96)}, y, []string{"doc/cards.md#inputlayout"}},
		{"an unknown rank", full, []Port{{"x", "float32", nil}}, y, []string{"x float32 of unknown rank"}},
		{"fractions for bytes", full, []Port{{"x", "uint8", []int64{-1, 96, 96, 3}}}, y, []string{"[0, 255] without mean and std"}},
		{"complex pictures", `"input": {"name": "x", "channels": "RGB", "range": [0, 1], ` + resize + `}` + scores, []Port{{"x", "complex64", []int64{-1, 96, 96, 3}}}, y, []string{"an input of float32, uint8 or string"}},
		{"pixels for a file", `"input": {"encoded": true}` + scores, x, y, []string{"input.encoded", "the graph takes pixels"}},
		{"an input that is not there", `"input": {"name": "image", "channels": "RGB", "range": [0, 1], ` + resize + `}` + scores, x, y, []string{`input.name to be an input of the signature, got "image"; the model has x float32 [?,96,96,3]`}},
		{"two pictures", full, []Port{f32("a", -1, 96, 96, 3), f32("b", -1, 96, 96, 3)}, y, []string{"input.name to be the input that takes the picture", "2 inputs that could", "a float32", "b float32"}},
		{"no picture", full, []Port{f32("a", -1, 784)}, y, []string{"0 inputs that could", "a float32 [?,784]"}},
		{"an input that nobody feeds", full, []Port{x[0], {"training", "bool", []int64{}}}, y, []string{"constants.training", "mostly false outside training", "doc/cards.md#constants"}},
		{"a constant for nothing", full + `, "constants": {"training": false}`, x, y, []string{`got the key "training"; the model has x`}},
		{"a constant of another type", full + `, "constants": {"training": 0}`, []Port{x[0], {"training", "bool", []int64{}}}, y, []string{"constants.training to be a value for training bool []"}},
		{"a constant of another length", full + `, "constants": {"t": [1, 2]}`, []Port{x[0], f32("t", 3)}, y, []string{"t float32 [3], got 2 values"}},
		{"one value for three", full + `, "constants": {"t": 1}`, []Port{x[0], f32("t", 3)}, y, []string{"the single value 1"}},
		{"three values for one", full + `, "constants": {"t": [1, 2, 3]}`, []Port{x[0], f32("t", []int64{}...)}, y, []string{"an array"}},
		{"half for a whole", full + `, "constants": {"k": 0.5}`, []Port{x[0], {"k", "int32", []int64{}}}, y, []string{"k int32 []"}},
		{"an output that is not there", `"input": {"channels": "RGB", "range": [0, 1], ` + resize + `}, "output": {"name": "probs", "scores": "logits"}`, x, y, []string{`output.name to be an output of the signature, got "probs"; the model has y float32 [?,10]`}},
		{"two outputs", full, x, []Port{f32("a", -1, 10), f32("b", -1, 20)}, []string{"output.name to be the output with the scores", "2 outputs"}},
		{"one row", full, x, []Port{f32("y", -1, 1)}, []string{"output.multi_label to be true", "single row"}},
	} {
		t.Run(tt.why, func(t *testing.T) {
			body := tt.body
			if body != "" {
				body = ", " + body
			}
			c := parse(t, `{"task": "recognize"`+body+`}`)
			before := *c
			err := c.Complete(tt.in, tt.out)
			var model *fault.ModelError
			if !errors.As(err, &model) || model.What != "card" {
				t.Fatalf("%T %v: want a ModelError about the card", err, err)
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got  %v\nwant %s", err, want)
				}
			}
			if !reflect.DeepEqual(*c, before) {
				t.Error("the card is changed all the same")
			}
		})
	}
}

func TestCompleteRefusesByTask(t *testing.T) {
	x := []Port{f32("x", -1, 96, 96, 3)}
	const input = `"input": {"channels": "RGB", "range": [0, 1], "resize": {"mode": "squash", "resampler": "tf-area"}}`
	for _, tt := range []struct {
		why, card string
		out       []Port
		want      []string
	}{
		{"a detector without a head", `"task": "detect"`, []Port{f32("a", 1, 100, 6)}, []string{"detect.head"}},
		{"an API that is none", `"task": "detect", "detect": {"head": "tf-od"}`, []Port{f32("a", 1, 100, 6)}, []string{"tf-od needs detection_boxes", "a float32"}},
		{"YOLO without suppression or units", `"task": "detect", "detect": {"head": "yolo"}`, []Port{f32("a", 1, 84, 8400)}, []string{"detect.nms", "detect.units", "output.scores"}},
		{"boxes where", `"task": "detect", "detect": {"head": "separate"}`, []Port{f32("a", 1, 100, 4), f32("b", 1, 100)}, []string{"detect.outputs.boxes", "detect.outputs.scores", "detect.boxes"}},
		{"a role for nothing", `"task": "detect", "detect": {"head": "separate", "outputs": {"boxes": "c", "scores": "b"}}`, []Port{f32("a", 1, 100, 4), f32("b", 1, 100)}, []string{`detect.outputs.boxes to be an output of the signature, got "c"`}},
		{"points in what order", `"task": "face-detect", "detect": {"head": "separate", "outputs": {"boxes": "a", "scores": "b", "landmarks": "c"}}`, []Port{f32("a", 1, 100, 4), f32("b", 1, 100), f32("c", 1, 100, 10)}, []string{"detect.landmarks"}},
		{"a face cut how", `"task": "face-embed"`, []Port{f32("e", -1, 128)}, []string{"face.align", "face.distance"}},
		{"a reader without alphabet", `"task": "ocr-recognize"`, []Port{f32("p", -1, 25, 37)}, []string{"ocr.blank", "ocr.alphabet", "output.scores"}},
		{"a finder of what", `"task": "ocr-detect"`, []Port{f32("p", -1, 96, 96, 1)}, []string{"output.scores"}},
		{"a scene of what", `"task": "scene"`, []Port{f32("p", -1, 365)}, []string{"output.scores"}},
	} {
		t.Run(tt.why, func(t *testing.T) {
			err := parse(t, `{`+tt.card+`, `+input+`}`).Complete(x, tt.out)
			for _, want := range tt.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got  %v\nwant %s", err, want)
				}
			}
		})
	}
}
