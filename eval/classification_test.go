package eval_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gosight/vision/dataset"
	"github.com/gosight/vision/eval"
	"github.com/gosight/vision/internal/label"
)

// animals is a folder of classes, each with one picture a number.
func animals(t *testing.T, classes map[string][]uint8) *dataset.Set {
	t.Helper()
	dir := t.TempDir()
	for class, list := range classes {
		for _, n := range list {
			numbered(t, n, 2, 2, dir, class, fmt.Sprintf("%d.png", n))
		}
	}
	set, err := dataset.ImageFolder(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// ranked is an answer with the rows in their order, the first with a probability of p.
func ranked(p float32, rows ...int) label.Labels {
	var ls label.Labels
	for i, r := range rows {
		ls = append(ls, label.Label{Index: r, Score: p / float32(i+1)})
	}
	return ls
}

func TestClassificationByHand(t *testing.T) {
	set := animals(t, map[string][]uint8{"cat": {1, 2, 3, 4}, "dog": {5, 6}})
	names := []string{"frog", "dog", "bird", "cat", "horse", "ship", "truck"}
	r, err := eval.Classification(context.Background(), set, names, fake(map[uint8]label.Labels{
		1: ranked(1, 3, 1, 2, 0, 4, 5, 6), // a cat
		2: ranked(1, 1, 3, 2, 0, 4, 5, 6), // second
		3: ranked(0.5, 1, 2, 0, 4, 3, 5, 6),
		4: ranked(0.5, 1, 2, 0, 4, 5, 3, 6), // sixth
		5: ranked(1, 1, 3, 2, 0, 4, 5, 6),   // a dog
	}))
	if err != nil {
		t.Fatal(err)
	}
	if r.Pictures != 5 || r.LeftOut != 1 || r.Failures[0].Name != "dog/6.png" || r.Failures[0].Error != errFake.Error() {
		t.Errorf("scope %+v", r.Scope)
	}
	near(t, "top-1", r.Top1, 2./5)
	near(t, "top-5", r.Top5, 4./5)
	near(t, "mean per class", r.MeanPerClass, (1./4+1)/2)
	// Three answers at 1, of which two are right; two at a half, both wrong.
	near(t, "calibration", r.ECE, (1.+1)/5)
	want := []eval.ClassResult{{Name: "dog", Index: 1, Pictures: 1, Answered: 4, Correct: 1, Accuracy: 1}, {Name: "cat", Index: 3, Pictures: 4, Answered: 1, Correct: 1, Accuracy: .25}}
	if fmt.Sprint(r.Classes) != fmt.Sprint(want) {
		t.Errorf("classes %v, want %v", r.Classes, want)
	}
	if !strings.Contains(r.Protocol, "joined by name") {
		t.Errorf("protocol %q", r.Protocol)
	}
}

func TestClassesAreJoined(t *testing.T) {
	imagenet := make([]string, 1000)
	synsets := make([]string, 1000)
	for i, s := range dataset.Synsets() {
		imagenet[i] = fmt.Sprintf("thing %d", i)
		synsets[i] = s + " thing"
	}
	reversed := make([]string, 1000)
	for i := range synsets {
		reversed[999-i] = synsets[i]
	}
	for _, c := range []struct {
		why   string
		class string // of the one picture
		names []string
		row   int
		how   string
	}{
		{"by name", "cat", []string{"dog", "cat"}, 1, "by name"},
		{"the exact name, though another is nearly it", "cat", []string{"Cat", "cat"}, 1, "by name"},
		{"by plain name", "Hot_dog-stand", []string{"x", "hot dog stand"}, 1, "regardless"},
		{"a name that stands twice, the second row answered", "crane", []string{"crane", "x", "crane"}, 2, "by name"},
		{"a synset, rows in ImageNet's order", "n01440764_tench", imagenet, 0, "by synset"},
		{"a synset, after a background row", "n01443537", append([]string{"background"}, imagenet...), 2, "by synset"},
		{"a synset among the model's names", "n01440764", reversed, 999, "by synset"},
	} {
		r, err := eval.Classification(context.Background(), animals(t, map[string][]uint8{c.class: {1}}), c.names, fake(map[uint8]label.Labels{1: ranked(1, c.row)}))
		if err != nil || r.Top1 != 1 || !strings.Contains(r.Protocol, c.how) {
			t.Errorf("%s: %v, %+v", c.why, err, r)
		}
	}
	for _, c := range []struct {
		why, class string
		names      []string
		want       string
	}{
		{"a class the model has not", "cow", []string{"cat", "dog"}, `a class of the set is not among the model's 2: "cow"; the model has "cat", "dog"`},
		{"a synset for a model of other classes", "n01440764", []string{"cat"}, "n01440764"},
		{"a model without names", "cow", nil, "0 of the model's"},
	} {
		_, err := eval.Classification(context.Background(), animals(t, map[string][]uint8{c.class: {1}}), c.names, fake(map[uint8]label.Labels{}))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.why, err, c.want)
		}
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	set := animals(t, map[string][]uint8{"cat": {1, 2, 3}})
	r, err := eval.Classification(context.Background(), set, []string{"cat"}, fake(map[uint8]label.Labels{1: ranked(1, 0), 2: {}, 3: ranked(1, 7)}))
	if err != nil || r.Pictures != 1 || r.LeftOut != 2 {
		t.Errorf("%v, %+v", err, r)
	}
}

// Pictures of a set without classes cannot be right or wrong.
func TestSetsOfAnotherKind(t *testing.T) {
	dir := t.TempDir()
	numbered(t, 1, 2, 2, dir, "a.png")
	put(t, "a.png\ttext", dir, "gt.tsv")
	set, err := dataset.Words(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := eval.Classification(context.Background(), set, []string{"cat"}, fake(map[uint8]label.Labels{1: ranked(1, 0)})); err == nil {
		t.Error("words were classified")
	}
	named, err := set.As([]string{"cat"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = eval.Classification(context.Background(), named, []string{"cat"}, fake(map[uint8]label.Labels{1: ranked(1, 0)}))
	if err == nil || errors.Is(err, errFake) || !strings.Contains(err.Error(), "does not say what is right") {
		t.Errorf("pictures without a class: %v", err)
	}
}
