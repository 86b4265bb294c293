package face_test

import (
	"bufio"
	"encoding/json"
	"image"
	"image/draw"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/gosight/vision"
	"github.com/gosight/vision/face"
	"github.com/gosight/vision/internal/sharedtest"
)

// A reference is a line of reference/face/predict.py.
type reference struct {
	File  string
	Size  [2]int
	Faces []struct {
		Score     float64
		Box       [4]float64
		Landmarks [5][2]float64
	}
	Distances [][]float64
}

func references(t *testing.T) []reference {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "python", "mtcnn.jsonl"))
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
	if len(all) < 9 {
		t.Fatalf("%d photos in the reference", len(all))
	}
	return all
}

// The same models on the same photos give the boxes and landmarks that they give in Python to a
// pixel, and embeddings that are as far from each other.
func TestEqualsPython(t *testing.T) {
	const pixels, score, distance = 1, 1e-3, 2e-3
	m := real(t)
	worst, worstScore, worstDistance, faces := 0., 0., 0., 0
	for _, ref := range references(t) {
		got := find(t, m, photo(t, sharedtest.Path(t, "data", "photos", ref.File)))
		if len(got) != len(ref.Faces) {
			t.Errorf("%s: %d faces, Python has %d", ref.File, len(got), len(ref.Faces))
			continue
		}
		// Which of Python's each is: whole pixels may sort equal sizes otherwise.
		order := make([]int, len(got))
		for i, g := range got {
			best := math.Inf(1)
			for j, w := range ref.Faces {
				if d := apart(g, w.Box, w.Landmarks, ref.Size); d < best {
					best, order[i] = d, j
				}
			}
			w := ref.Faces[order[i]]
			if best > pixels || math.Abs(float64(g.Score)-w.Score) > score {
				t.Errorf("%s: %v is %.2f pixels from Python's %v", ref.File, g, best, w)
			}
			worst, worstScore, faces = max(worst, best), max(worstScore, math.Abs(float64(g.Score)-w.Score)), faces+1
		}
		for i := range got {
			for j := range got {
				d, err := got[i].Embedding.Distance(got[j].Embedding)
				off := math.Abs(d - ref.Distances[order[i]][order[j]])
				if err != nil || off > distance {
					t.Errorf("%s: faces %d and %d are %.4f apart, in Python %.4f; %v", ref.File, i, j, d, ref.Distances[order[i]][order[j]], err)
				}
				worstDistance = max(worstDistance, off)
			}
		}
	}
	t.Logf("%d faces: boxes and landmarks within %.3f pixels, scores %.1e, distances %.1e", faces, worst, worstScore, worstDistance)
	if faces < 10 {
		t.Errorf("%d faces in all", faces)
	}
}

// apart is how far a face lies from one in Python, the box but for whole pixels.
func apart(f face.Face, box [4]float64, landmarks [5][2]float64, size [2]int) float64 {
	d := 0.
	for i, v := range []int{f.Box.Min.X, f.Box.Min.Y, f.Box.Max.X, f.Box.Max.Y} {
		w := math.Round(min(max(box[i], 0), float64(size[i%2])))
		d = max(d, math.Abs(float64(v)-w))
	}
	for i, p := range f.Landmarks {
		d = max(d, math.Abs(p.X-landmarks[i][0]), math.Abs(p.Y-landmarks[i][1]))
	}
	return d
}

