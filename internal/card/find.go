package card

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/gosight/vision/internal/fault"
)

// FileName is the name of the card in a model's own folder.
const FileName = "card.json"

// Find returns the path of the card for the model in folder. arg is what the
// caller said:
//
//   - "": card.json in the model's folder; "" and no error if there is none
//   - a file: that file
//   - the model's own folder: card.json in it
//   - another folder: the card in it that is named after the model's folder,
//     resnet50.json for models/resnet50 and for models/resnet50/1
//
// A card that was asked for and is not there is a *fault.ModelError with What
// "card" that says which names were tried and which cards there are.
func Find(arg, folder string) (string, error) {
	whole, err := filepath.Abs(folder)
	if err != nil {
		return "", &fault.ModelError{Model: folder, What: "card", Err: err}
	}
	own := func() bool {
		a, errA := os.Stat(arg)
		b, errB := os.Stat(folder)
		return errA == nil && errB == nil && os.SameFile(a, b)
	}
	return locate(Disk(), filepath.ToSlash(arg), filepath.ToSlash(folder), filepath.ToSlash(whole), own)
}

// FindFS is Find for a card and a model that both lie in fsys.
func FindFS(fsys fs.FS, arg, folder string) (string, error) {
	if arg != "" {
		arg = path.Clean(arg)
	}
	own := func() bool { return arg == path.Clean(folder) }
	return locate(fsys, arg, folder, folder, own)
}

func locate(fsys fs.FS, arg, folder, whole string, own func() bool) (string, error) {
	if arg == "" {
		name := path.Join(folder, FileName)
		if _, err := fs.Stat(fsys, name); errors.Is(err, fs.ErrNotExist) || err != nil && isFile(fsys, folder) {
			return "", nil // a file in the model's place is told by who opens it
		} else if err != nil {
			return "", &fault.ModelError{Model: folder, What: "card", Err: err}
		}
		return name, nil
	}
	info, err := fs.Stat(fsys, arg)
	if err != nil {
		return "", &fault.ModelError{Model: folder, What: "card", Err: err}
	}
	if !info.IsDir() {
		return arg, nil
	}
	tried := candidates(whole)
	if own() {
		tried = []string{FileName}
	}
	for _, name := range tried {
		if at := path.Join(arg, name); isFile(fsys, at) {
			return at, nil
		}
	}
	got := "none of that name in " + arg
	if have := cardsIn(fsys, arg); have != "" {
		got += ", which has " + have
	}
	return "", &fault.ModelError{Model: folder, What: "card", Want: "a card " + oneOf(tried), Got: got, Err: fs.ErrNotExist}
}

// candidates returns the names that a card for the model in folder may have: a
// folder of TensorFlow Serving is called by a version number, and its model by the
// folder above.
func candidates(folder string) []string {
	base := path.Base(folder)
	list := []string{base + ".json"}
	if up := path.Base(path.Dir(folder)); strings.Trim(base, "0123456789") == "" && up != "." && up != "/" {
		list = append(list, up+".json")
	}
	return list
}

func cardsIn(fsys fs.FS, dir string) string {
	const shown = 12
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return ""
	}
	var list []string
	for _, e := range entries {
		if !e.IsDir() && path.Ext(e.Name()) == ".json" {
			list = append(list, e.Name())
		}
	}
	if more := len(list) - shown; more > 0 {
		list = append(list[:shown], fmt.Sprintf("%d more", more))
	}
	return strings.Join(list, ", ")
}

func isFile(fsys fs.FS, name string) bool {
	info, err := fs.Stat(fsys, name)
	return err == nil && !info.IsDir()
}
