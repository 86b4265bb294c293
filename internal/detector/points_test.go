package detector

import (
	"context"
	"errors"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gosight/vision/internal/engine"
	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/geom"
	"github.com/gosight/vision/internal/option"
)

// try opens face_heads of reference/face/make_tiny.py, which takes 16 x 16 pixels and gives two
// boxes with landmarks in many forms.
func try(t *testing.T, detect string) (*Model, error) {
	t.Helper()
	card := filepath.Join(t.TempDir(), "this.json")
	text := `{"task": "face-detect", "input": {"channels": "RGB", "range": [0, 1], "resize": {"mode": "squash", "resampler": "tf-nearest"}},
		"output": {"scores": "probabilities"}, "detect": {` + detect + `}}`
	if err := os.WriteFile(card, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	said := func(o *option.Options) error { o.Card = card; return nil }
	m, err := engine.Open(engine.Dir("../../testdata/models/face_heads"), Tasks(), func(e *engine.Engine) (*Model, error) { return New(e, true) }, said)
	if err == nil {
		t.Cleanup(func() {
			if err := m.Engine.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	return m, err
}

// white is a picture of twice the input's size whose corner is at (-7, 30).
func white() image.Image {
	m := image.NewRGBA(image.Rect(-7, 30, 25, 62))
	for y := 30; y < 62; y++ {
		for x := -7; x < 25; x++ {
			m.Set(x, y, color.White)
		}
	}
	return m
}

func separate(boxes, scores, landmarks, order, units string) string {
	return `"head": "separate", "outputs": {"boxes": "` + boxes + `", "scores": "` + scores + `", "landmarks": "` + landmarks + `"},
		"boxes": "xyxy", "units": "` + units + `", "landmarks": "` + order + `"`
}

func TestLandmarksInEveryOrder(t *testing.T) {
	for output, order := range map[string]string{"xy_pairs": "xy-pairs", "yx_pairs": "yx-pairs", "x_then_y": "x-then-y", "y_then_x": "y-then-x"} {
		m, err := try(t, separate("boxes", "scores", output, order, "pixels"))
		if err != nil {
			t.Fatal(err)
		}
		found, err := m.Find(context.Background(), white())
		if err != nil || len(found) != 2 || !m.Landmarks() {
			t.Fatalf("%s: %v, %v", order, found, err)
		}
		for i, f := range found {
			for j, p := range f.Points { // point j of box i is at (10 i + j, 5 + j / 2) of the input, which is half as large
				want := geom.Point{X: 2*float64(10*i+j) - 7, Y: 2*(5+float64(j)/2) + 30}
				if p != want || len(f.Points) != Points {
					t.Errorf("%s: box %d has point %d at %v, want %v", order, i, j, p, want)
				}
			}
		}
		if b := found[0]; b.Pixels != image.Rect(2-7, 4+30, 18-7, 20+30) || b.Min != (geom.Point{X: -5, Y: 34}) || b.Max != (geom.Point{X: 11, Y: 50}) {
			t.Errorf("%s: %+v", order, b)
		}
	}
}

// As BlazeFace and RetinaFace have them: numbers times the anchor's side, from its centre.
func TestLandmarksRelativeToAnchors(t *testing.T) {
	const anchors = `{"order": "cxcywh", "scales": [10, 10, 5, 5], "list": [[0.5, 0.5, 0.25, 0.5], [0.25, 0.75, 0.5, 0.25]]}`
	detect := strings.Replace(separate("codes", "two_scores", "moved", "xy-pairs", "normalized"), `"xyxy"`, `"cxcywh"`, 1)
	m, err := try(t, detect+`, "anchors": `+anchors)
	if err != nil {
		t.Fatal(err)
	}
	found, err := m.Find(context.Background(), white())
	if err != nil || len(found) != 2 {
		t.Fatal(found, err)
	}
	// 0.5 + 4/10*0.25 = 0.6 of 32 pixels to the right, 0.5 - 2/10*0.5 = 0.4 down; the other is at its centre.
	for i, want := range []geom.Point{{X: 19.2 - 7, Y: 12.8 + 30}, {X: 8 - 7, Y: 24 + 30}} {
		for _, p := range found[i].Points {
			if d := p.Sub(want); d.X*d.X+d.Y*d.Y > 1e-8 {
				t.Errorf("box %d: %v, want %v", i, p, want)
			}
		}
	}
}

func TestLandmarksThatDoNotFit(t *testing.T) {
	heat := `"head": "centernet", "boxes": "xywh", "units": "pixels", "landmarks": "xy-pairs", "outputs": {"heatmap": "boxes", "sizes": "boxes", "landmarks": "xy_pairs"}`
	for _, c := range []struct {
		why, detect, want string
		opens             bool
	}{
		{"three points", separate("boxes", "scores", "three_points", "xy-pairs", "pixels"), "output three_points", false},
		{"pairs where they are said to be apart", separate("boxes", "scores", "xy_pairs", "x-then-y", "pixels"), "output xy_pairs", false},
		{"a head without landmarks", heat, "head separate or tf-od", false},
		{"one row for two boxes", separate("boxes", "scores", "one_row", "xy-pairs", "pixels"), "each of 2 boxes", true},
		{"NaN", separate("boxes", "scores", "not_finite", "xy-pairs", "pixels"), "finite", true},
	} {
		m, err := try(t, c.detect)
		if (err == nil) != c.opens {
			t.Errorf("%s: %v", c.why, err)
			continue
		}
		if err == nil {
			_, err = m.Find(context.Background(), white())
		}
		var me *fault.ModelError
		if !errors.As(err, &me) || me.Model == "" || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q in a ModelError", c.why, err, c.want)
		}
	}
}

// What landmarks there are is nobody's business who does not ask for them.
func TestBoxesWithoutLandmarks(t *testing.T) {
	card := filepath.Join(t.TempDir(), "this.json")
	text := `{"task": "face-detect", "input": {"channels": "RGB", "range": [0, 1], "resize": {"mode": "squash", "resampler": "tf-nearest"}},
		"output": {"scores": "probabilities"}, "detect": {` + separate("boxes", "scores", "not_finite", "xy-pairs", "pixels") + `}}`
	if err := os.WriteFile(card, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	said := func(o *option.Options) error { o.Card = card; return nil }
	m, err := engine.Open(engine.Dir("../../testdata/models/face_heads"), Tasks(), func(e *engine.Engine) (*Model, error) { return New(e, false) }, said)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = m.Engine.Close() }()
	found, err := m.Find(context.Background(), white())
	if err != nil || len(found) != 2 || found[0].Points != nil || m.Landmarks() {
		t.Errorf("%v, %v", found, err)
	}
	if name, err := m.Name(0); name != "face" || err != nil {
		t.Errorf("%q, %v", name, err)
	}
}
