package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gosight/vision/internal/tfinstall"
)

func (a *app) dir(args []string) error {
	var variant, dir string
	if err := parse(a.flags("dir", &variant, &dir), args, &variant); err != nil {
		return err
	}
	inst, err := a.find(dir, variant)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(a.out, inst.Dir)
	return err
}

func (a *app) verify(args []string) error {
	var variant, dir string
	if err := parse(a.flags("verify", &variant, &dir), args, &variant); err != nil {
		return err
	}
	inst, err := a.find(dir, variant)
	if err != nil {
		return err
	}
	if len(inst.Files) == 0 {
		return fmt.Errorf("%s was not made by tfsetup, so there is nothing to compare it with", inst.Dir)
	}
	p := newProgress(a.err)
	err = inst.Verify(func(done, total int64) { p.step("verify", done, total) })
	p.end()
	if err != nil {
		return fmt.Errorf("%s is damaged: %w; to repair it: %s, then %s", inst.Dir, err, self("remove"), self("install"))
	}
	fmt.Fprintf(a.out, "TensorFlow %s for %s in %s: %d files, %d MB, all as installed\n",
		inst.TensorFlow, inst.Target, inst.Dir, len(inst.Files), inst.Size()/1e6)
	return nil
}

func (a *app) remove(args []string) error {
	var variant, dir string
	if err := parse(a.flags("remove", &variant, &dir), args, &variant); err != nil {
		return err
	}
	if variant == "" {
		variant = "cpu"
	}
	place, err := tfinstall.Dir(dir, tfinstall.Host(variant))
	if err != nil {
		return err
	}
	err = tfinstall.Remove(a.ctx, place)
	if errors.Is(err, tfinstall.ErrNotInstalled) {
		fmt.Fprintln(a.err, "nothing to remove:", err)
		return nil
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(a.err, "removed", place)
	if strings.Contains(current("CGO_CFLAGS"), place) {
		fmt.Fprintln(a.err, "the settings still name it; in this shell: unset CGO_CFLAGS CGO_LDFLAGS; if kept: go env -u CGO_CFLAGS CGO_LDFLAGS")
	}
	return nil
}

const helpText = `tfsetup puts the TensorFlow %s C library on this machine and prints its settings.

  tfsetup [install] [-variant cpu|gpu] [-from FILE|DIR]... [-sha256 HEX] [-dir DIR] [-quiet]
  tfsetup env       [-variant cpu|gpu] [-dir DIR] [-shell %s]
                    [-rpath PATH] [-write]
  tfsetup dir       prints the folder of the library
  tfsetup verify    reads every file again and compares digests
  tfsetup remove    deletes the library
  tfsetup help

In a shell:     eval "$(tfsetup env)"
In fish:        tfsetup env -shell fish | source
For good:       tfsetup env -write
Another place:  -dir DIR, or $VISION_TENSORFLOW
To ship:        tfsetup env -rpath '$ORIGIN/lib', and the two libraries in lib/ beside the program

The library comes through pip; $PYTHON names the Python to use. For a machine without a
network, fetch the file on another one, carry it over, and give it with -from:

`

func (a *app) help() error {
	fmt.Fprintf(a.out, helpText, tfinstall.Version, strings.Join(tfinstall.Shells(), "|"))
	b, err := tfinstall.Lookup(tfinstall.Host("cpu"))
	if err != nil {
		fmt.Fprintln(a.out, "  this machine:", err)
		return nil
	}
	for _, line := range b.DownloadCommands() {
		fmt.Fprintln(a.out, "  "+line)
	}
	fmt.Fprintln(a.out, "  tfsetup install -from", b.Wheels[0].File)
	return nil
}
