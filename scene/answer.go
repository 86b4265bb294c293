package scene

import (
	"fmt"
	"strings"

	"github.com/gosight/vision"
)

// A Scene is what is told of one picture's surroundings.
type Scene struct {
	Places vision.Labels `json:"places"` // every kind of place, best first
	Indoor bool          `json:"indoor"` // IndoorScore is above 0.5

	// IndoorScore is the share, in [0, 1], that indoor places have in the vote of the
	// package's doc: of voices where places have one each, so 0.7 when seven of the ten best are
	// indoors; else of the scores, so the probability that the picture was taken indoors. Half
	// and half is outdoors, as in the rule of Places365.
	IndoorScore float32 `json:"indoor_score"`
}

// String says it in one line, with the best three places, for people:
// "indoor 0.912: kitchen 0.804, living_room 0.093, store 0.015".
func (s Scene) String() string {
	const shown = 3
	side, share := s.Side()
	parts := make([]string, min(shown, len(s.Places)))
	for i := range parts {
		parts[i] = s.Places[i].String()
	}
	return fmt.Sprintf("%s %.3f: %s", side, share, strings.Join(parts, ", "))
}

// Side returns "indoor" or "outdoor" and how much of the vote that has, from 0.5 to 1.
func (s Scene) Side() (string, float32) {
	if s.Indoor {
		return "indoor", s.IndoorScore
	}
	return "outdoor", 1 - s.IndoorScore
}
