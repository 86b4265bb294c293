package train

// Patience ends the run after so many epochs that were no better than the best before them: of no higher validation
// accuracy, or of the same with no lower loss. There must be a validation part. The model is that of the best
// epoch, as always.
//
// The schedule is laid out for all epochs, so a run that is ended early never comes to the low rates at its end, where
// the one-cycle and cosine schedules make most of their gains: use it with Constant, or with patience enough
// to outlast the high rates, as a guard against overfitting and wasted time. The last of Patience and PatienceOnLoss counts.
func Patience(epochs int) Option {
	return func(s *settings) error {
		s.Patience = patience{Epochs: epochs}
		return atLeast("patience", epochs, 1)
	}
}

// PatienceOnLoss is Patience with lower validation loss as what is better. Which weights are saved stays a matter of
// accuracy.
func PatienceOnLoss(epochs int) Option {
	return func(s *settings) error {
		s.Patience = patience{Epochs: epochs, Loss: true}
		return atLeast("patience", epochs, 1)
	}
}

// patience is when a run ends early; see Patience.
type patience struct {
	Epochs int  `json:"epochs"`
	Loss   bool `json:"loss,omitempty"`
}

// over tells whether patience is over after the epochs of history: of it alone, so that a resumed run ends where the
// uninterrupted one does.
func (p patience) over(history []Epoch) bool {
	if p.Epochs == 0 || len(history) == 0 {
		return false
	}
	better := Epoch.better
	if p.Loss {
		better = func(e, than Epoch) bool { return e.ValidLoss < than.ValidLoss }
	}
	best := 0
	for i, e := range history {
		if better(e, history[best]) {
			best = i
		}
	}
	return len(history)-1-best >= p.Epochs
}

// better is of higher validation accuracy, or of the same and lower loss.
func (e Epoch) better(than Epoch) bool {
	return e.ValidAccuracy > than.ValidAccuracy || e.ValidAccuracy == than.ValidAccuracy && e.ValidLoss < than.ValidLoss
}
