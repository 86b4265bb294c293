package train

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gosight/vision/internal/card"
	"github.com/gosight/vision/internal/fault"
)

// Whenever the power fails, a folder with a model has the rest that belongs to it: the model that was there is gone for good before anything
// else is written, and all else is there for good before the new one is.
func TestModelGoesFirstAndComesLast(t *testing.T) {
	out := t.TempDir()
	write(t, filepath.Join(out, modelFile), []byte("old"))
	var got []string
	list := func(dir string) (names []string) {
		entries, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return names
	}
	note := func(name string) error {
		rel, err := filepath.Rel(out, name)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprint(rel, list(name)))
		return nil
	}
	s := saved{model: []byte("new"), card: &card.Card{}, labels: []string{"a"}, history: []Epoch{{Number: 1}},
		variables: func(dir string) (map[string]string, error) {
			got = append(got, fmt.Sprint("write variables", list(out)))
			return map[string]string{"v": sum([]byte("v"))}, writeBeside(filepath.Join(dir, "v"), []byte("v"))
		}}
	if err := s.write(out, note); err != nil {
		t.Fatal(err)
	}
	want := []string{
		".[]",
		"write variables[variables]",
		"variables[v]",
		".[card.json history.json labels.txt variables]",
		".[card.json history.json labels.txt saved_model.pb variables]",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	// A folder that cannot be synced gets no model.
	full := errors.New("the disk is gone")
	for n := range 3 {
		left := n
		err := s.write(out, func(string) error {
			if left--; left < 0 {
				return full
			}
			return nil
		})
		if !errors.Is(err, full) || slices.Contains(list(out), modelFile) {
			t.Errorf("sync %d fails: got %v, and %q", n+1, err, list(out))
		}
	}
}

// An error of a kind says itself what was wanted; any other is told what was being done, whatever it begins with.
func TestImportedErrors(t *testing.T) {
	for _, err := range []error{&fault.FormatError{}, &fault.UnsupportedError{}, &fault.LimitError{}, &MismatchError{}, &SettingError{},
		fmt.Errorf("x: %w", &fault.FormatError{})} {
		if got := imported(err); got != err { //nolint:errorlint // the very same
			t.Errorf("%T: got %v", err, got)
		}
	}
	plain := errors.New("vision: but of no kind")
	if got := imported(plain); !errors.Is(got, plain) || got.Error() != "train: import: vision: but of no kind" {
		t.Errorf("got %v", got)
	}
}
