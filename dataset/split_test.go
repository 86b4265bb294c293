package dataset

import (
	"errors"
	"fmt"
	"image"
	"testing"
)

// inTurn is a set of n examples whose class goes round.
func inTurn(n, classes int) *Set {
	s := &Set{n: n}
	for i := range classes {
		s.Classes = append(s.Classes, fmt.Sprint("c", i))
	}
	s.all = func(yield func(Example, error) bool) {
		for i := range n {
			if !yield(Example{Name: fmt.Sprint(i), Class: i % classes, Image: image.NewGray(image.Rect(0, 0, 1, 1))}, nil) {
				return
			}
		}
	}
	return s
}

// A list that goes through its classes in turn must not lose one of them.
func TestSplitOfClassesInTurn(t *testing.T) {
	for _, n := range []int{2, 3, 5, 10} {
		for _, classes := range []int{2, 5, 10} {
			most, rest := inTurn(1000, classes).Split(n)
			a, _ := all(t, most)
			b, _ := all(t, rest)
			count := make([]int, classes)
			for _, ex := range b {
				count[ex.Class]++
			}
			for c, got := range count {
				if fair := 1000 / n / classes; got < fair/2 || got > 2*fair {
					t.Errorf("split by %d, %d classes: %d of class %d, want about %d", n, classes, got, c, fair)
				}
			}
			if len(a)+len(b) != 1000 || len(b) != 1000/n {
				t.Errorf("split by %d: %d and %d", n, len(a), len(b))
			}
			again, _ := all(t, rest)
			for i := range again {
				if again[i].Name != b[i].Name {
					t.Fatal("a set split twice is split in two ways")
				}
			}
		}
	}
	for _, n := range []int{0, 1, 9, 10, 11} {
		most, rest := inTurn(n, 2).Split(10)
		a, _ := all(t, most)
		b, _ := all(t, rest)
		if len(a)+len(b) != n {
			t.Errorf("%d examples became %d and %d", n, len(a), len(b))
		}
	}
}

// Of 2n-1 of a class in a row at least one goes to the second part, wherever they begin, and of fewer there may be none.
func TestSplitOfClassesInARow(t *testing.T) {
	taken := func(n, each int) (none int) {
		s := inTurn(200*each, 200)
		whole := s.all
		s.all = func(yield func(Example, error) bool) {
			i := 0
			whole(func(ex Example, err error) bool {
				ex.Class = i / each
				i++
				return yield(ex, err)
			})
		}
		_, rest := s.Split(n)
		count := make([]int, 200)
		for ex := range rest.All() {
			count[ex.Class]++
		}
		for _, c := range count {
			if c == 0 {
				none++
			}
		}
		return none
	}
	for _, n := range []int{2, 3, 7, 10} {
		for each := 2*n - 1; each < 4*n; each++ {
			if none := taken(n, each); none > 0 {
				t.Errorf("split by %d: %d classes of %d have none in the second part", n, none, each)
			}
		}
	}
	if taken(7, 10) == 0 {
		t.Error("split by 7: all classes of 10 have one in the second part: the bound in the doc of Split is too high")
	}
}

func TestAsOfClassesThatAreNotThere(t *testing.T) {
	s := inTurn(4, 2)
	var ce *ClassError
	if _, err := s.As([]string{"c0", "x"}); !errors.As(err, &ce) || ce.Class != "c1" {
		t.Errorf("got %v, want a ClassError of c1", err)
	}
	s.Classes = nil // numbers alone
	m, err := s.As([]string{"only"})
	if err != nil {
		t.Fatal(err)
	}
	good, bad := all(t, m)
	if len(good) != 2 || len(bad) != 2 || good[0].Class != 0 {
		t.Errorf("%v, %v", good, bad)
	}
}
