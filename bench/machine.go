package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
)

// version returns "name version" of a module that is linked in.
func version(module string) string {
	info, ok := debug.ReadBuildInfo()
	if ok {
		for _, m := range info.Deps {
			if m.Path == module {
				return module[strings.LastIndexByte(module, '/')+1:] + " " + m.Version
			}
		}
	}
	return module + " ?"
}

// A machine is where the times were taken.
type machine struct {
	model string
	flags []string
}

func thisMachine() machine {
	m := machine{model: runtime.GOARCH}
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return m
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		key, value, _ := strings.Cut(s.Text(), ":")
		switch strings.TrimSpace(key) {
		case "model name":
			m.model = strings.TrimSpace(value)
		case "flags":
			m.flags = strings.Fields(value)
		}
	}
	return m
}

// bf16 reports whether the CPU computes in bfloat16.
func (m machine) bf16() bool {
	return slices.Contains(m.flags, "avx512_bf16") || slices.Contains(m.flags, "amx_bf16")
}

// features names those that decide how fast TensorFlow is.
func (m machine) features() string {
	var have []string
	for _, f := range []string{"avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16"} {
		if slices.Contains(m.flags, f) {
			have = append(have, f)
		}
	}
	return strings.Join(have, " ")
}

func (m machine) String() string {
	s := fmt.Sprintf("%s, %d cores, %s", m.model, runtime.NumCPU(), m.features())
	// TensorFlow uses oneDNN by itself only on CPUs with AVX512-VNNI or better.
	if v := os.Getenv("TF_ENABLE_ONEDNN_OPTS"); v != "" {
		s += ", TF_ENABLE_ONEDNN_OPTS=" + v
	}
	return s
}

// load returns the one-minute load average, to say when the machine was busy.
func load() float64 {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	v, _ := strconv.ParseFloat(strings.Fields(string(b))[0], 64)
	return v
}

// status reads a memory figure of this process, in MB of 1e6 bytes: VmHWM is the peak of
// resident memory, VmRSS what is resident now.
func status(key string) float64 {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, key+":"); ok {
			kb, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kb * 1024 / 1e6
		}
	}
	return 0
}
