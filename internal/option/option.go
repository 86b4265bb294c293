// Package option holds what a caller may say when a model or a picture is
// loaded. The root package re-exports the functions.
package option

import (
	"fmt"
	"time"

	"github.com/gosight/vision/internal/fault"
)

// An Option changes one thing about loading.
type Option func(*Options) error

// Options are all choices about loading, with their zero values the defaults.
type Options struct {
	// What the model needs; see package card. Argument > card > graph.
	Card           string // file or folder
	Preset         string
	Cards, Presets []string // instead, one for each model of a task that has several; nil: one for all
	Tags           []string // nil: found in the model
	Sig            string   // "": found in the model

	// Where it runs.
	Devices   []string // TensorFlow names, one replica each; empty: the CPU
	PreferGPU bool     // first GPU if there is one, else the CPU
	Target    string   // "grpc://host:port"

	// How it runs.
	BF16     bool
	Exact    bool // bit-faithful decoding and preprocessing
	NoFreeze bool
	NoWarmUp bool
	AllowIO  bool // graphs that touch files or the network
	MaxBatch int  // pictures a Run; 0: the default
	Wait     time.Duration

	// Process-wide in TensorFlow: the first model decides.
	Process Process

	// Pictures.
	MaxPixels int64 // 0: DefaultMaxPixels for a picture, and for a model what the picture was read with
	AsStored  bool  // do not turn upright
}

// Process are the settings that TensorFlow takes once a process.
type Process struct {
	IntraOp        int // threads within an op; 0: TensorFlow's default
	InterOp        int // ops at once; 0: TensorFlow's default
	MemoryGrowth   bool
	MemoryFraction float64 // 0: TensorFlow's default
	VirtualCPUs    int     // logical CPU devices; 0: one
	LogPlacement   bool    // TensorFlow writes where each op runs to standard error; for tests
}

// DefaultMaxPixels is the largest picture that is decoded unless the caller
// says otherwise: 100 megapixels.
const DefaultMaxPixels = 100_000_000

// Apply returns the options that opts make of the defaults.
func Apply(opts ...Option) (Options, error) {
	var o Options
	for _, opt := range opts {
		if opt == nil {
			continue
		}
		if err := opt(&o); err != nil {
			return Options{}, err
		}
	}
	return o, nil
}

// Single refuses options that were meant for several models.
func (o *Options) Single() error {
	for _, l := range []struct {
		what string
		list []string
	}{{"cards", o.Cards}, {"presets", o.Presets}} {
		if l.list != nil {
			return &fault.ModelError{What: l.what, Want: "one, for the one model", Got: fmt.Sprint(len(l.list))}
		}
	}
	return nil
}

// Of returns opts as model i of the n models that are named for a task shall have them: its own of the
// cards and presets, or the one for all. One that the task does without counts for nothing.
func Of(i, n int, opts []Option) []Option {
	own := func(what string, list []string, one *string) error {
		if list == nil {
			return nil
		}
		if len(list) != n {
			want := fmt.Sprintf("one for all, or %d, one for each model in order", n)
			if n == 1 {
				want = "one, for the one model that is named"
			}
			return &fault.ModelError{What: what, Want: want, Got: fmt.Sprint(len(list))}
		}
		*one = list[i]
		return nil
	}
	return append(opts[:len(opts):len(opts)], func(o *Options) error {
		if err := own("cards", o.Cards, &o.Card); err != nil {
			return err
		}
		if err := own("presets", o.Presets, &o.Preset); err != nil {
			return err
		}
		o.Cards, o.Presets = nil, nil
		return nil
	})
}
