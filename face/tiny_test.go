package face_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"math"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gosight/vision"
	"github.com/gosight/vision/face"
)

// brightCard is that of face_bright, which finds for red, green and blue the box of the pixels of that
// colour, with landmarks at fixed places in it; min_size is 3.
const brightCard = `{"name": "bright", "task": "face-detect",
	"input": {"channels": "BGR", "range": [0, 255], "layout": "HWC", "resize": {"mode": "none"}},
	"output": {"scores": "probabilities"}, "constants": {"min_size": 3},
	"detect": {"head": "separate", "outputs": {"boxes": "box", "scores": "prob", "landmarks": "landmarks"},
		"boxes": "yxyx", "units": "pixels", "landmarks": "y-then-x", "nms": "none"}}`

// meanCard is that of face_mean, whose embedding is the mean colours of the quarters of the face.
func meanCard(face, size string) string {
	return `{"name": "mean", "task": "face-embed",
		"input": {` + size + ` "channels": "RGB", "range": [0, 255], "resize": {"mode": "squash", "resampler": "opencv-linear"}},
		"face": {` + face + `}, "thresholds": {"same-person": 0.1}}`
}

const (
	of112  = `"width": 112, "height": 112,`
	aligns = `"align": "arcface-112", "distance": "cosine"`
	boxes  = `"align": "box", "distance": "cosine"`
)

var (
	red   = color.NRGBA{204, 20, 20, 255} // 0.8
	green = color.NRGBA{20, 255, 20, 255} // 1
	blue  = color.NRGBA{20, 20, 153, 255} // 0.6
	dark  = color.NRGBA{20, 20, 20, 255}
)

// A spot is a box of one colour: a face to face_bright.
type spot struct {
	box image.Rectangle
	c   color.Color
}

// scene is a dark picture with spots.
func scene(bounds image.Rectangle, spots ...spot) *image.NRGBA {
	m := image.NewNRGBA(bounds)
	draw.Draw(m, bounds, image.NewUniform(dark), image.Point{}, draw.Src)
	for _, s := range spots {
		draw.Draw(m, s.box, image.NewUniform(s.c), image.Point{}, draw.Src)
	}
	return m
}

// marks are the landmarks that face_bright gives a box.
func marks(b image.Rectangle) []vision.Point {
	var ps []vision.Point
	for _, p := range [][2]float64{{0.3, 0.4}, {0.7, 0.4}, {0.5, 0.6}, {0.35, 0.8}, {0.65, 0.8}} {
		ps = append(ps, vision.Point{X: float64(b.Min.X) + p[0]*float64(b.Dx()), Y: float64(b.Min.Y) + p[1]*float64(b.Dy())})
	}
	return ps
}

func near(a, b []vision.Point, most float64) bool {
	return slices.EqualFunc(a, b, func(p, q vision.Point) bool { return math.Abs(p.X-q.X) <= most && math.Abs(p.Y-q.Y) <= most })
}

func TestFindByHand(t *testing.T) {
	m := open(t, "face_bright", brightCard, "", "{}")
	small, large, middle := image.Rect(5, 40, 15, 50), image.Rect(40, 10, 80, 60), image.Rect(90, 5, 110, 30)
	got := find(t, m, scene(image.Rect(0, 0, 120, 70), spot{small, red}, spot{large, green}, spot{middle, blue}))
	want := []struct {
		box   image.Rectangle
		score float32
	}{{large, 1}, {middle, 0.6}, {small, 0.8}}
	if len(got) != len(want) {
		t.Fatalf("got\n%v", got)
	}
	for i, w := range want {
		f := got[i]
		if f.Box != w.box || math.Abs(float64(f.Score-w.score)) > 1e-5 || !near(f.Landmarks, marks(w.box), 1e-3) || f.Embedding.Vector != nil {
			t.Errorf("face %d: %+v, want %v", i, f, w)
		}
	}
	if a := got.Above(0.7); len(a) != 2 || a[0].Box != large || a[1].Box != small {
		t.Errorf("above 0.7: %v", a)
	}
	if f, ok := got.Largest(); !ok || f.Box != large {
		t.Errorf("largest: %v", f)
	}
	if none := find(t, m, scene(image.Rect(0, 0, 40, 30))); none == nil || len(none) != 0 {
		t.Errorf("of a dark picture: %#v, want none, and not nil", none)
	}
	if _, ok := (face.Faces{}).Largest(); ok {
		t.Error("the largest of none is there")
	}
	if one := find(t, m, scene(image.Rect(0, 0, 1, 1), spot{image.Rect(0, 0, 1, 1), red})); len(one) != 0 {
		t.Errorf("of one pixel, with min_size 3: %v", one)
	}
	if m.EmbedderName() != "" {
		t.Error("an embedder that is not there has a name")
	}
	if _, err := m.EmbedAligned(context.Background(), scene(large)); err == nil || !strings.Contains(err.Error(), "embedder") {
		t.Errorf("no embedder: %v", err)
	}
}

