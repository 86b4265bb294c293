package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/gosight/vision/internal/tfinstall"
)

// A list is a flag that may be given several times.
type list []string

func (l *list) String() string     { return strings.Join(*l, " ") }
func (l *list) Set(v string) error { *l = append(*l, v); return nil }

func (a *app) install(args []string) error {
	var variant, dir, sum string
	var from list
	var quiet bool
	fs := a.flags("install", &variant, &dir)
	fs.Var(&from, "from", "wheel, libtensorflow .tar.gz, or folder of them, instead of pip (may be repeated)")
	fs.StringVar(&sum, "sha256", "", "digest of a -from file that is not in the built-in table")
	fs.BoolVar(&quiet, "quiet", false, "say nothing unless it fails")
	if err := parse(fs, args, &variant); err != nil {
		return err
	}
	if sum != "" && len(from) == 0 {
		return usageError{errors.New("-sha256 is the digest of a -from file, and there is none")}
	}
	if variant == "" {
		variant = "cpu"
	}
	target := tfinstall.Host(variant)
	if err := tfinstall.CheckMachine(os.DirFS("/"), target); err != nil {
		return err
	}
	build, err := tfinstall.Lookup(target)
	if err != nil {
		return err
	}
	place, err := tfinstall.Dir(dir, target)
	if err != nil {
		return err
	}
	o := tfinstall.Options{Build: build, Dir: place, From: from, SHA256: sum}
	p := newProgress(a.err)
	if !quiet {
		o.Log, o.Progress = p.line, p.step
		if build.Untested {
			p.line("note: TensorFlow for " + target.String() + " is mapped but untested by this project")
		}
	}
	inst, already, err := tfinstall.Install(a.ctx, o)
	p.end()
	if err != nil {
		return err
	}
	if quiet {
		return nil
	}
	if already {
		fmt.Fprintf(a.err, "TensorFlow %s for %s is already in %s\n", inst.TensorFlow, inst.Target, inst.Dir)
	} else {
		fmt.Fprintf(a.err, "TensorFlow %s for %s is now in %s (%d MB)\n", inst.TensorFlow, inst.Target, inst.Dir, inst.Size()/1e6)
	}
	env := "env"
	if dir != "" {
		env += " -dir " + tfinstall.Quote(dir)
	} else if variant != "cpu" {
		env += " -variant " + variant
	}
	fmt.Fprintf(a.err, "to build with it in this shell: eval \"$(%s)\"\n", self(env))
	if !haveCompiler() {
		fmt.Fprintln(a.err, "note: cgo needs a C compiler and none was found; on Debian or Ubuntu: sudo apt-get install build-essential")
	}
	return nil
}

func haveCompiler() bool {
	if os.Getenv("CC") != "" {
		return true
	}
	for _, cc := range []string{"gcc", "clang", "cc"} {
		if _, err := exec.LookPath(cc); err == nil {
			return true
		}
	}
	return false
}
