package train

import (
	"fmt"
	"math"
	"time"

	"github.com/gosight/vision/internal/option"
	"github.com/gosight/vision/internal/session"
)

// An Option changes one thing about a run. Fit and FindRate take it, and FineTune as a TuneOption.
type Option func(*settings) error

// settings are all choices about a run. What is in recipe decides the losses, so a resumed run must have the same.
type settings struct {
	recipe
	out        string
	resume     bool
	skip       bool
	plain      bool
	half       bool // kernels are stored as float16
	calibrates bool
	every      int // steps between checkpoints, beside those at the end of each epoch; 0: none
	memory     int64
	given      map[string]float64 // weights by class
	progress   func(Progress)
	on         option.Options // where to compute, as it was asked for; see On
	where      session.Place
}

type recipe struct {
	Net       string    `json:"net"`
	Size      int       `json:"size"`
	Classes   []string  `json:"classes"`
	Pictures  int       `json:"pictures"`
	Sum       uint32    `json:"checksum"`                 // of the prepared pictures and their classes
	ValidSum  uint32    `json:"valid_checksum,omitempty"` // likewise of the validation part; 0: none, or written before it was noted
	Seed      int64     `json:"seed"`
	Epochs    int       `json:"epochs"`
	Batch     int       `json:"batch"`
	Rate      float64   `json:"rate"`
	AdamW     bool      `json:"adamw"`
	Momentum  float64   `json:"momentum"`
	Decay     float64   `json:"decay"`
	Smoothing float64   `json:"smoothing"`
	Clip      float64   `json:"clip"`
	Average   float64   `json:"average"`
	BF16      bool      `json:"bf16"`
	Schedule  schedule  `json:"schedule"`
	Augment   augment   `json:"augment"`
	Patience  patience  `json:"patience,omitzero"`
	Balanced  bool      `json:"balanced,omitempty"`
	Weights   []float64 `json:"class_weights,omitempty"` // a class each
	AutoRate  bool      `json:"auto_rate,omitempty"`     // Rate was found

	// Devices is how many a batch is split over.
	Devices deviceCount `json:"devices,omitempty"`
}

// DefaultMemory is how many bytes of prepared pictures are kept in memory unless Memory says otherwise.
const DefaultMemory = 1 << 30

func defaults() settings {
	return settings{memory: DefaultMemory, recipe: recipe{
		Seed: 1, Epochs: 10, Batch: 128, Momentum: 0.9, Decay: 5e-4, Schedule: schedule{Kind: oneCycle, Warm: 0.25},
	}}
}

func settingsOf(opts []Option) (settings, error) {
	s := defaults()
	for _, o := range opts {
		if o == nil {
			continue
		}
		if err := o(&s); err != nil {
			return s, err
		}
	}
	return s, nil
}

// Out is the folder to write to: the SavedModel with its card and labels at the end, history.json, checkpoints on
// the way, and what Plain leaves out. It is made if it is not there. Every run needs one.
func Out(dir string) Option {
	return func(s *settings) error { s.out = dir; return nil }
}

// Plain writes the model and the checkpoints alone. Else there are in Out, for people: curves.png, drawn after epochs; logs,
// with event files for TensorBoard ("tensorboard --logdir OUT/logs", the epoch as the step); and at the end, of the
// validation part and the epoch that was saved, confusion.png, confusion.csv and worst.png, the pictures put into a wrong
// class with the highest probability. What of it cannot be written is in Result.Unwritten.
func Plain() Option {
	return func(s *settings) error { s.plain = true; return nil }
}

// Float16 stores the kernels of the model as float16: half the room on the disk, computed with in float32 as ever. Each weight is off
// by a part in 2048 at most, which is far less than what training leaves to chance; below 6e-5 by 3e-8. A run that was trained without it and is resumed when it is
// done writes its model anew. Weights beyond 65504 are a *vision.UnsupportedError, and no model is written. The card's accuracy is that of the weights before.
func Float16() Option {
	return func(s *settings) error { s.half = true; return nil }
}

