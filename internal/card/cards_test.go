package card

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const cardsDir = "../../testdata/cards"

func f32(key string, shape ...int64) Port { return Port{key, "float32", shape} }

// signatures are those of the models that testdata/cards is for, so that the cards are
// proved where the models are not at hand.
var signatures = map[string]struct {
	in, out []Port
	rows    int // of the labels; 0: the graph does not say
	labels  map[int]string
}{
	"mobilenet_v2_imagenet": {
		in: []Port{f32("input", -1, 224, 224, 3)}, out: []Port{f32("predictions", -1, 1001)}, rows: 1001,
		labels: map[int]string{0: "background", 1: "tench", 1000: "toilet tissue"},
	},
	"mobilenet_v1_075_imagenet": {
		in: []Port{f32("input_1", -1, 224, 224, 3)}, out: []Port{f32("predictions", -1, 1000)}, rows: 1000,
		labels: map[int]string{0: "tench", 134: "crane (bird)", 517: "crane (machine)", 999: "toilet tissue"},
	},
	"squeezenet_imagenet": {
		in: []Port{f32("image_bgr_mean_subtracted", -1, 227, 227, 3)}, out: []Port{f32("prob", -1, 1000)}, rows: 1000,
		labels: map[int]string{281: "tabby"},
	},
	"ssd_mobilenet_v1_coco": {
		in: []Port{{"input_tensor", "DT_UINT8", []int64{1, -1, -1, 3}}},
		out: []Port{f32("detection_boxes", 1, 100, 4), f32("detection_classes", 1, 100),
			f32("detection_scores", 1, 100), f32("num_detections", 1)},
		labels: map[int]string{1: "person", 12: "12", 13: "stop sign", 90: "toothbrush"},
	},
	"centernet_coco": {
		in:     []Port{f32("input_0", 1, 512, 512, 3)},
		out:    []Port{f32("output_0", 1, 128, 128, 4), f32("output_1", 1, 128, 128, 80), f32("output_2", 1, 100, 6)},
		labels: map[int]string{0: "person", 79: "toothbrush"},
	},
	"mtcnn": {
		in:  []Port{f32("factor", []int64{}...), f32("image_bgr", -1, -1, 3), f32("min_size", []int64{}...), f32("thresholds", 3)},
		out: []Port{{"box", "float32", nil}, f32("landmarks", -1, 10), f32("prob", -1)},
	},
	"mobilefacenet": {in: []Port{f32("image_rgb", -1, 112, 112, 3)}, out: []Port{f32("embedding", -1, 128)}},
	"blazeface": {
		in: []Port{f32("input_0", 1, 256, 256, 3)},
		out: []Port{f32("output_0", 1, 384, 16), f32("output_1", 1, 512, 1),
			f32("output_2", 1, 384, 1), f32("output_3", 1, 512, 16)},
	},
	"emotion":   {in: []Port{f32("input_0", -1, 64, 64, 1)}, out: []Port{f32("output_0", -1, 7)}},
	"ppocr_det": {in: []Port{f32("image", -1, -1, -1, 3)}, out: []Port{f32("prob_map", -1, -1, -1, 1)}},
	"ppocr_rec": {
		in: []Port{f32("image", -1, 32, -1, 3)}, out: []Port{f32("prob", -1, -1, 6625)}, rows: 6625,
		labels: map[int]string{0: "", 1: "'", 5710: "\u3000", 6624: " "},
	},
}

func TestCardsOfTestdata(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(cardsDir, "*.json"))
	if err != nil || len(files) != len(signatures) {
		t.Fatalf("%d cards in %s, want %d (%v)", len(files), cardsDir, len(signatures), err)
	}
	for name, sig := range signatures {
		t.Run(name, func(t *testing.T) {
			c, err := Read(os.DirFS(cardsDir), name+".json")
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Complete(sig.in, sig.out); err != nil {
				t.Fatal(err)
			}
			if c.Task == "other" {
				return
			}
			if got := c.Rows(sig.out); sig.rows != 0 && got != sig.rows {
				t.Errorf("the output has %d rows, want %d", got, sig.rows)
			}
			labels, err := c.Labels(os.DirFS(cardsDir), ".", sig.rows)
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range sig.labels {
				if i >= len(labels) || labels[i] != want {
					t.Errorf("label %d of %d: want %q", i, len(labels), want)
				}
			}
			// Completing what is complete changes nothing.
			again := c.Merge(nil)
			if err := again.Complete(sig.in, sig.out); err != nil {
				t.Errorf("completed twice: %v", err)
			}
		})
	}
}

func TestCardsSayTheResizeRuleThatWasMeasured(t *testing.T) {
	for name, want := range map[string]Resize{
		"mobilenet_v2_imagenet":     {Mode: "crop", Shorter: 256, Resampler: "pillow-bilinear"},
		"mobilenet_v1_075_imagenet": {Mode: "crop", Shorter: 256, Resampler: "pillow-bilinear"},
		"squeezenet_imagenet":       {Mode: "squash", Resampler: "pillow-bilinear"},
	} {
		c, err := Read(os.DirFS(cardsDir), name+".json")
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Input.Resize; got.Mode != want.Mode || got.Shorter != want.Shorter || got.Resampler != want.Resampler {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

func TestBuiltinListsAreThoseOfTestdata(t *testing.T) {
	for _, name := range []string{"imagenet-1000", "imagenet-1001", "coco-80", "coco-90"} {
		data, err := os.ReadFile(filepath.Join(cardsDir, "labels", name+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		file, err := parseNames(data, name+".txt")
		if err != nil {
			t.Fatal(err)
		}
		list, err := builtin(name)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(file.names, list.names) {
			t.Errorf("%s differs", name)
		}
	}
}

func TestBuiltinListsAreWhole(t *testing.T) {
	want := map[string]int{"imagenet-1000": 1000, "imagenet-1001": 1001, "coco-80": 80, "coco-90": 91,
		"places365": 365, "cifar10": 10, "mnist": 10, "fashion-mnist": 10}
	for _, name := range Builtins() {
		list, err := builtin(name)
		if err != nil {
			t.Fatal(err)
		}
		if len(list.names) != want[name] {
			t.Errorf("%s has %d names, want %d", name, len(list.names), want[name])
		}
		seen := map[string]bool{}
		for i, n := range list.names {
			if n != strings.TrimSpace(n) || n != "" && seen[n] {
				t.Errorf("%s: name %d, %q, is double or has space around it", name, i, n)
			}
			seen[n] = true
		}
		delete(want, name)
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
}
