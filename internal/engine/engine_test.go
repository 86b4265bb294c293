package engine

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gosight/vision/internal/decode"
	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/geom"
	"github.com/gosight/vision/internal/leaktest"
	"github.com/gosight/vision/internal/option"
	"github.com/gosight/vision/internal/session"
)

const tiny = "../../testdata/models"

// colours is a card for the tiny models that see a picture of 4 x 4 pixels.
const colours = `{"task": "recognize",
	"input": {"channels": "RGB", "range": [0, 1], "resize": {"mode": "MODE", "resampler": "pillow-box", "pad": [0]}},
	"output": {"scores": "logits", "name": "OUTPUT", "label_names": ["red", "green", "blue"]}}`

// The tests see the CPU as two devices. At the end nothing native may be left.
func TestMain(m *testing.M) {
	if _, err := session.Devices(option.Process{VirtualCPUs: 2}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(leaktest.Run(m))
}

// itself is what Open makes of an engine here: nothing more.
func itself(e *Engine) (*Engine, error) { return e, nil }

func openTiny(t testing.TB, model, mode, output string, opts ...option.Option) *Engine {
	t.Helper()
	text := strings.NewReplacer("MODE", mode, "OUTPUT", output).Replace(colours)
	if mode != "letterbox" {
		text = strings.Replace(text, `, "pad": [0]`, "", 1)
	}
	path := filepath.Join(t.TempDir(), "card.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	withCard := func(o *option.Options) error { o.Card = path; return nil }
	e, err := Open(Dir(filepath.Join(tiny, model)), []string{"recognize"}, itself, append([]option.Option{withCard}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

func uniform(w, h int, c color.NRGBA) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		m.SetNRGBA(i%w, i/w, c)
	}
	return m
}

// The map takes the corners of the network's input to where they lie in the picture.
func TestRunTellsWhereTheInputLies(t *testing.T) {
	img := uniform(40, 20, color.NRGBA{255, 255, 255, 255})
	for _, c := range []struct {
		mode     string
		from, to geom.Point // of the corners (0, 0) and (4, 4) of the input
		mean     float32    // of the input: letterbox pads a half with black
	}{
		{"squash", geom.Point{X: 0, Y: 0}, geom.Point{X: 40, Y: 20}, 1},
		{"letterbox", geom.Point{X: 0, Y: -10}, geom.Point{X: 40, Y: 30}, .5},
	} {
		e := openTiny(t, "mean_rgb", c.mode, "logits")
		outs, to, err := e.Run(context.Background(), img, "logits")
		if err != nil {
			t.Fatal(err)
		}
		if a, b := to.Apply(geom.Point{}), to.Apply(geom.Point{X: 4, Y: 4}); a != c.from || b != c.to {
			t.Errorf("%s: the input lies between %v and %v, want %v and %v", c.mode, a, b, c.from, c.to)
		}
		if got, want := fmt.Sprint(outs[0].Data), fmt.Sprint([]float32{c.mean, c.mean, c.mean}); got != want {
			t.Errorf("%s: %s, want %s", c.mode, got, want)
		}
	}
}

func TestRunFetchesSeveralInTheOrderAsked(t *testing.T) {
	e := openTiny(t, "softmax_features", "squash", "probabilities")
	img := uniform(4, 4, color.NRGBA{255, 0, 0, 255})
	for _, fetch := range [][]string{{"features", "probabilities"}, {"probabilities", "features"}, {"features"}, {"features", "features"}} {
		outs, _, err := e.Run(context.Background(), img, fetch...)
		if err != nil || len(outs) != len(fetch) {
			t.Fatalf("%v: %d outputs, %v", fetch, len(outs), err)
		}
		for i, key := range fetch {
			want := map[string]int64{"features": 3, "probabilities": 2}[key]
			if !slices.Equal(outs[i].Shape, []int64{want}) {
				t.Errorf("%v: %s has shape %v, want [%d] without a batch", fetch, key, outs[i].Shape, want)
			}
		}
	}
}

// Outputs are the caller's: what one does to them another never sees, though both came
// from one run.
func TestOutputsAreTheCallers(t *testing.T) {
	e := openTiny(t, "mean_rgb", "squash", "logits")
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			v := uint8(4 * i)
			outs, _, err := e.Run(context.Background(), uniform(4, 4, color.NRGBA{v, v, v, 255}), "logits")
			if err != nil {
				t.Error(err)
				return
			}
			row, err := outs[0].Floats()
			if err != nil || len(row) != 3 || math.Abs(float64(row[0])-float64(v)/255) > 1e-6 || row[2] != row[0] {
				t.Errorf("picture %d: %v, %v", i, row, err)
			}
			row = append(row, -1) // must not reach the neighbour's
			for j := range row {
				row[j] = -1
			}
		})
	}
	wg.Wait()
}

