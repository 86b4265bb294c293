package train

import (
	"bytes"
	"errors"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gosight/vision/dataset"
	"github.com/gosight/vision/internal/card"
	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/option"
	"github.com/gosight/vision/internal/preprocess"
	"github.com/gosight/vision/internal/session"
)

// FineTune draws what Fit draws, and of mistakes the pictures as they are on disk.
func TestFineTuneReports(t *testing.T) {
	_, set := colourPictures(t, 12, 1)
	dir, _ := colourPictures(t, 5, 2)
	// One of grass lies in sea, behind a picture that is left out.
	write(t, filepath.Join(dir, "dusk/1.png"), pngOf(t, 28, 28)[:60])
	grass, err := os.ReadFile(filepath.Join(dir, "grass/1.png"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "sea/3.png"), grass)
	valid, err := dataset.ImageFolder(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	out, plain := t.TempDir(), t.TempDir()
	opts := []TuneOption{Epochs(6), Batch(16), SkipBroken(), Seed(3)}
	data := Data{set, valid}
	base := tiny(t, "mean_rgb", logits)
	res, err := FineTune(t.Context(), base, data, append(opts, Out(out))...)
	if err != nil || len(res.Unwritten) != 0 || len(res.Skipped) != 1 || res.Best.ValidAccuracy != 18./19 {
		t.Fatalf("%+v, %v", res, err)
	}
	logsAreOf(t, out, res.History, 1)
	pictureIn(t, out, curvesFile)
	pictureIn(t, out, confusionFile)
	table, err := os.ReadFile(filepath.Join(out, confusionTable))
	if err != nil || !strings.Contains(string(table), "sea,0,1,0,4") {
		t.Errorf("%s, %v", table, err)
	}
	f, err := os.Open(filepath.Join(out, worstFile))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sheet, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	r, g, b, _ := sheet.At(14+60, 40+40).RGBA() // in the first picture of the sheet
	if g>>8 < 110 || r>>8 > 90 || b>>8 > 80 {
		t.Errorf("the worst picture has the colour %d %d %d, want that of grass", r>>8, g>>8, b>>8)
	}

	again, err := FineTune(t.Context(), base, data, append(opts, Out(out), Resume())...)
	if err != nil || again.Best.Loss != res.Best.Loss {
		t.Errorf("%+v, %v", again, err)
	}
	if got, _ := shown(t, filepath.Join(out, logsFolder, "train")); len(got["epoch_loss"]) != 6 {
		t.Errorf("resumed, the logs have %v", got)
	}

	bare, err := FineTune(t.Context(), base, data, append(opts, Out(plain), Plain())...)
	if err != nil || bare.Best.Loss != res.Best.Loss {
		t.Errorf("%+v, %v", bare, err)
	}
	for _, name := range []string{logsFolder, curvesFile, confusionFile, confusionTable, worstFile} {
		if _, err := os.Stat(filepath.Join(plain, name)); err == nil {
			t.Errorf("Plain wrote %s", name)
		}
	}
}

func TestSurest(t *testing.T) {
	a := answers{[]int{1, 0, 2, 2, 0, 1}, []float32{0.5, 0.9, 0.7, 0.99, 0.7, 0.8}}
	got := a.surest([]int{0, 1, 1, 2, 2, 0}, 4) // the fourth is right
	if want := []int{1, 5, 2, 4}; len(got) != 4 || [4]int(got) != [4]int(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// A decoder that fails is no broken picture, with SkipBroken neither.
func TestDecoderFailuresAreNotSkipped(t *testing.T) {
	dir, _ := colourPictures(t, 2, 1)
	img, err := png.Decode(bytes.NewReader(pngOf(t, 10, 10)))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "sea/7.jpg"), b.Bytes())
	set, err := dataset.ImageFolder(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	decoder, err := session.NewJPEG(option.Process{})
	if err != nil {
		t.Fatal(err)
	}
	if err := decoder.Close(); err != nil {
		t.Fatal(err)
	}
	in := card.Input{Width: 8, Height: 8, Channels: "RGB", Range: []float64{0, 255}, Resize: card.Resize{Mode: "squash", Resampler: "pillow-bilinear"}}
	plan, err := preprocess.New(in, preprocess.Byte)
	if err != nil {
		t.Fatal(err)
	}
	l := &loader{plan: plan, jpeg: decoder, input: in, planes: 3, row: 8 * 8 * 3, memory: 1 << 20, skip: true}
	_, err = l.load(t.Context(), set, 4)
	if !errors.Is(err, fault.ErrClosed) || strings.Contains(err.Error(), "cannot be read") || !strings.Contains(err.Error(), "sea/7.jpg") {
		t.Errorf("got %v", err)
	}
}
