package detect_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gosight/vision"
	"github.com/gosight/vision/detect"
)

// brightCard is the card of detect_bright, which takes 32 x 32 pixels and finds the box of
// those that are bright.
func brightCard(resize string) string {
	return `{"task": "detect",
		"input": {"channels": "RGB", "range": [0, 1], "resize": ` + resize + `},
		"output": {"scores": "probabilities", "label_names": ["red", "green", "blue"]},
		"detect": {"head": "rows", "columns": ["x1", "y1", "x2", "y2", "score", "class"], "units": "pixels"}}`
}

const (
	squash    = `{"mode": "squash", "resampler": "tf-nearest"}`
	letterbox = `{"mode": "letterbox", "pad": [0], "resampler": "tf-nearest"}`
	topLeft   = `{"mode": "letterbox", "pad": [0], "anchor": "top-left", "resampler": "tf-nearest"}`
	crop      = `{"mode": "crop", "shorter": 32, "resampler": "tf-nearest"}`
)

// apiCard is the card of detect_api, which takes bytes of any size.
const apiCard = `{"task": "detect", "preset": "tf2-detection-zoo", "output": {"labels": "builtin:coco-90"}}`

var (
	yellow = color.NRGBA{255, 204, 0, 255}  // mean 0.6, red is strongest
	cyan   = color.NRGBA{51, 255, 204, 255} // mean 2/3, green is strongest
)

// scene is a dark picture with one bright box.
func scene(bounds, box image.Rectangle, c color.Color) *image.NRGBA {
	m := image.NewNRGBA(bounds)
	draw.Draw(m, bounds, image.NewUniform(color.NRGBA{20, 20, 20, 255}), image.Point{}, draw.Src)
	draw.Draw(m, box, image.NewUniform(c), image.Point{}, draw.Src)
	return m
}

// only returns the one object of an answer.
func only(t testing.TB, objs detect.Objects) detect.Object {
	t.Helper()
	if len(objs) != 1 {
		t.Fatalf("want one object, got %v", objs)
	}
	return objs[0]
}

func TestBoxesComeBackInPixelsOfThePicture(t *testing.T) {
	for _, c := range []struct {
		why, resize string
		w, h        int
		box, want   image.Rectangle
	}{
		{"at the network's size", squash, 32, 32, image.Rect(3, 5, 20, 9), image.Rect(3, 5, 20, 9)},
		{"squashed, 4 x 2 to 1", squash, 128, 64, image.Rect(16, 8, 64, 32), image.Rect(16, 8, 64, 32)},
		{"enlarged", squash, 8, 16, image.Rect(2, 4, 6, 10), image.Rect(2, 4, 6, 10)},
		{"letterbox, wide: bars above and below", letterbox, 128, 64, image.Rect(16, 8, 64, 32), image.Rect(16, 8, 64, 32)},
		{"letterbox, tall: bars beside", letterbox, 64, 128, image.Rect(16, 8, 32, 64), image.Rect(16, 8, 32, 64)},
		{"letterbox at the top left", topLeft, 64, 128, image.Rect(16, 8, 32, 64), image.Rect(16, 8, 32, 64)},
		{"to the edges", letterbox, 128, 64, image.Rect(0, 0, 128, 64), image.Rect(0, 0, 128, 64)},
		{"crop: what lies outside of the square is not seen", crop, 128, 64, image.Rect(0, 8, 64, 32), image.Rect(32, 8, 64, 32)},
	} {
		t.Run(c.why, func(t *testing.T) {
			m := open(t, "detect_bright", brightCard(c.resize))
			o := only(t, find(t, m, scene(image.Rect(0, 0, c.w, c.h), c.box, yellow)))
			if o.Box != c.want || o.Name != "red" || o.Index != 0 || o.Score < 0.59 || o.Score > 0.61 {
				t.Errorf("got %v, want red 0.6 %v", o, c.want)
			}
		})
	}
}

