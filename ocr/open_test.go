package ocr_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gosight/vision"
	"github.com/gosight/vision/ocr"
)

func swap(s string, pairs ...string) string { return strings.NewReplacer(pairs...).Replace(s) }

func TestOpenRefuses(t *testing.T) {
	for _, c := range []struct {
		why, detector, recognizer, want string
	}{
		{"the detector's output is another", swap(brightCard, `"prob_map"`, `"boxes"`), coloursCard, "boxes"},
		{"the recogniser's output is another", brightCard, swap(coloursCard, `"prob"`, `"text"`), "text"},
		{"two recognisers", coloursCard, coloursCard, "want task ocr-detect, got ocr-recognize"},
		{"two detectors", brightCard, brightCard, "want task ocr-recognize, got ocr-detect"},
		{"a letter too many", brightCard, swap(coloursCard, `"abcd"`, `"abcde"`), "want 6 rows"},
		{"no blank", brightCard, swap(coloursCard, `"blank": "first", `, ""), "ocr.blank"},
		{"a detector that sees the middle", swap(brightCard, `{"mode": "none", "max_side": 512, "multiple": 2, "resampler": "opencv-linear"}`,
			`{"mode": "crop", "shorter": 64, "resampler": "opencv-linear"}`, `"input": {`, `"input": {"width": 64, "height": 64, `), coloursCard, "by which all of the picture is seen"},
		{"a recogniser that sees the middle", brightCard, swap(coloursCard, `{"mode": "height", "multiple": 32, "pad": [0], "resampler": "opencv-linear"}`,
			`{"mode": "crop", "shorter": 8, "resampler": "opencv-linear"}`, `"input": {`, `"input": {"width": 8, `), "by which all of a line is seen"},
		{"a threshold that is none", swap(brightCard, `"unclip": 0.1`, `"threshold": 3`), coloursCard, "ocr.threshold"},
		{"more beams than help", brightCard, swap(coloursCard, `"space": true`, `"space": true, "beam": 5000`), "ocr.beam"},
	} {
		m, err := tryOpen(t, c.detector, c.recognizer)
		if err == nil {
			_ = m.Close()
			t.Errorf("%s: it opens", c.why)
			continue
		}
		if !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.why, err, c.want)
		}
	}
	var me *vision.ModelError
	if _, err := ocr.Open(models+"/text_bright", "nowhere", vision.Card(t.TempDir())); !errors.As(err, &me) {
		t.Errorf("a model that is not there: %v", err)
	}
	if _, err := ocr.Open(models+"/text_bright", models+"/text_colours", vision.Card("a", "b", "c")); err == nil || !strings.Contains(err.Error(), "cards") {
		t.Errorf("three cards: %v", err)
	}
	if _, err := ocr.Open("", models+"/text_colours", vision.Card("", "testdata/cards/text_colours.json")); err == nil || !strings.Contains(err.Error(), "cards: want one") {
		t.Errorf("two cards for the one model that is named: %v", err)
	}
}

func TestOutputsThatAreNone(t *testing.T) {
	page := sheet(image.Rect(0, 0, 100, 60))
	put(page, 10, 10, 16, "ab")
	for _, c := range []struct {
		why, detector, recognizer, want string
	}{
		{"NaN in the map", swap(brightCard, `"prob_map"`, `"broken"`), coloursCard, "probabilities in [0, 1]"},
		{"NaN at each step", brightCard, swap(coloursCard, `"prob"`, `"nan"`), "probabilities in [0, 1]"},
		{"logits that are said to be probabilities", brightCard, swap(coloursCard, `"prob"`, `"logits"`), `say "scores": "logits"`},
	} {
		m := open(t, c.detector, c.recognizer)
		var me *vision.ModelError
		if _, err := m.Read(context.Background(), page); !errors.As(err, &me) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "text_") {
			t.Errorf("%s: %v, want %q", c.why, err, c.want)
		}
	}
}