func TestAsManyInFlightAsKeepEveryReplicaBusy(t *testing.T) {
	batch := func(o *option.Options) error { o.MaxBatch = 50; return nil }
	two := func(o *option.Options) error { o.Devices = []string{"cpu:0", "cpu:1"}; return nil }
	if got := openTiny(t, "mean_rgb", "squash", "logits", batch).InFlight(); got != 100 {
		t.Errorf("one replica: %d, want two batches of 50", got)
	}
	if got := openTiny(t, "mean_rgb", "squash", "logits", batch, two).InFlight(); got != 200 {
		t.Errorf("two replicas: %d, want two batches of 50 for each", got)
	}
}

func TestOtherTasksAreRefused(t *testing.T) {
	_, err := Open(FS(os.DirFS(tiny), "mean_rgb"), []string{"detect", "scene"}, itself, func(o *option.Options) error { o.Preset = "keras-tf"; return nil })
	var me *fault.ModelError
	if !errors.As(err, &me) || me.Want != "task detect or scene" || me.Got != "recognize" {
		t.Errorf("%v", err)
	}
}

// A cancelled call leaves its decoding behind; Close waits for that too, and then nothing
// native is left.
func TestCloseWaitsForDecodingLeftBehind(t *testing.T) {
	data, err := os.ReadFile("../../testdata/images/astronaut.jpg")
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		e := openTiny(t, "mean_rgb", "squash", "logits")
		var wg sync.WaitGroup
		for range 8 {
			p, err := decode.New(data, decode.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(context.Background())
			wg.Go(func() {
				if _, _, err := e.Run(ctx, p, "logits"); err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, fault.ErrClosed) {
					t.Error(err)
				}
			})
			wg.Go(cancel)
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
		if models, tensors := session.Live(); models != 0 || tensors != 0 {
			t.Fatalf("%d models and %d tensors are live after Close", models, tensors)
		}
		wg.Wait()
		if !e.Closed() {
			t.Error("Closed says no")
		}
	}
}

// TestUpright holds the pixels that tasks cut pieces out of to those of the picture.
func TestUpright(t *testing.T) {
	e := openTiny(t, "mean_rgb", "squash", "logits")
	sub := image.NewRGBA(image.Rect(-2, 3, 1, 5)) // its bounds begin elsewhere
	sub.SetRGBA(-2, 3, color.RGBA{9, 8, 7, 255})
	m, err := e.Upright(t.Context(), sub)
	if err != nil {
		t.Fatal(err)
	}
	if m.W != 3 || m.H != 2 || m.Pix[0] != 9 || m.Pix[1] != 8 || m.Pix[2] != 7 {
		t.Errorf("got %d x %d pixels that begin with %v", m.W, m.H, m.Pix[:3])
	}
	again, err := e.Upright(t.Context(), m)
	if err != nil || again != m {
		t.Errorf("a raster is taken as it is: got %p for %p, %v", again, m, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := e.Upright(ctx, sub); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
	var format *fault.FormatError
	if _, err := e.Upright(t.Context(), nil); !errors.As(err, &format) {
		t.Errorf("no picture: got %v", err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Upright(t.Context(), sub); !errors.Is(err, fault.ErrClosed) {
		t.Errorf("closed: got %v", err)
	}
}
