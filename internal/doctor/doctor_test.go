package doctor

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// healthy is a machine of which there is nothing to say.
func healthy() Facts {
	return Facts{
		Wanted: "2.18", Library: "2.18.1", Graft: "v0.10.0",
		Loaded:  []string{"/lib/tf/libtensorflow_cc.so.2", "/lib/tf/libtensorflow_framework.so.2"},
		Devices: []Device{{Name: "/device:CPU:0", Type: "CPU"}},
		CPU:     CPU{Features: []string{"AVX", "AVX2", "FMA"}, Cores: 8},
		Memory:  Memory{Total: 16 << 30, Available: 8 << 30},
	}
}

func TestExamine(t *testing.T) {
	env := func(nameAndValue ...string) []Variable {
		return []Variable{{nameAndValue[0], nameAndValue[1]}}
	}
	cuda := "/lib/libcudart.so.12"
	for _, c := range []struct {
		why    string
		change func(*Facts)
		level  Level // empty: nothing is found
		what   string
		advice string
	}{
		{"healthy", func(*Facts) {}, "", "", ""},
		{"another patch release", func(f *Facts) { f.Library = "2.18.0" }, "", "", ""},
		{"wrong version", func(f *Facts) { f.Library = "2.16.1" }, Problem, "version 2.16.1", "tfsetup"},
		{"a version that only begins alike", func(f *Facts) { f.Library = "2.180.0" }, Problem, "version 2.180.0", "tfsetup"},
		{"wrong version by the environment", func(f *Facts) { f.Library, f.Env = "2.16.1", env("LD_LIBRARY_PATH", "/old") }, Problem, "version 2.16.1", "unset LD_LIBRARY_PATH"},
		{"does not run", func(f *Facts) { f.Works = "no session" }, Problem, "no session", "tfsetup"},
		{"another copy", func(f *Facts) { f.Others = []string{"/own/libtensorflow_cc.so.2"} }, Problem, "not /own/libtensorflow_cc.so.2", "LD_LIBRARY_PATH"},
		{"another copy by the environment", func(f *Facts) {
			f.Others, f.Env = []string{"/own/libtensorflow_cc.so.2"}, env("LD_LIBRARY_PATH", "/old")
		}, Problem, "/lib/tf/libtensorflow_cc.so.2", "unset LD_LIBRARY_PATH (/old)"},
		{"mixed", func(f *Facts) { f.Loaded[1] = "/usr/lib/libtensorflow_framework.so.2" }, Problem, "mixed", "one installation"},
		{"replaced under way", func(f *Facts) { f.Loaded[0] += " (deleted)" }, Problem, "deleted", "again"},
		{"GPU, CPU build", func(f *Facts) { f.GPUs = GPUs{1, 1, "550.1"} }, Problem, "no CUDA library", "-variant gpu"},
		{"GPU without a driver", func(f *Facts) { f.GPUs = GPUs{Cards: 1} }, Problem, "no driver", "driver"},
		{"GPU of a container, no bus to see", func(f *Facts) { f.GPUs = GPUs{Driven: 1} }, Problem, "no CUDA library", "-variant gpu"},
		{"GPU, CUDA loaded", func(f *Facts) { f.GPUs, f.Loaded = GPUs{1, 1, "550.1"}, append(f.Loaded, cuda) }, Problem, "driver 550.1", "TF_CPP_MIN_LOG_LEVEL=0"},
		{"GPU seen", func(f *Facts) {
			f.GPUs, f.Loaded, f.Devices = GPUs{1, 1, "550.1"}, append(f.Loaded, cuda), append(f.Devices, Device{Type: "GPU"})
		}, "", "", ""},
		{"GPU hidden on purpose", func(f *Facts) { f.GPUs, f.Env = GPUs{1, 1, "550.1"}, env("CUDA_VISIBLE_DEVICES", "-1") }, Note, `"-1" hides it`, "unset"},
		{"old CPU", func(f *Facts) { f.CPU.Lacks = []string{"AVX2", "AVX512F"} }, Note, "no AVX2", "-cpu host"},
		{"new CPU without the newest", func(f *Facts) { f.CPU.Lacks = []string{"AMX-BF16"} }, "", "", ""},
		{"half the cores", func(f *Facts) { f.CPU.Quota = 1.5 }, Note, "allows 1.5 cores", "vision.Threads(2, 2)"},
		{"a sliver of a core", func(f *Facts) { f.CPU.Quota = 0.1 }, Note, "allows 0.1 cores", "vision.Threads(1, 1)"},
		{"a quota of all cores", func(f *Facts) { f.CPU.Quota = 8 }, "", "", ""},
		{"little memory", func(f *Facts) { f.Memory.Available = 200 << 20 }, Problem, "200 MiB", "300 MB"},
		{"little allowed", func(f *Facts) { f.Memory.Limit = 512 << 20 }, Problem, "512 MiB of memory are allowed", "300 MB"},
		{"memory not known", func(f *Facts) { f.Memory = Memory{} }, "", "", ""},
		{"oneDNN off", func(f *Facts) { f.Env = env("TF_ENABLE_ONEDNN_OPTS", "0") }, Note, "switches off oneDNN", "unset"},
		{"oneDNN on", func(f *Facts) { f.Env = env("TF_ENABLE_ONEDNN_OPTS", "1") }, "", "", ""},
		{"JIT", func(f *Facts) { f.Env = env("TF_XLA_FLAGS", "--tf_xla_auto_jit=2") }, Note, "slower", "unset"},
		{"preload", func(f *Facts) { f.Env = env("LD_PRELOAD", "/x.so") }, Note, "/x.so", "without"},
	} {
		f := healthy()
		c.change(&f)
		found := Examine(f)
		if c.level == "" {
			if len(found) != 0 || !Fine(found) {
				t.Errorf("%s: got %v, want nothing", c.why, found)
			}
			continue
		}
		if len(found) != 1 || found[0].Level != c.level || !strings.Contains(found[0].What, c.what) || !strings.Contains(found[0].Advice, c.advice) {
			t.Errorf("%s: got %q, want one %s with %q and %q", c.why, found, c.level, c.what, c.advice)
		}
		if Fine(found) != (c.level == Note) {
			t.Errorf("%s: fine is %v", c.why, Fine(found))
		}
	}
}

