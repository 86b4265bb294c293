package train

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gosight/vision"
	"github.com/gosight/vision/dataset"
	"github.com/gosight/vision/models/scenes"
	"github.com/gosight/vision/recognize"
)

const tinyModels = "../testdata/models"

// tiny is a model of testdata with a card that says what only its writer can know.
func tiny(t testing.TB, model, output string) Base {
	t.Helper()
	rule := `"range": [0, 1], "resize": {"mode": "squash", "resampler": "pillow-bilinear"}`
	if model == "mean_uint8" {
		rule = `"resize": {"mode": "none"}`
	}
	name := filepath.Join(t.TempDir(), "card.json")
	write(t, name, []byte(`{"task": "recognize", "name": "tiny", "licence": "Apache-2.0", "input": {"channels": "RGB", `+rule+`}, "output": {`+output+`}}`))
	return From(filepath.Join(tinyModels, model), vision.Card(name))
}

const logits = `"scores": "logits"`

// colours writes n pictures a class of noise about a colour: four classes that the means of red, green and blue tell apart.
func colourPictures(t testing.TB, n int, seed uint64) (string, *dataset.Set) {
	t.Helper()
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(seed, 0))
	for class, c := range map[string]color.NRGBA{"dusk": {120, 60, 90, 255}, "grass": {60, 140, 50, 255}, "sand": {180, 160, 90, 255}, "sea": {40, 90, 160, 255}} {
		for i := range n {
			m := image.NewNRGBA(image.Rect(0, 0, 12, 8))
			for j := 0; j < len(m.Pix); j += 4 {
				for k, v := range []uint8{c.R, c.G, c.B} {
					m.Pix[j+k] = v + uint8(r.IntN(60)) - 30
				}
				m.Pix[j+3] = 255
			}
			var b bytes.Buffer
			if err := png.Encode(&b, m); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, class, strconv.Itoa(i)+".png"), b.Bytes())
		}
	}
	s, err := dataset.ImageFolder(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	return dir, s
}

func TestFineTune(t *testing.T) {
	_, set := colourPictures(t, 12, 1)
	_, valid := colourPictures(t, 5, 2)
	for _, c := range []struct {
		why, model, output string
		opts               []TuneOption
		rate               float64 // 0: the default
	}{
		{"features before a dense layer", "mean_rgb", logits, nil, 0},
		{"named by the card as an output", "softmax_features", `"name": "probabilities", "scores": "probabilities", "features": "features"`, nil, 0},
		{"named by an option", "softmax_features", `"name": "probabilities", "scores": "probabilities"`, []TuneOption{FeatureTensor("features")}, 0},
		{"Keras", "keras_dense", logits, nil, 0},
		{"a batch of one", "fixed_batch", logits, nil, 0},
		{"bytes of any size", "mean_uint8", logits, []TuneOption{FeatureTensor("logits")}, 0},
		{"TensorFlow 1", "tf1_resource", logits, nil, 0},
		{"a hidden layer, dropout, AdamW, averages", "mean_rgb", logits, []TuneOption{Hidden(16), Dropout(0.1), AdamW(), Average(0.9), Rate(0.02), Smoothing(0.05)}, 0.02},
		{"validation says nothing", "mean_rgb", logits, []TuneOption{WeightDecay(0)}, 0},
	} {
		t.Run(c.why, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "model")
			data := Data{set, valid}
			if c.why == "validation says nothing" {
				data.Valid = nil
			}
			var epochs, prepared int
			peaks := map[float64]bool{}
			opts := append([]TuneOption{Out(out), Epochs(20), Batch(16), OnProgress(func(p Progress) {
				if p.Step == 0 {
					prepared = p.Prepared
				}
				peaks[p.Peak] = true
				if p.Done != nil {
					epochs++
				}
			})}, c.opts...)
			res, err := FineTune(t.Context(), tiny(t, c.model, c.output), data, opts...)
			if err != nil {
				t.Fatal(err)
			}
			tested, total := 20, 68
			if data.Valid == nil {
				tested, total = 0, 48
			}
			if epochs != 20 || prepared != total || len(res.History) != 20 || res.Best.Number != 20 || res.Best.Tested != tested || res.Best.Accuracy < 0.95 {
				t.Fatalf("%d epochs, %d pictures, %+v", epochs, prepared, res)
			}
			if len(peaks) != 1 || !peaks[res.Rate] || res.Rate != cmp.Or(c.rate, 0.05) {
				t.Errorf("the rate is %g, that of progress %v; want %g", res.Rate, peaks, cmp.Or(c.rate, 0.05))
			}
			opened(t, out, valid, res)
		})
	}
}