func TestObjectDetectionAPI(t *testing.T) {
	m := open(t, "detect_api", apiCard)
	got := find(t, m, scene(image.Rect(0, 0, 100, 60), image.Rect(10, 20, 50, 40), cyan))
	want := detect.Objects{
		{Name: "stop sign", Index: 13, Score: got[0].Score, Box: image.Rect(10, 20, 50, 40)},
		{Name: "person", Index: 1, Score: 0.25, Box: image.Rect(0, 0, 100, 60)},
	}
	if !slices.Equal(got, want) || got[0].Score < 0.66 || got[0].Score > 0.67 {
		t.Errorf("got\n%v\nwant\n%v", got, want)
	}
	if n := m.Names(); len(n) != 91 || n[13] != "stop sign" || n[12] != "12" {
		t.Errorf("names %q", n)
	}
	// The network is fed at the picture's own size, a pixel too.
	one := find(t, m, scene(image.Rect(0, 0, 1, 1), image.Rect(0, 0, 1, 1), yellow))
	if len(one) != 2 || one[0].Box != image.Rect(0, 0, 1, 1) || one[0].Name != "person" {
		t.Errorf("of one pixel: %v", one)
	}
	// Nothing bright: the box with score 0 is filling.
	none := find(t, m, scene(image.Rect(0, 0, 9, 9), image.Rectangle{}, yellow))
	if only(t, none).Score != 0.25 {
		t.Errorf("of a dark picture: %v", none)
	}
}

// A network that decodes by itself gets the upright picture as a file.
func TestNetworksThatTakeFiles(t *testing.T) {
	m := open(t, "detect_encoded", `{"task": "detect", "output": {"scores": "probabilities", "labels": "builtin:coco-90"}, "detect": {"head": "tf-od"}}`)
	whole := scene(image.Rect(-5, 7, 95, 67), image.Rect(5, 27, 45, 47), cyan)
	got := find(t, m, whole)
	if len(got) != 2 || got[0].Name != "stop sign" || got[0].Box != image.Rect(5, 27, 45, 47) || got[1].Box != whole.Bounds() {
		t.Errorf("got %v", got)
	}
	p, err := vision.ReadFile("../testdata/images/rocket.jpg")
	if err != nil {
		t.Fatal(err)
	}
	same := open(t, "detect_api", apiCard)
	if a, b := find(t, m, p), find(t, same, p); len(a) != 2 || !slices.Equal(a, b) {
		t.Errorf("of the file %v, of its pixels %v", a, b)
	}
}

func TestOnePixelAndNothing(t *testing.T) {
	for _, resize := range []string{squash, letterbox} {
		m := open(t, "detect_bright", brightCard(resize))
		o := only(t, find(t, m, scene(image.Rect(0, 0, 1, 1), image.Rect(0, 0, 1, 1), cyan)))
		if o.Box != image.Rect(0, 0, 1, 1) || o.Name != "green" {
			t.Errorf("of one pixel: %v", o)
		}
		if objs := find(t, m, scene(image.Rect(0, 0, 40, 30), image.Rectangle{}, cyan)); objs == nil || len(objs) != 0 {
			t.Errorf("of a dark picture: %#v, want none, and not nil", objs)
		}
	}
}

