package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gosight/vision"
)

const filesHelp = `Files may be JPEG, PNG, GIF, BMP, WebP or TIFF. A folder stands for the pictures in it and in
its subfolders, sorted by name; they are told by their content. Hidden files are passed over, and others
too, unless their name ends as a picture's: a .jpg that is none has failed. "-" is one picture on standard input. Flags may stand before or after files; after
"--" everything is a file.`

// A source is one picture, or why there is none.
type source struct {
	name  string
	photo *vision.Photo
	err   error
}

// checkFiles checks the arguments that name pictures.
func checkFiles(args []string) error {
	if len(args) == 0 {
		return usagef(`want pictures: files, folders, or "-" for standard input`)
	}
	stdin := 0
	for _, arg := range args {
		if arg == "" {
			return usagef("a file's name is empty")
		}
		if arg == "-" {
			stdin++
		}
	}
	if stdin > 1 {
		return usagef(`"-" is named %d times: standard input is one picture`, stdin)
	}
	return nil
}

// sources reads the pictures that args name, in their order, one at a time as they are
// asked for. It ends early when ctx does. A nil photo without an error is a file of a
// folder that is no picture.
func (a *app) sources(ctx context.Context, args []string) iter.Seq[source] {
	return func(yield func(source) bool) {
		for _, arg := range args {
			st, err := os.Stat(arg)
			switch {
			case arg == "-":
				if !yield(load(ctx, arg, func() (*vision.Photo, error) { return vision.Read(a.in) })) {
					return
				}
			case err == nil && st.IsDir():
				if !walk(ctx, arg, yield) {
					return
				}
			default:
				if !yield(load(ctx, arg, func() (*vision.Photo, error) { return vision.ReadFile(arg) })) {
					return
				}
			}
			if ctx.Err() != nil {
				return
			}
		}
	}
}

// load reads one picture. When ctx ends, a read that hangs is left behind.
func load(ctx context.Context, name string, read func() (*vision.Photo, error)) source {
	done := make(chan source, 1)
	go func() {
		p, err := read()
		done <- source{name, p, err}
	}()
	select {
	case s := <-done:
		return s
	case <-ctx.Done():
		return source{name, nil, ctx.Err()}
	}
}

// walk yields the pictures of a folder, and a nil photo for each other file.
func walk(ctx context.Context, dir string, yield func(source) bool) bool {
	found, going := false, true
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		name := filepath.Join(dir, filepath.FromSlash(path))
		s := source{name: name}
		switch {
		case err != nil:
			found, s.err = true, err
		case hidden(path) && d.IsDir():
			return fs.SkipDir
		case hidden(path) || d.IsDir() || !regular(name, d):
			return ctx.Err()
		default:
			switch isPicture, err := sniff(name); {
			case err != nil:
				found, s.err = true, err
			case isPicture || calledPicture(name):
				found, s = true, load(ctx, name, func() (*vision.Photo, error) { return vision.ReadFile(name) })
			}
		}
		if going = yield(s); !going {
			return fs.SkipAll
		}
		return ctx.Err()
	})
	switch {
	case !going:
		return false
	case err != nil: // the context's: errors of the walk have been yielded
		return true
	case !found:
		return yield(source{dir, nil, errors.New("no picture in this folder")})
	}
	return true
}

// calledPicture reports whether a file has a picture's extension. One that is no picture has mostly been damaged,
// which nobody would learn if it were passed over.
func calledPicture(name string) bool {
	return slices.Contains([]string{".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff"}, strings.ToLower(filepath.Ext(name)))
}

func hidden(path string) bool {
	return path != "." && strings.HasPrefix(filepath.Base(path), ".")
}

// regular reports whether name is a file, or a link to one. Links to folders are not
// followed, so that a walk ends.
func regular(name string, d fs.DirEntry) bool {
	if d.Type()&fs.ModeSymlink == 0 {
		return d.Type().IsRegular()
	}
	st, err := os.Stat(name)
	return err == nil && st.Mode().IsRegular()
}

// sniff reports whether a file is a picture by its first bytes, in a format that is read
// or in one of which a user would want to know that it is not.
func sniff(name string) (bool, error) {
	f, err := os.Open(name)
	if err != nil {
		return false, err
	}
	defer f.Close()
	head := make([]byte, 4096)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return false, err
	}
	_, err = vision.NewPhoto(head[:n])
	var format *vision.FormatError
	var unsupported *vision.UnsupportedError
	switch {
	case errors.As(err, &format):
		return format.Format != "", nil // the rest is in the rest of the file
	case errors.As(err, &unsupported):
		photos := []string{"HEIC", "AVIF", "camera RAW", "JPEG XL", "JPEG 2000", "JPEG XR", "BigTIFF"}
		return slices.Contains(photos, unsupported.Format) || unsupported.Format == strings.ToLower(unsupported.Format) &&
			slices.Contains([]string{"jpeg", "png", "gif", "bmp", "webp", "tiff"}, unsupported.Format), nil
	}
	return true, nil // read, or too large, which is said later
}

// count returns how many files the walk over args will look at.
func count(args []string) int {
	n := 0
	for _, arg := range args {
		st, err := os.Stat(arg)
		if arg == "-" || err != nil || !st.IsDir() {
			n++
			continue
		}
		_ = fs.WalkDir(os.DirFS(arg), ".", func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				n++
			case hidden(path) && d.IsDir():
				return fs.SkipDir
			case !hidden(path) && !d.IsDir() && regular(filepath.Join(arg, filepath.FromSlash(path)), d):
				n++
			}
			return nil
		})
	}
	return n
}

// reason is an error about a file whose name stands beside it already.
func reason(file string, err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return strings.ReplaceAll(plainText(strings.TrimPrefix(err.Error(), file+": ")), "\n", "; ")
}

// plain is an error without the name of the project before it, which the command writes.
func plain(err error) string { return plainText(err.Error()) }

func plainText(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.ReplaceAll(strings.TrimPrefix(lines[i], "vision: "), ": vision: ", ": ")
	}
	return strings.Join(lines, "\n")
}
