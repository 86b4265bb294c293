package ocr_test

import (
	"context"
	"image"
	"image/draw"
	"strings"
	"testing"

	"github.com/gosight/vision"
	"github.com/gosight/vision/dataset"
	"github.com/gosight/vision/internal/metric"
	"github.com/gosight/vision/internal/sharedtest"
	"github.com/gosight/vision/ocr"
)

// ppocr opens the trained models.
func ppocr(t *testing.T) *ocr.Model {
	t.Helper()
	m, err := ocr.Open(sharedtest.Path(t, "models", "ppocr_det"), sharedtest.Path(t, "models", "ppocr_rec"), vision.Card("../testdata/cards"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	return m
}

// The whole sets are measured by reference/ocr/evaluate.py; this holds a part of each to what the plain
// Python pipeline and Tesseract reach on all of it.
func TestWordsOfReceipts(t *testing.T) {
	m := ppocr(t)
	set, err := dataset.Receipts(sharedtest.Path(t, "data", "ocr", "receipts"))
	if err != nil {
		t.Fatal(err)
	}
	var sum metric.FoundCount
	n := 0
	for ex, err := range set.All() {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n%4 != 0 {
			continue
		}
		sum.Add(metric.MatchWords(ex.Text, read(t, m, ex.Image).Text(), metric.LettersDigit))
	}
	// Python: 0.829 and 0.930 on all 16. Tesseract: 0.81 and 0.755.
	if sum.Recall() < 0.829 || sum.Precision() < 0.92 {
		t.Errorf("recall %.3f, precision %.3f of %d words", sum.Recall(), sum.Precision(), sum.Truth)
	}
}

func TestWordsAlone(t *testing.T) {
	m := ppocr(t)
	set, err := dataset.Words(sharedtest.Path(t, "data", "ocr", "words"))
	if err != nil {
		t.Fatal(err)
	}
	var imgs []image.Image
	var want []string
	for ex, err := range set.All() {
		if err != nil {
			t.Fatal(err)
		}
		if imgs, want = append(imgs, ex.Image), append(want, ex.Text); len(imgs) == 200 {
			break
		}
	}
	lines, err := m.ReadLineAll(context.Background(), imgs)
	if err != nil {
		t.Fatal(err)
	}
	var count metric.WordCount
	for i, l := range lines {
		count.Add(want[i], l.Text)
	}
	// Python: 0.93 to 0.955 by its padding. Tesseract: 0.875.
	if _, _, right := count.Accuracy(); right < 0.955 {
		t.Errorf("%.3f of 200 words", right)
	}
}

// A page reads alike however it lies.
func TestTurnedScans(t *testing.T) {
	m := ppocr(t)
	set, err := dataset.Pages(sharedtest.Path(t, "data", "ocr", "pages"))
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for ex, err := range set.All() {
		if !strings.HasPrefix(ex.Name, "phototest") {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		seen++
		p := read(t, m, ex.Image)
		if c := metric.MatchWords(ex.Text, p.Text(), metric.LettersDigit); c.Recall() < 0.9 || c.Precision() < 0.9 {
			t.Errorf("%s: recall %.3f, precision %.3f: %q", ex.Name, c.Recall(), c.Precision(), p.Text())
		}
		if e := metric.CER(strings.ToLower(ex.Text), strings.ToLower(p.Text())); e.Rate() > 0.1 {
			t.Errorf("%s: CER %.3f: the lines are not in order: %q", ex.Name, e.Rate(), p.Text())
		}
	}
	if seen != 3 {
		t.Errorf("%d turned pages, want 3", seen)
	}
}

// A receipt of 20,000 pixels reads like the receipts it is made of.
func TestLongReceipt(t *testing.T) {
	m := ppocr(t)
	one, err := vision.ReadFile(sharedtest.Path(t, "data", "ocr", "receipts", "576.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Fields(read(t, m, one).Text())
	const copies = 14
	b := one.Bounds()
	long := image.NewRGBA(image.Rect(0, 0, b.Dx(), copies*b.Dy()))
	for i := range copies {
		draw.Draw(long, image.Rect(0, i*b.Dy(), b.Dx(), (i+1)*b.Dy()), one, b.Min, draw.Src)
	}
	got := read(t, m, long)
	c := metric.MatchWords(strings.Repeat(strings.Join(want, " ")+"\n", copies), got.Text(), metric.LettersDigit)
	if c.Recall() < 0.9 || c.Precision() < 0.9 {
		t.Errorf("%d pixels tall: recall %.3f, precision %.3f of what one receipt reads %d times", long.Bounds().Dy(), c.Recall(), c.Precision(), copies)
	}
}
