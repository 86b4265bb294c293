package train

import (
	"fmt"
)

// A DivergedError is a loss that is no number any more.
type DivergedError struct {
	Epoch int // from 1
	Step  int // from 1, of all epochs
	Loss  float64
}

func (e *DivergedError) Error() string {
	return fmt.Sprintf("train: the loss is %g at step %d, in epoch %d: take a lower rate, or clip gradients", e.Loss, e.Step, e.Epoch)
}

// An OccupiedError is a folder to write to that holds a model or a run already.
type OccupiedError struct{ Dir string }

func (e *OccupiedError) Error() string {
	return fmt.Sprintf("train: %s holds a model or a run already: resume it, or take another folder", e.Dir)
}

// A SettingError is a setting outside of what it may be.
type SettingError struct{ Reason string }

func (e *SettingError) Error() string { return "train: " + e.Reason }
