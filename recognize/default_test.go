package recognize_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/gosight/vision"
	"github.com/gosight/vision/models/objects"
	"github.com/gosight/vision/recognize"
)

// openDefault returns the embedded model and closes it at the end of the test.
func openDefault(t testing.TB) *recognize.Model {
	t.Helper()
	m, err := recognize.Default()
	if err != nil {
		t.Fatal(err)
	}
	closeAtEnd(t, m)
	return m
}

func TestDefaultKnowsACat(t *testing.T) {
	m := openDefault(t)
	if want := []string{"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"}; !slices.Equal(m.Names(), want) {
		t.Errorf("classes %v", m.Names())
	}
	if i := m.Info(); !i.Frozen || i.Name != "objects" {
		t.Errorf("%+v: want it frozen and called objects", i)
	}
	cat := photo(t, "cat.jpg")
	ls, err := recognize.Classify(context.Background(), cat)
	if err != nil || ls.Best().Name != "cat" {
		t.Fatalf("%v, %v, want a cat", ls, err)
	}
	var sum float64
	for _, l := range ls {
		sum += float64(l.Score)
	}
	if sum < .9999 || sum > 1.0001 || len(ls) != 10 {
		t.Errorf("%d scores with sum %v, want 10 with sum 1", len(ls), sum)
	}
	for o, want := 2, classify(t, m, photo(t, "orient/1.png")); o <= 8; o++ {
		if d := apart(want, classify(t, m, photo(t, "orient/"+string(rune('0'+o))+".png"))); d > 1e-5 {
			t.Errorf("orientation %d is apart by %g", o, d)
		}
	}
}

func TestDefaultIsSharedAndOpensAgain(t *testing.T) {
	a := openDefault(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if b, err := recognize.Default(); err != nil || b != a {
				t.Errorf("another model: %v", err)
			}
		})
	}
	wg.Wait()
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Classify(context.Background(), plain(1, 2, 3)); !errors.Is(err, vision.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
	if _, err := recognize.Classify(context.Background(), plain(1, 2, 3)); err != nil {
		t.Errorf("after Close the package-level Classify: %v", err)
	}
	if b := openDefault(t); b == a {
		t.Error("the closed model came back")
	}
}

// The fast way changes little, and not what a photo shows, unless that is open: of what is none of its classes the model
// may find two as likely.
func TestDefaultFastAgreesWithExact(t *testing.T) {
	fast := openDefault(t)
	exact, err := recognize.OpenFS(objects.FS(), ".", vision.Exact())
	if err != nil {
		t.Fatal(err)
	}
	closeAtEnd(t, exact)
	for _, name := range []string{"cat.jpg", "coffee.jpg", "astronaut.jpg", "rocket.jpg", "camera.jpg", "clock.jpg", "text.png"} {
		f, e := classify(t, fast, photo(t, name)), classify(t, exact, photo(t, name))
		if two := e.Top(2); f.Best().Name != e.Best().Name && (two[0].Score-two[1].Score > 0.1 || f.Best().Name != two[1].Name) {
			t.Errorf("%s: fast %v, exact %v", name, f.Top(2), e.Top(2))
		}
		t.Logf("%-14s %v, apart by %.4f", name, e.Best(), apart(f, e))
	}
}

func TestDefaultEmbeds(t *testing.T) {
	m := openDefault(t)
	cat, err := m.Embed(context.Background(), photo(t, "cat.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	smaller, err := m.Embed(context.Background(), decoded(t, "cat.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	other, err := m.Embed(context.Background(), photo(t, "rocket.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	if same, apart := cosine(cat, smaller), cosine(cat, other); same < .98 || apart > .9*same {
		t.Errorf("the cat is like itself by %.3f and like a rocket by %.3f", same, apart)
	}
}

// Programs carry the embedded model only if they use it: its weights are looked for in
// the binaries of two.
func TestModelIsLinkedOnlyWhereItIsUsed(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED, nothing was tested: building two programs is left out with -short")
	}
	weights, err := fs.ReadFile(objects.FS(), "variables/variables.data-00000-of-00001")
	if err != nil {
		t.Fatal(err)
	}
	part := weights[len(weights)/2:][:256]
	for name, want := range map[string]bool{"withdefault": true, "withoutdefault": false} {
		exe := filepath.Join(t.TempDir(), name)
		build := exec.Command("go", "build", "-o", exe, "./testdata/programs/"+name)
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		b, err := os.ReadFile(exe)
		if err != nil {
			t.Fatal(err)
		}
		if got := bytes.Contains(b, part); got != want {
			t.Errorf("%s (%d bytes) holds the weights: %v, want %v", name, len(b), got, want)
		}
	}
}
