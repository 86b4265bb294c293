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

// A SettingError is a setting outside of what it may be.
type SettingError struct{ Reason string }

func (e *SettingError) Error() string { return "train: " + e.Reason }
