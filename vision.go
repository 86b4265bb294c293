// Package vision holds the words that all tasks of the module share: pictures,
// labels, geometry, devices, load options and errors. The tasks stand in packages of their own:
// recognize tells what a picture shows.
//
//	img, err := vision.ReadFile("cat.jpg")
//	...
//	labels, err := recognize.Classify(ctx, img)
//
// # Pictures
//
// Every task takes an image.Image. A *Photo, which ReadFile and NewPhoto give, is one
// that still has its file's bytes; tasks decode it themselves, a JPEG no
// larger than they need it, which is several times faster. Photos are upright: the EXIF
// orientation has been applied. Alpha is dropped.
//
// # Results
//
// Scores are probabilities in [0, 1]. Boxes and quads are in pixels of the
// upright picture that the caller passed. Results are sorted, best first.
//
// # Concurrency
//
// Models and Photos may be used by any number of goroutines. Options are about
// loading only. Thread counts and GPU memory rules belong to the process in
// TensorFlow: the first model decides, and a later one that wishes otherwise is refused.
//
// TensorFlow writes notes to standard error as soon as its library is loaded,
// before any Go code runs; start the program with TF_CPP_MIN_LOG_LEVEL=3 in the environment to
// silence them. Two lines remain, once a process, which no variable silences.
package vision

import (
	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/geom"
	"github.com/gosight/vision/internal/label"
	"github.com/gosight/vision/internal/session"
)

// The answers of classifiers; see package internal/label.
type (
	// A Label is one class with its score.
	Label = label.Label
	// Labels are the classes of one picture, best first.
	Labels = label.Labels
)

// Geometry, in pixels.
type (
	// A Point is a position with sub-pixel precision.
	Point = geom.Point
	// A Quad is four corners, clockwise from the one that is top left when the content is upright.
	Quad = geom.Quad
)

// Errors. Test for them with errors.As.
type (
	// A FormatError reports broken data.
	FormatError = fault.FormatError
	// An UnsupportedError reports well-formed data that is not handled.
	UnsupportedError = fault.UnsupportedError
	// A LimitError reports a picture over the limit in force.
	LimitError = fault.LimitError
	// A ModelError reports a model, card or label file that cannot be used as asked.
	ModelError = fault.ModelError
	// A DeviceError reports an absent device or contradicting process-wide settings.
	DeviceError = fault.DeviceError
	// A BatchError holds the failures of a batch by index.
	BatchError = fault.BatchError
	// A Failure is the error of one picture of a batch.
	Failure = fault.Failure
)

// ErrClosed is returned by calls on a closed model. Test for it with errors.Is.
var ErrClosed = fault.ErrClosed

// A Device is one that TensorFlow sees in this process.
type Device = session.Device

// Devices returns the devices that TensorFlow sees, CPUs first. Of the options only
// those that are process-wide matter. Like the first model, the first call fixes them.
func Devices(opts ...Option) ([]Device, error) {
	o, err := apply(opts)
	if err != nil {
		return nil, err
	}
	return session.Devices(o.Process)
}

// Live returns how many models are open and how many native tensors are held in
// this process. Both are zero when every model is closed and every call has returned.
func Live() (models, tensors int) { return session.Live() }
