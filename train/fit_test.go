package train

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gosight/vision"
	"github.com/gosight/vision/dataset"
	"github.com/gosight/vision/recognize"
)

func TestFitWritesAModelThatRecognizeOpens(t *testing.T) {
	data, out := digits(t, blocks(t, 200)), filepath.Join(t.TempDir(), "model")
	ctx := t.Context()
	var done []Epoch
	res, err := Fit(ctx, net(t, "lenet5"), data, Out(out), Epochs(6), Batch(20), PadCrop(1), Smoothing(0.1), OnProgress(func(p Progress) {
		if p.Done != nil {
			done = append(done, *p.Done)
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	if len(res.History) != 6 || len(done) != 6 || res.Steps != 60 || res.Best.ValidAccuracy < 0.95 || res.Best.Tested != 20 {
		t.Fatalf("got %+v", res)
	}
	m, err := recognize.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if !m.Info().Frozen {
		t.Errorf("runs unfrozen: %s", m.Info().Why)
	}
	right, n := 0, 0
	for ex, err := range data.Valid.All() {
		if err != nil {
			t.Fatal(err)
		}
		labels, err := m.Classify(ctx, ex.Image)
		if err != nil {
			t.Fatal(err)
		}
		if n++; labels[0].Name == data.Valid.Classes[ex.Class] {
			right++
		}
	}
	// The model is the one that was measured, so its figure holds to the picture.
	if got := float64(right) / float64(n); got != res.Best.ValidAccuracy {
		t.Errorf("recognize has %g right, training said %g", got, res.Best.ValidAccuracy)
	}
	var history []Epoch
	text, err := os.ReadFile(filepath.Join(out, "history.json"))
	if err != nil || json.Unmarshal(text, &history) != nil || len(history) != 6 || history[5] != res.History[5] {
		t.Errorf("history.json: %s, %v", text, err)
	}
}

func TestOptimizersAndSchedulesLearn(t *testing.T) {
	data := digits(t, blocks(t, 100))
	for why, opts := range map[string][]Option{
		"AdamW, cosine":        {AdamW(), Cosine(1), WeightDecay(0.01)},
		"plain SGD, constant":  {Momentum(0), Constant(), WeightDecay(0), Rate(0.1)},
		"clipped, averaged":    {Clip(1), Average(0.9)},
		"flipped and cut out":  {Cutout(6), Flip(), Constant(), Rate(0.02)},
		"no validation at all": {},
	} {
		d := data
		if why == "no validation at all" {
			d.Valid = nil
		}
		res, err := Fit(t.Context(), net(t, "lenet5"), d, append(opts, Out(t.TempDir()), Epochs(8), Batch(20))...)
		if err != nil {
			t.Errorf("%s: %v", why, err)
			continue
		}
		if first, end := res.History[0], res.History[7]; !(end.Loss < first.Loss/2) || d.Valid == nil && res.Best.Number != 8 {
			t.Errorf("%s: the loss went from %g to %g", why, first.Loss, end.Loss)
		}
	}
}

func TestFitRefusals(t *testing.T) {
	lenet := net(t, "lenet5")
	two := folders(t, map[string]int{"a/1.png": 0, "b/1.png": 1})
	good := Data{Train: two}
	three, err := two.As([]string{"a", "b", "c"})
	if err != nil {
		t.Fatal(err)
	}
	started := t.TempDir()
	if _, err := Fit(t.Context(), lenet, good, Out(started), Epochs(1)); err != nil {
		t.Fatal(err)
	}
	asFile := filepath.Join(t.TempDir(), "file")
	write(t, asFile, nil)
	for why, c := range map[string]struct {
		net  Net
		data Data
		opts []Option
		want string
	}{
		"no net":               {Net{}, good, []Option{Out(t.TempDir())}, "ByName"},
		"no data":              {lenet, Data{}, []Option{Out(t.TempDir())}, "training part"},
		"no folder":            {lenet, good, nil, "train.Out"},
		"a file for a folder":  {lenet, good, []Option{Out(asFile)}, "not a directory"},
		"an empty class":       {lenet, Data{Train: three}, []Option{Out(t.TempDir())}, `"c", has no picture`},
		"one class":            {lenet, Data{Train: folders(t, map[string]int{"a/1.png": 0})}, []Option{Out(t.TempDir())}, "at least 2 classes"},
		"other classes tested": {lenet, Data{two, folders(t, map[string]int{"z/1.png": 0})}, []Option{Out(t.TempDir())}, `"z"`},
		"a run is there":       {lenet, good, []Option{Out(started)}, "holds a model or a run already"},
		"resumed otherwise":    {lenet, good, []Option{Out(started), Resume(), Epochs(2)}, "epochs was 1 and is 2"},
		"other pictures":       {lenet, Data{Train: folders(t, map[string]int{"a/1.png": 0, "b/1.png": 2})}, []Option{Out(started), Resume(), Epochs(1)}, "checksum was"},
		"no epochs":            {lenet, good, []Option{Out(t.TempDir()), Epochs(0)}, "at least 1"},
		"flipped twice":        {lenet, good, []Option{Out(t.TempDir()), Flip(), AlternatingFlip()}, "flip or alternating flip, got both"},
		"reflected too far":    {lenet, good, []Option{Out(t.TempDir()), ReflectCrop(28)}, "at most 27 pixels for pictures of 28, got 28"},
		"resumed, reflected":   {lenet, good, []Option{Out(started), Resume(), Epochs(1), AlternatingFlip()}, "augment.alternating_flip was false and is true"},
		"resumed, mixed":       {lenet, good, []Option{Out(started), Resume(), Epochs(1), Mixup(0.2), RandomResizedCrop(0.5)}, "augment.resized_crop was 0 and is 0.5, augment.mix.mixup was 0 and is 0.2"},
		"resumed, weighed":     {lenet, good, []Option{Out(started), Resume(), Epochs(1), ClassWeights(map[string]float64{"a": 2})}, "class_weights was [] and is [2 1]"},
		"resumed, impatient":   {lenet, Data{two, two}, []Option{Out(started), Resume(), Epochs(1), Patience(3)}, "patience.epochs was 0 and is 3"},
		"resumed, rate found":  {lenet, good, []Option{Out(started), Resume(), Epochs(1), AutoRate()}, "auto_rate was false and is true"},
		"mixed in no way":      {lenet, good, []Option{Out(t.TempDir()), MixPart(0.5)}, "mix part: want mixup or cutmix with it, got neither"},
		"mixup by nothing":     {lenet, good, []Option{Out(t.TempDir()), Mixup(0)}, "mixup: want 0.05 to 100, got 0"},
		"more than a turn":     {lenet, good, []Option{Out(t.TempDir()), ColorJitter(0, 0, 0, 0.6)}, "hue: want 0 to 0.5, got 0.6"},
		"more than all":        {lenet, good, []Option{Out(t.TempDir()), RandomResizedCrop(1.5)}, "random resized crop: want 0.01 to 1, got 1.5"},
		"no such class":        {lenet, good, []Option{Out(t.TempDir()), ClassWeights(map[string]float64{"z": 2})}, `class weights: want classes of the training part (["a" "b"]), got "z"`},
		"a class of no weight": {lenet, good, []Option{Out(t.TempDir()), ClassWeights(map[string]float64{"a": 0})}, `weight of class "a": want 1e-06 to 1e+06, got 0`},
		"weights of both ways": {lenet, good, []Option{Out(t.TempDir()), ClassWeights(map[string]float64{"a": 2}), Balanced()}, "class weights or balanced ones, got both"},
		"no patience":          {lenet, good, []Option{Out(t.TempDir()), Patience(0)}, "patience: want at least 1, got 0"},
		"a rate that is none":  {lenet, good, []Option{Out(t.TempDir()), Rate(-1)}, "rate"},
	} {
		_, err := Fit(t.Context(), c.net, c.data, c.opts...)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", why, err, c.want)
		}
	}
	if _, err := ByName("lenet"); err == nil || !strings.Contains(err.Error(), "lenet5") {
		t.Errorf("an unknown net: %v", err)
	}
}

func TestLabelsOutOfRange(t *testing.T) {
	dir := blocks(t, 20)
	labels, err := os.ReadFile(filepath.Join(dir, "train-labels-idx1-ubyte"))
	if err != nil {
		t.Fatal(err)
	}
	labels[8+3] = 10
	write(t, filepath.Join(dir, "train-labels-idx1-ubyte"), labels)
	_, err = Fit(t.Context(), net(t, "lenet5"), digits(t, dir), Out(t.TempDir()))
	var fe *dataset.FileError
	if !errors.As(err, &fe) || !strings.Contains(err.Error(), "got 10") {
		t.Errorf("got %v", err)
	}
}

func TestBrokenPictures(t *testing.T) {
	set := func() *dataset.Set {
		dir := t.TempDir()
		for _, name := range []string{"a/1.png", "a/2.png", "b/1.png"} {
			write(t, filepath.Join(dir, name), pngOf(t, 28, 28))
		}
		write(t, filepath.Join(dir, "b/2.png"), pngOf(t, 28, 28)[:60]) // its header is whole
		s, err := dataset.ImageFolder(dir, "")
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	_, err := Fit(t.Context(), net(t, "lenet5"), Data{Train: set()}, Out(t.TempDir()), Epochs(1))
	if err == nil || !strings.Contains(err.Error(), "b/2.png") {
		t.Errorf("a broken picture: %v", err)
	}
	res, err := Fit(t.Context(), net(t, "lenet5"), Data{Train: set()}, Out(t.TempDir()), Epochs(1), SkipBroken())
	if err != nil || len(res.Skipped) != 1 || !strings.Contains(res.Skipped[0].Error(), "b/2.png") {
		t.Errorf("skipped: %+v, %v", res, err)
	}
}

func pngOf(t *testing.T, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestDivergence(t *testing.T) {
	_, err := Fit(t.Context(), net(t, "lenet5"), digits(t, blocks(t, 40)), Out(t.TempDir()), Epochs(50), Batch(20), Rate(1000), Constant())
	var d *DivergedError
	if !errors.As(err, &d) || d.Step < 1 || d.Epoch < 1 {
		t.Errorf("got %v, want a *DivergedError", err)
	}
	var fe *vision.FormatError
	if errors.As(err, &fe) {
		t.Error("a diverged loss is no broken data")
	}
}

func TestPicturesInAFile(t *testing.T) {
	data, out := digits(t, blocks(t, 60)), t.TempDir()
	in, _, err := losses(t.Context(), t, data, Out(t.TempDir()), Epochs(1), Batch(20))
	if err != nil {
		t.Fatal(err)
	}
	filed, _, err := losses(t.Context(), t, data, Out(out), Epochs(1), Batch(20), Memory(1000))
	if err != nil {
		t.Fatal(err)
	}
	for s, l := range in {
		if filed[s] != l {
			t.Errorf("step %d: %g in memory, %g from a file", s, l, filed[s])
		}
	}
	if left, err := filepath.Glob(filepath.Join(out, ".*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestCancelledBeforeTheFirstStep(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Fit(ctx, net(t, "lenet5"), digits(t, blocks(t, 20)), Out(t.TempDir())); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