// opened checks that recognize opens a model and has as many right as training said.
func opened(t *testing.T, out string, set *dataset.Set, res *Result) {
	t.Helper()
	m, err := recognize.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if !m.Info().Frozen || !slices.Equal(m.Names(), set.Classes) {
		t.Errorf("%q, frozen: %v, %s", m.Names(), m.Info().Frozen, m.Info().Why)
	}
	hits := 0
	for ex, err := range set.All() {
		if err != nil {
			t.Fatal(err)
		}
		labels, err := m.Classify(t.Context(), ex.Image)
		if err != nil {
			t.Fatal(err)
		}
		if labels[0].Name == set.Classes[ex.Class] {
			hits++
		}
	}
	if got := float64(hits) / float64(set.Len()); res.Best.Tested > 0 && got != res.Best.ValidAccuracy || got < 0.95 {
		t.Errorf("recognize has %g right, training said %+v", got, res.Best)
	}
	if v, err := m.Embed(t.Context(), image.NewGray(image.Rect(0, 0, 8, 8))); err != nil || len(v) == 0 {
		t.Errorf("its features: %v, %v", v, err)
	}
	var card struct {
		Licence  string
		Accuracy []struct{ Value float64 }
	}
	text, err := os.ReadFile(filepath.Join(out, "card.json"))
	if err != nil || json.Unmarshal(text, &card) != nil || (len(card.Accuracy) == 1) != (res.Best.Tested > 0) {
		t.Errorf("the card: %s, %v", text, err)
	}
}

// An embedded model, of another task, with features of its own.
func TestFineTuneFromScenes(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: the model takes a second")
	}
	_, set := colourPictures(t, 4, 1)
	res, err := FineTune(t.Context(), FromFS(scenes.FS(), "."), Data{Train: set}, Out(t.TempDir()), Layers(0), Epochs(2))
	if err != nil || len(res.History) != 2 {
		t.Errorf("%+v, %v", res, err)
	}
}

