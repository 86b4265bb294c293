package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// An output is what -o names: a file that is written beside its name and renamed when it is whole; or, if the
// name stands for a device, a pipe or the like, that itself.
type output struct {
	name string // as it was said
	to   string // the file that is replaced; "": what is written is there at once
	file *os.File
	own  bool // file is closed here
}

// newOutput begins a file; "" is none, standard output. args are the pictures that are read, none of which is written
// over.
func (a *app) newOutput(name string, args []string) (*output, error) {
	if name == "" {
		return nil, nil
	}
	refused := func(err error) (*output, error) { return nil, usagef("-o %s: %s", name, reason(name, err)) }
	to, flags := name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC
	st, err := os.Stat(name)
	switch {
	case err == nil && st.IsDir():
		return nil, usagef("-o %s: is a folder, want a file", name)
	case err == nil:
		if err := unread(name, st, args); err != nil {
			return nil, err
		}
		if f := a.stream(st); f != nil { // /dev/stdout, whatever that is
			return &output{name: name, file: f}, nil
		}
		if to = replaceable(name, st); to == "" {
			f, err := os.OpenFile(name, os.O_WRONLY|os.O_TRUNC, 0)
			if err != nil {
				return refused(err)
			}
			return &output{name: name, file: f, own: true}, nil
		}
	case !errors.Is(err, fs.ErrNotExist):
		return refused(err)
	}
	// Hidden, so that a walk over its folder passes it over.
	f, err := os.OpenFile(filepath.Join(filepath.Dir(to), fmt.Sprintf(".%s.%d.part", filepath.Base(to), os.Getpid())), flags, 0o666)
	if err != nil {
		return refused(err)
	}
	return &output{name, to, f, true}, nil
}

// unread refuses a file that is one of the pictures that are read.
func unread(name string, st fs.FileInfo, args []string) error {
	for _, arg := range args {
		in, err := os.Stat(arg)
		if arg == "-" || err != nil {
			continue
		}
		if !in.IsDir() {
			if os.SameFile(st, in) {
				return usagef("-o %s: is a picture that is read, want another file", name)
			}
			continue
		}
		if !st.Mode().IsRegular() {
			continue
		}
		if is, err := sniff(name); !calledPicture(name) && (err != nil || !is) {
			continue // what a run before this one wrote, mostly
		}
		found := false
		_ = fs.WalkDir(os.DirFS(arg), ".", func(path string, d fs.DirEntry, err error) error {
			switch full := filepath.Join(arg, filepath.FromSlash(path)); {
			case err != nil: // told when it is read
			case hidden(path) && d.IsDir():
				return fs.SkipDir
			case !hidden(path) && !d.IsDir() && regular(full, d):
				if in, err := os.Stat(full); err == nil && os.SameFile(st, in) {
					found = true
					return fs.SkipAll
				}
			}
			return nil //nolint:nilerr // what cannot be read is told when it is read
		})
		if found {
			return usagef("-o %s: is a picture in %s, which is read; want another file", name, arg)
		}
	}
	return nil
}

// stream returns the standard stream that a file is.
func (a *app) stream(st fs.FileInfo) *os.File {
	for _, w := range []io.Writer{a.out, a.err} {
		if f, ok := w.(*os.File); ok {
			if own, err := f.Stat(); err == nil && os.SameFile(st, own) {
				return f
			}
		}
	}
	return nil
}

// replaceable returns the file that may be replaced by another of its name: name, or what it links to. Of a device, a
// pipe, or a file that has lost its name it is "".
func replaceable(name string, st fs.FileInfo) string {
	if !st.Mode().IsRegular() {
		return ""
	}
	to, err := filepath.EvalSymlinks(name)
	if err != nil {
		return ""
	}
	if own, err := os.Lstat(to); err != nil || !os.SameFile(st, own) {
		return ""
	}
	return to
}

// keep gives the file its name.
func (o *output) keep() error {
	if o == nil || !o.own {
		return nil
	}
	err := o.file.Close()
	if err == nil && o.to != "" {
		err = os.Rename(o.file.Name(), o.to)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", o.name, err)
	}
	return nil
}

// discard removes what was not kept.
func (o *output) discard() {
	if o == nil || !o.own {
		return
	}
	_ = o.file.Close()
	if o.to != "" {
		_ = os.Remove(o.file.Name())
	}
}
