package doctor

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
)

// Examine returns what is to be said of the facts, problems first.
func Examine(f Facts) []Finding {
	e := &examination{Facts: f}
	e.library()
	e.gpus()
	e.cpu()
	e.memory()
	e.variables()
	slices.SortStableFunc(e.found, func(a, b Finding) int { return strings.Compare(string(b.Level), string(a.Level)) })
	return e.found
}

type examination struct {
	Facts
	found []Finding
}

func (e *examination) say(l Level, advice, format string, args ...any) {
	e.found = append(e.found, Finding{l, fmt.Sprintf(format, args...), advice})
}

const setup = "run `go run github.com/gosight/vision/cmd/tfsetup`, then `eval \"$(go run github.com/gosight/vision/cmd/tfsetup env)\"`, and build again"

func (e *examination) library() {
	if e.Library != e.Wanted && !strings.HasPrefix(e.Library, e.Wanted+".") {
		advice := setup
		if _, set := e.env("LD_LIBRARY_PATH"); set {
			advice = "unset LD_LIBRARY_PATH, which is searched first; if that does not help, " + setup
		}
		e.say(Problem, advice, "the TensorFlow library is version %s, and the bindings graft %s are made for %s.x", e.Library, e.Graft, e.Wanted)
	}
	if e.Works != "" {
		e.say(Problem, "if the reason above does not say what to do, try a fresh library: "+setup, "TensorFlow does not run: %s", e.Works)
	}
	if len(e.Others) > 0 {
		advice := "delete the copy that is not wanted, or set LD_LIBRARY_PATH to the folder of the one that is"
		if path, set := e.env("LD_LIBRARY_PATH"); set {
			advice = fmt.Sprintf("unset LD_LIBRARY_PATH (%s), which is searched before the program's own run path", path)
		}
		e.say(Problem, advice, "another TensorFlow library than the one in the program's run path is loaded: %s, not %s",
			strings.Join(e.tensorflow(), ", "), strings.Join(e.Others, ", "))
	}
	dirs := map[string]bool{}
	for _, path := range e.tensorflow() {
		dirs[filepath.Dir(path)] = true
		if strings.HasSuffix(path, " (deleted)") {
			e.say(Problem, "start the program again", "the library has been replaced or deleted since this program started: %s", path)
		}
	}
	if len(dirs) > 1 {
		e.say(Problem, "use both libtensorflow_cc (or libtensorflow) and libtensorflow_framework of one installation: "+setup,
			"libraries of different installations are mixed: %s", strings.Join(e.tensorflow(), ", "))
	}
}

// tensorflow returns the loaded libraries that are TensorFlow's own.
func (e *examination) tensorflow() []string {
	var list []string
	for _, path := range e.Loaded {
		if strings.HasPrefix(filepath.Base(path), "libtensorflow") {
			list = append(list, path)
		}
	}
	return list
}

func (e *examination) gpus() {
	seen := 0
	for _, d := range e.Devices {
		if d.Type == "GPU" {
			seen++
		}
	}
	here := max(e.GPUs.Cards, e.GPUs.Driven)
	visible, restricted := e.env("CUDA_VISIBLE_DEVICES")
	cuda := slices.ContainsFunc(e.Loaded, func(path string) bool { return strings.HasPrefix(filepath.Base(path), "libcu") })
	switch {
	case seen > 0 || here == 0 || e.Works != "":
	case restricted:
		e.say(Note, "unset CUDA_VISIBLE_DEVICES to use it", "a GPU is present, and CUDA_VISIBLE_DEVICES=%q hides it", visible)
	case e.GPUs.Driven == 0:
		e.say(Problem, "install NVIDIA's driver, 525.60.13 or newer, and see that nvidia-smi lists the GPU", "the machine has an NVIDIA GPU, but no driver for it is loaded")
	case !cuda:
		e.say(Problem, "for the GPU build `tfsetup install -variant gpu`, `eval \"$(tfsetup env -variant gpu)\"`, and build again; if this is the GPU build, "+
			"its CUDA libraries were not found: TF_CPP_MIN_LOG_LEVEL=0 vision devices says which",
			"the machine has an NVIDIA GPU, and TensorFlow sees none: no CUDA library is loaded, as with the CPU build")
	default:
		e.say(Problem, "TF_CPP_MIN_LOG_LEVEL=0 vision devices says why; in a container, was it started with --gpus all?",
			"the machine has an NVIDIA GPU with driver %s, CUDA is loaded, and TensorFlow sees none", e.GPUs.Driver)
	}
}

func (e *examination) cpu() {
	for _, basic := range []string{"AVX2", "FMA"} {
		if slices.Contains(e.CPU.Lacks, basic) {
			e.say(Note, "in a virtual machine let the host's CPU through (for QEMU: -cpu host)", "this CPU has no %s: models will be slow", basic)
		}
	}
	if q := e.CPU.Quota; q > 0 && q < float64(e.CPU.Cores) {
		n := max(1, int(math.Round(q)))
		e.say(Note, fmt.Sprintf("in a program, say vision.Threads(%d, %d)", n, n),
			"the control group allows %.3g cores, and TensorFlow starts threads for all %d that it sees, which then wait for one another", q, e.CPU.Cores)
	}
}

func (e *examination) memory() {
	const enough = 1 << 30
	have, of := e.Memory.Available, "available"
	if l := e.Memory.Limit; l > 0 && (have == 0 || l < have) {
		have, of = l, "allowed by the control group"
	}
	if have > 0 && have < enough {
		e.say(Problem, "opening a model takes some 300 MB and twice the size of its weights", "%d MiB of memory are %s", have>>20, of)
	}
}

func (e *examination) variables() {
	for _, v := range e.Env {
		switch v.Name {
		case "TF_ENABLE_ONEDNN_OPTS":
			if v.Value == "0" || strings.EqualFold(v.Value, "false") {
				e.say(Note, "unset it", "TF_ENABLE_ONEDNN_OPTS=%s switches off oneDNN, TensorFlow's faster kernels for CPUs", v.Value)
			}
		case "TF_XLA_FLAGS":
			if strings.Contains(v.Value, "auto_jit") {
				e.say(Note, "unset it", "TF_XLA_FLAGS=%s compiles at run time, which made every model slower on CPUs where it was measured", v.Value)
			}
		case "LD_PRELOAD":
			e.say(Note, "if the program crashes, try without", "LD_PRELOAD=%s is loaded before everything else", v.Value)
		}
	}
}
