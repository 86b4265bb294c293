package main

import (
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/gosight/vision/train"
)

// twoClasses are light and dark pictures in folders.
func twoClasses(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for class, level := range map[string]uint8{"dark": 30, "light": 220} {
		if err := os.MkdirAll(filepath.Join(dir, class), 0o755); err != nil {
			t.Fatal(err)
		}
		for i := range 20 {
			m := image.NewGray(image.Rect(0, 0, 28, 28))
			for j := range m.Pix {
				m.Pix[j] = level + uint8((i*7+j)%20)
			}
			m.SetGray(i, i, color.Gray{128})
			f, err := os.Create(filepath.Join(dir, class, strconv.Itoa(i)+".png"))
			if err != nil {
				t.Fatal(err)
			}
			if err := png.Encode(f, m); err != nil {
				t.Fatal(err)
			}
			f.Close()
		}
	}
	return dir
}

func TestTrain(t *testing.T) {
	data, out := twoClasses(t), filepath.Join(t.TempDir(), "model")
	args := []string{"train", "-data", data, "-net", "lenet5", "-out", out, "-epochs", "6", "-batch", "12"}
	stdout, stderr, status := here("", append(args, "-json")...)
	if status != statusOK || stderr != "" {
		t.Fatalf("status %d, stderr %q", status, stderr)
	}
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	var e train.Epoch
	if len(lines) != 6 || json.Unmarshal([]byte(lines[5]), &e) != nil || e.Number != 6 || e.Tested != 4 || e.ValidAccuracy != 1 {
		t.Fatalf("got %s", stdout)
	}
	stdout, _, status = here("", "recognize", "-model", out, "-top", "1", filepath.Join(data, "light", "3.png"))
	if status != statusOK || !strings.Contains(stdout, "light") {
		t.Errorf("recognize: status %d, %q", status, stdout)
	}
	_, stderr, status = here("", args...)
	if status != statusUnusable || !strings.Contains(stderr, "holds a model or a run already") || !strings.Contains(stderr, "-resume") {
		t.Errorf("a second run there: status %d, %q", status, stderr)
	}
	stdout, stderr, status = here("", append(args, "-resume")...)
	if status != statusOK || !strings.Contains(stdout, "validation accuracy 1.0000") {
		t.Errorf("a finished run resumed: status %d, %q, %q", status, stdout, stderr)
	}
}

// Two towers on one processor, as no other device is there for sure; the run is recorded as one on two.
func TestTrainOnDevices(t *testing.T) {
	data, out := twoClasses(t), filepath.Join(t.TempDir(), "model")
	args := []string{"train", "-data", data, "-net", "lenet5", "-out", out, "-epochs", "2", "-batch", "9", "-plain", "-device"}
	if _, stderr, status := here("", append(args, "cpu,/device:CPU:0")...); status != statusOK || stderr != "" {
		t.Fatalf("status %d, stderr %q", status, stderr)
	}
	_, stderr, status := here("", append(args, "cpu", "-resume")...)
	if status == statusOK || !strings.Contains(stderr, "devices was 2 and is 1") {
		t.Errorf("resumed on one device: status %d, %q", status, stderr)
	}
	stdout, _, status := here("", "models", "inspect", out)
	for _, want := range []string{"signature serving_default", "signature train", "rate", "targets", "opened", "frozen     yes"} {
		if status != statusOK || !strings.Contains(stdout, want) {
			t.Errorf("inspect: status %d, want %q in:\n%s", status, want, stdout)
		}
	}
}

// Every flag of a recipe reaches the run, which looks for its rate, and ends early.
func TestTrainRecipe(t *testing.T) {
	data, out := twoClasses(t), filepath.Join(t.TempDir(), "model")
	args := []string{"train", "-data", data, "-net", "lenet5", "-out", out, "-epochs", "90", "-batch", "12", "-lr", "auto", "-alternating-flip", "-crop", "2",
		"-reflect", "-resized-crop", "0.5", "-jitter", "0.1,0.1,0.1,0.1", "-mixup", "0.2", "-cutmix", "1", "-mix-part", "0.5", "-balanced", "-patience", "1"}
	_, stderr, status := here("", args...)
	if status != statusOK || !strings.Contains(stderr, "vision: the highest learning rate is ") || !strings.Contains(stderr, " of 90, by -patience") {
		t.Fatalf("status %d, stderr %q", status, stderr)
	}
	states, err := filepath.Glob(filepath.Join(out, "checkpoints", "last-*", "state.json"))
	if err != nil || len(states) != 1 {
		t.Fatalf("%v, %v", states, err)
	}
	text, err := os.ReadFile(states[0])
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Recipe struct {
			AutoRate bool `json:"auto_rate"`
			Balanced bool
			Patience struct{ Epochs int }
			Augment  map[string]any
		}
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"flip": false, "pad": 2.0, "cutout": 0.0, "alternating_flip": true, "reflect": true, "resized_crop": 0.5,
		"color_jitter": map[string]any{"brightness": 0.1, "contrast": 0.1, "saturation": 0.1, "hue": 0.1},
		"mix":          map[string]any{"mixup": 0.2, "cutmix": 1.0, "part": 0.5}}
	if r := got.Recipe; !r.AutoRate || !r.Balanced || r.Patience.Epochs != 1 || !reflect.DeepEqual(r.Augment, want) {
		t.Errorf("got %+v, want %v", r, want)
	}
}

