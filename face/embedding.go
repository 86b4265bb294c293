package face

import (
	"fmt"
	"math"
	"strconv"

	"github.com/gosight/vision/internal/card"
	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/metric"
)

// An Embedding is the vector that an embedder makes of a face: those of one person lie near
// to each other.
type Embedding struct {
	Model  string    // that made it: the name in its card, or else that of its folder
	Vector []float32 // of length 1; its caller's, but for those in a Gallery

	space space
}

// A space says how the embeddings of a model are compared.
type space struct {
	euclidean bool    // squared L2, 0 to 4; else 1 - cosine, 0 to 2
	threshold float64 // two are of one person up to this distance; 0: not known
}

// Distance returns how far apart two embeddings are, as face.distance of the model's card says: "cosine"
// is 1 minus the cosine of the angle, 0 to 2, "euclidean" the squared L2 distance of the vectors of length
// 1, 0 to 4, which is twice that. Embeddings that were made by two models, or have no or
// different lengths, are a *vision.ModelError.
func (e Embedding) Distance(other Embedding) (float64, error) {
	if e.Model != other.Model {
		return 0, &fault.ModelError{What: "embeddings", Want: "two of one model, " + called(e.Model), Got: "one of " + called(other.Model)}
	}
	if len(e.Vector) != len(other.Vector) || len(e.Vector) == 0 {
		return 0, &fault.ModelError{Model: e.Model, What: "embeddings", Want: "two of one length above 0", Got: fmt.Sprint(len(e.Vector), " and ", len(other.Vector))}
	}
	measure := metric.CosineDistance
	if e.space.euclidean {
		measure = metric.SquaredL2
	}
	d, err := measure(e.Vector, other.Vector)
	if err == nil && math.IsNaN(d) {
		err = &fault.ModelError{Model: e.Model, What: "embeddings", Want: "finite numbers", Got: "NaN"}
	}
	return d, err
}

func called(model string) string {
	if model == "" {
		return "no model"
	}
	return strconv.Quote(model)
}

// farthest is the largest distance there is.
func (s space) farthest() float64 {
	if s.euclidean {
		return 4
	}
	return 2
}

// Names of thresholds in a card.
const (
	samePerson       = "same-person"        // a distance, of the card's own kind
	samePersonCosine = "same-person-cosine" // a cosine
)

// spaceOf reads how embeddings are compared from the card of their model.
func spaceOf(c *card.Card) (space, error) {
	s := space{euclidean: c.Face.Distance == "euclidean"}
	distance, isDistance := c.Thresholds[samePerson]
	cosine, isCosine := c.Thresholds[samePersonCosine]
	switch {
	case isDistance && !(distance > 0 && distance < s.farthest()):
		return s, &fault.ModelError{What: "card", Want: fmt.Sprintf("thresholds.%s to be a distance above 0 and below %g", samePerson, s.farthest()), Got: fmt.Sprint(distance)}
	case isCosine && !(cosine > -1 && cosine < 1):
		return s, &fault.ModelError{What: "card", Want: "thresholds." + samePersonCosine + " to be a cosine above -1 and below 1", Got: fmt.Sprint(cosine)}
	case isDistance:
		s.threshold = distance
	case isCosine:
		s.threshold = (1 - cosine) * s.farthest() / 2
	}
	return s, nil
}