func TestFineTuneRefusals(t *testing.T) {
	_, set := colourPictures(t, 3, 1)
	good := Data{Train: set}
	base := tiny(t, "mean_rgb", logits)
	more, err := set.As(append(slices.Clone(set.Classes), "nothing"))
	if err != nil {
		t.Fatal(err)
	}
	started := t.TempDir()
	if _, err := FineTune(t.Context(), base, good, Out(started), Epochs(1)); err != nil {
		t.Fatal(err)
	}
	fitted := t.TempDir()
	if _, err := Fit(t.Context(), net(t, "lenet5"), good, Out(fitted), Epochs(1)); err != nil {
		t.Fatal(err)
	}
	detector := filepath.Join(t.TempDir(), "card.json")
	write(t, detector, []byte(`{"task": "detect"}`))
	out := func() TuneOption { return Out(t.TempDir()) }
	for why, c := range map[string]struct {
		base Base
		data Data
		opts []TuneOption
		want string
	}{
		"no model":               {Base{}, good, []TuneOption{out()}, "train.From"},
		"no such folder":         {From("nowhere"), good, []TuneOption{out()}, "nowhere"},
		"no card":                {From(filepath.Join(tinyModels, "mean_rgb")), good, []TuneOption{out()}, "card"},
		"a detector":             {From(filepath.Join(tinyModels, "detect_bright"), vision.Card(detector)), good, []TuneOption{out()}, "recognize or scene"},
		"no head":                {tiny(t, "mean_rgb", `"scores": "logits", "features": "nothing:0"`), good, []TuneOption{out()}, `"nothing:0"`},
		"nothing before scores":  {tiny(t, "mean_uint8", logits), good, []TuneOption{out()}, "no features that a head could be put on"},
		"unknown tensor":         {base, good, []TuneOption{out(), FeatureTensor("nowhere:0")}, `"nowhere:0"`},
		"no data":                {base, Data{}, []TuneOption{out()}, "training part"},
		"no folder":              {base, good, nil, "train.Out"},
		"an empty class":         {base, Data{Train: more}, []TuneOption{out()}, `"nothing", has no picture`},
		"one class":              {base, Data{Train: folders(t, map[string]int{"a/1.png": 0})}, []TuneOption{out()}, "at least 2 classes"},
		"other classes tested":   {base, Data{set, folders(t, map[string]int{"z/1.png": 0})}, []TuneOption{out()}, `"z"`},
		"pictures all alike":     {base, Data{Train: alike(t)}, []TuneOption{out()}, "features differ"},
		"a model is there":       {base, good, []TuneOption{Out(started)}, "holds a model or a run already"},
		"a run of Fit":           {base, good, []TuneOption{Out(fitted), Resume()}, "holds a model or a run already"},
		"resumed, other model":   {tiny(t, "keras_dense", logits), good, []TuneOption{Out(started), Resume()}, "another model"},
		"resumed, other files":   {base, Data{Train: folders(t, map[string]int{"a/1.png": 0, "b/1.png": 1})}, []TuneOption{Out(started), Resume()}, "have changed"},
		"pictures changed":       {base, good, []TuneOption{out(), PadCrop(2)}, "change pictures"},
		"weights as float16":     {base, good, []TuneOption{out(), Float16()}, "FineTune takes no Float16"},
		"a temperature":          {base, good, []TuneOption{out(), Calibrate()}, "FineTune takes no Calibrate"},
		"bfloat16 of the head":   {base, good, []TuneOption{out(), BF16()}, "give vision.BFloat16 to train.From"},
		"weights of both ways":   {base, good, []TuneOption{out(), Balanced(), ClassWeights(map[string]float64{"sea": 2})}, "class weights or balanced ones, got both"},
		"a class not there":      {base, good, []TuneOption{out(), ClassWeights(map[string]float64{"see": 2})}, `got "see"`},
		"dropout of everything":  {base, good, []TuneOption{out(), Dropout(1)}, "dropout"},
		"squashing of any size":  {tiny(t, "mean_uint8", logits), good, []TuneOption{out(), Squash()}, "one size"},
		"memory":                 {base, good, []TuneOption{out(), Memory(1 << 20)}, "no Memory"},
		"checkpoints":            {base, good, []TuneOption{out(), CheckpointEvery(2)}, "no CheckpointEvery"},
		"layers fewer than none": {base, good, []TuneOption{out(), Layers(-1)}, "at least 0"},
	} {
		if _, err := FineTune(t.Context(), c.base, c.data, c.opts...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", why, err, c.want)
		}
	}
	for _, o := range []any{Layers(1), FeatureTensor("x:0"), Hidden(3), Dropout(0.1), Squash()} {
		if _, of := o.(Option); of {
			t.Errorf("%T: Fit and FindRate would take it, whose nets have heads of their own", o)
		}
	}
	var class *dataset.ClassError
	if _, err := FineTune(t.Context(), base, Data{set, folders(t, map[string]int{"z/1.png": 0})}, out()); !errors.As(err, &class) || class.Class != "z" {
		t.Errorf("a class that validation alone has: %v, want a *ClassError", err)
	}
	var diverged *DivergedError
	if _, err := FineTune(t.Context(), base, good, out(), Rate(1000), WeightDecay(100), Epochs(200)); !errors.As(err, &diverged) {
		t.Errorf("a rate far too high: %v", err)
	}
}

