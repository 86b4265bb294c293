package train

import "math"

const (
	oneCycle = "one-cycle"
	cosine   = "cosine"
	constant = "constant"
)

// A schedule is how the learning rate moves.
type schedule struct {
	Kind string  `json:"kind"`
	Warm float64 `json:"warm"` // one-cycle: part of the run; cosine: epochs
}

// at returns the part of the highest rate for a step, from 0.
func (s schedule) at(step, total, perEpoch int) float64 {
	t := float64(step)
	switch s.Kind {
	case oneCycle:
		const first = 1.0 / 25
		warm := s.Warm * float64(total)
		if t < warm {
			return first + (1-first)*(1-math.Cos(math.Pi*t/warm))/2
		}
		return fall(t-warm, float64(total)-warm)
	case cosine:
		warm := s.Warm * float64(perEpoch)
		if t < warm {
			return (t + 1) / warm
		}
		return fall(t-warm, float64(total)-warm)
	}
	return 1
}

// fall goes from 1 at 0 to nearly 0 at the last step.
func fall(t, total float64) float64 {
	if total <= 0 {
		return 1
	}
	return (1 + math.Cos(math.Pi*t/total)) / 2
}
