package train

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gosight/vision"
	"github.com/gosight/vision/dataset"
)

// A picture that is another now, under the same name and in the same class, has no features in the file.
func TestFeaturesOfAPictureThatChanged(t *testing.T) {
	dir, set := colourPictures(t, 3, 1)
	base, out := tiny(t, "mean_rgb", logits), t.TempDir()
	if _, err := FineTune(t.Context(), base, Data{Train: set}, Out(out), Epochs(1)); err != nil {
		t.Fatal(err)
	}
	again := func() error {
		s, err := dataset.ImageFolder(dir, "")
		if err != nil {
			t.Fatal(err)
		}
		_, err = FineTune(t.Context(), base, Data{Train: s}, Out(out), Epochs(1), Resume())
		return err
	}
	t.Run("another", func(t *testing.T) {
		other, err := os.ReadFile(filepath.Join(dir, "sand", "1.png"))
		if err != nil {
			t.Fatal(err)
		}
		swap(t, filepath.Join(dir, "sand", "2.png"), func([]byte) []byte { return other })
		var changed *vision.UnsupportedError
		if err := again(); !errors.As(err, &changed) || !strings.Contains(err.Error(), "picture 9 is not that of sand/2.png: the pictures have changed") {
			t.Errorf("got %v", err)
		}
	})
	if err := again(); err != nil {
		t.Errorf("the same again: %v", err)
	}
	t.Run("an older version", func(t *testing.T) {
		swap(t, filepath.Join(out, checkpoints, featureFile("train")), func(old []byte) []byte {
			return bytes.Replace(old, []byte("features 2"), []byte("features 1"), 1)
		})
		var older *vision.UnsupportedError
		if err := again(); !errors.As(err, &older) || !strings.Contains(err.Error(), `got "vision features 1\n", which is of another version: delete the file`) {
			t.Errorf("got %v", err)
		}
	})
}

func TestPictureSum(t *testing.T) {
	grey := func(w, h int, change func(*image.Gray)) image.Image {
		m := image.NewGray(image.Rect(0, 0, w, h))
		for i := range m.Pix {
			m.Pix[i] = uint8(i)
		}
		if change != nil {
			change(m)
		}
		return m
	}
	larger := image.NewGray(image.Rect(0, 0, 9, 9))
	for i := range 40 {
		larger.SetGray(3+i%8, 2+i/8, color.Gray{uint8(i)})
	}
	want := pictureSum(grey(8, 5, nil))
	if got := pictureSum(larger.SubImage(image.Rect(3, 2, 11, 7))); got == want {
		t.Error("a sub-image that is cut off is not the whole")
	}
	whole := image.NewGray(image.Rect(0, 0, 20, 20))
	for i := range 40 {
		whole.SetGray(3+i%8, 2+i/8, color.Gray{uint8(i)})
	}
	if got := pictureSum(whole.SubImage(image.Rect(3, 2, 11, 7))); got != want {
		t.Error("a sub-image with the same pixels has another sum")
	}
	for why, m := range map[string]image.Image{
		"another pixel": grey(8, 5, func(m *image.Gray) { m.Pix[39]++ }),
		"another shape": grey(5, 8, nil),
		"none":          nil,
	} {
		if pictureSum(m) == want {
			t.Errorf("%s has the same sum", why)
		}
	}
	// Of a file it is that of its bytes, without decoding, and of its size.
	var b bytes.Buffer
	if err := png.Encode(&b, grey(8, 5, nil)); err != nil {
		t.Fatal(err)
	}
	broken := bytes.Clone(b.Bytes())
	broken[len(broken)-20]++
	p, err := vision.NewPhoto(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	q, err := vision.NewPhoto(broken)
	if err != nil {
		t.Fatal(err)
	}
	if pictureSum(p) == pictureSum(q) {
		t.Error("files that differ have the same sum")
	}
}
