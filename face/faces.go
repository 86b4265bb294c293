package face

import (
	"cmp"
	"encoding/json"
	"fmt"
	"image"
	"slices"
	"strings"

	"github.com/gosight/vision"
)

// A Face is one face in a picture.
type Face struct {
	Box   image.Rectangle // in pixels of the upright picture that the caller passed; never empty
	Score float32         // probability in [0, 1]

	// Landmarks are the eye on the left of the picture, the one on the right, the tip of the
	// nose, and the left and right corner of the mouth, in pixels of the picture; they
	// may lie beyond its edge. Nil if the detector gives none.
	Landmarks []vision.Point

	Embedding Embedding // empty without an embedder
}

func (f Face) String() string {
	return fmt.Sprintf("%.3f [%d %d %d %d]", f.Score, f.Box.Min.X, f.Box.Min.Y, f.Box.Max.X, f.Box.Max.Y)
}

// aFace is the JSON form.
type aFace struct {
	Box       [4]int       `json:"box"`
	Score     float32      `json:"score"`
	Landmarks [][2]float32 `json:"landmarks,omitempty"`
	Embedding []float32    `json:"embedding,omitempty"`
}

// MarshalJSON writes {"box": [x0, y0, x1, y1], "score", "landmarks": [[x, y], ...],
// "embedding": [...]}, without landmarks and embedding where there are none.
func (f Face) MarshalJSON() ([]byte, error) {
	j := aFace{[4]int{f.Box.Min.X, f.Box.Min.Y, f.Box.Max.X, f.Box.Max.Y}, f.Score, nil, f.Embedding.Vector}
	for _, p := range f.Landmarks {
		j.Landmarks = append(j.Landmarks, [2]float32{float32(p.X), float32(p.Y)})
	}
	return json.Marshal(j)
}

// UnmarshalJSON reads what MarshalJSON writes. The embedding has no model's name then, and
// compares only with those that have none either.
func (f *Face) UnmarshalJSON(data []byte) error {
	var j aFace
	if err := json.Unmarshal(data, &j); err != nil {
		return fmt.Errorf("face: %w", err)
	}
	*f = Face{Box: image.Rect(j.Box[0], j.Box[1], j.Box[2], j.Box[3]), Score: j.Score, Embedding: Embedding{Vector: j.Embedding}}
	for _, p := range j.Landmarks {
		f.Landmarks = append(f.Landmarks, vision.Point{X: float64(p[0]), Y: float64(p[1])})
	}
	return nil
}

// Faces are those of one picture, the largest box first; of equal ones the more probable.
type Faces []Face

func (fs Faces) sort() {
	slices.SortStableFunc(fs, func(a, b Face) int {
		if c := cmp.Compare(area(b.Box), area(a.Box)); c != 0 {
			return c
		}
		return cmp.Compare(b.Score, a.Score)
	})
}

func area(r image.Rectangle) int64 { return int64(r.Dx()) * int64(r.Dy()) }

// Above returns the faces whose score is at least min, largest first, as new memory.
func (fs Faces) Above(min float32) Faces {
	found := Faces{}
	for _, f := range fs {
		if f.Score >= min {
			found = append(found, f)
		}
	}
	return found
}

// Largest returns the face with the largest box; ok is false if there is none.
func (fs Faces) Largest() (f Face, ok bool) {
	for i, g := range fs {
		if i == 0 || area(g.Box) > area(f.Box) {
			f = g
		}
	}
	return f, len(fs) > 0
}

// String gives one face a line, for people.
func (fs Faces) String() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.String()
	}
	return strings.Join(lines, "\n")
}