// What the card says is done: logits, a map of half the size, beams, the least score, right to left.
func TestCardsSay(t *testing.T) {
	page := sheet(image.Rect(0, 0, 160, 60))
	at := put(page, 20, 10, 16, "ab cd")
	for _, c := range []struct {
		why, detector, recognizer, want string
	}{
		{"logits", brightCard, swap(coloursCard, `"prob"`, `"logits"`, `"probabilities"`, `"logits"`), "ab cd\n"},
		{"half the size", swap(brightCard, `"prob_map"`, `"half"`, `"unclip": 0.1`, `"unclip": 0.3`), coloursCard, "ab cd\n"},
		{"beams", brightCard, swap(coloursCard, `"space": true`, `"space": true, "beam": 8`), "ab cd\n"},
		{"from the right", brightCard, swap(coloursCard, `"abcd"`, `"אבגד"`, `"space": true`, `"space": true, "reverse": true`), "דג בא\n"},
		{"Latin stays as it is", brightCard, swap(coloursCard, `"space": true`, `"space": true, "reverse": true`), "ab cd\n"},
		{"a box threshold above all", swap(brightCard, `"unclip": 0.1`, `"box_threshold": 0.95`), coloursCard, ""},
		{"a picture of one size", swap(brightCard, `{"mode": "none", "max_side": 512, "multiple": 2, "resampler": "opencv-linear"}`,
			`{"mode": "letterbox", "pad": [0], "resampler": "opencv-linear"}`, `"input": {`, `"input": {"width": 160, "height": 160, `), coloursCard, "ab cd\n"},
	} {
		m := open(t, c.detector, c.recognizer)
		p := read(t, m, page)
		if p.Text() != c.want {
			t.Errorf("%s: %q, want %q", c.why, p.Text(), c.want)
		}
		if len(p.Lines) > 0 && !near(p.Lines[0].Quad, at, 0, 3) {
			t.Errorf("%s: at %v, want %v", c.why, p.Lines[0].Quad, at)
		}
	}
}

