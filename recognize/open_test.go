package recognize_test

import (
	"context"
	"embed"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gosight/vision"
	"github.com/gosight/vision/recognize"
)

func recognizeOpen(model, cardName string, opts ...vision.Option) (*recognize.Model, error) {
	return recognize.Open(filepath.Join(models, model), append([]vision.Option{card(cardName)}, opts...)...)
}

//go:embed testdata/cards
var cards embed.FS

// Where a card may lie, and which wins.
func TestWhereCardsLie(t *testing.T) {
	files := modelFiles(t, "mean_rgb", "mean_rgb")
	files["m/colours.txt"] = modelFiles(t, "mean_rgb", "mean_rgb")["m/card.json"]
	files["m/colours.txt"].Data = []byte("rouge\nvert\nbleu\n")
	files["other/card.json"] = files["m/card.json"]
	withFile := modelFiles(t, "mean_rgb", "labels_file")
	withFile["m/colours.txt"] = files["m/colours.txt"]

	copied := t.TempDir()
	if err := os.CopyFS(copied, os.DirFS(filepath.Join(models, "mean_rgb"))); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile("testdata/cards/bgr.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(copied, "card.json"), b, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		why   string
		open  func() (*recognize.Model, error)
		names string
		from  string
	}{
		{"beside the model, in a file system", func() (*recognize.Model, error) { return recognize.OpenFS(files, "m") }, "red green blue", "m/card.json"},
		{"beside the model, with a label file", func() (*recognize.Model, error) { return recognize.OpenFS(withFile, "m") }, "rouge vert bleu", "m/card.json"},
		{"on the machine, for a model in a file system", func() (*recognize.Model, error) { return recognize.OpenFS(files, "m", card("bgr")) }, "blue green red", "testdata/cards/bgr.json"},
		{"on the machine with a label file, for a model in a file system", func() (*recognize.Model, error) { return recognize.OpenFS(files, "m", card("labels_file")) },
			"red green blue", "testdata/cards/labels_file.json"},
		{"beside the model", func() (*recognize.Model, error) { return recognize.Open(copied) }, "blue green red", filepath.ToSlash(copied) + "/card.json"},
		{"a named card before the one beside the model", func() (*recognize.Model, error) { return recognize.Open(copied, card("mean_rgb")) }, "red green blue", "testdata/cards/mean_rgb.json"},
		{"a folder of cards", func() (*recognize.Model, error) {
			return recognize.Open(filepath.Join(models, "mean_rgb"), vision.Card("testdata/cards"))
		}, "red green blue", "testdata/cards/mean_rgb.json"},
		{"a preset alone", func() (*recognize.Model, error) {
			return recognize.Open(filepath.Join(models, "keras_dense"), vision.Preset("keras-tf"))
		}, "0 1 2", "preset keras-tf"},
		{"a card over a preset that the caller names", func() (*recognize.Model, error) {
			return recognizeOpen("mean_rgb", "mean_rgb", vision.Preset("keras-tf"))
		},
			"red green blue", "testdata/cards/mean_rgb.json over preset keras-tf"},
		{"a card over a preset that it names", func() (*recognize.Model, error) { return recognizeOpen("mean_rgb", "preset_and_more") }, "red green blue", "testdata/cards/preset_and_more.json"},
	} {
		m, err := c.open()
		if err != nil {
			t.Errorf("%s: %v", c.why, err)
			continue
		}
		if got := strings.Join(m.Names(), " "); got != c.names || m.Info().Card != c.from {
			t.Errorf("%s: names %q by %q, want %q by %q", c.why, got, m.Info().Card, c.names, c.from)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestCardOverPresetFieldByField(t *testing.T) {
	// keras-tf says -1..1; the card says squash, logits and names.
	m := open(t, "mean_rgb", "preset_and_more")
	want := ranked([]string{"red", "green", "blue"}, softmaxOf(1, -.6, -1)...)
	if got := classify(t, m, plain(255, 51, 0)); !same(got, want, 1e-5) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestOpenFSEqualsOpen(t *testing.T) {
	for _, name := range []string{"mean_rgb", "tf1_partitioned"} { // frozen, and copied to a folder to be loaded as saved
		fromFS, err := recognize.OpenFS(modelFiles(t, name, "mean_rgb"), "m")
		if err != nil {
			t.Fatal(err)
		}
		closeAtEnd(t, fromFS)
		if d := apart(classify(t, fromFS, plain(9, 99, 199)), classify(t, open(t, name, "mean_rgb"), plain(9, 99, 199))); d != 0 {
			t.Errorf("%s: apart by %g", name, d)
		}
	}
	if _, err := recognize.OpenFS(cards, "testdata/cards", card("mean_rgb")); !is[*vision.ModelError](err) {
		t.Errorf("an embedded folder without a model: %v", err)
	}
}

func TestReplicasShareTheWork(t *testing.T) {
	all := []string{"/device:CPU:0", "/device:CPU:1", "/device:CPU:2", "/device:CPU:3"}
	m := slow(2).open(t, colours, vision.OnDevices(all...), vision.Batch(1, 0))
	if got := m.Info().Devices; !slices.Equal(got, all) {
		t.Fatalf("devices %v", got)
	}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			img := plain(uint8(20*i), 100, 0)
			want := ranked([]string{"red", "green", "blue"}, softmaxOf(float64(20*i)/255, 100./255, 0)...)
			ls, err := m.Classify(context.Background(), img)
			if err != nil || !same(ls, want, 1e-5) {
				t.Errorf("picture %d: %v, %v", i, ls, err)
			}
		})
	}
	wg.Wait()
}

func TestFastAgreesWithExactOnPhotos(t *testing.T) {
	for name, open := range map[string]func(...vision.Option) *recognize.Model{
		"the mean of a photo":   func(o ...vision.Option) *recognize.Model { return open(t, "mean_rgb", "mean_rgb", o...) },
		"a corner of a photo":   func(o ...vision.Option) *recognize.Model { return corner().open(t, colours, o...) },
		"bytes of its own size": func(o ...vision.Option) *recognize.Model { return open(t, "mean_uint8", "mean_uint8", o...) },
	} {
		fast, exact := open(), open(vision.Exact())
		for _, file := range []string{"cat.jpg", "coffee.jpg", "astronaut.jpg", "rocket.jpg", "camera.jpg", "clock.jpg", "text.png"} {
			f, e := classify(t, fast, photo(t, file)), classify(t, exact, photo(t, file))
			grey := math.Abs(float64(e[0].Score-e[1].Score)) < 1e-3 // of three equal classes any may be first
			if d := apart(f, e); d > .005 || !grey && f.Best().Name != e.Best().Name {
				t.Errorf("%s, %s: fast %v, exact %v", name, file, f, e)
			}
		}
	}
}

// TestAllocations bounds what a call costs the collector. A call makes its answer (the
// labels, the output row), feeds and fetches through maps, and hands itself to a
// worker: about 60 small pieces. A copy of the pixels a call would show in the bytes.
func TestAllocations(t *testing.T) {
	m := open(t, "mean_rgb", "mean_rgb")
	img := pattern(64, 64, 3)
	ctx := context.Background()
	if n := testing.AllocsPerRun(200, func() { _, _ = m.Classify(ctx, img) }); n > 120 {
		t.Errorf("%v allocations a call, want 120 at most", n)
	} else {
		t.Logf("%v allocations a call", n)
	}
	large := pattern(640, 480, 3)
	r := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			if _, err := m.Classify(ctx, large); err != nil {
				b.Fatal(err)
			}
		}
	})
	// The copy to RGB is the one buffer of the picture's size.
	if got, most := r.AllocedBytesPerOp(), int64(640*480*3*5/4+32<<10); got > most {
		t.Errorf("%d bytes a call for 640 x 480 pixels, want %d at most", got, most)
	} else {
		t.Logf("%d bytes a call for 640 x 480 pixels", got)
	}
}
