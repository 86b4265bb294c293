// Package doctor looks at what the machine and the process give TensorFlow, and says
// what is off and what to do about it. It does not touch the library: what only
// TensorFlow knows, its caller puts into Facts.
package doctor

// Facts are what the findings are drawn from.
type Facts struct {
	Module  string `json:"module"`  // version of this module
	Graft   string `json:"graft"`   // version of the Go bindings
	Go      string `json:"go"`      // version of Go, system and architecture
	Wanted  string `json:"wanted"`  // release of TensorFlow that the bindings are for, "2.18"
	Library string `json:"library"` // version of the TensorFlow library in use
	Works   string `json:"works"`   // error of a first run, empty if it ran

	Loaded  []string `json:"loaded"`   // shared libraries of TensorFlow and CUDA in this process
	RunPath []string `json:"run_path"` // where the program looks for its libraries, after LD_LIBRARY_PATH
	Others  []string `json:"others"`   // TensorFlow libraries in the run path that are not the loaded ones

	Devices []Device `json:"devices"` // that TensorFlow sees
	GPUs    GPUs     `json:"gpus"`    // that the machine has
	CPU     CPU      `json:"cpu"`
	Memory  Memory   `json:"memory"`

	Env []Variable `json:"env"` // variables that matter and are set
}

// A Device is one that TensorFlow sees.
type Device struct {
	Name   string `json:"name"`
	Type   string `json:"type"`
	Memory int64  `json:"memory"` // bytes
}

// GPUs are the graphics cards of NVIDIA in the machine.
type GPUs struct {
	Cards  int    `json:"cards"`            // on the bus, as the kernel lists them
	Driven int    `json:"driven"`           // that NVIDIA's driver has taken
	Driver string `json:"driver,omitempty"` // its version, empty if it is not loaded
}

// CPU is what matters of the processor.
type CPU struct {
	Model    string   `json:"model,omitempty"`
	Features []string `json:"features"` // of those that TensorFlow uses
	Lacks    []string `json:"lacks"`
	OneDNN   bool     `json:"onednn"` // TensorFlow uses oneDNN's kernels of its own accord
	Cores    int      `json:"cores"`  // that the process may run on
	Quota    float64  `json:"quota"`  // of a control group, in cores; 0: none
}

// Memory is in bytes; 0 is not known, or no limit.
type Memory struct {
	Total     int64 `json:"total"`
	Available int64 `json:"available"`
	Limit     int64 `json:"limit"` // of a control group
}

// A Variable is one of the environment.
type Variable struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func (f *Facts) env(name string) (string, bool) {
	for _, v := range f.Env {
		if v.Name == name {
			return v.Value, true
		}
	}
	return "", false
}

// A Level is how much a finding matters.
type Level string

// The levels.
const (
	Note    Level = "note"    // good to know
	Problem Level = "problem" // something is off
)

// A Finding is something to know or to do.
type Finding struct {
	Level  Level  `json:"level"`
	What   string `json:"what"`
	Advice string `json:"advice"`
}

// Fine reports whether there is no problem among findings.
func Fine(findings []Finding) bool {
	for _, f := range findings {
		if f.Level == Problem {
			return false
		}
	}
	return true
}
