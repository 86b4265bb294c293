package main

import (
	"encoding/json"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"strings"
	"testing"
)

// measured runs an eval command with -json and reads what it tells into v.
func measured(t *testing.T, status int, v any, args ...string) {
	t.Helper()
	out, stderr, got := here("", append([]string{"eval"}, append(args, "-json")...)...)
	if got != status || stderr != "" || strings.Count(out, "\n") != 1 {
		t.Fatalf("status %d, stderr %q, output %s", got, stderr, out)
	}
	if err := json.Unmarshal([]byte(out), v); err != nil {
		t.Fatal(err)
	}
}

// Three people by their colours, and a picture without a face, which is embedded whole.
func TestEvalFace(t *testing.T) {
	dir := t.TempDir()
	crowd(t, []spot{ada}, dir, "images", "A_0001.png")
	crowd(t, []spot{{ada.box, color.RGBA{180, 0, 0, 255}}}, dir, "images", "A_0002.png")
	crowd(t, []spot{bo}, dir, "images", "B_0001.png")
	crowd(t, []spot{bo}, dir, "images", "B_0002.png")
	crowd(t, []spot{bush}, dir, "images", "C_0001.png")
	flat(t, color.RGBA{30, 30, 30, 255}, dir, "images", "D_0001.png")
	put(t, "2\t2\nA\t1\t2\nB\t1\t2\nA\t1\tC\t1\nB\t1\tD\t1\nA\t2\t1\nB\t2\t1\nA\t2\tD\t1\nB\t2\tE\t1\n", dir, "pairs.txt")
	var r struct {
		Task            string
		Pictures, Pairs int
		LeftOut         int `json:"left_out"`
		PairsLeftOut    int `json:"pairs_left_out"`
		WithoutFace     int `json:"without_face"`
		Accuracy        float64
		Folds           []struct{ Accuracy float64 }
		Failures        []struct{ Name string }
		Protocol        string
	}
	measured(t, statusFailed, &r, append([]string{"face", "-data", dir}, spots(t)...)...)
	if r.Task != "face" || r.Pictures != 6 || r.LeftOut != 1 || r.Failures[0].Name != "E_0001" || r.Pairs != 7 || r.PairsLeftOut != 1 || r.WithoutFace != 1 {
		t.Errorf("%+v", r)
	}
	if r.Accuracy != 1 || len(r.Folds) != 2 || !strings.HasPrefix(r.Protocol, "LFW") {
		t.Errorf("%+v", r)
	}
	out, stderr, status := here("", append([]string{"eval", "face", "-data", "lfw:" + dir}, spots(t)...)...)
	if status != statusFailed || !strings.Contains(out, "without a face              1\n") || !strings.Contains(out, "accuracy                    1.0000") || !strings.HasPrefix(stderr, "vision: E_0001: ") {
		t.Errorf("status %d, stderr %q, output\n%s", status, stderr, out)
	}
}

func TestEvalOCR(t *testing.T) {
	type rates struct {
		Recall, Precision float64
		There, Found      int
	}
	var r struct {
		Pictures     int
		WithoutTruth int `json:"without_truth"`
		CER, WER     *struct{ Rate float64 }
		Words        *rates
		Regions      *rates
	}
	// Pages: "ab cd dd" against "ab cd da".
	dir := t.TempDir()
	sheet(t, 200, 80, []string{"ab cd", "dd"}, dir, "a.png")
	put(t, "ab cd\nda\n", dir, "a.txt")
	sheet(t, 200, 80, []string{"ab"}, dir, "without.png")
	measured(t, 0, &r, append([]string{"ocr", "-data", "ocr:" + dir}, reader(t)...)...)
	if r.Pictures != 1 || r.WithoutTruth != 1 || math.Abs(r.CER.Rate-1./8) > 1e-9 || math.Abs(r.WER.Rate-1./3) > 1e-9 ||
		math.Abs(r.Words.Recall-2./3) > 1e-9 || r.Words.Found != 3 || r.Regions != nil {
		t.Errorf("pages: %+v, %+v, %+v, %+v", r, r.CER, r.WER, r.Words)
	}
	// Lines with their places: the second is said to be elsewhere.
	dir = t.TempDir()
	sheet(t, 200, 80, []string{"ab cd", "dd"}, dir, "a.png")
	put(t, "10,10,98,10,98,26,10,26,ab cd\n100,40,150,40,150,56,100,56,dd\n", dir, "a.csv")
	measured(t, 0, &r, append([]string{"ocr", "-data", dir}, reader(t)...)...)
	if r.CER.Rate != 0 || r.Words.Recall != 1 || r.Regions == nil || r.Regions.Recall != .5 || r.Regions.There != 2 {
		t.Errorf("receipts: %+v, %+v, %+v", r, r.Words, r.Regions)
	}
	// Words in a photo: the same, and one that nobody can read.
	dir = t.TempDir()
	sheet(t, 200, 80, []string{"ab cd", "dd"}, dir, "a.png")
	put(t, "10,10,46,10,46,26,10,26,ab\n62,10,98,10,98,26,62,26,cd\n10,40,50,40,50,56,10,56,###\n", dir, "gt_a.txt")
	r.CER, r.Regions = nil, nil
	measured(t, 0, &r, append([]string{"ocr", "-data", dir}, reader(t)...)...)
	if r.CER != nil || r.Words.Recall != 1 || r.Words.Precision != 1 || r.Regions.Recall != 1 || r.Regions.Precision != 1 {
		t.Errorf("street: %+v, %+v, %+v", r, r.Words, r.Regions)
	}
}

// Cropped words need no detector.
func TestEvalOCRWords(t *testing.T) {
	dir := t.TempDir()
	m := image.NewRGBA(image.Rect(0, 0, 20, 8))
	draw.Draw(m, m.Bounds(), image.White, image.Point{}, draw.Src)
	draw.Draw(m, image.Rect(4, 0, 8, 4), image.NewUniform(color.RGBA{0, 0, 255, 255}), image.Point{}, draw.Src) // c
	draw.Draw(m, image.Rect(12, 0, 16, 4), image.NewUniform(color.RGBA{255, 0, 0, 255}), image.Point{}, draw.Src)
	var b strings.Builder
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	put(t, b.String(), dir, "x.png")
	put(t, "x.png\tCA\n", dir, "gt.tsv")
	models := abs(t, root+"/testdata/models")
	for _, model := range []string{models + "/text_colours", models + "/text_bright," + models + "/text_colours"} {
		var r struct {
			Pictures int
			Correct  struct{ Exact, Caseless float64 }
			CER      struct{ Rate float64 }
		}
		measured(t, 0, &r, "ocr", "-data", dir, "-model", model, "-card", abs(t, "testdata/cards"))
		if r.Pictures != 1 || r.Correct.Exact != 0 || r.Correct.Caseless != 1 || r.CER.Rate != 1 {
			t.Errorf("%s: %+v", model, r)
		}
	}
}