// One face as EmbedAligned, Embed and Find see it; the crop is worked out by hand.
func TestEmbeddingsByHand(t *testing.T) {
	ctx := context.Background()
	m := open(t, "face_bright", brightCard, "face_mean", meanCard(boxes, `"width": 40, "height": 40,`)) // nothing is resized
	// The face is a frame of red round four quarters that are no face: white, grey.
	img := scene(image.Rect(-10, -10, 90, 70), spot{image.Rect(10, 10, 50, 50), red}, spot{image.Rect(20, 10, 30, 30), color.Gray{255}}, spot{image.Rect(30, 30, 50, 40), color.Gray{102}})
	got := find(t, m, img)
	if len(got) != 1 || got[0].Box != image.Rect(10, 10, 50, 50) {
		t.Fatalf("got %v", got)
	}
	// Of the quarters of 20 x 20: left half red, right half white; red; red; upper half grey, lower half red.
	want := []float64{(204 + 255) / 2., (20 + 255) / 2., (20 + 255) / 2., 204, 20, 20, 204, 20, 20, (204 + 102) / 2., (20 + 102) / 2., (20 + 102) / 2.}
	length := 0.
	for _, v := range want {
		length += v * v
	}
	e := got[0].Embedding
	if e.Model != "mean" || len(e.Vector) != 12 || m.EmbedderName() != "mean" {
		t.Fatalf("got %+v", e)
	}
	for i, v := range want {
		if math.Abs(float64(e.Vector[i])-v/math.Sqrt(length)) > 1e-5 {
			t.Errorf("number %d: %v, want %v", i, e.Vector[i], v/math.Sqrt(length))
		}
	}
	again, err := m.Embed(ctx, img, face.Face{Box: got[0].Box})
	if err != nil || !slices.Equal(again.Vector, e.Vector) {
		t.Errorf("Embed: %v, %v, want %v", again, err, e)
	}
	cut, err := m.EmbedAligned(ctx, img.SubImage(got[0].Box))
	if err != nil || !slices.Equal(cut.Vector, e.Vector) {
		t.Errorf("EmbedAligned: %v, %v, want %v", cut, err, e)
	}
}

// With flip the mirror image counts as much as the face: left and right are alike.
func TestFlip(t *testing.T) {
	img := scene(image.Rect(0, 0, 90, 70), spot{image.Rect(10, 10, 50, 50), red}, spot{image.Rect(20, 10, 30, 30), color.Gray{255}})
	plain := open(t, "face_bright", brightCard, "face_mean", meanCard(aligns, of112))
	flip := open(t, "face_bright", brightCard, "face_mean", meanCard(aligns+`, "flip": true`, of112))
	a, b := find(t, plain, img)[0].Embedding, find(t, flip, img)[0].Embedding
	if slices.Equal(a.Vector[:3], a.Vector[3:6]) || !slices.Equal(b.Vector[:3], b.Vector[3:6]) || !slices.Equal(b.Vector[6:9], b.Vector[9:]) {
		t.Errorf("plain %v, flipped %v", a.Vector, b.Vector)
	}
	x, err := flip.EmbedAligned(context.Background(), img.SubImage(image.Rect(10, 10, 50, 50)))
	if err != nil || !slices.Equal(x.Vector[:3], x.Vector[3:6]) {
		t.Errorf("EmbedAligned: %v, %v", x.Vector, err)
	}
}