func TestProblemsComeFirst(t *testing.T) {
	f := healthy()
	f.CPU.Quota, f.Memory.Available, f.Library = 1, 1<<20, "1.15.0"
	found := Examine(f)
	if len(found) != 3 || found[0].Level != Problem || found[1].Level != Problem || found[2].Level != Note {
		t.Errorf("got %v", found)
	}
}

func files(content map[string]string) fstest.MapFS {
	m := fstest.MapFS{}
	for name, text := range content {
		m[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return m
}

func TestGather(t *testing.T) {
	root := files(map[string]string{
		"proc/self/maps": "7f00-7f01 r--p 00000000 08:01 1 /opt/my tf/libtensorflow_cc.so.2\n" +
			"7f01-7f02 r-xp 00000000 08:01 1 /opt/my tf/libtensorflow_cc.so.2\n" +
			"7f03-7f04 r-xp 00000000 08:01 2 /usr/lib/libc.so.6\n" +
			"7f03-7f04 r-xp 00000000 08:01 2 /home/libtensorflow-notes.txt\n" +
			"7f05-7f06 r-xp 00000000 08:01 3 /opt/my tf/libtensorflow_framework.so.2 (deleted)\n" +
			"7f07-7f08 rw-p 00000000 00:00 0 [heap]\n",
		"proc/cpuinfo":                                  "processor\t: 0\nmodel name\t: A CPU @ 3 GHz\nflags\t: avx\n",
		"proc/meminfo":                                  "MemTotal:       16000000 kB\nMemFree: 5 kB\nMemAvailable:    8000000 kB\n",
		"proc/self/cgroup":                              "0::/app/inner\n",
		"sys/fs/cgroup/app/inner/memory.max":            "max\n",
		"sys/fs/cgroup/app/memory.max":                  "2147483648\n",
		"sys/fs/cgroup/app/inner/cpu.max":               "150000 100000\n",
		"sys/fs/cgroup/app/cpu.max":                     "max 100000\n",
		"sys/bus/pci/devices/0000:01:00.0/vendor":       "0x10de\n",
		"sys/bus/pci/devices/0000:01:00.0/class":        "0x030200\n",
		"sys/bus/pci/devices/0000:01:00.1/vendor":       "0x10de\n", // its sound
		"sys/bus/pci/devices/0000:01:00.1/class":        "0x040300\n",
		"sys/bus/pci/devices/0000:02:00.0/vendor":       "0x8086\n",
		"sys/bus/pci/devices/0000:02:00.0/class":        "0x030000\n",
		"proc/driver/nvidia/gpus/0000:01:00.0/registry": "",
		"proc/driver/nvidia/version":                    "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue\nGCC version: 12.2.0\n",
		"dev/nvidia0":                                   "",
		"dev/nvidiactl":                                 "",
	})
	var f Facts
	f.Gather(root, []string{"HOME=/h", "TF_ENABLE_ONEDNN_OPTS=0", "TF_CLI_CONFIG_FILE=terraform's", "TF_VAR_x=1", "CUDA_VISIBLE_DEVICES=", "LD_LIBRARY_PATH=/a:/b"})
	if want := []string{"/opt/my tf/libtensorflow_cc.so.2", "/opt/my tf/libtensorflow_framework.so.2 (deleted)"}; !slices.Equal(f.Loaded, want) {
		t.Errorf("loaded %q", f.Loaded)
	}
	if want := (GPUs{1, 1, "550.54.15"}); f.GPUs != want {
		t.Errorf("GPUs %+v", f.GPUs)
	}
	if want := (Memory{16000000 << 10, 8000000 << 10, 2 << 30}); f.Memory != want {
		t.Errorf("memory %+v", f.Memory)
	}
	if f.CPU.Model != "A CPU @ 3 GHz" || f.CPU.Quota != 1.5 || f.CPU.Cores != runtime.NumCPU() || f.CPU.OneDNN {
		t.Errorf("CPU %+v", f.CPU)
	}
	if fmt.Sprint(f.Env) != "[{CUDA_VISIBLE_DEVICES } {LD_LIBRARY_PATH /a:/b} {TF_ENABLE_ONEDNN_OPTS 0}]" {
		t.Errorf("environment %v", f.Env)
	}
}

func TestControlGroupsOfVersion1(t *testing.T) {
	root := files(map[string]string{
		"proc/meminfo":     "MemTotal: 16000000 kB\n",
		"proc/self/cgroup": "9:memory:/docker/x\n3:cpu,cpuacct:/docker/x\n1:name=systemd:/\n",
		"sys/fs/cgroup/memory/memory.limit_in_bytes":           "9223372036854771712\n", // none
		"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us":           "-1\n",
		"sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_quota_us":  "50000\n",
		"sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_period_us": "100000\n",
	})
	if m := memory(root); m.Limit != 0 {
		t.Errorf("limit %d, want none", m.Limit)
	}
	if q := quota(root); q != 0.5 {
		t.Errorf("quota %v, want 0.5", q)
	}
}

// TestNothingToRead is a system without /proc, or a hostile one.
func TestNothingToRead(t *testing.T) {
	for _, root := range []fstest.MapFS{{}, files(map[string]string{
		"proc/self/maps": strings.Repeat("x", 3<<20), "proc/meminfo": "MemTotal: many kB\nMemAvailable\n", "proc/self/cgroup": "0\n::\n0::../../..\n",
		"sys/fs/cgroup/memory.max": "-5\n", "sys/fs/cgroup/cpu.max": "0 0\n",
	})} {
		var f Facts
		f.Gather(root, nil)
		if f.Memory != (Memory{}) || f.CPU.Quota != 0 || len(f.Loaded) != 0 || f.GPUs != (GPUs{}) {
			t.Errorf("got %+v", f)
		}
	}
}

func TestOthers(t *testing.T) {
	own, other := t.TempDir(), t.TempDir()
	for _, dir := range []string{own, other} {
		if err := os.WriteFile(filepath.Join(dir, "libtensorflow_cc.so.2"), []byte(dir), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	link := filepath.Join(t.TempDir(), "libtensorflow_cc.so.2")
	if err := os.Symlink(filepath.Join(own, "libtensorflow_cc.so.2"), link); err != nil {
		t.Fatal(err)
	}
	in := func(dir string) []string {
		return []string{filepath.Join(dir, "libtensorflow_cc.so.2"), "/x/libcudart.so.12"}
	}
	for _, c := range []struct {
		why             string
		runPath, loaded []string
		want            []string
	}{
		{"its own", []string{own}, in(own), nil},
		{"another", []string{own}, in(other), in(own)[:1]},
		{"no run path", nil, in(other), nil},
		{"a run path without it", []string{t.TempDir()}, in(other), nil},
		{"the same by a link", []string{filepath.Dir(link)}, in(own), nil},
		{"the first of the path counts", []string{own, other}, in(other), in(own)[:1]},
	} {
		if got := others(c.runPath, c.loaded); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.why, got, c.want)
		}
	}
}

func TestRunPathOfNoProgram(t *testing.T) {
	var f Facts
	f.ReadRunPath(bytes.NewReader([]byte("#!/bin/sh")), "/x")
	if f.RunPath != nil || f.Others != nil {
		t.Errorf("got %+v", f)
	}
}
