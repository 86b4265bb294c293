package engine

import (
	"context"
	"errors"
	"image"
	"image/color"
	"math"
	"os"
	"sync"
	"testing"

	"github.com/gosight/vision/internal/decode"
	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/option"
)

// ofColour is a picture of one colour.
func ofColour(c color.Color) image.Image {
	m := image.NewRGBA(image.Rect(0, 0, 4, 4))
	for i := range 16 {
		m.Set(i%4, i/4, c)
	}
	return m
}

// Pictures that come together get what each would get alone, more of them than a batch holds, too.
func TestRunAllEqualsSingles(t *testing.T) {
	e := openTiny(t, "mean_rgb", "squash", "logits", func(o *option.Options) error { o.MaxBatch = 4; return nil })
	var imgs []image.Image
	for i := range 21 { // two parts of what is in flight, and more
		imgs = append(imgs, ofColour(color.RGBA{uint8(i), uint8(2 * i), uint8(10 * i), 255}))
	}
	all, err := e.RunAll(context.Background(), imgs, "logits")
	if err != nil || len(all) != len(imgs) {
		t.Fatal(len(all), err)
	}
	for i, img := range imgs {
		one, _, err := e.Run(context.Background(), img, "logits")
		if err != nil {
			t.Fatal(err)
		}
		a, errA := all[i][0].Floats()
		b, errB := one[0].Floats()
		if errA != nil || errB != nil || len(a) != 3 {
			t.Fatal(a, b, errA, errB)
		}
		for c := range a {
			if math.Abs(float64(a[c]-b[c])) > 1e-6 {
				t.Errorf("picture %d: %v, alone %v", i, a, b)
			}
		}
	}
	var fe *fault.FormatError
	if _, err := e.RunAll(context.Background(), []image.Image{imgs[0], image.NewRGBA(image.Rectangle{})}, "logits"); !errors.As(err, &fe) {
		t.Errorf("one without pixels: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := e.RunAll(ctx, imgs, "logits"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if none, err := e.RunAll(context.Background(), nil, "logits"); err != nil || len(none) != 0 {
		t.Errorf("nothing: %v, %v", none, err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := e.RunAll(context.Background(), imgs, "logits"); !errors.Is(err, fault.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}

func TestNeedsAll(t *testing.T) {
	data, err := os.ReadFile("../../testdata/images/cat.jpg")
	if err != nil {
		t.Fatal(err)
	}
	jpeg, err := decode.New(data, decode.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	data, err = os.ReadFile("../../testdata/images/text.png")
	if err != nil {
		t.Fatal(err)
	}
	png, err := decode.New(data, decode.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	small := openTiny(t, "mean_rgb", "squash", "logits")
	exact := openTiny(t, "mean_rgb", "squash", "logits", func(o *option.Options) error { o.Exact = true; return nil })
	for _, c := range []struct {
		why  string
		e    *Engine
		img  image.Image
		want bool
	}{
		{"a JPEG that is decoded small", small, jpeg, false},
		{"the same, exact", exact, jpeg, true},
		{"a PNG, which has no small form", small, png, true},
		{"pixels, which are copied whole", small, ofColour(color.White), true},
		{"nothing", small, (*decode.Photo)(nil), true},
	} {
		if got := c.e.NeedsAll(c.img); got != c.want {
			t.Errorf("%s: %v", c.why, got)
		}
	}
}

// Close waits for what runs, frees once, and refuses what comes later.
func TestCalls(t *testing.T) {
	var c Calls
	if err := c.Begin(); err != nil {
		t.Fatal(err)
	}
	freed, failed := 0, errors.New("could not free")
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			err := c.Close(func() error { freed++; return failed })
			if !errors.Is(err, failed) {
				t.Errorf("Close: %v", err)
			}
		})
	}
	for c.Begin() == nil { // until one of them has closed it
		c.End()
	}
	if freed != 0 {
		t.Error("freed while a call runs")
	}
	c.End()
	wait.Wait()
	if freed != 1 || !errors.Is(c.Begin(), fault.ErrClosed) {
		t.Errorf("freed %d times", freed)
	}
}