// A face that is turned, scaled and moved has the same embedding: the alignment undoes it.
func TestAlignmentUndoesWhereTheFaceStands(t *testing.T) {
	m := open(t, "face_bright", brightCard, "face_mean", meanCard(aligns, of112))
	paint := func(w, h int, at func(x, y float64) (float64, float64)) *image.NRGBA {
		img := image.NewNRGBA(image.Rect(0, 0, w, h))
		for y := range h {
			for x := range w {
				u, v := at(float64(x), float64(y)) // in the template's 112 x 112
				img.SetNRGBA(x, y, color.NRGBA{uint8(90 + 60*math.Sin(u/20)), uint8(90 + 60*math.Cos(v/25)), uint8(90 + 50*math.Sin((u+v)/30)), 255})
			}
		}
		return img
	}
	template := []vision.Point{{X: 38.2946, Y: 51.6963}, {X: 73.5318, Y: 51.5014}, {X: 56.0252, Y: 71.7366}, {X: 41.5493, Y: 92.3655}, {X: 70.7299, Y: 92.2041}}
	straight, err := m.EmbedAligned(context.Background(), paint(112, 112, func(x, y float64) (float64, float64) { return x, y }))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ angle, scale, dx, dy float64 }{{0, 1, 40, 30}, {0.3, 1, 90, 60}, {-0.7, 2, 60, 160}, {2.5, 1.3, 260, 180}} {
		cos, sin := c.scale*math.Cos(c.angle), c.scale*math.Sin(c.angle)
		img := paint(420, 420, func(x, y float64) (float64, float64) {
			x, y = x-c.dx, y-c.dy
			return (cos*x + sin*y) / (c.scale * c.scale), (cos*y - sin*x) / (c.scale * c.scale)
		})
		f := face.Face{Box: image.Rect(0, 0, 1, 1)}
		for _, p := range template {
			f.Landmarks = append(f.Landmarks, vision.Point{X: cos*p.X - sin*p.Y + c.dx, Y: sin*p.X + cos*p.Y + c.dy})
		}
		got, err := m.Embed(context.Background(), img, f)
		if err != nil {
			t.Fatal(err)
		}
		d, err := got.Distance(straight)
		if err != nil || d > 1e-4 {
			t.Errorf("%+v: %v, %v", c, d, err)
		}
	}
}

// A sub-image with shifted bounds answers in the caller's coordinates; padding shifts faces, a mirror
// mirrors them; the embedding stays, or has left and right changed.
func TestGeometryOfThePicture(t *testing.T) {
	card := func(resize string) string {
		return `{"task": "face-detect", "input": {"channels": "RGB", "range": [0, 1], "resize": ` + resize + `},
			"output": {"scores": "probabilities", "label_names": ["face", "hand", "foot"]},
			"detect": {"head": "rows", "columns": ["x1", "y1", "x2", "y2", "score", "class"], "units": "pixels"}}`
	}
	bright := color.NRGBA{255, 204, 0, 255} // mean 0.6, red is strongest
	for name, c := range map[string]struct {
		m         *face.Model
		c         color.Color
		landmarks bool
	}{
		"own size":           {open(t, "face_bright", brightCard, "face_mean", meanCard(aligns, of112)), red, true},
		"letterbox":          {open(t, "detect_bright", card(`{"mode": "letterbox", "pad": [0], "resampler": "tf-nearest"}`), "face_mean", meanCard(boxes, of112)), bright, false},
		"squashed, no faces": {open(t, "detect_bright", card(`{"mode": "squash", "resampler": "tf-nearest"}`), "", "{}"), bright, false},
	} {
		box := image.Rect(40, 24, 72, 40)
		whole := scene(image.Rect(0, 0, 128, 64), spot{box, c.c})
		straight := find(t, c.m, whole)[0].Embedding
		within := func(why string, img image.Image, want image.Rectangle) {
			t.Helper()
			got := find(t, c.m, img)
			if len(got) != 1 {
				t.Errorf("%s, %s: %v", name, why, got)
				return
			}
			for _, d := range []int{got[0].Box.Min.X - want.Min.X, got[0].Box.Min.Y - want.Min.Y, got[0].Box.Max.X - want.Max.X, got[0].Box.Max.Y - want.Max.Y} {
				if d < -2 || d > 2 {
					t.Errorf("%s, %s: %v, want %v to 2 pixels", name, why, got[0], want)
					return
				}
			}
			if c.landmarks && !near(got[0].Landmarks, marks(want), 2) {
				t.Errorf("%s, %s: landmarks %v, want %v", name, why, got[0].Landmarks, marks(want))
			}
			if straight.Vector == nil {
				return
			}
			if d, err := got[0].Embedding.Distance(straight); err != nil || d > 1e-2 {
				t.Errorf("%s, %s: the embedding is %v away; %v", name, why, d, err)
			}
		}
		within("as it is", whole, box)
		within("part of a picture", whole.SubImage(image.Rect(16, 8, 112, 56)), box)
		move := image.Pt(-50, -30)
		within("negative bounds", scene(image.Rect(-50, -30, 78, 34), spot{box.Add(move), c.c}), box.Add(move))
		within("padded", scene(image.Rect(0, 0, 160, 96), spot{box.Add(image.Pt(16, 16)), c.c}), box.Add(image.Pt(16, 16)))
		within("mirrored", scene(image.Rect(0, 0, 128, 64), spot{image.Rect(56, 24, 88, 40), c.c}), image.Rect(56, 24, 88, 40))
		for turn := 1; turn <= 8; turn++ {
			within("EXIF "+string(rune('0'+turn)), turned(t, whole, turn), box)
			within("EXIF in PNG "+string(rune('0'+turn)), turnedPNG(t, whole, turn), box)
		}
	}
}

