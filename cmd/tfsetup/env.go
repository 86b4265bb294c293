package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/gosight/vision/internal/tfinstall"
)

func (a *app) env(args []string) error {
	var variant, dir, shell, rpath string
	var write bool
	fs := a.flags("env", &variant, &dir)
	fs.StringVar(&shell, "shell", "sh", strings.Join(tfinstall.Shells(), ", "))
	fs.StringVar(&rpath, "rpath", "", "where programs look for the library ($ORIGIN/lib: beside them), instead of its folder")
	fs.BoolVar(&write, "write", false, "keep the settings with go env -w, for every shell from now on")
	if err := parse(fs, args, &variant); err != nil {
		return err
	}
	if !slices.Contains(tfinstall.Shells(), shell) {
		return usageError{fmt.Errorf("unknown shell %q, want one of %s", shell, strings.Join(tfinstall.Shells(), ", "))}
	}
	settings, err := a.settings(dir, variant, rpath)
	if err != nil {
		if shell == "sh" || shell == "fish" {
			// Standard error reaches the user from inside eval; this makes eval fail too.
			fmt.Fprintln(a.out, "false")
		}
		return err
	}
	if write {
		return a.write(settings)
	}
	text, err := tfinstall.Format(shell, settings)
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(a.out, text)
	return err
}

func (a *app) settings(dir, variant, rpath string) ([]tfinstall.Setting, error) {
	inst, err := a.find(dir, variant)
	if err != nil {
		return nil, err
	}
	settings, err := tfinstall.Settings(inst, rpath, current)
	if err != nil {
		return nil, err
	}
	if dir != "" { // so that later commands find the same one
		settings = append(settings, tfinstall.Setting{Name: tfinstall.DirVariable, Value: inst.Dir})
	}
	return settings, nil
}

// find loads the installation; if there is none, the error says what to type.
func (a *app) find(dir, variant string) (*tfinstall.Installation, error) {
	inst, err := tfinstall.Find(dir, variant)
	if errors.Is(err, tfinstall.ErrNotInstalled) {
		line := "install"
		if variant != "" {
			line += " -variant " + variant
		}
		if dir != "" {
			line += " -dir " + tfinstall.Quote(dir)
		}
		return nil, fmt.Errorf("%w; type: %s", err, self(line))
	}
	if err != nil && inst == nil {
		return nil, fmt.Errorf("%w; to repair it: %s", err, self("install"))
	}
	return inst, err
}

// current is the value of a variable, with what go env -w keeps.
func current(name string) string {
	if strings.HasPrefix(name, "CGO_") {
		if out, err := exec.Command("go", "env", name).Output(); err == nil {
			return strings.TrimSpace(string(out))
		}
	}
	return os.Getenv(name)
}

func (a *app) write(settings []tfinstall.Setting) error {
	args := tfinstall.Persistent(settings)
	cmd := exec.CommandContext(a.ctx, "go", append([]string{"env", "-w"}, args...)...)
	cmd.Stdout, cmd.Stderr = a.err, a.err
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("go env -w: %w", err)
	}
	for _, s := range args {
		fmt.Fprintln(a.err, "kept:", s)
	}
	fmt.Fprintln(a.err, "to undo: go env -u CGO_ENABLED CGO_CFLAGS CGO_LDFLAGS")
	fmt.Fprintln(a.err, "TensorFlow's own chatter is silenced by: export TF_CPP_MIN_LOG_LEVEL=2")
	return nil
}
