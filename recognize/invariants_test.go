package recognize_test

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/gosight/vision"
	"github.com/gosight/vision/recognize"
)

// kinds are models of every kind of way in, with the largest difference that is rounding:
// TensorFlow may add up in another order in another batch.
var kinds = []struct {
	name string
	open func(testing.TB) *recognize.Model
}{
	{"free batch", func(t testing.TB) *recognize.Model { return open(t, "mean_rgb", "mean_rgb") }},
	{"free batch, at most 3", func(t testing.TB) *recognize.Model { return open(t, "mean_rgb", "mean_rgb", vision.Batch(3, 0)) }},
	{"fixed batch of 1", func(t testing.TB) *recognize.Model { return open(t, "fixed_batch", "mean_rgb") }},
	{"fixed batch of 4", func(t testing.TB) *recognize.Model { return fixed4().open(t, colours) }},
	{"no batch", func(t testing.TB) *recognize.Model { return unbatched().open(t, colours) }},
	{"grey NCHW", func(t testing.TB) *recognize.Model { return open(t, "mean_grey_nchw", "mean_grey_nchw") }},
	{"bytes of any size", func(t testing.TB) *recognize.Model { return open(t, "mean_uint8", "mean_uint8") }},
	{"files", func(t testing.TB) *recognize.Model { return open(t, "jpeg_mean", "jpeg_mean") }},
	{"as it was saved", func(t testing.TB) *recognize.Model { return open(t, "tf1_partitioned", "tags") }},
	{"four replicas", func(t testing.TB) *recognize.Model {
		return open(t, "mean_rgb", "mean_rgb", vision.OnDevices("cpu:0", "cpu:1", "cpu:2", "cpu:3"))
	}},
}

const rounding = 1e-6

// different are pictures of different content and size.
func different(n int) []image.Image {
	out := make([]image.Image, n)
	for i := range out {
		out[i] = pattern(3+i%7, 5+i%11, i)
	}
	return out
}

func TestBatchOfNEqualsNSingles(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			m := k.open(t)
			imgs := different(37) // not a multiple of any batch
			all, err := m.ClassifyAll(context.Background(), imgs)
			if err != nil || len(all) != len(imgs) {
				t.Fatalf("%d answers, %v", len(all), err)
			}
			for i, img := range imgs {
				if d := apart(all[i], classify(t, m, img)); d > rounding {
					t.Errorf("picture %d is apart by %g", i, d)
				}
			}
			if apart(all[0], all[1]) < 1e-4 {
				t.Error("different pictures have one answer: the test shows nothing")
			}
		})
	}
}

func TestAnyGoroutineCountGivesTheSameAnswers(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			m := k.open(t)
			imgs := different(16)
			want := make([]vision.Labels, len(imgs))
			for i, img := range imgs {
				want[i] = classify(t, m, img)
			}
			for _, n := range []int{2, 8, 32} {
				var wg sync.WaitGroup
				for g := range n {
					wg.Go(func() {
						for i := range imgs {
							i = (i + g) % len(imgs)
							ls, err := m.Classify(context.Background(), imgs[i])
							if d := apart(ls, want[i]); err != nil || d > rounding {
								t.Errorf("%d goroutines, picture %d: apart by %g, %v", n, i, d, err)
							}
						}
					})
				}
				wg.Wait()
			}
		})
	}
}

// hidden is a picture of a type that nobody knows.
type hidden struct{ image.Image }

func TestOnePictureManyTypes(t *testing.T) {
	base := pattern(23, 17, 5)
	framed := image.NewNRGBA(image.Rect(-9, -4, 40, 50))
	draw.Draw(framed, framed.Bounds(), image.NewUniform(color.NRGBA{250, 0, 250, 255}), image.Point{}, draw.Src)
	draw.Draw(framed, image.Rect(6, 11, 29, 28), base, image.Point{}, draw.Src)
	rgba := image.NewRGBA(base.Bounds())
	draw.Draw(rgba, rgba.Bounds(), base, image.Point{}, draw.Src)
	wide := image.NewNRGBA64(base.Bounds())
	draw.Draw(wide, wide.Bounds(), base, image.Point{}, draw.Src)
	clear := image.NewNRGBA(base.Bounds())
	copy(clear.Pix, base.Pix)
	for i := 3; i < len(clear.Pix); i += 8 {
		clear.Pix[i] = 40
	}
	for _, c := range []struct {
		why string
		img image.Image
	}{
		{"a part of a larger picture, bounds shifted", framed.SubImage(image.Rect(6, 11, 29, 28))},
		{"premultiplied", rgba},
		{"16 bits", wide},
		{"alpha is dropped, the colour stays", clear},
		{"a type of the caller's own", hidden{base}},
	} {
		for _, k := range kinds {
			m := k.open(t)
			if d := apart(classify(t, m, c.img), classify(t, m, base)); d != 0 {
				t.Errorf("%s, %s: apart by %g", k.name, c.why, d)
			}
		}
	}
}

