package vision

import (
	"fmt"
	"time"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/option"
)

// An Option changes one thing about loading a model or a picture. Later options
// win over earlier ones.
type Option = option.Option

func apply(opts []Option) (option.Options, error) { return option.Apply(opts...) }

// OnCPU runs the model on the CPU. It is the default.
func OnCPU() Option { return OnDevice("/device:CPU:0") }

// OnGPU runs the model on the GPU with the given index. If there is none, opening the
// model fails with a *DeviceError that lists the devices present.
func OnGPU(i int) Option { return OnDevice(fmt.Sprintf("/device:GPU:%d", i)) }

// OnGPUs puts a copy of the model on each of the GPUs and spreads calls over them.
func OnGPUs(indices ...int) Option {
	names := make([]string, len(indices))
	for i, n := range indices {
		names[i] = fmt.Sprintf("/device:GPU:%d", n)
	}
	return OnDevices(names...)
}

// OnDevice runs the model on a device by TensorFlow's name, "/device:CPU:2", or its
// short form, "cpu:2".
func OnDevice(name string) Option { return OnDevices(name) }

// OnDevices puts a copy of the model on each device and spreads calls over them.
func OnDevices(names ...string) Option {
	return func(o *option.Options) error {
		if len(names) == 0 {
			return &fault.DeviceError{Reason: "want at least one device, got none"}
		}
		o.Devices, o.PreferGPU = names, false
		return nil
	}
}

// PreferGPU runs the model on the first GPU, or on the CPU if there is none; the model's
// Info says which, and why.
func PreferGPU() Option {
	return func(o *option.Options) error { o.Devices, o.PreferGPU = nil, true; return nil }
}

// OnTarget runs the model on a TensorFlow server elsewhere, "grpc://host:port". With
// OnDevice it is placed on that device of the server.
func OnTarget(target string) Option {
	return func(o *option.Options) error { o.Target = target; return nil }
}

// MemoryGrowth lets TensorFlow take GPU memory as it needs it instead of all at
// once. Process-wide.
func MemoryGrowth() Option {
	return func(o *option.Options) error { o.Process.MemoryGrowth = true; return nil }
}

// MemoryFraction bounds the share, in (0, 1], of each GPU's memory that TensorFlow
// takes. Process-wide.
func MemoryFraction(f float64) Option {
	return func(o *option.Options) error {
		if !(f > 0 && f <= 1) {
			return &fault.DeviceError{Device: "memory fraction", Reason: fmt.Sprintf("want more than 0 and at most 1, got %v", f)}
		}
		o.Process.MemoryFraction = f
		return nil
	}
}

// Threads sets how many threads one operation may use and how many operations may
// run at once; 0 leaves TensorFlow's default, one a core. Process-wide.
func Threads(intraOp, interOp int) Option {
	return func(o *option.Options) error {
		if intraOp < 0 || interOp < 0 {
			return &fault.DeviceError{Device: "threads", Reason: fmt.Sprintf("want at least 0, got %d and %d", intraOp, interOp)}
		}
		o.Process.IntraOp, o.Process.InterOp = intraOp, interOp
		return nil
	}
}

// VirtualCPUs makes TensorFlow show the CPU as n devices, to try placement without
// GPUs. Process-wide.
func VirtualCPUs(n int) Option {
	return func(o *option.Options) error {
		if n < 1 {
			return &fault.DeviceError{Device: "virtual CPUs", Reason: fmt.Sprintf("want at least 1, got %d", n)}
		}
		o.Process.VirtualCPUs = n
		return nil
	}
}

// Card names the card of the model: a file, or a folder in which the card is named
// after the model's folder. Without it the card.json beside the model is used. For a task of two
// models it may name one card for each, in the order in which the models are named; "" is the
// card.json of that model.
func Card(paths ...string) Option {
	return func(o *option.Options) error { return oneOrEach("Card", paths, &o.Card, &o.Cards) }
}

// Preset names a known family of models, which stands in for a card; doc/cards.md
// lists them. If there is a card too, it wins field by field. For a task of two models it may
// name one preset for each, in their order; "" is none.
func Preset(names ...string) Option {
	return func(o *option.Options) error { return oneOrEach("Preset", names, &o.Preset, &o.Presets) }
}

// oneOrEach keeps one value for all models, or one for each.
func oneOrEach(what string, values []string, one *string, each *[]string) error {
	switch len(values) {
	case 0:
		return fmt.Errorf("vision: %s: want at least one, got none", what)
	case 1:
		*one, *each = values[0], nil
	default:
		*one, *each = "", append([]string{}, values...)
	}
	return nil
}

// Tags chooses the graph of the SavedModel. Without it, the tags are found.
func Tags(tags ...string) Option {
	return func(o *option.Options) error {
		o.Tags = append([]string{}, tags...)
		return nil
	}
}

// Signature chooses the signature of the graph. Without it, it is found.
func Signature(key string) Option {
	return func(o *option.Options) error { o.Sig = key; return nil }
}

// BFloat16 lets TensorFlow compute in bfloat16 where the CPU has instructions for it:
// faster for some networks, and outputs move by about 0.01. Info says whether it is in force.
func BFloat16() Option {
	return func(o *option.Options) error { o.BF16 = true; return nil }
}

// Exact decodes and prepares pictures bit for bit as the card's reference does,
// instead of decoding JPEG no larger than needed. Slower for large photos.
func Exact() Option {
	return func(o *option.Options) error { o.Exact = true; return nil }
}

// NoFreeze runs the SavedModel as it was saved. Slower; for comparison.
func NoFreeze() Option {
	return func(o *option.Options) error { o.NoFreeze = true; return nil }
}

// NoWarmUp leaves out the run on a blank picture with which a model is opened.
func NoWarmUp() Option {
	return func(o *option.Options) error { o.NoWarmUp = true; return nil }
}

// AllowIO admits graphs with operations that touch files or the network. A
// SavedModel is a program: allow this for models that you trust only.
func AllowIO() Option {
	return func(o *option.Options) error { o.AllowIO = true; return nil }
}

// Batch bounds how many pictures one run takes; the default is 32. With wait > 0 a run
// waits that long for more pictures to come, which trades latency for larger
// batches; the default is not to wait.
func Batch(size int, wait time.Duration) Option {
	return func(o *option.Options) error {
		if size < 1 || wait < 0 {
			return &fault.ModelError{What: "batch", Want: "a size of at least 1 and a wait of at least 0", Got: fmt.Sprintf("%d, %v", size, wait)}
		}
		o.MaxBatch, o.Wait = size, wait
		return nil
	}
}

// MaxPixels bounds the size of pictures, found from the header; the default is 100
// megapixels. It is an option of ReadFile and NewPhoto; given to Open too, the model
// refuses Photos above it that were read with a larger limit.
func MaxPixels(n int64) Option {
	return func(o *option.Options) error {
		if n < 1 {
			return fmt.Errorf("vision: MaxPixels: want at least 1, got %d", n)
		}
		o.MaxPixels = n
		return nil
	}
}

// AsStored leaves pictures as the file holds them, not turned upright. It is an option of
// ReadFile and NewPhoto; a model takes a Photo as it was read.
func AsStored() Option {
	return func(o *option.Options) error { o.AsStored = true; return nil }
}
