package scene_test

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
	"github.com/gosight/vision/models/scenes"
	"github.com/gosight/vision/scene"
)

// openDefault returns the embedded model and closes it at the end of the test.
func openDefault(t testing.TB) *scene.Model {
	t.Helper()
	m, err := scene.Default()
	if err != nil {
		t.Fatal(err)
	}
	closeAtEnd(t, m)
	return m
}

func TestDefaultKnowsFifteenPlaces(t *testing.T) {
	m := openDefault(t)
	if want := []string{"Bedroom", "Coast", "Forest", "Highway", "Industrial", "InsideCity", "Kitchen", "LivingRoom",
		"Mountain", "Office", "OpenCountry", "Store", "Street", "Suburb", "TallBuilding"}; !slices.Equal(m.Names(), want) {
		t.Errorf("places %v", m.Names())
	}
	if i := m.Info(); !i.Frozen || i.Name != "scenes" {
		t.Errorf("%+v: want it frozen and called scenes", i)
	}
	s, err := scene.Describe(context.Background(), photo(t, "coffee.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	indoors := []string{"Bedroom", "Kitchen", "LivingRoom", "Office", "Store"}
	var sum, inside float64
	for _, l := range s.Places {
		sum += float64(l.Score)
		if slices.Contains(indoors, l.Name) {
			inside += float64(l.Score)
		}
	}
	if len(s.Places) != 15 || sum < .9999 || sum > 1.0001 {
		t.Errorf("%d scores with sum %v, want 15 with sum 1", len(s.Places), sum)
	}
	if d := inside - float64(s.IndoorScore); d < -1e-5 || d > 1e-5 || s.Indoor != (inside > .5) {
		t.Errorf("%v: want the sum of the five indoor places, %.5f", s, inside)
	}
}

func TestDefaultIsSharedAndOpensAgain(t *testing.T) {
	a := openDefault(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if b, err := scene.Default(); err != nil || b != a {
				t.Errorf("another model: %v", err)
			}
		})
	}
	wg.Wait()
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Describe(context.Background(), plain(1, 2, 3)); !errors.Is(err, vision.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
	if _, err := scene.Describe(context.Background(), plain(1, 2, 3)); err != nil {
		t.Errorf("after Close the package-level Describe: %v", err)
	}
	if b := openDefault(t); b == a {
		t.Error("the closed model came back")
	}
}

// The fast way changes little, and seldom what a photo shows.
func TestDefaultFastAgreesWithExact(t *testing.T) {
	fast := openDefault(t)
	exact, err := scene.OpenFS(scenes.FS(), ".", vision.Exact())
	if err != nil {
		t.Fatal(err)
	}
	closeAtEnd(t, exact)
	for _, name := range []string{"cat.jpg", "coffee.jpg", "astronaut.jpg", "rocket.jpg", "camera.jpg", "clock.jpg", "text.png"} {
		f, e := describe(t, fast, photo(t, name)), describe(t, exact, photo(t, name))
		if d := apart(f, e); d > .1 {
			t.Errorf("%s: fast %v, exact %v", name, f, e)
		}
		t.Logf("%-14s %v, apart by %.4f", name, e, apart(f, e))
	}
}

// Programs carry the embedded model only if they use it: its weights are looked for in
// the binaries of two.
func TestModelIsLinkedOnlyWhereItIsUsed(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED, nothing was tested: building two programs is left out with -short")
	}
	weights, err := fs.ReadFile(scenes.FS(), "variables/variables.data-00000-of-00001")
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
