package face_test

import (
	"context"
	"encoding/json"
	"errors"
	"image"
	"image/color"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gosight/vision"
	"github.com/gosight/vision/face"
)

func TestModelsThatDoNotFit(t *testing.T) {
	plainBoxes := strings.Replace(brightCard, `, "landmarks": "landmarks"`, "", 1)
	objects := `{"task": "detect", "input": {"channels": "RGB", "range": [0, 1], "resize": {"mode": "squash", "resampler": "tf-nearest"}},
		"output": {"scores": "probabilities", "label_names": ["cat", "dog", "cow"]},
		"detect": {"head": "rows", "columns": ["x1", "y1", "x2", "y2", "score", "class"], "units": "pixels"}}`
	good := meanCard(aligns, of112)
	for _, c := range []struct{ why, detector, detectorCard, embedder, embedderCard, want string }{
		{"an embedder as detector", "face_mean", good, "", "{}", "want task detect or face-detect, got face-embed"},
		{"a detector as embedder", "face_bright", brightCard, "face_bright", brightCard, "want task face-embed, got face-detect"},
		{"a template without landmarks", "face_bright", plainBoxes, "face_mean", good, "detect.outputs.landmarks"},
		{"a detector of other things", "detect_bright", objects, "", "{}", `"face"`},
		{"a size that no template has", "face_bright", brightCard, "face_mean", meanCard(aligns, `"width": 100, "height": 100,`), "multiple of 112 or 128"},
		{"no square", "face_bright", brightCard, "face_mean", meanCard(aligns, `"width": 112, "height": 224,`), "square"},
		{"no size", "face_bright", brightCard, "face_mean", strings.Replace(meanCard(aligns, ""), `"squash", "resampler": "opencv-linear"`, `"none"`, 1), "one size"},
		{"a margin as large as the input", "face_bright", brightCard, "face_mean", meanCard(`"align": "box", "margin": 112, "distance": "cosine"`, of112), "face.margin"},
		{"a threshold beyond all distances", "face_bright", brightCard, "face_mean", strings.Replace(good, `"same-person": 0.1`, `"same-person": 2.5`, 1), "thresholds.same-person"},
		{"a cosine of 25", "face_bright", brightCard, "face_mean", strings.Replace(good, `"same-person": 0.1`, `"same-person-cosine": 25`, 1), "thresholds.same-person-cosine"},
		{"the wrong head", "face_bright", strings.Replace(strings.Replace(brightCard, `"separate"`, `"tf-od"`, 1), `"boxes": "box", "scores": "prob", `, "", 1), "", "{}", "tf-od"},
		{"landmarks that are scores", "face_bright", strings.Replace(brightCard, `"landmarks": "landmarks"`, `"landmarks": "prob"`, 1), "", "{}", "output prob"},
	} {
		m, err := tryOpen(t, c.detector, c.detectorCard, c.embedder, c.embedderCard)
		if err == nil {
			_ = m.Close()
		}
		var me *vision.ModelError
		if !errors.As(err, &me) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q in a ModelError", c.why, err, c.want)
		}
	}
	for _, names := range [][]string{{"a.json", "b.json", "c.json"}} {
		if _, err := face.Open(models+"/face_bright", models+"/face_mean", vision.Card(names...)); err == nil || !strings.Contains(err.Error(), "cards") {
			t.Errorf("%d cards: %v", len(names), err)
		}
	}
	if _, err := face.Open(models+"/face_bright", "", vision.Card("testdata/cards/face_bright.json", "")); err == nil || !strings.Contains(err.Error(), "cards: want one") {
		t.Errorf("two cards for the one model that is named: %v", err)
	}
}

// Of a detector of many things only faces are faces.
func TestOnlyFacesOfADetectorOfManyThings(t *testing.T) {
	card := func(task, names string) string {
		return `{"task": "` + task + `", "input": {"channels": "RGB", "range": [0, 1], "resize": {"mode": "squash", "resampler": "tf-nearest"}},
			"output": {"scores": "probabilities"` + names + `},
			"detect": {"head": "rows", "columns": ["x1", "y1", "x2", "y2", "score", "class"], "units": "pixels"}}`
	}
	for _, c := range []struct {
		why, card string
		colour    color.Color // the class is its strongest channel
		want      int
	}{
		{"a face", card("detect", `, "label_names": ["cat", "face", "cow"]`), color.NRGBA{100, 255, 100, 255}, 1},
		{"a cat", card("detect", `, "label_names": ["cat", "face", "cow"]`), color.NRGBA{255, 100, 100, 255}, 0},
		{"a face with a mask, of a face detector that tells these from hands", card("face-detect", `, "label_names": ["bare", "masked", "turned"]`), color.NRGBA{100, 255, 100, 255}, 1},
		{"a hand of a face detector with faces", card("face-detect", `, "label_names": ["hand", "face", "foot"]`), color.NRGBA{255, 100, 100, 255}, 0},
		{"a face of a detector that numbers its one class from 1", card("face-detect", ""), color.NRGBA{100, 255, 100, 255}, 1},
		{"and of one that numbers it from 0", card("face-detect", ""), color.NRGBA{255, 100, 100, 255}, 1},
	} {
		m := open(t, "detect_bright", c.card, "", "{}")
		if got := find(t, m, scene(of(0, 0, 40, 40), spot{of(4, 4, 30, 20), c.colour})); len(got) != c.want {
			t.Errorf("%s: %v", c.why, got)
		}
	}
}

