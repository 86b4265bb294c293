package detect_test

import (
	"bufio"
	"encoding/json"
	"image"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gosight/vision"
	"github.com/gosight/vision/detect"
	"github.com/gosight/vision/internal/sharedtest"
)

// A reference is a line of reference/detect/predict.py.
type reference struct {
	File    string
	Size    [2]int
	Objects []struct {
		Name  string
		Index int
		Score float64
		Box   [4]float64
	}
}

func references(t *testing.T, model string) []reference {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "python", model+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var all []reference
	for s := bufio.NewScanner(f); s.Scan(); {
		var r reference
		if err := json.Unmarshal(s.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	if len(all) < 60 {
		t.Fatalf("%d pictures in the reference", len(all))
	}
	return all
}

// With vision.Exact the same models on the same pictures give what they give in Python: all
// objects, their scores to 1e-3, and their boxes but for whole pixels.
func TestExactEqualsPython(t *testing.T) {
	const kept, score, pixels = 0.35, 1e-3, 0.51 // the reference holds objects from this score
	for _, model := range []string{"ssd_mobilenet_v1_coco", "centernet_coco"} {
		t.Run(model, func(t *testing.T) {
			worstBox, worstScore, objects := 0.0, 0.0, 0
			eachReference(t, model, 1, func(ref reference, got detect.Objects) {
				used := make([]bool, len(got))
				for _, o := range ref.Objects {
					best, off := -1, math.Inf(1)
					for i, g := range got {
						if g.Index != o.Index || used[i] || math.Abs(float64(g.Score)-o.Score) > score {
							continue
						}
						if d := apart(g, o.Box, ref.Size); d < off {
							best, off = i, d
						}
					}
					if off > pixels {
						t.Errorf("%s: Python has %v; the nearest here is %.1f pixels off", ref.File, o, off)
						continue
					}
					used[best] = true
					objects++
					worstBox, worstScore = max(worstBox, off), max(worstScore, math.Abs(float64(got[best].Score)-o.Score))
					if got[best].Name != o.Name {
						t.Errorf("%s: class %d is %q, in Python %q", ref.File, o.Index, got[best].Name, o.Name)
					}
				}
				for i, g := range got.Above(kept + score) {
					if !used[i] {
						t.Errorf("%s: %v is not in Python's answer", ref.File, g)
					}
				}
			}, vision.Exact())
			t.Logf("%d objects: boxes within %.2f pixels, scores within %.5f", objects, worstBox, worstScore)
			if objects < 100 {
				t.Errorf("only %d objects were compared", objects)
			}
		})
	}
}

// Without Exact what Python is sure of is found too, class and place.
func TestFastNearPython(t *testing.T) {
	const sure, overlap, share = 0.5, 0.75, 0.95
	for _, model := range []string{"ssd_mobilenet_v1_coco", "centernet_coco"} {
		t.Run(model, func(t *testing.T) {
			found, all := 0, 0
			sum := 0.0
			eachReference(t, model, 3, func(ref reference, got detect.Objects) {
				for _, o := range ref.Objects {
					if o.Score < sure {
						continue
					}
					all++
					best, diff := 0.0, 0.0
					for _, g := range got {
						if v := overlapOf(g.Box, o.Box, ref.Size); g.Index == o.Index && v > best {
							best, diff = v, math.Abs(float64(g.Score)-o.Score)
						}
					}
					if best >= overlap {
						found++
						sum += diff
					}
				}
			})
			t.Logf("%d of %d objects found, mean difference of scores %.4f", found, all, sum/float64(max(found, 1)))
			if float64(found) < share*float64(all) || all < 20 {
				t.Errorf("%d of %d sure objects were found", found, all)
			}
		})
	}
}

// The raw heads of CenterNet, decoded here, are the boxes that its graph decodes.
func TestRawHeadsEqualTheGraphs(t *testing.T) {
	dir := sharedtest.Path(t, "models", "centernet_coco")
	ready, err := detect.Open(dir, vision.Card("../testdata/cards"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ready.Close() }()
	card := filepath.Join(t.TempDir(), "raw.json")
	write(t, card, `{"task": "detect",
		"input": {"channels": "RGB", "range": [0, 255], "resize": {"mode": "squash", "resampler": "tf-bilinear"}},
		"output": {"scores": "probabilities", "labels": "builtin:coco-80"},
		"detect": {"head": "centernet", "outputs": {"heatmap": "output_1", "sizes": "output_0"}, "boxes": "xyxy", "units": "pixels"}}`)
	raw, err := detect.Open(dir, vision.Card(card))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = raw.Close() }()
	for _, name := range []string{"kite_and_cold.jpg", "people_sample1.jpg", "grace_hopper.bmp"} {
		p, err := vision.ReadFile(sharedtest.Path(t, "data", "photos", name))
		if err != nil {
			t.Fatal(err)
		}
		a, b := find(t, ready, p), find(t, raw, p)
		if len(a) != len(b) || len(a) < 90 {
			t.Errorf("%s: %d objects of the graph, %d of its heads", name, len(a), len(b))
			continue
		}
		for i := range a {
			// The label lists spell some names otherwise.
			if a[i].Index != b[i].Index || a[i].Score != b[i].Score || a[i].Box != b[i].Box {
				t.Errorf("%s: %v of the graph, %v of its heads", name, a[i], b[i])
			}
		}
	}
}

// A network that takes pictures of any size without a batch, whose boxes are in outputs of
// their own, top before left.
func TestFacesOfMTCNN(t *testing.T) {
	m, err := detect.Open(sharedtest.Path(t, "models", "mtcnn"), vision.Card("../testdata/cards"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = m.Close() }()
	p, err := vision.ReadFile(sharedtest.Path(t, "data", "photos", "people_sample1.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	faces := find(t, m, p).Above(0.95)
	// Looked at: three women, the middle one's face around (920, 440).
	if len(faces) != 3 || len(faces.Of("face")) != 3 {
		t.Fatalf("want three faces, got %v", faces)
	}
	if !slices.ContainsFunc(faces, func(o detect.Object) bool { return image.Pt(920, 440).In(o.Box) && o.Box.Dx() < 300 }) {
		t.Errorf("none of %v is the middle one", faces)
	}
}

// eachReference visits every so many pictures of the reference with what is found here.
func eachReference(t *testing.T, model string, step int, visit func(reference, detect.Objects), opts ...vision.Option) {
	t.Helper()
	folder := sharedtest.Path(t, "data", "coco", "images")
	m, err := detect.Open(sharedtest.Path(t, "models", model), append([]vision.Option{vision.Card("../testdata/cards")}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = m.Close() }()
	for i, ref := range references(t, model) {
		if i%step != 0 {
			continue
		}
		p, err := vision.ReadFile(filepath.Join(folder, ref.File))
		if err != nil {
			t.Fatal(err)
		}
		visit(ref, find(t, m, p))
	}
}

// overlapOf is the IoU of a box and one of the reference.
func overlapOf(a image.Rectangle, box [4]float64, size [2]int) float64 {
	b := image.Rect(int(math.Round(max(box[0], 0))), int(math.Round(max(box[1], 0))),
		int(math.Round(min(box[2], float64(size[0])))), int(math.Round(min(box[3], float64(size[1])))))
	area := func(r image.Rectangle) float64 { return float64(r.Dx() * r.Dy()) }
	both := area(a.Intersect(b))
	return both / (area(a) + area(b) - both)
}

// apart is the largest distance of two boxes' sides, the second cut at the picture's edge.
func apart(o detect.Object, box [4]float64, size [2]int) float64 {
	d := 0.0
	for i, v := range []int{o.Box.Min.X, o.Box.Min.Y, o.Box.Max.X, o.Box.Max.Y} {
		w := min(max(box[i], 0), float64(size[i%2]))
		d = max(d, math.Abs(float64(v)-w))
	}
	return d
}