func TestTrainUsage(t *testing.T) {
	data, one, parts := twoClasses(t), t.TempDir(), t.TempDir()
	for _, part := range []string{"train", "val"} {
		if err := os.CopyFS(filepath.Join(parts, part), os.DirFS(data)); err != nil {
			t.Fatal(err)
		}
	}
	if _, stderr, status := here("", "train", "-data", parts, "-net", "lenet5", "-out", filepath.Join(parts, "model"), "-epochs", "1", "-plain"); status != statusOK {
		t.Errorf("out beside the parts: status %d, %q", status, stderr)
	}
	if err := os.CopyFS(filepath.Join(one, "light"), os.DirFS(filepath.Join(data, "light"))); err != nil {
		t.Fatal(err)
	}
	for why, c := range map[string]struct {
		args []string
		want string
	}{
		"nothing said":       {nil, "want -data, -net and -out"},
		"unknown net":        {[]string{"-data", data, "-net", "lenet", "-out", "x"}, "lenet5"},
		"no such data":       {[]string{"-data", "nowhere", "-net", "lenet5", "-out", "x"}, "nowhere"},
		"a set of no class":  {[]string{"-data", "coco:x", "-net", "lenet5", "-out", "x"}, "train takes"},
		"a file":             {[]string{"-data", data, "-net", "lenet5", "-out", "x", "a.png"}, "-data"},
		"no rate":            {[]string{"-data", data, "-net", "lenet5", "-out", "x", "-lr", "NaN"}, "-lr"},
		"a net and a model":  {[]string{"-data", data, "-net", "lenet5", "-out", "x", "-from", "m"}, "-net and -from: want one of them"},
		"no word of a rate":  {[]string{"-data", data, "-net", "lenet5", "-out", "x", "-lr", "fast"}, "-lr fast: want a number above 0, or auto"},
		"reflecting nothing": {[]string{"-data", data, "-net", "lenet5", "-out", "x", "-reflect"}, "-reflect: want -crop with it"},
		"three colours":      {[]string{"-data", data, "-net", "lenet5", "-out", "x", "-jitter", "1,1,1"}, "-jitter 1,1,1: want four numbers"},
		"a colour too far":   {[]string{"-data", data, "-net", "lenet5", "-out", "x", "-jitter", "1,1,1,1"}, "hue: want 0 to 0.5, got 1"},
		"mixing no part":     {[]string{"-data", data, "-net", "lenet5", "-out", "x", "-mix-part", "0.5"}, "-mix-part: want -mixup or -cutmix with it"},
		"patience twice":     {[]string{"-data", data, "-net", "lenet5", "-out", "x", "-patience", "2", "-loss-patience", "2"}, "got both"},
		"no such device":     {[]string{"-data", data, "-net", "lenet5", "-out", "x", "-device", "gpu:7"}, "device /device:GPU:7: not present; present: /device:CPU:0"},
		"no device name":     {[]string{"-data", data, "-net", "lenet5", "-out", "x", "-device", "tpux"}, "or grpc://host:port"},
		"two servers":        {[]string{"-data", data, "-net", "lenet5", "-out", "x", "-device", "grpc://a:1,grpc://b:1"}, "want one server"},
		"no server":          {[]string{"-data", data, "-net", "lenet5", "-out", "x", "-device", "grpc://127.0.0.1:1"}, "no server answers"},
		"out within data":    {[]string{"-data", data, "-net", "lenet5", "-out", data + "/x"}, "whose pictures are read; want another folder"},
		"out is data":        {[]string{"-data", data, "-net", "lenet5", "-out", data + "/light/.."}, "whose pictures are read"},
		"out in a part":      {[]string{"-data", parts, "-net", "lenet5", "-out", parts + "/val/x"}, "whose pictures are read"},
		"one class":          {[]string{"-data", one, "-net", "lenet5", "-out", "x"}, "want at least 2 classes, got 1"},
		"no epochs":          {[]string{"-data", data, "-net", "lenet5", "-out", "x", "-epochs", "0"}, "epochs: want at least 1"},
	} {
		_, stderr, status := here("", append([]string{"train"}, c.args...)...)
		if status != statusUnusable || !strings.Contains(stderr, c.want) {
			t.Errorf("%s: status %d, %q, want %q", why, status, stderr, c.want)
		}
	}
	if _, err := os.Stat("x"); err == nil {
		t.Error("a folder was made for a run that was refused")
	}
}