func TestModelsAreNamedByCardOrFolder(t *testing.T) {
	m := open(t, "face_bright", brightCard, "face_mean", strings.Replace(meanCard(aligns, of112), `"name": "mean", `, "", 1))
	e, err := m.EmbedAligned(context.Background(), scene(of(0, 0, 9, 9), spot{of(0, 0, 5, 9), red}))
	if err != nil || e.Model != "face_mean" || m.EmbedderName() != "face_mean" {
		t.Errorf("%+v, %v", e, err)
	}
	other := open(t, "face_bright", brightCard, "face_mean", meanCard(aligns, of112))
	f, err := other.EmbedAligned(context.Background(), scene(of(0, 0, 9, 9), spot{of(0, 0, 5, 9), red}))
	if err != nil {
		t.Fatal(err)
	}
	var me *vision.ModelError
	if _, err := e.Distance(f); !errors.As(err, &me) || !strings.Contains(err.Error(), `"face_mean"`) || !strings.Contains(err.Error(), `"mean"`) {
		t.Errorf("of two models: %v", err)
	}
}

func TestFacesThatCannotBeEmbedded(t *testing.T) {
	ctx := context.Background()
	template := open(t, "face_bright", brightCard, "face_mean", meanCard(aligns, of112))
	box := open(t, "face_bright", brightCard, "face_mean", meanCard(boxes, of112))
	img := scene(of(0, 0, 40, 40), spot{of(2, 2, 20, 20), red})
	nan := marks(of(2, 2, 20, 20))
	nan[3].X = math.NaN()
	for _, c := range []struct {
		why  string
		m    *face.Model
		f    face.Face
		want string
	}{
		{"no landmarks", template, face.Face{Box: of(2, 2, 20, 20)}, "landmarks"},
		{"four landmarks", template, face.Face{Landmarks: marks(of(2, 2, 20, 20))[:4]}, "landmarks"},
		{"NaN", template, face.Face{Landmarks: nan}, "landmarks"},
		{"all in one place", template, face.Face{Landmarks: make([]vision.Point, 5)}, "landmarks"},
		{"far away, where all is black", template, face.Face{Landmarks: marks(of(5000, 5000, 5020, 5020))}, "direction"},
		{"a box beside the picture", box, face.Face{Box: of(50, 50, 60, 60)}, "beside the picture"},
		{"no box", box, face.Face{}, "beside the picture"},
	} {
		e, err := c.m.Embed(ctx, img, c.f)
		var me *vision.ModelError
		var fe *vision.FormatError
		if e.Vector != nil || !errors.As(err, &me) && !errors.As(err, &fe) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, %v, want %q", c.why, e, err, c.want)
		}
	}
	// A face over the edge is one.
	if e, err := template.Embed(ctx, img, face.Face{Landmarks: marks(of(-10, -10, 15, 15))}); err != nil || len(e.Vector) != 12 {
		t.Errorf("over the edge: %v, %v", e, err)
	}
	var nothing *vision.Photo
	var fe *vision.FormatError
	if _, err := template.Find(ctx, nothing); !errors.As(err, &fe) {
		t.Errorf("no photo: %v", err)
	}
	broken, err := vision.NewPhoto([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\x00\x00\x00\x09\x00\x00\x00\x09\x08\x02\x00\x00\x00\x00\x00\x00\x00"))
	if err == nil {
		if _, err := template.Find(ctx, broken); !errors.As(err, &fe) {
			t.Errorf("a photo that is cut off: %v", err)
		}
	}
	small := open(t, "face_bright", brightCard, "face_mean", meanCard(aligns, of112), vision.MaxPixels(100))
	var le *vision.LimitError
	if _, err := small.Find(ctx, turned(t, img, 1)); !errors.As(err, &le) {
		t.Errorf("too many pixels: %v", err)
	}
}

func TestHundredsOfFaces(t *testing.T) {
	card := `{"task": "face-detect", "input": {"channels": "RGB", "range": [0, 1], "resize": {"mode": "squash", "resampler": "tf-nearest"}},
		"output": {"scores": "probabilities", "label_names": ["face", "face with a mask"], "name": "many_rows"},
		"detect": {"head": "rows", "columns": ["x1", "y1", "x2", "y2", "score", "class"], "units": "pixels"}}`
	m := open(t, "detect_heads", strings.Replace(card, `"face", "face with`, `"bare", "face with`, 1), "face_mean", meanCard(boxes, of112))
	img := image.NewGray(of(0, 0, 64, 64))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	got := find(t, m, img)
	if len(got) != 299 { // row 0 of detect_heads has score 0
		t.Fatalf("%d faces", len(got))
	}
	for i, f := range got {
		if len(f.Embedding.Vector) != 12 {
			t.Fatalf("face %d has no embedding", i)
		}
		if i > 0 && f.Box.Dx()*f.Box.Dy() > got[i-1].Box.Dx()*got[i-1].Box.Dy() {
			t.Fatalf("face %d is larger than the one before", i)
		}
	}
	nan := open(t, "detect_heads", strings.Replace(card, "many_rows", "nan_rows", 1), "", "{}")
	var me *vision.ModelError
	if _, err := nan.Find(context.Background(), img); !errors.As(err, &me) || me.Model == "" {
		t.Errorf("a score of NaN: %v", err)
	}
	edge := find(t, open(t, "detect_heads", strings.Replace(strings.Replace(card, "many_rows", "edge_rows", 1), `"face", `, `"bare", `, 1), "face_mean", meanCard(boxes, of112)), img)
	if len(edge) != 3 || edge[0].Box != of(0, 0, 32, 32) { // two of five rows are beside the picture or have no width
		t.Errorf("over the edge: %v", edge)
	}
}

func TestFacesJSON(t *testing.T) {
	faces := face.Faces{
		{Box: of(1, -2, 30, 40), Score: 0.5, Landmarks: []vision.Point{{X: 1.5, Y: 2}, {X: 3, Y: 4}, {X: 5, Y: 6}, {X: 7, Y: 8}, {X: -9.25, Y: 10}}, Embedding: face.Embedding{Model: "m", Vector: []float32{1, 0}}},
		{Box: of(0, 0, 3, 4), Score: 1},
	}
	b, err := json.Marshal(map[string]any{"faces": faces})
	want := `{"faces":[{"box":[1,-2,30,40],"score":0.5,"landmarks":[[1.5,2],[3,4],[5,6],[7,8],[-9.25,10]],"embedding":[1,0]},{"box":[0,0,3,4],"score":1}]}`
	if err != nil || string(b) != want {
		t.Errorf("got %s, %v, want %s", b, err, want)
	}
	var back struct{ Faces face.Faces }
	if err := json.Unmarshal(b, &back); err != nil || len(back.Faces) != 2 || back.Faces[1].Landmarks != nil ||
		back.Faces[0].Box != faces[0].Box || !slices.Equal(back.Faces[0].Landmarks, faces[0].Landmarks) || !slices.Equal(back.Faces[0].Embedding.Vector, faces[0].Embedding.Vector) {
		t.Errorf("back came %v, %v", back, err)
	}
	if err := json.Unmarshal([]byte(`{"box": 7}`), &faces[0]); err == nil {
		t.Error("a box that is a number is taken")
	}
	if s := faces.String(); s != "0.500 [1 -2 30 40]\n1.000 [0 0 3 4]" {
		t.Errorf("String %q", s)
	}
	nan := float32(math.NaN())
	for _, c := range []struct {
		why  string
		got  face.Faces
		want int
	}{{"the bound itself is in", faces.Above(0.5), 2}, {"above NaN is nothing", faces.Above(nan), 0}, {"NaN is above nothing", face.Faces{{Score: nan}}.Above(0), 0}, {"of nothing", face.Faces(nil).Above(0), 0}} {
		if len(c.got) != c.want || c.got == nil {
			t.Errorf("%s: %d faces, want %d", c.why, len(c.got), c.want)
		}
	}
}

func TestDraw(t *testing.T) {
	for _, lo := range []image.Point{{}, {X: -7, Y: 30}} {
		box := of(100, 80, 200, 180).Add(lo)
		img := scene(of(0, 0, 300, 200).Add(lo))
		got := face.Draw(img, face.Faces{{Box: box, Score: 0.9, Landmarks: marks(box)}})
		if got.Bounds() != img.Bounds() {
			t.Fatalf("bounds %v, want %v", got.Bounds(), img.Bounds())
		}
		line := got.RGBAAt(box.Min.X, box.Min.Y+50)
		plain := color.RGBA{20, 20, 20, 255}
		if line == plain {
			t.Error("no frame")
		}
		for i, p := range marks(box) {
			if c := got.RGBAAt(int(p.X), int(p.Y)); c != line {
				t.Errorf("landmark %d is %v, want %v", i, c, line)
			}
		}
		if got.RGBAAt(box.Min.X+10, box.Min.Y+50) != plain || img.NRGBAAt(box.Min.X, box.Min.Y+50) != dark {
			t.Error("more is drawn than the face, or on the caller's picture")
		}
	}
	far := []vision.Point{{X: -1e9, Y: 5}, {X: math.NaN(), Y: 1}, {X: 1e300, Y: math.Inf(1)}, {X: 39.5, Y: 39.5}, {X: 0, Y: 0}}
	for _, b := range []image.Rectangle{of(0, 0, 40, 40), of(0, 0, 1, 1), {}} {
		if got := face.Draw(image.NewGray(b), face.Faces{{Box: of(-50, -50, 500, 500), Landmarks: far}}); got.Bounds() != b {
			t.Errorf("%v: bounds %v", b, got.Bounds())
		}
	}
}
