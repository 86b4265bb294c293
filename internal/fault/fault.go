// Package fault holds the errors that every package of the module speaks. The
// root package re-exports them, so a caller writes vision.FormatError.
//
// Each error names what was wanted and what came. Test for a kind with
// errors.As, for ErrClosed and context errors with errors.Is.
package fault

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrClosed is returned by every call on a model after Close.
var ErrClosed = errors.New("vision: model is closed")

// A FormatError reports data that claims to be of a format and is broken:
// empty, truncated, contradictory.
type FormatError struct {
	Format string // "jpeg", "png", "card", "saved_model", ...; empty if none was recognised
	Reason string // what was wanted and what came
	Err    error  // the decoder's own error, if there is one
}

func (e *FormatError) Error() string {
	return join("vision: broken", e.Format, e.Reason, e.Err)
}

func (e *FormatError) Unwrap() error { return e.Err }

// An UnsupportedError reports well-formed data that this library does not
// handle, with the reason.
type UnsupportedError struct {
	Format string // as in FormatError; empty for an unknown format
	Reason string
	Err    error
}

func (e *UnsupportedError) Error() string {
	return join("vision: unsupported", e.Format, e.Reason, e.Err)
}

func (e *UnsupportedError) Unwrap() error { return e.Err }

// A LimitError reports something larger than the limit in force. It is found
// from the header, before memory is taken.
type LimitError struct {
	What string // "pixels", "bytes", "width", "height"
	Got  int64
	Max  int64
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("vision: too large: %d %s, the limit is %d", e.Got, e.What, e.Max)
}

// A ModelError reports a model that cannot be used as asked: a missing file, tag,
// signature, input or output, a label count that does not fit, a card that
// contradicts the graph.
type ModelError struct {
	Model string   // folder or name of the model
	What  string   // what is wrong: "tags", "signature", "input", "labels", "card", "graph", ...
	Want  string   // what was wanted
	Got   string   // what came
	Have  []string // what the model has to choose from
	Err   error
}

func (e *ModelError) Error() string {
	var b strings.Builder
	b.WriteString("vision: model")
	if e.Model != "" {
		fmt.Fprintf(&b, " %s", e.Model)
	}
	if e.What != "" {
		fmt.Fprintf(&b, ": %s", e.What)
	}
	if e.Want != "" {
		fmt.Fprintf(&b, ": want %s", e.Want)
	}
	if e.Got != "" {
		fmt.Fprintf(&b, ", got %s", e.Got)
	}
	if len(e.Have) > 0 {
		fmt.Fprintf(&b, "; the model has %s", strings.Join(e.Have, ", "))
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	return b.String()
}

func (e *ModelError) Unwrap() error { return e.Err }

// A DeviceError reports a device that is not there, or a process-wide device
// setting that contradicts the one already in force.
type DeviceError struct {
	Device string   // what was asked for
	Reason string   // why it cannot be had
	Have   []string // the devices that TensorFlow sees
	Err    error
}

func (e *DeviceError) Error() string {
	s := "vision: device"
	if e.Device != "" {
		s += " " + e.Device
	}
	s += ": " + e.Reason
	if len(e.Have) > 0 {
		s += "; present: " + strings.Join(e.Have, ", ")
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *DeviceError) Unwrap() error { return e.Err }

// A Failure is the error of one picture of a batch.
type Failure struct {
	Index int // position in the caller's slice
	Err   error
}

// A BatchError is returned by a batch call in which some pictures failed; the
// answers of the others are returned beside it. Failures are sorted by index.
type BatchError struct {
	Total    int // pictures in the batch
	Failures []Failure
}

// Batch returns nil if errs holds no error, else a *BatchError with the failures
// at their indices.
func Batch(errs []error) error {
	var fs []Failure
	for i, err := range errs {
		if err != nil {
			fs = append(fs, Failure{i, err})
		}
	}
	if fs == nil {
		return nil
	}
	return &BatchError{Total: len(errs), Failures: fs}
}

func (e *BatchError) Error() string {
	const shown = 3
	var b strings.Builder
	fmt.Fprintf(&b, "vision: %d of %d pictures failed", len(e.Failures), e.Total)
	for i, f := range e.Failures {
		if i == shown {
			fmt.Fprintf(&b, "; and %d more", len(e.Failures)-shown)
			break
		}
		fmt.Fprintf(&b, "; [%d] %v", f.Index, f.Err)
	}
	return b.String()
}

// Unwrap lets errors.Is and errors.As look into every failure.
func (e *BatchError) Unwrap() []error {
	errs := make([]error, len(e.Failures))
	for i, f := range e.Failures {
		errs[i] = f.Err
	}
	return errs
}

// At returns the error of the picture at index i, or nil.
func (e *BatchError) At(i int) error {
	n, ok := slices.BinarySearchFunc(e.Failures, i, func(f Failure, i int) int { return f.Index - i })
	if !ok {
		return nil
	}
	return e.Failures[n].Err
}

func join(head, format, reason string, err error) string {
	s := head
	if format != "" {
		s += " " + format
	}
	if reason != "" {
		s += ": " + reason
	}
	if err != nil {
		s += ": " + err.Error()
	}
	return s
}