// A sub-image with shifted bounds answers in the caller's coordinates; padding shifts
// boxes; a mirror mirrors them.
func TestGeometryOfThePicture(t *testing.T) {
	for name, m := range map[string]*detect.Model{
		"letterbox": open(t, "detect_bright", brightCard(letterbox)),
		"own size":  open(t, "detect_api", apiCard),
	} {
		box := image.Rect(40, 24, 72, 40)
		whole := scene(image.Rect(0, 0, 128, 64), box, yellow)
		first := func(img image.Image) image.Rectangle {
			t.Helper()
			objs := find(t, m, img)
			if len(objs) == 0 {
				t.Fatalf("%s: found nothing", name)
			}
			return objs[0].Box
		}
		within := func(why string, got, want image.Rectangle) {
			t.Helper()
			for _, d := range []int{got.Min.X - want.Min.X, got.Min.Y - want.Min.Y, got.Max.X - want.Max.X, got.Max.Y - want.Max.Y} {
				if d < -2 || d > 2 {
					t.Errorf("%s, %s: %v, want %v to 2 pixels", name, why, got, want)
					return
				}
			}
		}
		within("as it is", first(whole), box)
		within("part of a picture", first(whole.SubImage(image.Rect(32, 16, 96, 48))), box)
		shifted := scene(image.Rect(-50, -30, 78, 34), box.Add(image.Pt(-50, -30)), yellow)
		within("negative bounds", first(shifted), box.Add(image.Pt(-50, -30)))
		padded := scene(image.Rect(0, 0, 160, 96), box.Add(image.Pt(16, 16)), yellow)
		within("padded", first(padded), box.Add(image.Pt(16, 16)))
		mirrored := scene(image.Rect(0, 0, 128, 64), image.Rect(128-72, 24, 128-40, 40), yellow)
		within("mirrored", first(mirrored), image.Rect(128-72, 24, 128-40, 40))
	}
}

// The eight EXIF orientations of one photo give one answer.
func TestOrientations(t *testing.T) {
	m := open(t, "detect_api", apiCard)
	files, err := os.ReadDir("../testdata/images/orient")
	if err != nil {
		t.Fatal(err)
	}
	var first detect.Objects
	photos := 0
	for _, f := range files {
		p, err := vision.ReadFile("../testdata/images/orient/" + f.Name())
		if err != nil {
			continue // no picture
		}
		photos++
		got := find(t, m, p)
		if first == nil {
			first = got
		}
		if len(got) != len(first) || got[0].Name != first[0].Name {
			t.Errorf("%s: %v, want %v", f.Name(), got, first)
			continue
		}
		for i := range got {
			a, b := got[i].Box, first[i].Box
			if d := a.Min.Sub(b.Min); d.X*d.X > 4 || d.Y*d.Y > 4 {
				t.Errorf("%s: %v, want %v", f.Name(), a, b)
			}
			if d := a.Max.Sub(b.Max); d.X*d.X > 4 || d.Y*d.Y > 4 {
				t.Errorf("%s: %v, want %v", f.Name(), a, b)
			}
		}
	}
	if photos < 8 {
		t.Errorf("%d photos, want eight orientations", photos)
	}
}

func TestManyGoroutines(t *testing.T) {
	m := open(t, "detect_bright", brightCard(squash))
	var wait sync.WaitGroup
	for g := range 8 {
		wait.Go(func() {
			for i := range 10 {
				box := image.Rect(g, i, g+5, i+7)
				objs, err := m.Detect(context.Background(), scene(image.Rect(0, 0, 32, 32), box, yellow))
				if err != nil || len(objs) != 1 || objs[0].Box != box {
					t.Errorf("goroutine %d: %v, %v, want %v", g, objs, err, box)
					return
				}
			}
		})
	}
	wait.Wait()
}

func TestAllAndSeq(t *testing.T) {
	for name, m := range map[string]*detect.Model{"batched": open(t, "detect_bright", brightCard(squash)), "one by one": open(t, "detect_api", apiCard)} {
		var imgs []image.Image
		var want []image.Rectangle
		for i := range 12 {
			want = append(want, image.Rect(i, 3, i+9, 20))
			imgs = append(imgs, scene(image.Rect(0, 0, 32, 32), want[i], yellow))
		}
		imgs[5] = image.NewNRGBA(image.Rectangle{}) // no pixels
		check := func(i int, objs detect.Objects, err error) {
			t.Helper()
			if i == 5 {
				var fe *vision.FormatError
				if objs != nil || !errors.As(err, &fe) {
					t.Errorf("%s: a picture without pixels: %v, %v", name, objs, err)
				}
				return
			}
			if err != nil || len(objs) == 0 || objs[0].Box != want[i] {
				t.Errorf("%s: picture %d: %v, %v, want %v", name, i, objs, err, want[i])
			}
		}
		all, err := m.DetectAll(context.Background(), imgs)
		var be *vision.BatchError
		if !errors.As(err, &be) || len(be.Failures) != 1 || len(all) != len(imgs) {
			t.Fatalf("%s: %v", name, err)
		}
		for i := range all {
			check(i, all[i], be.At(i))
		}
		i := 0
		for objs, err := range m.DetectSeq(context.Background(), slices.Values(imgs)) {
			check(i, objs, err)
			i++
		}
		if i != len(imgs) {
			t.Errorf("%s: %d answers of %d", name, i, len(imgs))
		}
	}
}