// alike are pictures that are all the same.
func alike(t *testing.T) *dataset.Set {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"a/1.png", "a/2.png", "b/1.png"} {
		write(t, filepath.Join(dir, name), pngOf(t, 8, 8))
	}
	s, err := dataset.ImageFolder(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFineTuneBrokenPictures(t *testing.T) {
	dir, _ := colourPictures(t, 3, 1)
	write(t, filepath.Join(dir, "sea/9.png"), pngOf(t, 28, 28)[:60])
	set, err := dataset.ImageFolder(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	base := tiny(t, "mean_rgb", logits)
	_, err = FineTune(t.Context(), base, Data{Train: set}, Out(out))
	var fe *dataset.FileError
	if !errors.As(err, &fe) || !strings.Contains(err.Error(), "sea/9.png") {
		t.Errorf("got %v", err)
	}
	for range 2 { // what was left out is tried again
		res, err := FineTune(t.Context(), base, Data{Train: set}, Out(out), SkipBroken(), Resume(), Epochs(2))
		if err != nil || len(res.Skipped) != 1 || !strings.Contains(res.Skipped[0].Error(), "sea/9.png") {
			t.Errorf("skipped: %+v, %v", res, err)
		}
	}
}

// Stopped anywhere, FineTune comes to the weights of a run that was never stopped, and looks at no picture twice.
func TestFineTuneResume(t *testing.T) {
	_, set := colourPictures(t, 12, 1)
	_, valid := colourPictures(t, 5, 2)
	data, base := Data{set, valid}, tiny(t, "mean_rgb", logits)
	whole := t.TempDir()
	want, err := FineTune(t.Context(), base, data, Out(whole), Epochs(4), Batch(16))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		why            string
		prepared, step int
		torn           int64
	}{
		{"amid the training pictures", 20, 0, 0},
		{"amid the training pictures, the last record torn by a crash", 20, 0, 5},
		{"amid those of validation", 55, 0, 0},
		{"amid the steps", 0, 7, 0},
	} {
		out := t.TempDir()
		ctx, cancel := context.WithCancel(t.Context())
		stop := OnProgress(func(p Progress) {
			if p.Step == 0 && p.Prepared == c.prepared || p.Step > 0 && p.Step == c.step {
				cancel()
			}
		})
		_, err := FineTune(ctx, base, data, Out(out), Epochs(4), Batch(16), stop)
		cancel()
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("%s: %v", c.why, err)
		}
		name := filepath.Join(out, checkpoints, featureFile("train"))
		if st, err := os.Stat(name); err != nil || c.torn > 0 && os.Truncate(name, st.Size()-c.torn) != nil {
			t.Fatal(err)
		}
		res, err := FineTune(t.Context(), base, data, Out(out), Epochs(4), Batch(16), Resume())
		if err != nil {
			t.Fatalf("%s: resumed: %v", c.why, err)
		}
		for i, e := range res.History {
			w := want.History[i]
			if e.Seconds, w.Seconds = 0, 0; e != w {
				t.Errorf("%s: %+v, want %+v", c.why, e, w)
			}
		}
		a, errA := os.ReadFile(filepath.Join(whole, modelFile))
		b, errB := os.ReadFile(filepath.Join(out, modelFile))
		if errA != nil || errB != nil || !bytes.Equal(a, b) {
			t.Errorf("%s: the model differs from that of the uninterrupted run (%v, %v)", c.why, errA, errB)
		}
	}
	// Another head on the same features.
	if res, err := FineTune(t.Context(), base, data, Out(whole), Epochs(2), Hidden(4), Resume()); err != nil || len(res.History) != 2 {
		t.Errorf("another head: %+v, %v", res, err)
	}
}
