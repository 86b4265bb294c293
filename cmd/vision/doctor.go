package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/gosight/vision"
	"github.com/gosight/vision/internal/doctor"
	"github.com/gosight/vision/internal/session"
)

// release is that of TensorFlow for which graft was generated; they move together.
const release = "2.18"

func doctorCommand() *command {
	c := newCommand("doctor", "", "check the installation; tell what to do if something is off")
	c.more = `It prints versions, which libraries are loaded, the devices that TensorFlow sees, what the CPU and the memory are,
and which variables matter; then what is off, and what to do.

Exit status 1 if something is off. With -json it is one JSON object. If the program does not even start, because
TensorFlow's library is not found, see doc/cli.md.`
	asJSON := jsonFlag(c.flags)
	c.run = func(ctx context.Context, a *app, args []string) error {
		if len(args) > 0 {
			return usagef("want no arguments, got %q", args[0])
		}
		f := doctor.Facts{Go: fmt.Sprintf("%s %s/%s", runtime.Version(), runtime.GOOS, runtime.GOARCH), Wanted: release, Library: session.Version()}
		f.Module, f.Graft = versions()
		environ := os.Environ() // before TensorFlow's variable is set
		devices, err := open(ctx, func() ([]vision.Device, error) { return vision.Devices() })
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			f.Works = plain(err)
		}
		f.Devices = []doctor.Device{}
		for _, d := range devices {
			f.Devices = append(f.Devices, doctor.Device(d))
		}
		f.Gather(os.DirFS("/"), environ)
		if exe, err := os.Executable(); err == nil {
			if file, err := os.Open(exe); err == nil {
				defer file.Close()
				f.ReadRunPath(file, filepath.Dir(exe))
			}
		}
		findings := doctor.Examine(f)
		if err := diagnose(a, *asJSON, f, findings); err != nil {
			return err
		}
		if !doctor.Fine(findings) {
			return errFailed
		}
		return nil
	}
	return c
}

// diagnose prints facts and findings.
func diagnose(a *app, asJSON bool, f doctor.Facts, findings []doctor.Finding) error {
	if asJSON {
		if findings == nil {
			findings = []doctor.Finding{}
		}
		return writeJSON(a, struct {
			OK       bool             `json:"ok"`
			Findings []doctor.Finding `json:"findings"`
			doctor.Facts
		}{doctor.Fine(findings), findings, f})
	}
	var b strings.Builder
	b.WriteString(columns("", facts(f)))
	for _, n := range findings {
		fmt.Fprintf(&b, "\n%s: %s\n  what to do: %s\n", n.Level, n.What, n.Advice)
	}
	if doctor.Fine(findings) {
		b.WriteString("\nAll is well.\n")
	}
	return write(a, b.String())
}

// facts returns them as rows for people.
func facts(f doctor.Facts) [][]string {
	var rows [][]string
	add := func(name string, values ...string) {
		for _, v := range values {
			if v != "" {
				rows = append(rows, []string{name, v})
				name = ""
			}
		}
	}
	add("vision", f.Module+", "+f.Go)
	add("TensorFlow", fmt.Sprintf("%s; graft %s is made for %s.x", f.Library, f.Graft, f.Wanted))
	add("loaded", f.Loaded...)
	add("run path", f.RunPath...)
	var devices []string
	for _, d := range f.Devices {
		devices = append(devices, strings.TrimSpace(d.Name+" "+room(d.Type, d.Memory)))
	}
	add("devices", devices...)
	if n := max(f.GPUs.Cards, f.GPUs.Driven); n > 0 {
		add("GPUs", strings.TrimSuffix(fmt.Sprintf("%d of NVIDIA, driver %s", n, f.GPUs.Driver), ", driver "))
	} else {
		add("GPUs", "none of NVIDIA in this machine")
	}
	cores := fmt.Sprintf("%d cores", f.CPU.Cores)
	if f.CPU.Quota > 0 {
		cores += fmt.Sprintf(", %.3g allowed by the control group", f.CPU.Quota)
	}
	add("CPU", f.CPU.Model, cores)
	if len(f.CPU.Features) > 0 {
		add("", "has "+strings.Join(f.CPU.Features, ", "))
	}
	if len(f.CPU.Lacks) > 0 {
		add("", "lacks "+strings.Join(f.CPU.Lacks, ", "))
	}
	// Intel's library of kernels; which CPUs TensorFlow has it on for is TensorFlow's choice.
	oneDNN := "TensorFlow has these fast CPU kernels off on this CPU; models opened here use them where they are faster"
	if f.CPU.OneDNN {
		oneDNN = "TensorFlow has these fast CPU kernels on"
	}
	add("oneDNN", oneDNN)
	memory := fmt.Sprintf("%s, %s available", mebibytes(f.Memory.Total), mebibytes(f.Memory.Available))
	if f.Memory.Limit > 0 {
		memory += fmt.Sprintf(", %s allowed by the control group", mebibytes(f.Memory.Limit))
	}
	if f.Memory.Total > 0 {
		add("memory", memory)
	}
	var env []string
	for _, v := range f.Env {
		env = append(env, v.Name+"="+v.Value)
	}
	if env == nil {
		env = []string{"no variable is set that matters"}
	}
	add("environment", env...)
	return rows
}
