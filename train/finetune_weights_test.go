package train

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/gosight/vision"
	"github.com/gosight/vision/dataset"
	"github.com/gosight/vision/internal/fault"
)

// Balanced weighs as if n/(k*count) had been given for each class, and a rare class then counts for more.
func TestFineTuneClassWeights(t *testing.T) {
	dir, _ := colourPictures(t, 12, 1)
	for _, name := range []string{"sea", "sand"} { // 12 of each of two classes, 2 of each of the others
		for i := 2; i < 12; i++ {
			if err := os.Remove(filepath.Join(dir, name, strconv.Itoa(i)+".png")); err != nil {
				t.Fatal(err)
			}
		}
	}
	set, err := dataset.ImageFolder(dir, "")
	if err != nil || set.Len() != 28 {
		t.Fatalf("%v, %v", set, err)
	}
	first := map[string]float64{}
	model := map[string][]byte{}
	for how, o := range map[string]Option{
		"none": nil, "balanced": Balanced(),
		"given": ClassWeights(map[string]float64{"dusk": 28. / (4 * 12), "grass": 28. / (4 * 12), "sand": 28. / (4 * 2), "sea": 28. / (4 * 2)}),
		"twice": ClassWeights(map[string]float64{"dusk": 2, "grass": 2, "sand": 2, "sea": 2}),
	} {
		out := t.TempDir()
		// One step of all pictures: its loss is that of a head of zeros, log 4 a picture.
		res, err := FineTune(t.Context(), tiny(t, "mean_rgb", logits), Data{Train: set}, Out(out), Epochs(3), Batch(28), o)
		if err != nil {
			t.Fatalf("%s: %v", how, err)
		}
		first[how] = res.History[0].Loss
		if model[how], err = os.ReadFile(filepath.Join(out, modelFile)); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(out, "card.json"))
		if err != nil || bytes.Contains(text, []byte("accuracy")) {
			t.Errorf("%s: a card without validation: %s, %v", how, text, err)
		}
	}
	const log4 = 1.3862944
	for how, want := range map[string]float64{"none": log4, "balanced": log4, "twice": 2 * log4} {
		if d := first[how] - want; d > 1e-5 || d < -1e-5 {
			t.Errorf("%s: the first loss is %g, want %g", how, first[how], want)
		}
	}
	if !bytes.Equal(model["balanced"], model["given"]) || bytes.Equal(model["balanced"], model["none"]) {
		t.Error("balanced weights are not those that were worked out, or weigh nothing")
	}
}

func TestFineTuneCardSaysWhatWasTested(t *testing.T) {
	_, set := colourPictures(t, 3, 1)
	out := t.TempDir()
	if _, err := FineTune(t.Context(), tiny(t, "mean_rgb", logits), Data{set, set}, Out(out), Epochs(1)); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(out, "card.json"))
	if err != nil || !bytes.Contains(text, []byte(`"12 pictures of validation"`)) {
		t.Errorf("%s, %v", text, err)
	}
}

// Only errors of a picture may leave it out.
func TestWhatIsOfAPicture(t *testing.T) {
	in := func(err error) error { return &dataset.FileError{File: "a.png", Err: err} }
	for _, c := range []struct {
		why  string
		err  error
		want bool
	}{
		{"broken", in(&fault.FormatError{Format: "png"}), true},
		{"of an unknown kind", in(&fault.UnsupportedError{Format: "heic"}), true},
		{"too large", in(&fault.LimitError{What: "pixels"}), true},
		{"not to be opened", in(fs.ErrPermission), true},
		{"the model's", in(&fault.ModelError{What: "run"}), false},
		{"the device's", in(&fault.DeviceError{Device: "gpu:0"}), false},
		{"the device's, unnamed", &fault.DeviceError{Device: "gpu:0"}, false},
		{"closed", fault.ErrClosed, false},
		{"of nobody knows what", errors.New("out of memory"), false},
	} {
		if got := ofPicture(c.err); got != c.want {
			t.Errorf("%s: of the picture: %v, want %v", c.why, got, c.want)
		}
	}
}

// A model that fails is no broken picture, with SkipBroken neither.
func TestModelFailuresAreNotSkipped(t *testing.T) {
	_, set := colourPictures(t, 3, 1)
	s, h, err := tuningOf([]TuneOption{Out(t.TempDir()), SkipBroken()})
	if err != nil {
		t.Fatal(err)
	}
	s.Classes = set.Classes
	if err := os.MkdirAll(filepath.Join(s.out, checkpoints), 0o755); err != nil {
		t.Fatal(err)
	}
	k, err := openTrunk(t.Context(), tiny(t, "mean_rgb", logits), h, s.out)
	if err != nil {
		t.Fatal(err)
	}
	k.close()
	_, err = k.features(t.Context(), set, "train", &s, func() {})
	if !errors.Is(err, fault.ErrClosed) || strings.Contains(err.Error(), "cannot be read") {
		t.Errorf("got %v", err)
	}
}

// Features of another precision or another preprocessing are not gone on with.
func TestFineTuneResumedAnotherWay(t *testing.T) {
	_, set := colourPictures(t, 3, 1)
	out := t.TempDir()
	base := tiny(t, "mean_rgb", logits)
	for _, c := range []struct {
		why   string
		opt   vision.Option
		wrong bool
	}{
		{"first", nil, false},
		{"on the device that was taken anyway", vision.OnCPU(), false},
		{"bit for bit", vision.Exact(), true},
	} {
		b := base
		b.opts = append(b.opts[:len(b.opts):len(b.opts)], c.opt)
		_, err := FineTune(t.Context(), b, Data{Train: set}, Out(out), Resume(), Epochs(1))
		var u *fault.UnsupportedError
		if errors.As(err, &u) != c.wrong || err != nil && !c.wrong {
			t.Errorf("%s: got %v", c.why, err)
		}
	}
}
