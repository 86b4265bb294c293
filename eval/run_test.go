package eval_test

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gosight/vision/dataset"
	"github.com/gosight/vision/eval"
	"github.com/gosight/vision/internal/label"
)

// words is a set of cropped words: picture i says "w<i>", those of missing are not there, those of broken are no
// pictures.
func words(t *testing.T, n int, missing, broken []int) *dataset.Set {
	t.Helper()
	dir := t.TempDir()
	var list strings.Builder
	for i := range n {
		name := fmt.Sprintf("%03d.png", i)
		fmt.Fprintf(&list, "%s\tw%d\n", name, i)
		switch {
		case slices.Contains(missing, i):
		case slices.Contains(broken, i):
			put(t, "no picture", dir, name)
		default:
			numbered(t, uint8(i), 2, 2, dir, name)
		}
	}
	put(t, list.String(), dir, "gt.tsv")
	set, err := dataset.Words(dir)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func reads(from, to int) map[uint8]string {
	m := map[uint8]string{}
	for i := from; i < to; i++ {
		m[uint8(i)] = fmt.Sprintf("w%d", i)
	}
	return m
}

func textOf(s string) eval.Reading { return eval.Reading{Text: s} }

// What cannot be measured is left out by name, in the set's order, and the rest still
// meets its own truth.
func TestLeftOutPictures(t *testing.T) {
	answers := reads(0, 20)
	delete(answers, 3) // the model fails
	delete(answers, 18)
	for _, c := range []struct {
		why string
		ask eval.Stream[string]
	}{
		{"one at a time", fake(answers)},
		{"many at once, the first slowest", eval.Each(4, func(_ context.Context, img image.Image) (string, error) {
			n := number(img)
			time.Sleep(time.Duration(n%4) * time.Millisecond)
			s, ok := answers[n]
			if !ok {
				return "", errFake
			}
			return s, nil
		})},
		{"taken on another goroutine, far ahead", func(_ context.Context, imgs iter.Seq[image.Image]) iter.Seq2[string, error] {
			return func(yield func(string, error) bool) {
				ahead := make(chan image.Image, 100)
				go func() {
					defer close(ahead)
					for img := range imgs {
						ahead <- img
					}
				}()
				for img := range ahead {
					s, ok := answers[number(img)]
					var err error
					if !ok {
						err = errFake
					}
					yield(s, err)
				}
			}
		}},
	} {
		var steps []int
		r, err := eval.Text(context.Background(), words(t, 20, []int{0, 7, 8, 19}, []int{2}), eval.Words, c.ask, textOf,
			eval.Progress(func(done, of int) { steps = append(steps, done*1000+of) }))
		if err != nil {
			t.Fatalf("%s: %v", c.why, err)
		}
		var names []string
		for _, f := range r.Failures {
			names = append(names, f.Name)
		}
		if want := []string{"000.png", "002.png", "003.png", "007.png", "008.png", "018.png", "019.png"}; !slices.Equal(names, want) {
			t.Errorf("%s: left out %q, want %q", c.why, names, want)
		}
		if r.Pictures != 13 || r.LeftOut != 7 || r.Correct.Exact != 1 || r.CER.Rate != 0 {
			t.Errorf("%s: %+v, %+v", c.why, r.Scope, r.Correct)
		}
		if !strings.HasPrefix(r.Failures[1].Error, "vision: unsupported text: this is text, not a picture") || r.Failures[2].Error != errFake.Error() || !strings.HasPrefix(r.Failures[0].Error, "open 000.png: no such file") {
			t.Errorf("%s: %v", c.why, r.Failures)
		}
		if len(steps) != 20 || !slices.IsSorted(steps) || steps[19] != 20020 {
			t.Errorf("%s: progress %v", c.why, steps)
		}
	}
}

func TestNothingMeasured(t *testing.T) {
	ctx := context.Background()
	_, err := eval.Text(ctx, words(t, 3, nil, nil), eval.Words, fake(map[uint8]string{}), textOf)
	if err == nil || !strings.Contains(err.Error(), "3 were left out, the first, 000.png: the fake model fails") {
		t.Errorf("all fail: %v", err)
	}
	stops := func(_ context.Context, imgs iter.Seq[image.Image]) iter.Seq2[string, error] {
		return func(yield func(string, error) bool) {
			n := 0
			for range imgs {
				if n++; n > 1 {
					return
				}
				yield("w0", nil)
			}
		}
	}
	if _, err := eval.Text(ctx, words(t, 3, nil, nil), eval.Words, stops, textOf); err == nil || !strings.Contains(err.Error(), `got none for "001.png"`) {
		t.Errorf("a stream that stops: %v", err)
	}
}

func TestCancelledEvaluation(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	var asked atomic.Int64
	r, err := eval.Text(ctx, words(t, 50, nil, nil), eval.Words, eval.Each(2, func(ctx context.Context, img image.Image) (string, error) {
		if number(img) == 5 {
			cancel()
		}
		asked.Add(1)
		return "w", ctx.Err()
	}), textOf)
	if !errors.Is(err, context.Canceled) || r != nil || asked.Load() > 20 {
		t.Errorf("%v, %v after %d pictures", r, err, asked.Load())
	}
}

// However many fail, the list is bounded; the count is not.
func TestManyFailures(t *testing.T) {
	dir := t.TempDir()
	numbered(t, 0, 1, 1, dir, "000.png")
	var list strings.Builder
	list.WriteString("000.png\tw0\n")
	for i := range 1500 {
		fmt.Fprintf(&list, "gone%d.png\tx\n", i)
	}
	put(t, list.String(), dir, "gt.tsv")
	set, err := dataset.Words(dir)
	if err != nil {
		t.Fatal(err)
	}
	r, err := eval.Text(context.Background(), set, eval.Words, fake(reads(0, 1)), textOf)
	if err != nil || r.LeftOut != 1500 || len(r.Failures) != 1000 || r.Pictures != 1 {
		t.Errorf("%v: %d left out, %d listed", err, r.LeftOut, len(r.Failures))
	}
}

// An archive that is cut short has no more to give, and a measure of its beginning is none
// of the set.
func TestBrokenArchiveIsAnError(t *testing.T) {
	name := filepath.Join(t.TempDir(), "set.tar")
	dir := t.TempDir()
	numbered(t, 0, 1, 1, dir, "x.png")
	picture, err := os.ReadFile(filepath.Join(dir, "x.png"))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := range 4 {
		if err := w.WriteHeader(&tar.Header{Name: fmt.Sprintf("a/%d.png", i), Size: int64(len(picture)), Mode: 0o600}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(picture); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	put(t, b.String(), name)
	set, err := dataset.ImageFolder(name, "")
	if err != nil {
		t.Fatal(err)
	}
	model := fake(map[uint8]label.Labels{0: {{Name: "a", Score: 1}}})
	if r, err := eval.Classification(context.Background(), set, []string{"a"}, model); err != nil || r.Pictures != 4 {
		t.Fatalf("whole: %v", err)
	}
	put(t, b.String()[:1500], name) // within the second picture's header
	if _, err := eval.Classification(context.Background(), set, []string{"a"}, model); err == nil || !strings.Contains(err.Error(), "set.tar") {
		t.Errorf("cut short: %v", err)
	}
}
