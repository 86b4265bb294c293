package train

import (
	"encoding/json"
	"fmt"
	"strings"
)

// A state is where a run stands, beside the variables.
type state struct {
	Version int     `json:"version"`
	Recipe  recipe  `json:"recipe"`
	Step    int     `json:"step"` // steps done
	Loss    float64 `json:"loss"` // of the last of them
	Sum     float64 `json:"sum"`  // of the losses of the epoch that is under way
	Right   int     `json:"right"`
	Seen    int     `json:"seen"`
	History []Epoch `json:"history"`
	Best    string  `json:"best"` // folder of the best variables; empty: none yet
	BestAt  int     `json:"best_epoch"`

	Temperature float64 `json:"temperature,omitempty"` // of the best epoch's logits; 0: not fitted
}

const stateVersion = 1

// ending tells whether the steps of an epoch are done and its end is not: endEpoch leaves nothing seen.
func (s *state) ending(perEpoch int) bool { return s.Seen > 0 && s.Step%perEpoch == 0 }

// untested tells whether the last epoch had no validation part.
func (s *state) untested() bool { return len(s.History) > 0 && s.History[len(s.History)-1].Tested == 0 }

// readState reads state.json. One that it returns is whole in itself; whether it is of the run is for its recipe to say.
func readState(data []byte) (*state, error) {
	s := &state{}
	if err := json.Unmarshal(data, s); err != nil {
		return nil, err
	}
	if s.Version != stateVersion {
		return nil, fmt.Errorf("want version %d, got %d", stateVersion, s.Version)
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	return s, nil
}

// check refuses numbers that do not go together, as damage leaves them.
func (s *state) check() error {
	r := s.Recipe
	if r.Pictures < 1 || r.Batch < 1 || r.Epochs < 1 {
		return fmt.Errorf("want pictures, a batch and epochs of at least 1, got %d, %d and %d", r.Pictures, r.Batch, r.Epochs)
	}
	batch := min(r.Batch, r.Pictures)
	perEpoch, ended := r.Pictures/batch, len(s.History)
	if s.Step < 0 || (s.Step-1)/perEpoch >= r.Epochs { // no product: it might overflow
		return fmt.Errorf("want a step of 0 to the last of %d epochs of %d, got %d", r.Epochs, perEpoch, s.Step)
	}
	if whole := s.Step / perEpoch; ended != whole && (ended != whole-1 || s.Step%perEpoch != 0) {
		return fmt.Errorf("want a history of the %d epochs before step %d, got %d", whole, s.Step, ended)
	}
	if want := (s.Step - ended*perEpoch) * batch; s.Seen != want {
		return fmt.Errorf("want %d pictures seen since the last of %d epochs ended, got %d", want, ended, s.Seen)
	}
	if s.Right < 0 || s.Right > s.Seen {
		return fmt.Errorf("want 0 to %d pictures right, got %d", s.Seen, s.Right)
	}
	for i, e := range s.History {
		if e.Number != i+1 || e.Tested < 0 {
			return fmt.Errorf("want epoch %d of the history, tested on 0 pictures or more, got epoch %d, %d pictures", i+1, e.Number, e.Tested)
		}
	}
	if s.BestAt < 0 || s.BestAt > ended || (s.BestAt > 0) != (ended > 0) || (s.Best != "") != (ended > 0) {
		return fmt.Errorf("want a best epoch of the %d in the history, and a folder of it, got epoch %d, folder %q", ended, s.BestAt, s.Best)
	}
	if t := s.Temperature; t != 0 && !(t >= coldest && t <= hottest) {
		return fmt.Errorf("want a temperature of %g to %g, got %g", coldest, hottest, t)
	}
	if s.Best != "" && (!strings.HasPrefix(s.Best, best) || strings.ContainsAny(s.Best, `/\`)) {
		return fmt.Errorf("want a folder of the best weights called %sSTEP, got %q", best, s.Best)
	}
	return nil
}
