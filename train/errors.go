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

// An UnsavedError is a run that was stopped and whose checkpoint could not be written: Resume goes on from the one before, if there is one.
// It unwraps to both of its errors.
type UnsavedError struct {
	Stop error // of the context
	Err  error // of writing the checkpoint
}

func (e *UnsavedError) Error() string {
	return fmt.Sprintf("train: stopped, and the checkpoint could not be written: %v", e.Err)
}

func (e *UnsavedError) Unwrap() []error { return []error{e.Stop, e.Err} }