// store returns the pixels from which EXIF orientation makes img.
func store(img image.Image, orientation int) *image.RGBA {
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	stored := image.NewRGBA(image.Rect(0, 0, w, h))
	if orientation >= 5 {
		stored = image.NewRGBA(image.Rect(0, 0, h, w))
	}
	for y := range h {
		for x := range w {
			at := [8]image.Point{{x, y}, {w - 1 - x, y}, {w - 1 - x, h - 1 - y}, {x, h - 1 - y}, {y, x}, {y, w - 1 - x}, {h - 1 - y, w - 1 - x}, {h - 1 - y, x}}[orientation-1]
			stored.Set(at.X, at.Y, img.At(x, y))
		}
	}
	return stored
}

// tag is the TIFF of one entry, 0x112, that says the orientation.
func tag(orientation int) []byte {
	return append([]byte("MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01"), 0, byte(orientation), 0, 0, 0, 0, 0, 0)
}

// turned is a JPEG that is img once it has been turned as EXIF orientation says.
func turned(t *testing.T, img image.Image, orientation int) *vision.Photo {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, store(img, orientation), &jpeg.Options{Quality: 100}); err != nil {
		t.Fatal(err)
	}
	exif := append([]byte("Exif\x00\x00"), tag(orientation)...)
	file := append([]byte{}, b.Bytes()[:2]...)
	file = append(file, 0xff, 0xe1) // an APP1 segment after the first marker
	file = binary.BigEndian.AppendUint16(file, uint16(len(exif)+2))
	return upright(t, append(append(file, exif...), b.Bytes()[2:]...), img, orientation)
}

// turnedPNG is turned as PNG.
func turnedPNG(t *testing.T, img image.Image, orientation int) *vision.Photo {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, store(img, orientation)); err != nil {
		t.Fatal(err)
	}
	const head = 8 + 25 // the signature and IHDR
	chunk := append([]byte("eXIf"), tag(orientation)...)
	file := binary.BigEndian.AppendUint32(append([]byte{}, b.Bytes()[:head]...), uint32(len(chunk)-4))
	file = binary.BigEndian.AppendUint32(append(file, chunk...), crc32.ChecksumIEEE(chunk))
	return upright(t, append(file, b.Bytes()[head:]...), img, orientation)
}

func upright(t *testing.T, file []byte, img image.Image, orientation int) *vision.Photo {
	t.Helper()
	p, err := vision.NewPhoto(file)
	if err != nil {
		t.Fatal(err)
	}
	if p.Orientation() != orientation || p.Bounds().Size() != img.Bounds().Size() {
		t.Fatalf("orientation %d: %v, %d", orientation, p.Bounds(), p.Orientation())
	}
	return p
}

func TestManyGoroutines(t *testing.T) {
	m := open(t, "face_bright", brightCard, "face_mean", meanCard(aligns, of112))
	var wait sync.WaitGroup
	for g := range 8 {
		wait.Go(func() {
			for i := range 10 {
				box := image.Rect(g, i, g+15, i+17)
				img := scene(image.Rect(0, 0, 40, 40), spot{box, red})
				faces, err := m.Find(context.Background(), img)
				if err != nil || len(faces) != 1 || faces[0].Box != box || !near(faces[0].Landmarks, marks(box), 1e-3) || len(faces[0].Embedding.Vector) != 12 {
					t.Errorf("goroutine %d: %v, %v, want %v", g, faces, err, box)
					return
				}
				e, err := m.Embed(context.Background(), img, faces[0])
				if d, derr := e.Distance(faces[0].Embedding); err != nil || derr != nil || d > 1e-6 {
					t.Errorf("goroutine %d: Embed differs from Find by %v: %v, %v", g, d, err, derr)
					return
				}
			}
		})
	}
	wait.Wait()
}

