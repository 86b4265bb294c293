package face

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/postprocess"
)

// A Gallery holds the embeddings of people, several each, all of one model, and tells whose
// a further one is. A Gallery is safe for any number of goroutines; the zero Gallery is
// empty.
type Gallery struct {
	mu     sync.RWMutex
	model  string
	space  space
	said   bool // the threshold is the caller's, not the card's
	size   int  // numbers of an embedding; 0: the gallery has none yet
	people map[string][][]float32
}

// An Identity says whose a face is.
type Identity struct {
	Person string `json:"person"` // "" is somebody unknown

	// Distance is that to the nearest sample of the nearest person, also where it is too far for Person to
	// be named; as of Embedding.Distance. In an empty gallery it is the largest there is.
	Distance float64 `json:"distance"`

	// Margin is how much farther the nearest sample of the next person is: how sure the
	// choice between the two is. With one person the next is as far as can be.
	Margin float64 `json:"margin"`
}

func (i Identity) String() string {
	person := i.Person
	if person == "" {
		person = "unknown"
	}
	return fmt.Sprintf("%s %.3f (margin %.3f)", person, i.Distance, i.Margin)
}

// NewGallery returns an empty gallery. The first embedding that is added says of which
// model it is, and brings the threshold of that model's card.
func NewGallery() *Gallery { return &Gallery{} }

// Model returns the name of the model whose embeddings the gallery holds, "" if it never had one.
func (g *Gallery) Model() string {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.model
}

// Threshold returns the distance up to which a face is called a person's: what SetThreshold
// said, or else what the card of the model says in thresholds, "same-person", a distance, or
// "same-person-cosine", a cosine; 0 if neither does. The card is that with which the first sample was
// made; an embedding that was made with a later one brings that one's threshold with it.
func (g *Gallery) Threshold() float64 {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.space.threshold
}

// SetThreshold says up to which distance a face is called a person's, above 0. It wins over the card's.
func (g *Gallery) SetThreshold(distance float64) error {
	if !(distance > 0 && distance <= 4) {
		return &fault.ModelError{What: "gallery", Want: "a threshold above 0 and up to 4", Got: fmt.Sprint(distance)}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.space.threshold, g.said = distance, true
	return nil
}

// maxName bounds a person's name, in bytes.
const maxName = 1024

// CheckName returns a *vision.ModelError for what cannot be a person's name: it is text of 1 to 1024 bytes
// without control characters.
func CheckName(person string) error {
	if person == "" || len(person) > maxName || !utf8.ValidString(person) {
		return &fault.ModelError{What: "gallery", Want: fmt.Sprintf("a person's name, text of 1 to %d bytes", maxName), Got: strconv.Quote(person[:min(len(person), 40)])}
	}
	for _, r := range person {
		if unicode.IsControl(r) {
			return &fault.ModelError{What: "gallery", Want: "a person's name without control characters", Got: strconv.Quote(person[:min(len(person), 40)])}
		}
	}
	return nil
}

// Add adds samples of a person: different pictures of one face make it found more surely. It copies them. An
// embedding of another model than those in the gallery is a *vision.ModelError, and
// then none is added.
func (g *Gallery) Add(person string, samples ...Embedding) error {
	if err := CheckName(person); err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	model, sp, size := g.model, g.space, g.size
	var vectors [][]float32
	for _, e := range samples {
		if size == 0 && len(e.Vector) > 0 && len(e.Vector) <= maxSize {
			model, size, sp.euclidean = e.Model, len(e.Vector), e.space.euclidean
		}
		if err := fits(e, model, size); err != nil {
			return err
		}
		if sp.threshold == 0 {
			sp.threshold = e.space.threshold
		}
		v := slices.Clone(e.Vector)
		postprocess.L2Normalize(v)
		vectors = append(vectors, v)
	}
	if len(vectors) == 0 {
		return nil
	}
	g.model, g.space, g.size = model, sp, size
	if g.people == nil {
		g.people = map[string][][]float32{}
	}
	g.people[person] = append(slices.Clip(g.people[person]), vectors...)
	return nil
}

// maxSize bounds the numbers of an embedding.
const maxSize = 1 << 16

// fits refuses an embedding that cannot be compared with those of a model.
func fits(e Embedding, model string, size int) error {
	switch {
	case e.Model != model:
		return &fault.ModelError{What: "gallery", Want: "embeddings of one model, " + called(model), Got: "one of " + called(e.Model)}
	case len(e.Vector) != size || size == 0:
		return &fault.ModelError{What: "gallery", Want: fmt.Sprintf("embeddings of one length, %d", size), Got: fmt.Sprint(len(e.Vector))}
	case !postprocess.Finite(e.Vector):
		return &fault.ModelError{What: "gallery", Want: "an embedding of finite numbers", Got: "NaN or infinite ones"}
	}
	for _, x := range e.Vector {
		if x != 0 {
			return nil
		}
	}
	return &fault.ModelError{What: "gallery", Want: "an embedding with a direction", Got: "zeros"}
}

// Remove forgets a person; it reports whether there was one of that name.
func (g *Gallery) Remove(person string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, ok := g.people[person]
	delete(g.people, person)
	return ok
}

// People returns the names, sorted.
func (g *Gallery) People() []string {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return slices.Sorted(maps.Keys(g.people))
}

// Samples returns how many samples there are of a person.
func (g *Gallery) Samples(person string) int {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return len(g.people[person])
}

// Identify returns whose e is: the person with the nearest sample, if that is no farther than
// the threshold. Of people who are equally near it is the first by name. Time is that of
// comparing with every sample. An embedding of another model, and a gallery with people but without a
// threshold, are a *vision.ModelError.
func (g *Gallery) Identify(e Embedding) (Identity, error) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if len(g.people) == 0 {
		return Identity{Distance: e.space.farthest()}, nil
	}
	v, threshold, err := g.ready(e)
	if err != nil {
		return Identity{}, err
	}
	nearest, next, who := math.Inf(1), g.space.farthest(), ""
	for person, samples := range g.people {
		switch d := g.space.nearest(v, samples); {
		case d < nearest || d == nearest && person < who:
			if who != "" {
				next = nearest
			}
			nearest, who = d, person
		case d < next:
			next = d
		}
	}
	found := Identity{Distance: nearest, Margin: max(next-nearest, 0)}
	if nearest <= threshold {
		found.Person = who
	}
	return found, nil
}

