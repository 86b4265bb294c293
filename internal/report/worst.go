package report

import (
	"cmp"
	"image"
	"slices"
)

// MostWorst is how many pictures a sheet shows.
const MostWorst = 36

// A Mistake is a picture that was put into a wrong class.
type Mistake struct {
	Name   string // as its set calls it
	Truth  string
	Answer string
	Score  float64                     // probability of Answer
	Image  func() (image.Image, error) // called when it is drawn
}

// Worst keeps the mistakes of highest score. The zero value is ready. It is not safe for concurrent use.
type Worst struct {
	kept     []Mistake // best score first; of equal ones that which came first
	pictures int
	wrong    int
	bar      float64 // below which nothing more is kept
}

// Right counts a picture that came out right.
func (w *Worst) Right() { w.pictures++ }

// Wants tells whether a mistake of this score would be kept, so that callers need not make what it holds.
func (w *Worst) Wants(score float64) bool { return len(w.kept) < MostWorst || score > w.bar }

// Wrong counts a mistake, and keeps it if few are worse.
func (w *Worst) Wrong(m Mistake) {
	w.pictures++
	w.wrong++
	if !w.Wants(m.Score) {
		return
	}
	at, _ := slices.BinarySearchFunc(w.kept, m.Score, func(a Mistake, score float64) int {
		return cmp.Or(cmp.Compare(score, a.Score), -1) // behind those of its score
	})
	w.kept = slices.Insert(w.kept, at, m)
	if len(w.kept) > MostWorst {
		w.kept = slices.Delete(w.kept, MostWorst, len(w.kept))
	}
	w.bar = w.kept[len(w.kept)-1].Score
}
