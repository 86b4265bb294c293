package scene

import (
	"fmt"
	"strconv"

	"github.com/gosight/vision"
	"github.com/gosight/vision/internal/card"
	"github.com/gosight/vision/internal/engine"
	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/postprocess"
)

// A jury sums up places as indoor or outdoor.
type jury struct {
	side   []int8 // of each output row: 1 indoor, -1 outdoor, 0 without a say
	voters int    // how many of the best have a voice; 0: all, by their scores
}

// newJury reads the card's section scene and checks it against the classes.
func newJury(e *engine.Engine, names []string) (*jury, error) {
	if names == nil { // the graph does not say how many there are; the card's list does
		var err error
		if names, err = e.Labels(0); err != nil {
			return nil, err
		}
	}
	sides, err := e.Sides(names)
	if err != nil {
		return nil, err
	}
	j := &jury{side: make([]int8, len(sides)), voters: e.Card.Scene.Vote}
	with := 0
	for i, s := range sides {
		switch s {
		case card.Indoor:
			j.side[i] = 1
			with++
		case card.Outdoor:
			j.side[i] = -1
			with++
		}
	}
	if j.voters >= with {
		return nil, &fault.ModelError{Model: e.Info().Name, What: "card",
			Want: fmt.Sprintf("scene.vote to be less than the %d classes that have a say; if all vote, every picture has one answer", with), Got: strconv.Itoa(j.voters)}
	}
	return j, nil
}

// sum is the answer for places, best first.
func (j *jury) sum(places vision.Labels) Scene {
	share := postprocess.Share(places, j.side, j.voters)
	return Scene{Places: places, Indoor: share > 0.5, IndoorScore: share}
}
