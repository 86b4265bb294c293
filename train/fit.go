package train

import (
	"context"

	"github.com/gosight/vision/dataset"
)

// Data is what a net is trained and validated on. Valid may be nil; its classes must be among those of Train.
type Data struct{ Train, Valid *dataset.Set }

// An Epoch is what came of one pass over the training part.
type Epoch struct {
	Number        int     `json:"epoch"` // from 1
	Rate          float64 `json:"rate"`  // of its last step
	Loss          float64 `json:"loss"`  // mean over its steps, with augmentation and smoothing, without weight decay
	Accuracy      float64 `json:"accuracy"`
	ValidLoss     float64 `json:"valid_loss"`
	ValidAccuracy float64 `json:"valid_accuracy"`
	Tested        int     `json:"valid_pictures"` // 0: there was no validation, and the two before it say nothing
	Seconds       float64 `json:"seconds"`        // of wall time, validation included; from where it was resumed, if it was
}

// A Result is what came of a run.
type Result struct {
	History []Epoch
	Best    Epoch   // whose weights were saved: of highest validation accuracy, or the last without validation
	Steps   int     // of all epochs, or made, if Patience ended the run
	Rate    float64 // the highest learning rate: what was set, suits the net, or was found; see AutoRate
	Skipped []error // pictures that were left out; see SkipBroken

	// Unwritten are errors of what people look at: event files, curves, confusion matrix and the like. The model
	// and the checkpoints do not hang on them.
	Unwritten []error

	// Temperature is what the model divides its logits by, with Calibrate; 0 without.
	Temperature float64

	// Devices computed, by TensorFlow's names; one without a name is the choice of a server. See On.
	Devices []string
}

// Fit trains net on data and writes the SavedModel to the folder that Out names.
//
// When ctx ends, Fit writes a checkpoint between two steps and returns the context's error, or an *UnsavedError, which errors.Is finds it in, where that cannot be written; Resume goes on from
// there, and no step is made again. The end of an epoch has its checkpoint before the validation begins.
//
// Beside an error of the training, which begins when the pictures are read, AutoRate has found its rate and the checkpoint that is gone
// on from, if any, is restored, the result so far is returned; beside an error before that it is nil.
//
// Errors of the data are *vision.FormatError and *dataset.FileError, of the net and settings *vision.UnsupportedError and *SettingError,
// of the folder *OccupiedError, of a device that is not there *vision.DeviceError, of a loss that is no number *DivergedError.
func Fit(ctx context.Context, net Net, data Data, opts ...Option) (*Result, error) {
	s, err := settingsOf(opts)
	if err != nil {
		return nil, err
	}
	r, err := newRun(ctx, net.net, data, s)
	if err != nil {
		return nil, err
	}
	defer r.close()
	err = r.fit(ctx)
	return r.result(), err
}