func TestCloseAndCancel(t *testing.T) {
	m := open(t, "detect_api", apiCard)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := m.Detect(ctx, scene(image.Rect(0, 0, 9, 9), image.Rectangle{}, cyan)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if m.Info().Task != "detect" {
		t.Errorf("info: %+v", m.Info())
	}
	for range 2 {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := m.Detect(context.Background(), scene(image.Rect(0, 0, 9, 9), image.Rectangle{}, cyan)); !errors.Is(err, vision.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}

func TestOpenFS(t *testing.T) {
	fsys := os.DirFS(models)
	m, err := detect.OpenFS(fsys, "detect_api", vision.Preset("tf2-detection-zoo"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = m.Close() }()
	objs := find(t, m, scene(image.Rect(0, 0, 20, 20), image.Rect(2, 3, 9, 8), cyan))
	if len(objs) != 2 || objs[0].Name != "13" || m.Names() != nil {
		t.Errorf("without labels: %v", objs)
	}
}

func TestCardsThatDoNotFit(t *testing.T) {
	for _, c := range []struct {
		why, model, card string
		want             []string // in the message
	}{
		{"another task", "detect_api", `{"task": "recognize", "preset": "tf2-detection-zoo"}`, []string{"task"}},
		{"the wrong head", "detect_bright", strings.Replace(brightCard(squash), `"rows", "columns": ["x1", "y1", "x2", "y2", "score", "class"]`, `"tf-od"`, 1), []string{"tf-od", "rows"}},
		{"a column too few", "detect_bright", strings.Replace(brightCard(squash), `, "class"]`, `]`, 1), []string{"rows"}},
		{"yolo of rows", "detect_bright", strings.Replace(brightCard(squash), `"rows", "columns": ["x1", "y1", "x2", "y2", "score", "class"]`, `"yolo", "nms": "none", "boxes": "cxcywh"`, 1), []string{"output rows", "[7,?]"}},
		{"a mode for text", "detect_api", `{"task": "detect", "preset": "tf2-detection-zoo", "input": {"height": 32, "resize": {"mode": "height", "pad": [0], "resampler": "tf-bilinear"}}}`, []string{"input.resize.mode", "height"}},
		{"too few names", "detect_bright", strings.Replace(brightCard(squash), `["red", "green", "blue"]`, `["red"]`, 1), nil},
	} {
		m, err := tryOpen(t, c.model, c.card)
		if c.want == nil {
			// How many classes rows have shows when one beyond the names comes.
			if err != nil {
				t.Fatal(err)
			}
			_, err = m.Detect(context.Background(), scene(image.Rect(0, 0, 32, 32), image.Rect(2, 2, 9, 9), cyan))
			c.want = []string{"class 1", "1 names"}
			defer func() { _ = m.Close() }()
		}
		var me *vision.ModelError
		if !errors.As(err, &me) {
			t.Errorf("%s: %v, want a ModelError", c.why, err)
			continue
		}
		for _, w := range c.want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %q does not say %q", c.why, err, w)
			}
		}
	}
}

func ExampleObjects_Of() {
	objs := detect.Objects{{Name: "cat", Score: 0.9, Box: image.Rect(1, 2, 30, 40)}, {Name: "sofa", Index: 1, Score: 0.8, Box: image.Rect(0, 0, 90, 60)}, {Name: "dog", Index: 2, Score: 0.2}}
	for _, o := range objs.Above(0.5).Of("cat", "dog") {
		fmt.Println(o)
	}
	// Output: cat 0.900 [1 2 30 40]
}