func TestPhotoEqualsItsPixels(t *testing.T) {
	for _, k := range kinds {
		m := k.open(t)
		// Lossless: the Photo and what package image decodes are the same pixels.
		for _, name := range []string{"orient/1.png", "kinds/interlaced.png", "kinds/palette8.png", "kinds/rgb16.png", "kinds/still.gif", "kinds/24.bmp"} {
			p := photo(t, name)
			if d := apart(classify(t, m, p), classify(t, m, hidden{p})); d > rounding {
				t.Errorf("%s, %s: Photo and its pixels are apart by %g", k.name, name, d)
			}
		}
	}
	m := open(t, "mean_rgb", "mean_rgb", vision.Exact())
	for _, name := range []string{"cat.jpg", "coffee.jpg", "camera.jpg"} {
		// libjpeg and image/jpeg differ by up to two levels of 255, their means by less than one.
		if d := apart(classify(t, m, photo(t, name)), classify(t, m, decoded(t, name))); d > 1./255 {
			t.Errorf("%s: libjpeg and image/jpeg are apart by %g", name, d)
		}
	}
}

func decoded(t testing.TB, name string) image.Image {
	t.Helper()
	f, err := os.Open(filepath.Join(images, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, _, err := image.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func TestEightOrientationsAgree(t *testing.T) {
	for _, c := range []struct {
		ext string
		opt vision.Option
		tol float64
		why string
	}{
		{"png", nil, rounding, "the same pixels"},
		{"jpg", vision.Exact(), .01, "each file was compressed by itself"},
		{"jpg", nil, .02, "and is decoded at half its size"},
	} {
		for name, m := range map[string]*recognize.Model{
			"corner": corner().open(t, colours, c.opt), "bytes of any size": open(t, "mean_uint8", "mean_uint8", c.opt), "files": open(t, "jpeg_mean", "jpeg_mean", c.opt),
		} {
			want := classify(t, m, photo(t, "orient/1."+c.ext))
			for o := 2; o <= 8; o++ {
				file := fmt.Sprintf("orient/%d.%s", o, c.ext)
				if d := apart(classify(t, m, photo(t, file)), want); d > c.tol {
					t.Errorf("%s, %s: apart by %g, want %g at most: %s", name, file, d, c.tol, c.why)
				}
			}
		}
	}
}

func TestAsStoredIsNotTurned(t *testing.T) {
	m := corner().open(t, colours)
	upright := classify(t, m, photo(t, "orient/6.png"))
	stored := classify(t, m, photo(t, "orient/6.png", vision.AsStored()))
	if apart(upright, stored) < 1e-3 {
		t.Error("turned and not turned have one answer")
	}
	if d := apart(upright, classify(t, m, photo(t, "orient/1.png"))); d > rounding {
		t.Errorf("the turned picture is apart from the upright one by %g", d)
	}
}

func TestOddShapes(t *testing.T) {
	for _, k := range kinds {
		m := k.open(t)
		for _, c := range []struct {
			why string
			img image.Image
		}{
			{"one pixel", plain(255, 51, 0).SubImage(image.Rect(3, 3, 4, 4))},
			{"one pixel in a file", photo(t, "hostile/one.png")},
			{"one pixel in a JPEG", photo(t, "hostile/one.jpg")},
			{"5000 pixels high", photo(t, "hostile/tall.png")},
			{"5000 pixels wide", pattern(5000, 1, 3)},
			{"a uniform picture, cut to a size", cut{image.NewUniform(color.White), image.Rect(0, 0, 9, 9)}},
		} {
			ls, err := m.Classify(context.Background(), c.img)
			if err != nil || len(ls) < 2 {
				t.Errorf("%s, %s: %v, %v", k.name, c.why, ls, err)
			}
		}
	}
}

// cut is a picture with other bounds.
type cut struct {
	image.Image
	r image.Rectangle
}

func (c cut) Bounds() image.Rectangle { return c.r }