// Calibrate divides the model's logits by the temperature that makes its probabilities fit the validation part best, 0.05 to 20: label smoothing, mixing and long training
// make nets less or more sure than they are right. Which class comes first stays. It is fitted to the answers of the epoch that is saved, of at most 5000 pictures that
// are drawn from all. (Temperature scaling: Guo and others, "On Calibration of Modern Neural Networks", 2017.) The history, the sheet of mistakes and the losses of the model's
// signature "train" are without it. Without validation part it is a *SettingError. A run without it may be resumed with it after an epoch that is the best so far, at its
// end for instance: else its best answers are gone, which is a *SettingError, too.
func Calibrate() Option {
	return func(s *settings) error { s.calibrates = true; return nil }
}

// Resume goes on from the last checkpoint in Out, or begins if there is none. A model in Out that no checkpoint (FineTune: no file of
// features) belongs to is an *OccupiedError with Resume, too: it is not written over.
func Resume() Option {
	return func(s *settings) error { s.resume = true; return nil }
}

// CheckpointEvery writes a checkpoint every n steps too, not only at the end of each epoch.
func CheckpointEvery(n int) Option {
	return func(s *settings) error { s.every = n; return atLeast("checkpoint every", n, 1) }
}

// Epochs is how many times the training part is gone through; default 10.
func Epochs(n int) Option {
	return func(s *settings) error { s.Epochs = n; return atLeast("epochs", n, 1) }
}

// Batch is the number of pictures a step; default 128. A set of fewer is one batch. What remains of an epoch and fills no
// batch is left out; each epoch has another order.
func Batch(n int) Option {
	return func(s *settings) error { s.Batch = n; return atLeast("batch", n, 1) }
}

// Rate is the highest learning rate; default is what suits the net: with AdamW a thousandth.
func Rate(r float64) Option {
	return func(s *settings) error { s.Rate = r; return within("rate", r, math.SmallestNonzeroFloat32, 1000) }
}

// Seed decides everything random; default 1.
func Seed(n int64) Option {
	return func(s *settings) error { s.Seed = n; return nil }
}

// Momentum is that of stochastic gradient descent, in Nesterov's form; default 0.9.
func Momentum(m float64) Option {
	return func(s *settings) error { s.Momentum = m; return within("momentum", m, 0, 0.9999) }
}

// AdamW takes Adam with decoupled weight decay in place of stochastic gradient descent. Its moments are 0.9 and 0.999; Momentum does not go with it.
func AdamW() Option {
	return func(s *settings) error { s.AdamW = true; return nil }
}

// WeightDecay applies to kernels, not to biases and batch normalisation; default 0.0005. With stochastic gradient
// descent d*w is added to the gradient (as in PyTorch), with AdamW rate*d*w is taken off the weight.
func WeightDecay(d float64) Option {
	return func(s *settings) error { s.Decay = d; return within("weight decay", d, 0, 100) }
}

// Smoothing gives each target the part 1-v of its class, and v to all classes alike.
func Smoothing(v float64) Option {
	return func(s *settings) error { s.Smoothing = v; return within("label smoothing", v, 0, 0.999) }
}

// Clip cuts the norm of all gradients together to n.
func Clip(n float64) Option {
	return func(s *settings) error { s.Clip = n; return within("clip", n, 1e-6, 1e6) }
}

// Average keeps moving averages of the weights, and validates and saves these: avg = decay*avg + (1-decay)*weight a step.
func Average(decay float64) Option {
	return func(s *settings) error { s.Average = decay; return within("average", decay, 0.5, 0.99999) }
}

// BF16 computes in bfloat16, with the weights in float32. It is for CPUs that can, of this machine: another device is a
// *vision.DeviceError.
func BF16() Option {
	return func(s *settings) error { s.BF16 = true; return nil }
}

