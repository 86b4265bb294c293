package card

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"unicode/utf8"

	"github.com/gosight/vision/internal/fault"
)

// MaxBytes is the largest card that is read.
const MaxBytes = 1 << 20

// Disk is the file system as the operating system has it: unlike os.DirFS it
// takes absolute names and names with "..", so a card may name a label file
// outside its own folder.
func Disk() fs.FS { return disk{} }

type disk struct{}

func (disk) Open(name string) (fs.File, error)          { return os.Open(filepath.FromSlash(name)) }
func (disk) Stat(name string) (fs.FileInfo, error)      { return os.Stat(filepath.FromSlash(name)) }
func (disk) ReadDir(name string) ([]fs.DirEntry, error) { return os.ReadDir(filepath.FromSlash(name)) }

// Read returns the card in the file name of fsys, with the fields of its preset
// filled in, validated. A file that is not JSON is a *fault.FormatError; a card
// with unknown fields or bad values is an *Error, with a *fault.ModelError with What
// "card" for each of them; so is a file that is not there, with fs.ErrNotExist within.
func Read(fsys fs.FS, name string) (*Card, error) {
	return ReadOver(nil, fsys, name)
}

// ReadOver is Read for a card that is put over base, such as a preset that the
// caller named: what the card and its own preset leave out, even the task, comes
// from base, which may be nil.
func ReadOver(base *Card, fsys fs.FS, name string) (*Card, error) {
	data, err := readFile(fsys, name, MaxBytes)
	if err != nil {
		return nil, fail(name, err)
	}
	return parseOver(base, data, name)
}

// Parse is Read for a card already in memory. name stands in errors.
func Parse(data []byte, name string) (*Card, error) { return parseOver(nil, data, name) }

func parseOver(base *Card, data []byte, name string) (*Card, error) {
	if len(data) > MaxBytes {
		return nil, &fault.FormatError{Format: "card", Reason: fmt.Sprintf("%s: larger than %d bytes", name, MaxBytes)}
	}
	var own Card
	found, err := decode(data, name, &own)
	if err != nil {
		return nil, err
	}
	own.file, own.stated = name, found.stated
	c := &own
	if family, err := Preset(own.Preset); err == nil {
		c = family.Merge(c)
	}
	if base != nil {
		c = base.Merge(c)
	}
	p := &problems{model: name}
	found.report(p)
	c.check(p, found.blames)
	if err := p.err(); err != nil {
		return nil, err
	}
	return c, nil
}

// decode fills v, a pointer to a struct, from JSON text. What stands in fields that are not
// there, or is of another kind than theirs, is left out and among the findings.
func decode(data []byte, name string, v any) (*findings, error) {
	broken := func(at int64, reason string) error {
		line, col := position(data, at)
		return &fault.FormatError{Format: "card", Reason: fmt.Sprintf("%s, line %d, column %d: %s", name, line, col, reason)}
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, &fault.FormatError{Format: "card", Reason: name + ": empty"}
	}
	if !utf8.Valid(data) {
		at := 0
		for r, n := utf8.DecodeRune(data); r != utf8.RuneError || n != 1; r, n = utf8.DecodeRune(data[at:]) {
			at += n
		}
		return nil, broken(int64(at), "not UTF-8 text")
	}
	var raw json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return nil, broken(syntax.Offset-1, "not JSON: "+syntax.Error())
		}
		return nil, &fault.FormatError{Format: "card", Reason: name + ": not JSON", Err: err}
	}
	found, err := strict(data, reflect.TypeOf(v).Elem())
	if err != nil {
		return nil, fail(name, err)
	}
	// A value of another kind is passed over by Unmarshal too, and told by found.
	if err := json.Unmarshal(data, v); err != nil && found.fine() {
		return nil, fail(name, err)
	}
	return found, nil
}

// readFile returns the content of a regular file of at most limit bytes.
func readFile(fsys fs.FS, name string, limit int64) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", name)
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes", name, limit)
	}
	return data, nil
}

// fail makes err the one problem of the card called name.
func fail(name string, err error) error {
	return &Error{name, []error{&fault.ModelError{Model: name, What: "card", Err: err}}}
}

// wrong is fail for a problem that is a fault already.
func wrong(problem *fault.ModelError) error { return &Error{problem.Model, []error{problem}} }
