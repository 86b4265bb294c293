package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/gosight/vision"
)

// parse reads flags that may stand before, between and after the files. What follows
// "--" is a file, whatever it begins with.
func parse(fs *flag.FlagSet, args []string) (files []string, err error) {
	for {
		if err := fs.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, usagef("%s", inOurWords(err))
		}
		rest := fs.Args()
		if n := len(args) - len(rest); n > 0 && args[n-1] == "--" || len(rest) == 0 {
			files = append(files, rest...)
			break
		}
		files, args = append(files, rest[0]), rest[1:]
	}
	// An empty value is mostly a shell variable that was not set, and must not become the
	// default in silence.
	fs.Visit(func(f *flag.Flag) {
		if f.Value.String() == "" && f.DefValue == "" && err == nil {
			err = usagef("-%s is empty", f.Name)
		}
	})
	return files, err
}

// inOurWords says what package flag says, the flag first.
func inOurWords(err error) string {
	s := err.Error()
	if name, ok := strings.CutPrefix(s, "flag provided but not defined: "); ok {
		return "unknown flag " + name
	}
	if name, ok := strings.CutPrefix(s, "flag needs an argument: "); ok {
		return name + " needs a value"
	}
	if m := badValue.FindStringSubmatch(s); m != nil {
		want := map[string]string{"parse error": "want a number", "value out of range": "the number is too large"}[m[3]]
		if strings.HasPrefix(s, "invalid boolean") {
			want = "want true or false"
		}
		if want == "" {
			want = m[3]
		}
		return fmt.Sprintf("-%s %s: %s", m[2], m[1], want)
	}
	return s
}

// badValue is what package flag says of a value that its flag does not take.
var badValue = regexp.MustCompile(`^invalid (?:boolean )?value "(.*)" for (?:flag )?-(\S+): (.*)$`)

// once is a text flag that may be given only once: which of two models is meant would be a guess.
type once struct {
	value *string
	said  bool
}

func onceVar(fs *flag.FlagSet, value *string, name, usage string) {
	fs.Var(&once{value: value}, name, usage)
}

func (o *once) String() string {
	if o.value == nil { // as package flag makes one, to tell the default
		return ""
	}
	return *o.value
}

func (o *once) Set(s string) error {
	if o.said {
		return fmt.Errorf("given twice, first as %q: want one", *o.value)
	}
	*o.value, o.said = s, true
	return nil
}

// jsonFlag adds -json.
func jsonFlag(fs *flag.FlagSet) *bool {
	return fs.Bool("json", false, "print JSON instead of text")
}

// modelFlags are the flags of every command that opens a model.
type modelFlags struct {
	model, card, preset, device string
	bf16, exact                 bool
}

// addModelFlags adds the flags that say how a model is opened.
func addModelFlags(fs *flag.FlagSet) *modelFlags {
	f := &modelFlags{}
	onceVar(fs, &f.card, "card", "the model's card: `FILE|DIR`, a file, or a folder with a card named after the model's folder")
	onceVar(fs, &f.preset, "preset", "the known family, `NAME`, that the model is of; doc/cards.md lists them")
	f.addRunFlags(fs)
	return f
}

// addRunFlags adds the flags that say how a model runs.
func (f *modelFlags) addRunFlags(fs *flag.FlagSet) {
	onceVar(fs, &f.device, "device", "where to run: `NAME` is cpu, gpu:1, /device:CPU:2 or grpc://host:port; several, with commas, share the work (default cpu)")
	fs.BoolVar(&f.bf16, "bf16", false, "compute in bfloat16 where the CPU can: faster for some networks, less exact")
	fs.BoolVar(&f.exact, "exact", false, "decode and prepare pictures bit for bit as the model's reference does: slower")
}

// addModelFlag adds -model beside the other flags.
func (f *modelFlags) addModelFlag(fs *flag.FlagSet) *modelFlags {
	onceVar(fs, &f.model, "model", "the SavedModel's folder, `DIR` (default a small model that is built in)")
	return f
}

// options returns what the flags say, for a task of one model.
func (f *modelFlags) options() ([]vision.Option, error) {
	opts, err := f.runOptions()
	return append(opts, vision.Card(f.card), vision.Preset(f.preset)), err
}

// runOptions returns what the flags say about running.
func (f *modelFlags) runOptions() ([]vision.Option, error) {
	var opts []vision.Option
	var devices []string
	target := ""
	for d := range strings.SplitSeq(f.device, ",") {
		switch d = strings.TrimSpace(d); {
		case f.device == "":
		case d == "":
			return nil, usagef("-device %q: want names between the commas", f.device)
		case strings.HasPrefix(d, "grpc://") && target != "":
			return nil, usagef("-device %q: want one server; servers of a cluster are named by one of them, and their devices in full", f.device)
		case strings.HasPrefix(d, "grpc://"):
			target = d
			opts = append(opts, vision.OnTarget(d))
		default:
			devices = append(devices, d)
		}
	}
	if devices != nil {
		opts = append(opts, vision.OnDevices(devices...))
	}
	if f.bf16 {
		opts = append(opts, vision.BFloat16())
	}
	if f.exact {
		opts = append(opts, vision.Exact())
	}
	return opts, nil
}

// single checks that the flags name at most one model and one card, for the command
// called name.
func (f *modelFlags) single(name string) error {
	for _, v := range []struct{ flag, value string }{{"model", f.model}, {"card", f.card}} {
		if _, err := os.Stat(v.value); err != nil && strings.Contains(v.value, ",") {
			return usagef("-%s %s: %s takes one", v.flag, v.value, name)
		}
	}
	if f.model == "" && f.card != "" {
		return usagef("-card goes with -model: the model that is built in has its own")
	}
	if f.model == "" && f.preset != "" {
		return usagef("-preset goes with -model: the model that is built in has its own card")
	}
	return nil
}
