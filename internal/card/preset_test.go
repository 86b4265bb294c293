package card

import (
	"errors"
	"strings"
	"testing"

	"github.com/gosight/vision/internal/fault"
)

func TestPresetsLoadAndSayTheirSource(t *testing.T) {
	list := Presets()
	if len(list) != len(presetNames()) {
		t.Errorf("%d presets load, of %d", len(list), len(presetNames()))
	}
	for _, info := range list {
		c, err := Preset(info.Name)
		if err != nil {
			t.Errorf("%s: %v", info.Name, err)
			continue
		}
		if err := c.Validate(); err != nil {
			t.Errorf("%s: %v", info.Name, err)
		}
		if info.About == "" || info.Source == "" || len(info.Models) == 0 {
			t.Errorf("%s does not say what it is: %+v", info.Name, info)
		}
		if c.Preset != info.Name || c.File() != "preset:"+info.Name {
			t.Errorf("%s calls itself %q, %q", info.Name, c.Preset, c.File())
		}
	}
}

// TestPresetsComplete opens every preset on a signature of its family.
func TestPresetsComplete(t *testing.T) {
	classes := []Port{f32("predictions", -1, 1000)}
	photo := []Port{f32("input_1", -1, 224, 224, 3)}
	any8 := []Port{{"input_tensor", "uint8", []int64{1, -1, -1, 3}}}
	face := []Port{f32("input", -1, 160, 160, 3), {"phase_train", "bool", []int64{}}}
	vector := []Port{f32("embeddings", -1, 512)}
	families := map[string]struct {
		in, out []Port
		more    string // what the family leaves to the model
	}{
		"keras-caffe": {in: photo, out: classes}, "keras-tf": {in: photo, out: classes},
		"keras-torch": {in: photo, out: classes}, "keras-raw": {in: photo, out: classes},
		"tfhub":             {in: []Port{f32("inputs", -1, 224, 224, 3)}, out: []Port{f32("logits", -1, 1001)}},
		"tf-slim-inception": {in: photo, out: classes, more: `"output": {"scores": "logits"}`},
		"tf-slim-vgg":       {in: photo, out: classes, more: `"output": {"scores": "logits"}`},
		"tf2-detection-zoo": {in: any8, out: signatures["ssd_mobilenet_v1_coco"].out},
		"efficientdet":      {in: any8, out: []Port{f32("detections", 1, 100, 7)}},
		"yolo":              {in: []Port{f32("images", 1, 640, 640, 3)}, out: []Port{f32("output_0", 1, 84, 8400)}},
		"yolo-end2end":      {in: []Port{f32("images", 1, 640, 640, 3)}, out: []Port{f32("output_0", 1, 300, 6)}},
		"facenet":           {in: face, out: vector}, "facenet-2017": {in: face[:1], out: vector},
		"arcface":         {in: []Port{f32("data", -1, 3, 112, 112)}, out: vector},
		"ppocr-det":       {in: []Port{f32("x", -1, 3, -1, -1)}, out: []Port{f32("prob", -1, 1, -1, -1)}},
		"ppocr-rec":       {in: []Port{f32("x", -1, 3, 48, -1)}, out: []Port{f32("prob", -1, -1, 6625)}, more: `"output": {"labels": "k.txt"}`},
		"doctr-det":       {in: []Port{f32("x", -1, 1024, 1024, 3)}, out: []Port{f32("out_map", -1, 1024, 1024, 1)}},
		"doctr-rec":       {in: []Port{f32("x", -1, 32, 128, 3)}, out: []Port{f32("logits", -1, 32, 127)}, more: `"ocr": {"alphabet": "abc"}`},
		"places365-torch": {in: []Port{f32("x", -1, 3, 224, 224)}, out: []Port{f32("y", -1, 365)}},
		"places365-keras": {in: photo, out: []Port{f32("y", -1, 365)}},
		"keras-mnist":     {in: []Port{f32("x", -1, 28, 28, 1)}, out: []Port{f32("y", -1, 10)}},
		"keras-cifar10":   {in: []Port{f32("x", -1, 32, 32, 3)}, out: []Port{f32("y", -1, 10)}, more: `"output": {"scores": "logits"}`},
		"teachable-machine": {in: []Port{f32("sequential_1_input", -1, 224, 224, 3)},
			out: []Port{f32("sequential_3", -1, 2)}},
	}
	for name, tt := range families {
		text := `{"preset": "` + name + `"`
		if tt.more != "" {
			text += ", " + tt.more
		}
		c := parse(t, text+"}")
		if err := c.Complete(tt.in, tt.out); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if c.Input.Resize.Mode == "crop" && c.Input.Resize.Shorter < 224 {
			t.Errorf("%s: shorter side %d", name, c.Input.Resize.Shorter)
		}
	}
	for _, name := range presetNames() {
		if _, ok := families[name]; !ok {
			t.Errorf("%s is tried on no signature", name)
		}
	}
}

func TestPresetConstantsOnlyWhereTheGraphHasThem(t *testing.T) {
	in, out := []Port{f32("input", -1, 160, 160, 3), {"phase_train", "bool", []int64{}}}, []Port{f32("embeddings", -1, 512)}
	c := parse(t, `{"preset": "facenet"}`)
	if err := c.Complete(in, out); err != nil || c.Constants["phase_train"] != false {
		t.Errorf("%v, %v", c.Constants, err)
	}
	c = parse(t, `{"preset": "facenet"}`)
	if err := c.Complete(in[:1], out); err != nil || len(c.Constants) != 0 {
		t.Errorf("%v, %v", c.Constants, err)
	}
	c = parse(t, `{"preset": "facenet", "constants": {"phase_train": false}}`)
	if err := c.Complete(in[:1], out); err == nil {
		t.Error("a constant of the card's own for an input that is not there was let pass")
	}
}

func TestCropRatioFollowsTheSize(t *testing.T) {
	for size, want := range map[int64]int{224: 256, 299: 341, 331: 378, 600: 685} {
		c := parse(t, `{"preset": "keras-tf"}`)
		if err := c.Complete([]Port{f32("x", -1, size, size, 3)}, []Port{f32("y", -1, 1000)}); err != nil {
			t.Fatal(err)
		}
		if c.Input.Resize.Shorter != want {
			t.Errorf("size %d: shorter %d, want %d", size, c.Input.Resize.Shorter, want)
		}
	}
}

func TestPresetUnknown(t *testing.T) {
	_, err := Preset("../card")
	var model *fault.ModelError
	if !errors.As(err, &model) || !strings.Contains(err.Error(), "keras-caffe") {
		t.Errorf("%v", err)
	}
}
