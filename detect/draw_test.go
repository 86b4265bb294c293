package detect_test

import (
	"encoding/json"
	"image"
	"image/color"
	"math"
	"testing"

	"github.com/gosight/vision/detect"
)

func TestDrawMarksBoxes(t *testing.T) {
	for _, lo := range []image.Point{{}, {-7, 30}} {
		img := scene(image.Rect(0, 0, 300, 200).Add(lo), image.Rectangle{}, cyan)
		objs := detect.Objects{{Name: "cat", Index: 3, Score: 0.9, Box: image.Rect(100, 80, 200, 180).Add(lo)}}
		got := detect.Draw(img, objs)
		if got.Bounds() != img.Bounds() {
			t.Fatalf("bounds %v, want %v", got.Bounds(), img.Bounds())
		}
		dark := color.RGBA{20, 20, 20, 255}
		at := func(x, y int) color.RGBA { return got.RGBAAt(lo.X+x, lo.Y+y) }
		line := at(100, 130)
		for _, p := range []image.Point{{199, 130}, {150, 80}, {150, 179}, {100, 80}, {199, 179}} {
			if at(p.X, p.Y) != line || line == dark {
				t.Errorf("(%v) is %v, want a line as at the left, %v", p, at(p.X, p.Y), line)
			}
		}
		for _, p := range []image.Point{{150, 130}, {98, 130}, {201, 130}, {150, 181}, {10, 10}} {
			if at(p.X, p.Y) != dark {
				t.Errorf("(%v) is %v, want the picture", p, at(p.X, p.Y))
			}
		}
		// The name stands above the box, on a patch of the line's colour.
		patch, letters := 0, 0
		for y := 60; y < 80; y++ {
			for x := 100; x < 160; x++ {
				switch at(x, y) {
				case line:
					patch++
				case dark:
				default:
					letters++
				}
			}
		}
		if patch < 200 || letters < 40 {
			t.Errorf("%d pixels of the patch and %d of letters", patch, letters)
		}
		if img.NRGBAAt(lo.X+100, lo.Y+130) != (color.NRGBA{20, 20, 20, 255}) {
			t.Error("the caller's picture was drawn on")
		}
	}
}

func TestDrawSurvives(t *testing.T) {
	for _, c := range []struct {
		why    string
		bounds image.Rectangle
		objs   detect.Objects
	}{
		{"nothing", image.Rect(0, 0, 9, 9), nil},
		{"one pixel", image.Rect(0, 0, 1, 1), detect.Objects{{Name: "a", Box: image.Rect(0, 0, 1, 1)}}},
		{"no pixels", image.Rectangle{}, detect.Objects{{Name: "a", Box: image.Rect(0, 0, 1, 1)}}},
		{"beyond the picture", image.Rect(0, 0, 40, 40), detect.Objects{{Name: "a long name in a small picture", Index: -3, Box: image.Rect(-50, -50, 500, 500)}}},
		{"an empty box", image.Rect(0, 0, 40, 40), detect.Objects{{Name: "", Score: float32(math.NaN())}}},
	} {
		if got := detect.Draw(image.NewGray(c.bounds), c.objs); got.Bounds() != c.bounds {
			t.Errorf("%s: bounds %v", c.why, got.Bounds())
		}
	}
}

func TestObjectsJSON(t *testing.T) {
	objs := detect.Objects{{Name: "stop sign", Index: 13, Score: 0.5, Box: image.Rect(1, -2, 30, 40)}}
	b, err := json.Marshal(map[string]any{"objects": objs})
	if want := `{"objects":[{"name":"stop sign","index":13,"score":0.5,"box":[1,-2,30,40]}]}`; err != nil || string(b) != want {
		t.Errorf("got %s, %v, want %s", b, err, want)
	}
	var back struct{ Objects detect.Objects }
	if err := json.Unmarshal(b, &back); err != nil || len(back.Objects) != 1 || back.Objects[0] != objs[0] {
		t.Errorf("back came %v, %v", back, err)
	}
	if err := json.Unmarshal([]byte(`{"box": 7}`), &objs[0]); err == nil {
		t.Error("a box that is a number is taken")
	}
}

func TestAboveAndOf(t *testing.T) {
	nan := float32(math.NaN())
	objs := detect.Objects{{Name: "cat", Score: 0.9}, {Name: "dog", Score: 0.5}, {Name: "cat", Score: 0.1}}
	for _, c := range []struct {
		why  string
		got  detect.Objects
		want int
	}{
		{"the bound itself is in", objs.Above(0.5), 2},
		{"none", objs.Above(0.95), 0},
		{"NaN is above nothing", detect.Objects{{Score: nan}}.Above(0), 0},
		{"above NaN is nothing", objs.Above(nan), 0},
		{"one name", objs.Of("cat"), 2},
		{"two names", objs.Of("dog", "cat"), 3},
		{"no name", objs.Of(), 0},
		{"of nothing", detect.Objects(nil).Of("cat"), 0},
	} {
		if len(c.got) != c.want || c.got == nil {
			t.Errorf("%s: %d objects, want %d", c.why, len(c.got), c.want)
		}
	}
	_ = append(objs.Above(0.5), detect.Object{Name: "x"})
	if objs[2].Name != "cat" {
		t.Error("appending to a cut list wrote into the full one")
	}
	if s := objs.Above(0.6).String(); s != "cat 0.900 [0 0 0 0]" {
		t.Errorf("String %q", s)
	}
}