// OneCycle lets the rate rise from a 25th to its highest in the first part of the run (0.25 by default), and fall to nothing in the
// rest, both along a cosine (Smith, 2018). It is the default.
func OneCycle(part float64) Option {
	return func(s *settings) error {
		s.Schedule = schedule{Kind: oneCycle, Warm: part}
		return within("one-cycle", part, 0, 1)
	}
}

// Cosine lets the rate rise evenly in the first epochs (0 for none, at most all), then fall to nothing along a cosine.
func Cosine(warmEpochs float64) Option {
	return func(s *settings) error {
		s.Schedule = schedule{Kind: cosine, Warm: warmEpochs}
		return within("warm-up epochs", warmEpochs, 0, 1e6)
	}
}

// Constant keeps the rate as it is.
func Constant() Option {
	return func(s *settings) error { s.Schedule = schedule{Kind: constant}; return nil }
}

// Flip mirrors half of the pictures, left for right.
func Flip() Option {
	return func(s *settings) error { s.Augment.Flip = true; return nil }
}

// PadCrop moves each picture by up to n pixels in each direction, at most half of its side; what comes in is of the mean colour that the net takes off its
// pictures, and black for nets that take none off.
func PadCrop(n int) Option {
	return func(s *settings) error {
		s.Augment.Pad, s.Augment.Reflect = n, false
		return atLeast("pad-crop", n, 0)
	}
}

// Cutout covers a square of n pixels a side, at most the picture's, somewhere in each picture, in the colour of PadCrop (DeVries and Taylor, 2017).
func Cutout(n int) Option {
	return func(s *settings) error { s.Augment.Cutout = n; return atLeast("cutout", n, 0) }
}

// SkipBroken leaves out pictures that cannot be read, and lists them in Result.Skipped; else the first ends the run.
func SkipBroken() Option {
	return func(s *settings) error { s.skip = true; return nil }
}

// Memory is how many bytes of prepared pictures, one a value, are kept in memory, of both parts together, the training
// part first; a part that does not fit is kept in a file in Out that is removed at the end. Default is DefaultMemory.
func Memory(bytes int64) Option {
	return func(s *settings) error { s.memory = bytes; return nil }
}

// OnProgress calls f after each picture that is prepared, then after each step and each epoch, on the goroutine of Fit.
func OnProgress(f func(Progress)) Option {
	return func(s *settings) error { s.progress = f; return nil }
}

// A Progress says how far a run is.
type Progress struct {
	Epoch  int // from 1
	Epochs int
	Step   int // steps done, of all epochs
	Steps  int // of all epochs
	Loss   float64
	Rate   float64
	Peak   float64       // the highest rate of the run
	Left   time.Duration // estimate from the speed so far, validation included; 0 before this process made a step
	Done   *Epoch        // at the end of an epoch, else nil

	// Pictures that are prepared (FineTune: whose features are there), of all. Until all are, Step is 0 and Left is of these; a run that is
	// resumed prepares them again.
	Prepared, Pictures int
}

// preparing returns what is to be called after each picture that was prepared.
func (s *settings) preparing(data Data) (done func()) {
	if s.progress == nil {
		return func() {}
	}
	n, all, began := 0, data.Train.Len(), time.Now()
	if data.Valid != nil {
		all += data.Valid.Len()
	}
	return func() {
		n++
		left := time.Duration(float64(time.Since(began)) / float64(n) * float64(all-n))
		s.progress(Progress{Epochs: s.Epochs, Peak: s.Rate, Prepared: n, Pictures: all, Left: max(left, 0)})
	}
}

func atLeast(what string, n, least int) error {
	if n < least {
		return &SettingError{fmt.Sprintf("%s: want at least %d, got %d", what, least, n)}
	}
	return nil
}

func within(what string, v, lo, hi float64) error {
	if !(v >= lo && v <= hi) {
		return &SettingError{fmt.Sprintf("%s: want %g to %g, got %g", what, lo, hi, v)}
	}
	return nil
}
