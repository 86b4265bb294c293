// Command vision recognises pictures with TensorFlow SavedModels.
//
//	vision recognize photo.jpg
//	vision recognize -model DIR -card FILE -json folder/
//	vision detect -model DIR -draw DIR photo.jpg
//	vision face find -model DIR -json folder/
//	vision face enroll -model DIR,DIR -gallery FILE -name PERSON folder/
//	vision face identify -model DIR,DIR -gallery FILE photo.jpg
//	vision ocr -model DIR,DIR page.png
//	vision scene photo.jpg
//	vision eval recognize|detect|face|ocr|scene -model DIR -data SET
//	vision train -data SET -net NAME -out DIR
//	vision models inspect DIR
//	vision models import FILE -net NAME -out DIR
//	vision devices
//	vision doctor
//
// doc/cli.md of the module has every command and flag.
//
// Exit status: 0 everything answered; 1 some file failed, the rest answered; 2 wrong
// usage, or a model that does not open; 130 interrupted, with everything answered
// so far written.
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

// Exit statuses.
const (
	statusOK          = 0
	statusFailed      = 1 // some file failed, or doctor found something
	statusUnusable    = 2 // wrong usage, or a model that does not open
	statusInterrupted = 130
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	a := &app{in: os.Stdin, out: os.Stdout, err: os.Stderr}
	os.Exit(a.run(ctx, os.Args[1:]))
}

// An app is where a command reads and writes.
type app struct {
	in       io.Reader
	out, err io.Writer
}

// commands returns all commands in the order of the help. One file is one command: a new
// one is a function like these and a line here.
func commands() []*command {
	return []*command{
		recognizeCommand(),
		detectCommand(),
		faceFindCommand(),
		faceEnrollCommand(),
		faceIdentifyCommand(),
		ocrCommand(),
		sceneCommand(),
		evalRecognizeCommand(),
		evalDetectCommand(),
		evalFaceCommand(),
		evalOCRCommand(),
		evalSceneCommand(),
		trainCommand(),
		inspectCommand(),
		importCommand(),
		devicesCommand(),
		doctorCommand(),
		versionCommand(),
		helpCommand(),
	}
}

// A command is one verb of the program.
type command struct {
	name  string // "models inspect"
	args  string // what stands after the flags, for the usage line
	about string // one line
	more  string // further paragraphs of its help

	examples string // lines of it as they are
	flags    *flag.FlagSet
	run      func(ctx context.Context, a *app, args []string) error
}

func newCommand(name, args, about string) *command {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(io.Discard) // run reports
	fs.Usage = func() {}
	return &command{name: name, args: args, about: about, flags: fs}
}

// A usageError is a mistake in the command line.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func usagef(format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...)}
}

// errFailed says that something failed that has been reported already.
var errFailed = errors.New("failed")

// An openError is a model that does not open.
type openError struct{ error }

func (e *openError) Unwrap() error { return e.error }

// run is main without the process: it returns the exit status.
func (a *app) run(ctx context.Context, args []string) int {
	c, args, err := find(args)
	name := "vision"
	if err == nil {
		name += " " + c.name
		if args, err = parse(c.flags, args); err == nil {
			err = c.run(ctx, a, args)
		}
	}
	var usage *usageError
	var open *openError
	switch {
	case errors.Is(err, flag.ErrHelp):
		if err := a.help(c); err != nil {
			return statusFailed
		}
		return statusOK
	case errors.As(err, &usage):
		hint := "vision help"
		if c != nil {
			hint += " " + c.name
		}
		fmt.Fprintf(a.err, "%s: %s\nTry: %s\n", name, usage.text, hint)
		return statusUnusable
	}
	said := err == nil || errors.Is(err, errFailed) || ctx.Err() != nil && errors.Is(err, ctx.Err())
	if !said {
		a.report(err)
	}
	switch {
	case ctx.Err() != nil:
		return statusInterrupted
	case err == nil:
		return statusOK
	case !said && errors.As(err, &open):
		return statusUnusable
	}
	return statusFailed
}

// report writes an error.
func (a *app) report(err error) {
	for line := range strings.Lines(plain(err)) {
		head := "vision: "
		if strings.HasPrefix(line, " ") {
			head = "" // of a list under its heading
		}
		fmt.Fprintf(a.err, "%s%s\n", head, strings.TrimSuffix(line, "\n"))
	}
}

// find returns the command that args begin with, and the rest of them. Flags may not
// stand before the command.
func find(args []string) (*command, []string, error) {
	if len(args) == 0 {
		return nil, nil, usagef("want a command: %s", names(""))
	}
	switch args[0] {
	case "-h", "-help", "--help":
		return helpCommand(), args[1:], nil
	case "-version", "--version":
		return versionCommand(), args[1:], nil
	}
	group := false
	for _, c := range commands() {
		words := strings.Fields(c.name)
		if words[0] != args[0] {
			continue
		}
		if len(words) == 1 {
			return c, args[1:], nil
		}
		group = true
		if len(args) > 1 && words[1] == args[1] {
			return c, args[2:], nil
		}
	}
	switch {
	case !group:
		return nil, nil, usagef("unknown command %q; there are %s", args[0], names(""))
	case len(args) == 1:
		return nil, nil, usagef("%q is half a command; want %s", args[0], names(args[0]))
	case args[1] == "-h" || args[1] == "-help" || args[1] == "--help":
		return helpCommand(), args[:1], nil
	}
	return nil, nil, usagef("unknown command \"%s %s\"; want %s", args[0], args[1], names(args[0]))
}

// names lists the commands, or those of a group.
func names(group string) string {
	var list []string
	for _, c := range commands() {
		if group == "" || strings.HasPrefix(c.name, group+" ") {
			list = append(list, c.name)
		}
	}
	return strings.Join(list, ", ")
}
