package doctor

import (
	"bufio"
	"io/fs"
	"path"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sys/cpu"
)

// Gather reads what the machine and the process say; root is the root of the file system,
// environ the environment as os.Environ gives it. It fills Loaded, GPUs, CPU, Memory and Env;
// what cannot be read stays empty.
func (f *Facts) Gather(root fs.FS, environ []string) {
	f.Env = variables(environ)
	f.Loaded = loaded(root)
	f.GPUs = gpus(root)
	f.Memory = memory(root)
	f.CPU = processor()
	f.CPU.Model = field(root, "proc/cpuinfo", "model name")
	f.CPU.Quota = quota(root)
	switch v, _ := f.env("TF_ENABLE_ONEDNN_OPTS"); strings.ToLower(v) {
	case "0", "false":
		f.CPU.OneDNN = false
	case "1", "true":
		f.CPU.OneDNN = runtime.GOARCH == "amd64" || f.CPU.OneDNN
	}
}

// Not all of TF_: Terraform's variables begin so too.
var wanted = regexp.MustCompile(`^(TF_(CPP|ENABLE|DISABLE|XLA|FORCE|GPU|NUM|CUDNN|CUDA|CUBLAS|USE|SET|MKL|ONEDNN|DETERMINISTIC|AUTO|OVERRIDE|DEVICE)|XLA_|ONEDNN_|DNNL_|MKL_|OMP_|KMP_|CUDA_|NVIDIA_|VISION_|LD_LIBRARY_PATH$|LD_PRELOAD$|GOMAXPROCS$|GOMEMLIMIT$|GOGC$|MALLOC_)`)

// variables returns those of the environment that matter, sorted. An empty one counts as not set, but for the
// one whose emptiness hides every GPU.
func variables(environ []string) []Variable {
	list := []Variable{}
	for _, e := range environ {
		if name, value, ok := strings.Cut(e, "="); ok && wanted.MatchString(name) && (value != "" || name == "CUDA_VISIBLE_DEVICES") {
			list = append(list, Variable{name, value})
		}
	}
	slices.SortFunc(list, func(a, b Variable) int { return strings.Compare(a.Name, b.Name) })
	return list
}

var library = regexp.MustCompile(`^(libtensorflow|libcu|libnvinfer|libnccl)[^/]*\.(so|dylib)[.0-9]*( \(deleted\))?$`)

// loaded returns the shared libraries of TensorFlow and CUDA in this process.
func loaded(root fs.FS) []string {
	list := []string{}
	for line := range lines(root, "proc/self/maps") {
		i := strings.IndexByte(line, '/')
		if i >= 0 && library.MatchString(path.Base(line[i:])) {
			list = append(list, line[i:])
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// lines yields the lines of a file, none if it cannot be read.
func lines(root fs.FS, name string) func(func(string) bool) {
	return func(yield func(string) bool) {
		f, err := root.Open(name)
		if err != nil {
			return
		}
		defer f.Close()
		s := bufio.NewScanner(f)
		s.Buffer(nil, 1<<20)
		for s.Scan() && yield(s.Text()) {
		}
	}
}

// field returns the value of the first line "name: value" of a file.
func field(root fs.FS, file, name string) string {
	for line := range lines(root, file) {
		if n, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(n) == name {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// gpus counts NVIDIA's cards: by the bus (display controllers are of class 0x03) and by the driver.
func gpus(root fs.FS) GPUs {
	var g GPUs
	devices, _ := fs.Glob(root, "sys/bus/pci/devices/*")
	for _, d := range devices {
		vendor, _ := fs.ReadFile(root, d+"/vendor")
		class, _ := fs.ReadFile(root, d+"/class")
		if strings.TrimSpace(string(vendor)) == "0x10de" && strings.HasPrefix(string(class), "0x03") {
			g.Cards++
		}
	}
	taken, _ := fs.Glob(root, "proc/driver/nvidia/gpus/*")
	nodes, _ := fs.Glob(root, "dev/nvidia[0-9]*")
	g.Driven = max(len(taken), len(nodes))
	for line := range lines(root, "proc/driver/nvidia/version") {
		if m := version.FindString(line); m != "" {
			g.Driver = m
			break
		}
	}
	return g
}

var version = regexp.MustCompile(`\d+\.\d+(\.\d+)?`)

// processor tells the features that TensorFlow's kernels choose by. oneDNN is on by itself
// where the CPU has instructions for neural networks (tensorflow/core/util/port.cc).
func processor() CPU {
	c := CPU{Cores: runtime.NumCPU(), Features: []string{}, Lacks: []string{}}
	x := cpu.X86
	neural := false
	for _, f := range []struct {
		name   string
		has    bool
		neural bool
	}{
		{"AVX", x.HasAVX, false},
		{"AVX2", x.HasAVX2, false},
		{"FMA", x.HasFMA, false},
		{"AVX-VNNI", x.HasAVXVNNI, true},
		{"AVX512F", x.HasAVX512F, false},
		{"AVX512-VNNI", x.HasAVX512VNNI, true},
		{"AVX512-BF16", x.HasAVX512BF16, true},
		{"AMX-TILE", x.HasAMXTile, true},
		{"AMX-BF16", x.HasAMXBF16, true},
		{"AMX-INT8", x.HasAMXInt8, true},
	} {
		if runtime.GOARCH != "amd64" {
			break
		}
		if f.has {
			c.Features = append(c.Features, f.name)
			neural = neural || f.neural
		} else {
			c.Lacks = append(c.Lacks, f.name)
		}
	}
	c.OneDNN = neural && runtime.GOOS == "linux"
	return c
}
