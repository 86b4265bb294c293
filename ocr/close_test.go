package ocr_test

import (
	"context"
	"errors"
	"image"
	"image/color"
	"runtime"
	"sync"
	"testing"

	"github.com/gosight/vision"
	"github.com/gosight/vision/ocr"
)

// A slow picture tells when it is being read, and waits. It does not embed its pixels, which have
// faster ways to be read than At.
type slow struct {
	pixels      *image.NRGBA
	once        *sync.Once
	begun, gate chan struct{}
}

func (s slow) Bounds() image.Rectangle { return s.pixels.Bounds() }

func (s slow) ColorModel() color.Model { return s.pixels.ColorModel() }

func (s slow) At(x, y int) color.Color {
	s.once.Do(func() { close(s.begun) })
	<-s.gate
	return s.pixels.At(x, y)
}

// A call that has begun when the model is closed runs on to its end through both networks.
func TestCloseWaitsBetweenSteps(t *testing.T) {
	over, cancel := context.WithCancel(context.Background())
	cancel()
	for why, ask := range map[string]func(*ocr.Model, context.Context, image.Image) (string, error){
		"Read": func(m *ocr.Model, ctx context.Context, img image.Image) (string, error) {
			p, err := m.Read(ctx, img)
			if err != nil {
				return "", err
			}
			return p.Lines[0].Text, nil
		},
		"ReadLine": func(m *ocr.Model, ctx context.Context, img image.Image) (string, error) {
			l, err := m.ReadLine(ctx, img)
			return l.Text, err
		},
	} {
		m, err := tryOpen(t, brightCard, coloursCard)
		if err != nil {
			t.Fatal(err)
		}
		img := slow{strip(16, "ab cd"), new(sync.Once), make(chan struct{}), make(chan struct{})}
		var wait sync.WaitGroup
		wait.Go(func() {
			if text, err := ask(m, context.Background(), img); err != nil || text != "ab cd" {
				t.Errorf("%s, begun before Close: %q, %v", why, text, err)
			}
		})
		<-img.begun
		wait.Go(func() {
			if err := m.Close(); err != nil {
				t.Errorf("%s: Close: %v", why, err)
			}
		})
		for { // until new calls are refused
			if _, err := ask(m, over, img); errors.Is(err, vision.ErrClosed) {
				break
			}
			runtime.Gosched()
		}
		close(img.gate)
		wait.Wait()
	}
}