func TestLifecycle(t *testing.T) {
	m, err := tryOpen(t, brightCard, coloursCard)
	if err != nil {
		t.Fatal(err)
	}
	if i := m.Info(); i.Detector == nil || i.Detector.Task != "ocr-detect" || i.Recognizer.Task != "ocr-recognize" || i.Recognizer.MaxBatch < 2 {
		t.Errorf("info %+v", i)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := m.Read(ctx, strip(8, "ab")); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	page := sheet(image.Rect(0, 0, 200, 200))
	for i := range 6 {
		put(page, 10, 10+30*i, 16, "abcd")
	}
	var wait sync.WaitGroup
	var once sync.Once
	begun := make(chan struct{})
	for k := range 8 { // calls that run while it closes are answered whole, or not begun
		wait.Go(func() {
			for {
				var n int
				var err error
				if k%2 == 0 {
					var p *ocr.Page
					if p, err = m.Read(context.Background(), page); err == nil {
						n = len(p.Words())
					}
				} else {
					var l ocr.Line
					if l, err = m.ReadLine(context.Background(), strip(8, "ab cd ab cd ab cd")); err == nil {
						n = len(l.Words)
					}
				}
				if err == nil && n == 6 {
					once.Do(func() { close(begun) })
					continue
				}
				if !errors.Is(err, vision.ErrClosed) {
					t.Errorf("while closing: %d words of 6, %v", n, err)
					once.Do(func() { close(begun) })
				}
				return
			}
		})
	}
	<-begun
	for range 2 {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
	wait.Wait()
	if _, err := m.Read(context.Background(), strip(8, "ab")); !errors.Is(err, vision.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if _, err := m.ReadLine(context.Background(), strip(8, "ab")); !errors.Is(err, vision.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	lines := open(t, "", coloursCard)
	var me *vision.ModelError
	if _, err := lines.Read(context.Background(), strip(8, "ab")); !errors.As(err, &me) || !strings.Contains(err.Error(), "ReadLine") {
		t.Errorf("a page without a detector: %v", err)
	}
	i := lines.Info()
	text, err := json.Marshal(i)
	if i.Detector != nil || i.Recognizer.Task != "ocr-recognize" || err != nil || !strings.HasPrefix(string(text), `{"recognizer":{`) {
		t.Errorf("without a detector: %+v, %s, %v", i, text, err)
	}
}

func TestOpenFS(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"text_bright": brightCard, "text_colours": coloursCard} {
		if err := os.CopyFS(filepath.Join(dir, name), os.DirFS(filepath.Join(models, name))); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name, "card.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	m, err := ocr.OpenFS(os.DirFS(dir), "text_bright", "text_colours")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = m.Close() }()
	if l, err := m.ReadLine(context.Background(), strip(8, "abc")); err != nil || l.Text != "abc" {
		t.Errorf("%v, %v", l, err)
	}
}

// A photo is read upright, whichever way it is stored.
func TestEXIFOrientations(t *testing.T) {
	m := open(t, brightCard, coloursCard)
	upright := sheet(image.Rect(0, 0, 160, 80))
	put(upright, 16, 16, 32, "ab")
	want := []string{"ab"}
	// Stored pixel (x, y) of each orientation, from the upright one.
	for o := 1; o <= 8; o++ {
		w, h := 160, 80
		sw, sh := w, h
		if o >= 5 {
			sw, sh = h, w
		}
		stored := image.NewNRGBA(image.Rect(0, 0, sw, sh))
		for y := range h {
			for x := range w {
				at := [][2]int{{x, y}, {w - 1 - x, y}, {w - 1 - x, h - 1 - y}, {x, h - 1 - y}, {y, x}, {y, w - 1 - x}, {h - 1 - y, w - 1 - x}, {h - 1 - y, x}}[o-1]
				stored.Set(at[0], at[1], upright.At(x, y))
			}
		}
		p, err := vision.NewPhoto(oriented(t, stored, o))
		if err != nil {
			t.Fatal(err)
		}
		page := read(t, m, p)
		if !slices.Equal(texts(page), want) || page.Width != 160 || page.Height != 80 || !near(page.Lines[0].Quad, image.Rect(16, 16, 96, 48), 0, 3) {
			t.Errorf("orientation %d: %q at %v", o, texts(page), page.Lines)
		}
	}
}

// oriented is a JPEG with an EXIF block that says how it is stored.
func oriented(t *testing.T, img image.Image, o int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 100}); err != nil {
		t.Fatal(err)
	}
	tiff := []byte("MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00" + string(rune(o)) + "\x00\x00\x00\x00\x00\x00")
	block := append([]byte("Exif\x00\x00"), tiff...)
	n := len(block) + 2
	return slices.Concat(b.Bytes()[:2], []byte{0xff, 0xe1, byte(n >> 8), byte(n)}, block, b.Bytes()[2:])
}

func TestDraw(t *testing.T) {
	m := open(t, brightCard, coloursCard)
	page := sheet(image.Rect(-10, 5, 150, 65))
	put(page, 10, 20, 16, "ab")
	p := read(t, m, page)
	got := ocr.Draw(page, p)
	if got.Bounds() != image.Rect(-10, 5, 310, 65) {
		t.Fatalf("bounds %v, want twice the width", got.Bounds())
	}
	changed, written := 0, 0
	for y := 5; y < 65; y++ {
		for x := -10; x < 150; x++ {
			if got.At(x, y) != page.At(x, y) {
				r, g, b, _ := page.At(x, y).RGBA()
				if r2, g2, b2, _ := got.At(x, y).RGBA(); r != r2 || g != g2 || b != b2 {
					changed++
				}
			}
			if r, _, _, _ := got.At(x+160, y).RGBA(); r < 0x8000 {
				written++
			}
		}
	}
	if changed < 50 || changed > 400 || written < 10 {
		t.Errorf("%d pixels of outline, %d of letters", changed, written)
	}
	ocr.Draw(page, &ocr.Page{Lines: []ocr.Line{{Words: []ocr.Word{{Text: "far", Quad: rect(-1e6, -5, 1e3, 900)}}}}})
}