// Verify returns whether e is of a person: no farther from the nearest sample than the threshold. Errors
// are those of Identify; a name that is not in the gallery is one too.
func (g *Gallery) Verify(person string, e Embedding) (same bool, distance float64, err error) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	samples, ok := g.people[person]
	if !ok {
		return false, 0, &fault.ModelError{What: "gallery", Want: "a person in it", Got: strconv.Quote(person)}
	}
	v, threshold, err := g.ready(e)
	if err != nil {
		return false, 0, err
	}
	d := g.space.nearest(v, samples)
	return d <= threshold, d, nil
}

// ready returns the vector of an embedding that can be compared, of length 1, and the
// threshold for it.
func (g *Gallery) ready(e Embedding) ([]float32, float64, error) {
	if err := fits(e, g.model, g.size); err != nil {
		return nil, 0, err
	}
	threshold := g.space.threshold
	if e.space.threshold != 0 && !g.said {
		threshold = e.space.threshold
	}
	if threshold == 0 {
		return nil, 0, &fault.ModelError{Model: g.model, What: "gallery",
			Want: "a threshold: thresholds." + samePerson + " or " + samePersonCosine + " in the embedder's card, or SetThreshold", Got: "none"}
	}
	v := slices.Clone(e.Vector)
	postprocess.L2Normalize(v)
	return v, threshold, nil
}

// nearest returns the distance from v to the nearest of samples, all of length 1: of these
// the squared L2 distance is twice the cosine distance.
func (s space) nearest(v []float32, samples [][]float32) float64 {
	best := -1.
	for _, w := range samples {
		w = w[:len(v)]
		var a, b float64
		i := 0
		for ; i+1 < len(v); i += 2 { // two sums, so that one does not wait for the other
			a += float64(v[i]) * float64(w[i])
			b += float64(v[i+1]) * float64(w[i+1])
		}
		if i < len(v) {
			a += float64(v[i]) * float64(w[i])
		}
		best = max(best, a+b)
	}
	best = float64(float32(best)) // vectors are no more exact, and one is 0 away from itself
	return min(max(1-best, 0), 2) * s.farthest() / 2
}
