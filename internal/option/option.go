// Package option holds what a caller may say when a model or a picture is
// loaded. The root package re-exports the functions.
package option

import (
	"time"
)

// An Option changes one thing about loading.
type Option func(*Options) error

// Options are all choices about loading, with their zero values the defaults.
type Options struct {
	// What the model needs; see package card. Argument > card > graph.
	Card   string // file or folder
	Preset string
	Tags   []string // nil: found in the model
	Sig    string   // "": found in the model

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
