package dataset

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/gosight/vision/internal/option"
)

// A Pair is two pictures of faces, of one person or of two.
type Pair struct {
	A, B string // names of examples: "Aaron_Peirsol_0001"
	Same bool
	Fold int // from 0
}

// Pairs is a list of pairs and the set of the pictures that it names, each once. Len
// counts the pictures; their names are those in the pairs.
type Pairs struct {
	*Set
	Folds int
	Pairs []Pair
}

// LFW opens a list of pairs in the form of LFW's pairs.txt, and the pictures that it names.
//
// The first line of the list holds the number of folds and of pairs of each kind in a fold (or
// that alone, for one fold). Then come, for each fold, lines "name i j", two pictures of one
// person, and as many lines "name i name j". Picture i of a name is called
// Name_000i.jpg, wherever it lies in images, a folder or an archive; other pictures are
// left out. A picture that is not there is given as an error (fs.ErrNotExist) at the end:
// the protocol leaves out its pairs, and whoever measures says how many.
func LFW(pairs, images string, opts ...option.Option) (*Pairs, error) {
	lim, err := limits(opts)
	if err != nil {
		return nil, err
	}
	src, err := openSource(images)
	if err != nil {
		return nil, err
	}
	data, err := readPath(pairs)
	if err != nil {
		return nil, err
	}
	p, err := parsePairs(pairs, data)
	if err != nil {
		return nil, err
	}
	var names []string
	wanted := map[string]bool{}
	for _, pair := range p.Pairs {
		for _, n := range []string{pair.A, pair.B} {
			if !wanted[n] {
				wanted[n] = true
				names = append(names, n)
			}
		}
	}
	p.Set = &Set{n: len(names), all: func(yield func(Example, error) bool) {
		seen := map[string]bool{}
		err := src.walk("", func(name string, read func() ([]byte, error)) error {
			n := stem(name)
			if !isPicture(name) || !wanted[n] || seen[n] {
				return nil
			}
			seen[n] = true
			ex, err := pictureOf(name, read, lim, func(string) (int, error) { return -1, nil })
			if err != nil && cutShort(src, err) {
				return src.cut(err)
			}
			ex.Name = n
			if !yield(ex, err) {
				return errStop
			}
			return nil
		})
		if errors.Is(err, errStop) {
			return
		}
		if err != nil {
			yield(Example{Class: -1}, err)
			return
		}
		for _, n := range names {
			if !seen[n] && !yield(Example{Name: n, Class: -1}, &FileError{File: src.join(n), Err: fs.ErrNotExist}) {
				return
			}
		}
	}}
	return p, nil
}

// maxFolds and maxKind bound what the head of a list may claim.
const (
	maxFolds = 1000
	maxKind  = 10_000_000
)

func parsePairs(file string, data []byte) (*Pairs, error) {
	p := &Pairs{}
	each := 0
	for l, err := range lines(file, data) {
		if err != nil {
			return nil, err
		}
		f := strings.Fields(l.text)
		if each == 0 {
			if p.Folds, each, err = pairsHead(f); err != nil {
				return nil, broken(file, l.n, "pairs", "%v", err)
			}
			continue
		}
		n := len(p.Pairs)
		if n == p.Folds*2*each {
			return nil, broken(file, l.n, "pairs", "want %d folds of %d and %d pairs, got more", p.Folds, each, each)
		}
		pair := Pair{Same: n/each%2 == 0, Fold: n / (2 * each)}
		if pair.Same && len(f) == 3 {
			f = []string{f[0], f[1], f[0], f[2]}
		} else if pair.Same {
			f = nil
		}
		if pair.A, pair.B, err = pairOf(f); err != nil {
			return nil, broken(file, l.n, "pairs", "pair %d of fold %d: want %s, got %q", n%(2*each)+1, pair.Fold+1, formOf(pair.Same), cutTo(l.text, 60))
		}
		p.Pairs = append(p.Pairs, pair)
	}
	if want := p.Folds * 2 * each; each == 0 || len(p.Pairs) != want {
		return nil, broken(file, 0, "pairs", "want %d folds of %d and %d pairs, got %d pairs", p.Folds, each, each, len(p.Pairs))
	}
	return p, nil
}

func formOf(same bool) string {
	if same {
		return "a name and two numbers (one person)"
	}
	return "a name and a number, twice (two people)"
}

// pairsHead reads the first line.
func pairsHead(f []string) (folds, each int, err error) {
	folds = 1
	if len(f) == 2 {
		if folds, err = strconv.Atoi(f[0]); err != nil || folds < 1 || folds > maxFolds {
			return 0, 0, fmt.Errorf("want a number of folds, got %q", cutTo(f[0], 40))
		}
		f = f[1:]
	}
	if len(f) != 1 {
		return 0, 0, fmt.Errorf("want the numbers of folds and of pairs of each kind in a fold, got %d values", len(f))
	}
	if each, err = strconv.Atoi(f[0]); err != nil || each < 1 || each > maxKind {
		return 0, 0, fmt.Errorf("want a number of pairs, got %q", cutTo(f[0], 40))
	}
	return folds, each, nil
}

// pairOf reads name i name j.
func pairOf(f []string) (a, b string, err error) {
	if len(f) != 4 {
		return "", "", fmt.Errorf("want 4 values, got %d", len(f))
	}
	var out [2]string
	for k := range out {
		i, err := strconv.ParseUint(f[2*k+1], 10, 31)
		if err != nil {
			return "", "", err
		}
		out[k] = fmt.Sprintf("%s_%04d", f[2*k], i)
	}
	return out[0], out[1], nil
}
