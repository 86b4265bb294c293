// Command tfsetup puts the TensorFlow C library that this module needs on the
// machine, and prints the settings with which the Go tool finds it.
//
//	go run github.com/gosight/vision/cmd/tfsetup
//	eval "$(go run github.com/gosight/vision/cmd/tfsetup env)"
//
// It needs no C compiler and no TensorFlow itself. See tfsetup help, and
// doc/setup.md of the module.
//
// Exit status: 0 done, 1 not done, 2 wrong usage, 130 interrupted.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// A usageError is a mistake in the command line.
type usageError struct{ error }

// run is main without the process: it returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	name := "install"
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		name, args = args[0], args[1:]
	} else if len(args) > 0 && (args[0] == "-h" || args[0] == "-help" || args[0] == "--help") {
		name, args = "help", nil
	}
	a := &app{ctx: ctx, out: stdout, err: stderr}
	var err error
	switch name {
	case "install":
		err = a.install(args)
	case "env":
		err = a.env(args)
	case "dir":
		err = a.dir(args)
	case "verify":
		err = a.verify(args)
	case "remove":
		err = a.remove(args)
	case "help":
		err = a.help()
	default:
		err = usageError{fmt.Errorf("unknown command %q, try: %s", name, self("help"))}
	}
	var usage usageError
	switch {
	case err == nil:
		return 0
	case errors.Is(err, flag.ErrHelp):
		return 0
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "tfsetup: interrupted, nothing is left behind")
		return 130
	case errors.As(err, &usage):
		fmt.Fprintln(stderr, "tfsetup:", err)
		return 2
	default:
		fmt.Fprintln(stderr, "tfsetup:", err)
		return 1
	}
}

// An app is one run of the command.
type app struct {
	ctx context.Context
	out io.Writer
	err io.Writer
}

// flags makes the flag set of a command with the flags that all have.
func (a *app) flags(name string, variant, dir *string) *flag.FlagSet {
	fs := flag.NewFlagSet("tfsetup "+name, flag.ContinueOnError)
	fs.SetOutput(a.err)
	fs.StringVar(variant, "variant", "", "cpu or gpu (cpu)")
	fs.StringVar(dir, "dir", "", "folder of the library ($VISION_TENSORFLOW, or one in the user's cache)")
	return fs
}

// parse reads the flags and refuses arguments after them.
func parse(fs *flag.FlagSet, args []string, variant *string) error {
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return usageError{err}
	}
	if fs.NArg() > 0 {
		return usageError{fmt.Errorf("unexpected argument %q", fs.Arg(0))}
	}
	if v := *variant; v != "" && v != "cpu" && v != "gpu" {
		return usageError{fmt.Errorf("unknown variant %q, want cpu or gpu", v)}
	}
	return nil
}

// self is the line to type to run this command, as it was run now.
func self(args string) string {
	if exe, err := os.Executable(); err == nil && strings.Contains(exe, "go-build") {
		return "go run github.com/gosight/vision/cmd/tfsetup " + args
	}
	return os.Args[0] + " " + args
}