// On photos of people: what is padded, mirrored or cut out with shifted bounds gives the same
// faces. Where the network sees the same pixels they are the
// same to a thousandth of a pixel. Where it sees others (mirrored, or scaled from another size) it is MTCNN
// that moves them, in Python as here, by up to a ninth of their side: then faces that it is sure of are
// held to an eighth. TestGeometryOfThePicture has a network that does not, and 2 pixels.
func TestGeometryOfPhotos(t *testing.T) {
	const sure = 0.99
	m := real(t)
	for _, file := range []string{"people_sample1.jpg", "people_sample2.jpg", "people_sample3.jpg", "grace_hopper.bmp"} {
		p := photo(t, sharedtest.Path(t, "data", "photos", file))
		b := p.Bounds()
		plain := image.NewRGBA(b)
		draw.Draw(plain, b, p, image.Point{}, draw.Src)
		all := find(t, m, plain)
		within := func(why string, want, got face.Faces, most func(face.Face) float64, back func(vision.Point) vision.Point, mirrored bool) {
			t.Helper()
			if len(got) < len(want) {
				t.Errorf("%s, %s: %d faces, want %d", file, why, len(got), len(want))
			}
			worst := 0.
			for _, w := range want {
				best := math.Inf(1)
				for _, g := range got {
					best = min(best, farthest(w, g, back, mirrored))
				}
				if worst = max(worst, best); best > most(w) {
					t.Errorf("%s, %s: the nearest to %v is %.2f pixels off", file, why, w, best)
				}
			}
			t.Logf("%s, %s: %d faces within %.3f pixels", file, why, len(want), worst)
		}
		tight := func(face.Face) float64 { return 1e-3 }
		loose := func(f face.Face) float64 { return float64(max(f.Box.Dx(), f.Box.Dy())) / 8 }
		moved := image.NewRGBA(b.Add(image.Pt(-300, 170)))
		draw.Draw(moved, moved.Rect, plain, image.Point{}, draw.Src)
		within("shifted bounds", all, find(t, m, moved), tight, func(q vision.Point) vision.Point { return vision.Point{X: q.X + 300, Y: q.Y - 170} }, false)
		padded := image.NewRGBA(image.Rect(0, 0, b.Dx()+64, b.Dy()+40))
		draw.Draw(padded, b.Add(image.Pt(24, 16)), plain, b.Min, draw.Src)
		back := func(q vision.Point) vision.Point { return vision.Point{X: q.X - 24, Y: q.Y - 16} }
		within("sub-image", all, find(t, m, padded.SubImage(b.Add(image.Pt(24, 16)))), tight, back, false)
		few := all.Above(sure)
		within("padded", few, find(t, m, padded), loose, back, false)
		mirror := image.NewRGBA(b)
		for y := range b.Dy() {
			for x := range b.Dx() {
				mirror.SetRGBA(b.Dx()-1-x, y, plain.RGBAAt(x, y))
			}
		}
		within("mirrored", few, find(t, m, mirror), loose, func(q vision.Point) vision.Point { return vision.Point{X: float64(b.Dx()) - q.X, Y: q.Y} }, true)
	}
}

// farthest is the largest distance between corners and landmarks of w and those of g,
// which back brings to w's picture.
func farthest(w, g face.Face, back func(vision.Point) vision.Point, mirrored bool) float64 {
	d := 0.
	add := func(a, b vision.Point) { d = max(d, math.Abs(a.X-b.X), math.Abs(a.Y-b.Y)) }
	at := func(p image.Point) vision.Point { return vision.Point{X: float64(p.X), Y: float64(p.Y)} }
	lo, hi := back(at(g.Box.Min)), back(at(g.Box.Max))
	if mirrored {
		lo.X, hi.X = hi.X, lo.X
	}
	add(at(w.Box.Min), lo)
	add(at(w.Box.Max), hi)
	swap := [5]int{0, 1, 2, 3, 4}
	if mirrored {
		swap = [5]int{1, 0, 2, 4, 3}
	}
	for i, p := range w.Landmarks {
		add(p, back(g.Landmarks[swap[i]]))
	}
	return d
}

// A photo that is stored turned or mirrored, and says so, shows the same faces: as PNG, which loses
// nothing, to the last digit.
func TestOrientationsOfAPhoto(t *testing.T) {
	m := real(t)
	p := photo(t, sharedtest.Path(t, "data", "photos", "people_sample3.jpg"))
	small := image.NewRGBA(image.Rect(0, 0, 700, 500)) // a part with three faces
	draw.Draw(small, small.Rect, p, image.Pt(1060, 180), draw.Src)
	want := find(t, m, small)
	if len(want) < 2 {
		t.Fatalf("%d faces", len(want))
	}
	for turn := 1; turn <= 8; turn++ {
		got := find(t, m, turnedPNG(t, small, turn))
		if len(got) != len(want) {
			t.Errorf("orientation %d: %d faces, want %d", turn, len(got), len(want))
			continue
		}
		for i := range want {
			d := farthest(want[i], got[i], func(q vision.Point) vision.Point { return q }, false)
			far, err := want[i].Embedding.Distance(got[i].Embedding)
			if d > 1e-3 || err != nil || far > 1e-5 {
				t.Errorf("orientation %d: %.2f pixels off, the embedding %.6f; %v", turn, d, far, err)
			}
		}
	}
}