func TestAllAndSeq(t *testing.T) {
	m := open(t, "face_bright", brightCard, "face_mean", meanCard(aligns, of112))
	var imgs []image.Image
	var want []face.Faces
	for i := range 12 {
		img := scene(image.Rect(0, 0, 64, 48), spot{image.Rect(i, 3, i+9, 20), red}, spot{image.Rect(30, i, 50, i+30), blue})
		imgs, want = append(imgs, img), append(want, find(t, m, img))
	}
	imgs[5] = image.NewNRGBA(image.Rectangle{}) // no pixels
	check := func(i int, faces face.Faces, err error) {
		t.Helper()
		if i == 5 {
			var fe *vision.FormatError
			if faces != nil || !errors.As(err, &fe) {
				t.Errorf("a picture without pixels: %v, %v", faces, err)
			}
			return
		}
		if err != nil || len(faces) != 2 {
			t.Errorf("picture %d: %v, %v", i, faces, err)
			return
		}
		for j, f := range faces {
			d, err := f.Embedding.Distance(want[i][j].Embedding)
			if f.Box != want[i][j].Box || err != nil || d > 1e-6 {
				t.Errorf("picture %d: %v, want %v; %v, %v", i, f, want[i][j], d, err)
			}
		}
	}
	all, err := m.FindAll(context.Background(), imgs)
	var be *vision.BatchError
	if !errors.As(err, &be) || len(be.Failures) != 1 || len(all) != len(imgs) {
		t.Fatal(err)
	}
	for i := range all {
		check(i, all[i], be.At(i))
	}
	i := 0
	for faces, err := range m.FindSeq(context.Background(), slices.Values(imgs)) {
		check(i, faces, err)
		i++
	}
	if i != len(imgs) {
		t.Errorf("%d answers of %d", i, len(imgs))
	}
}

func TestCloseCancelAndInfo(t *testing.T) {
	m := open(t, "face_bright", brightCard, "face_mean", meanCard(aligns, of112))
	img := scene(image.Rect(0, 0, 40, 40), spot{image.Rect(2, 2, 20, 20), red})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	f := find(t, m, img)[0]
	if _, err := m.Find(ctx, img); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := m.Embed(ctx, img, f); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if i := m.Info(); i.Detector.Task != "face-detect" || i.Embedder == nil || i.Embedder.Task != "face-embed" {
		t.Errorf("info: %+v", i)
	}
	var wait sync.WaitGroup
	for range 8 { // calls that run while it closes are answered whole, or not begun
		wait.Go(func() {
			for {
				faces, err := m.Find(context.Background(), img)
				if errors.Is(err, vision.ErrClosed) {
					return
				}
				if err != nil || len(faces) != 1 || len(faces[0].Embedding.Vector) != 12 {
					t.Errorf("while closing: %v, %v", faces, err)
					return
				}
			}
		})
	}
	for range 2 {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
	wait.Wait()
	for why, err := range map[string]error{
		"Find":         func() error { _, err := m.Find(context.Background(), img); return err }(),
		"Embed":        func() error { _, err := m.Embed(context.Background(), img, f); return err }(),
		"EmbedAligned": func() error { _, err := m.EmbedAligned(context.Background(), img); return err }(),
	} {
		if !errors.Is(err, vision.ErrClosed) {
			t.Errorf("%s after Close: %v", why, err)
		}
	}
}

func TestOpenFS(t *testing.T) {
	m, err := face.OpenFS(os.DirFS(models), "face_bright", "face_mean", vision.Card("testdata/cards"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = m.Close() }()
	if got := find(t, m, scene(image.Rect(0, 0, 40, 40), spot{image.Rect(2, 2, 20, 20), red})); len(got) != 1 || got[0].Embedding.Model != "mean" {
		t.Errorf("got %v", got)
	}
}

func of(x0, y0, x1, y1 int) image.Rectangle { return image.Rect(x0, y0, x1, y1) }
