package face_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gosight/vision"
	"github.com/gosight/vision/face"
)

// at is an embedding in the plane, at an angle in degrees: two of them are 1 - cos apart.
func at(degrees float64) face.Embedding {
	s, c := math.Sincos(degrees * math.Pi / 180)
	return face.Embedding{Model: "m", Vector: []float32{float32(c), float32(s)}}
}

func cosine(degrees float64) float64 { return 1 - math.Cos(degrees*math.Pi/180) }

// people is a gallery of three, with a threshold of 30 degrees.
func people(t testing.TB) *face.Gallery {
	t.Helper()
	g := face.NewGallery()
	for _, p := range []struct {
		name string
		at   []float64
	}{{"Ada", []float64{0, 20}}, {"Bo", []float64{90}}, {"Cy", []float64{200, 210, 220}}} {
		for _, a := range p.at {
			if err := g.Add(p.name, at(a)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := g.SetThreshold(cosine(30)); err != nil {
		t.Fatal(err)
	}
	return g
}

func TestIdentify(t *testing.T) {
	g := people(t)
	for _, c := range []struct {
		why              string
		at               float64
		person           string
		nearest, andNext float64 // degrees
	}{
		{"a sample itself", 20, "Ada", 0, 70},
		{"between two samples of one", 10, "Ada", 10, 80},
		{"nearer to the second", 60, "Bo", 30 - 1e-4, 40},
		{"too far from all", 52, "", 32, 38},
		{"far beyond", 130, "", 40, 70},
		{"round the circle", 350, "Ada", 10, 100},
	} {
		got, err := g.Identify(at(c.at))
		if c.person == "Bo" {
			got, err = g.Identify(at(c.at + 1e-4))
		}
		if err != nil || got.Person != c.person || math.Abs(got.Distance-cosine(c.nearest)) > 1e-4 || math.Abs(got.Margin-(cosine(c.andNext)-cosine(c.nearest))) > 1e-4 {
			t.Errorf("%s: %+v, %v, want %q at %v", c.why, got, err, c.person, cosine(c.nearest))
		}
	}
	if who, err := g.Identify(at(55)); err != nil || who.Person != "" && who.Margin > 1e-6 {
		t.Errorf("in the middle: %v, %v", who, err)
	}
	// The distance is that of the embeddings themselves.
	want, err := at(10).Distance(at(20))
	if got, ierr := g.Identify(at(10)); err != nil || ierr != nil || math.Abs(got.Distance-want) > 1e-6 {
		t.Errorf("%v, %v, want %v", got, ierr, want)
	}
}

func TestEquallyNearPeopleAreToldByName(t *testing.T) {
	for range 20 {
		g := face.NewGallery()
		for _, n := range []string{"Zoe", "Ada", "Bo"} {
			if err := g.Add(n, at(0)); err != nil {
				t.Fatal(err)
			}
		}
		if err := g.SetThreshold(0.1); err != nil {
			t.Fatal(err)
		}
		if who, err := g.Identify(at(5)); err != nil || who.Person != "Ada" || who.Margin != 0 {
			t.Fatalf("%v, %v", who, err)
		}
	}
}

func TestGalleryOfOneAndOfNone(t *testing.T) {
	g := face.NewGallery()
	if who, err := g.Identify(at(0)); err != nil || who != (face.Identity{Distance: 2}) {
		t.Errorf("of an empty one: %+v, %v", who, err)
	}
	if len(g.People()) != 0 || g.Remove("Ada") || g.Model() != "" || g.Threshold() != 0 {
		t.Error("an empty gallery holds something")
	}
	if err := g.Add("Ada", at(0)); err != nil {
		t.Fatal(err)
	}
	var me *vision.ModelError
	if _, err := g.Identify(at(0)); !errors.As(err, &me) || !strings.Contains(err.Error(), "threshold") {
		t.Errorf("no threshold: %v", err)
	}
	if err := g.SetThreshold(0.2); err != nil {
		t.Fatal(err)
	}
	if who, err := g.Identify(at(0)); err != nil || who.Person != "Ada" || math.Abs(who.Margin-2) > 1e-6 {
		t.Errorf("of one: %+v, %v", who, err)
	}
	if _, err := json.Marshal(face.Identity{Person: "", Distance: 2, Margin: 0}); err != nil {
		t.Error(err)
	}
	for _, bad := range []float64{0, -1, 4.1, math.NaN(), math.Inf(1)} {
		if err := g.SetThreshold(bad); !errors.As(err, &me) {
			t.Errorf("threshold %v: %v", bad, err)
		}
	}
	if !g.Remove("Ada") || g.Samples("Ada") != 0 || g.Model() != "m" {
		t.Error("Ada is still there, or her model is gone")
	}
}

func TestVerify(t *testing.T) {
	g := people(t)
	for _, c := range []struct {
		person string
		at     float64
		same   bool
	}{{"Ada", 30, true}, {"Ada", 51, false}, {"Bo", 80, true}, {"Bo", 20, false}} {
		same, d, err := g.Verify(c.person, at(c.at))
		if err != nil || same != c.same || !(d >= 0 && d <= 2) {
			t.Errorf("%s at %v: %v, %v, %v", c.person, c.at, same, d, err)
		}
	}
	var me *vision.ModelError
	if _, _, err := g.Verify("Eve", at(0)); !errors.As(err, &me) || !strings.Contains(err.Error(), "Eve") {
		t.Errorf("nobody: %v", err)
	}
}

func TestWhatAGalleryRefuses(t *testing.T) {
	g := people(t)
	nan := float32(math.NaN())
	for _, c := range []struct {
		why, name string
		e         face.Embedding
		want      string
	}{
		{"another model", "Ada", face.Embedding{Model: "other", Vector: []float32{1, 0}}, `"other"`},
		{"no model", "Ada", face.Embedding{Vector: []float32{1, 0}}, "no model"},
		{"another length", "Ada", face.Embedding{Model: "m", Vector: []float32{1, 0, 0}}, "length"},
		{"nothing", "Ada", face.Embedding{Model: "m"}, "length"},
		{"NaN", "Ada", face.Embedding{Model: "m", Vector: []float32{nan, 0}}, "finite"},
		{"zeros", "Ada", face.Embedding{Model: "m", Vector: []float32{0, 0}}, "zeros"},
		{"no name", "", at(0), "name"},
		{"two lines", "a\nb", at(0), "name"},
		{"no text", "\xff", at(0), "name"},
		{"a book", strings.Repeat("x", 2000), at(0), "name"},
	} {
		var me *vision.ModelError
		if err := g.Add(c.name, at(0), c.e); (c.name == "Ada" || c.name == "") && (!errors.As(err, &me) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", c.why, err)
		}
		if g.Samples("Ada") != 2 {
			t.Fatalf("%s: half of it was added", c.why)
		}
		if c.name != "Ada" {
			continue
		}
		if _, err := g.Identify(c.e); !errors.As(err, &me) {
			t.Errorf("%s, Identify: %v", c.why, err)
		}
		if _, _, err := g.Verify("Ada", c.e); !errors.As(err, &me) {
			t.Errorf("%s, Verify: %v", c.why, err)
		}
		if _, err := at(0).Distance(c.e); err == nil {
			t.Errorf("%s: has a distance", c.why)
		}
	}
	if err := face.NewGallery().Add("Ada", face.Embedding{}); err == nil {
		t.Error("an embedding of nothing is taken")
	}
	if !slices.Equal(g.People(), []string{"Ada", "Bo", "Cy"}) {
		t.Errorf("people %q", g.People())
	}
}

func TestSaveAndLoad(t *testing.T) {
	name := filepath.Join(t.TempDir(), "g.gallery")
	g := people(t)
	for range 3 { // over itself, too
		if err := g.Save(name); err != nil {
			t.Fatal(err)
		}
		back, err := face.LoadGallery(name)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(back.People(), g.People()) || back.Model() != "m" || back.Threshold() != g.Threshold() || back.Samples("Cy") != 3 {
			t.Errorf("back came %v of %q, %v", back.People(), back.Model(), back.Threshold())
		}
		for a := range 36 {
			x, errX := g.Identify(at(float64(10 * a)))
			y, errY := back.Identify(at(float64(10 * a)))
			if x != y || errX != nil || errY != nil {
				t.Errorf("at %d: %v and %v; %v, %v", 10*a, x, y, errX, errY)
			}
		}
		g = back
	}
	st, err := os.Stat(name)
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v: others may read whose faces these are", st.Mode(), err)
	}
	// What its owner allowed stays, and a link stays one.
	if err := os.Chmod(name, 0o640); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(name, link); err != nil {
		t.Fatal(err)
	}
	if err := g.Save(link); err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(name); err != nil || st.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v", st.Mode(), err)
	}
	if st, err := os.Lstat(link); err != nil || st.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link is %v, %v", st.Mode(), err)
	}
	left, err := os.ReadDir(filepath.Dir(name))
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if err := g.Save(filepath.Join(name, "below a file")); err == nil || !strings.HasPrefix(err.Error(), "face: ") {
		t.Errorf("saved below a file: %v", err)
	}
	if _, err := face.LoadGallery(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if err := face.NewGallery().Save(name); err != nil {
		t.Fatal(err)
	}
	if empty, err := face.LoadGallery(name); err != nil || len(empty.People()) != 0 {
		t.Errorf("an empty one: %v, %v", empty, err)
	}
}

// Whoever adds to one file at once, nobody's sample is lost.
func TestUpdateGalleryLosesNothing(t *testing.T) {
	name := filepath.Join(t.TempDir(), "g.gallery")
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			for j := range 5 {
				err := face.UpdateGallery(context.Background(), name, func(g *face.Gallery) error {
					return g.Add(fmt.Sprintf("person %d", i), at(float64(j)))
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	g, err := face.LoadGallery(name)
	if err != nil || len(g.People()) != 8 {
		t.Fatalf("%v, %v", g, err)
	}
	for _, p := range g.People() {
		if g.Samples(p) != 5 {
			t.Errorf("%s has %d samples", p, g.Samples(p))
		}
	}
	before, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	failed := errors.New("changed my mind")
	if err := face.UpdateGallery(context.Background(), name, func(g *face.Gallery) error {
		g.Remove("person 1")
		return failed
	}); !errors.Is(err, failed) {
		t.Errorf("a change that fails: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	err = face.UpdateGallery(context.Background(), name, func(*face.Gallery) error {
		cancel()
		return face.UpdateGallery(ctx, name, func(*face.Gallery) error { return nil })
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("waiting for itself, and cancelled: %v", err)
	}
	if after, err := os.ReadFile(name); err != nil || string(after) != string(before) {
		t.Errorf("the file was changed; %v", err)
	}
}

func TestGalleryWithManyGoroutines(t *testing.T) {
	g := people(t)
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			r := rand.New(rand.NewPCG(1, uint64(i)))
			for range 200 {
				name := fmt.Sprintf("p%d", r.IntN(5))
				var err error
				switch r.IntN(5) {
				case 0:
					err = g.Add(name, at(r.Float64()*360))
				case 1:
					g.Remove(name)
				case 2:
					_, err = g.WriteTo(&strings.Builder{})
				case 3:
					g.People()
					_, _, err = g.Verify("Ada", at(3))
				default:
					var who face.Identity
					who, err = g.Identify(at(20))
					if err == nil && who.Distance > 1e-6 {
						err = fmt.Errorf("%+v", who)
					}
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wait.Wait()
}

func TestDistanceIsTheCards(t *testing.T) {
	for _, c := range []struct {
		distance, thresholds string
		times, threshold     float64
	}{
		{"cosine", `"same-person": 0.25`, 1, 0.25},
		{"euclidean", `"same-person": 1.1`, 2, 1.1},
		{"cosine", `"same-person-cosine": 0.3`, 1, 0.7},
		{"euclidean", `"same-person-cosine": 0.3`, 2, 1.4},
		{"cosine", `"other": 0.3`, 1, 0},
	} {
		card := strings.Replace(strings.Replace(meanCard(boxes, of112), `"cosine"`, `"`+c.distance+`"`, 1), `"same-person": 0.1`, c.thresholds, 1)
		m := open(t, "face_bright", brightCard, "face_mean", card)
		a, errA := m.EmbedAligned(context.Background(), scene(of(0, 0, 9, 9), spot{of(0, 0, 5, 9), red}))
		b, errB := m.EmbedAligned(context.Background(), scene(of(0, 0, 9, 9), spot{of(0, 0, 9, 4), blue}))
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		dot := 0.
		for i := range a.Vector {
			dot += float64(a.Vector[i]) * float64(b.Vector[i])
		}
		if d, err := a.Distance(b); err != nil || math.Abs(d-c.times*(1-dot)) > 1e-6 {
			t.Errorf("%s: %v, %v, want %v", c.distance, d, err, c.times*(1-dot))
		}
		g := face.NewGallery()
		if err := g.Add("A", a); err != nil || math.Abs(g.Threshold()-c.threshold) > 1e-12 {
			t.Errorf("%+v: threshold %v, %v", c, g.Threshold(), err)
		}
		if c.threshold == 0 {
			continue
		}
		var file strings.Builder
		if _, err := g.WriteTo(&file); err != nil {
			t.Fatal(err)
		}
		back, err := face.ReadGallery(strings.NewReader(file.String()))
		if err != nil {
			t.Fatal(err)
		}
		if who, err := back.Identify(b); err != nil || math.Abs(who.Distance-c.times*(1-dot)) > 1e-6 {
			t.Errorf("%s: %v, %v", c.distance, who, err)
		}
	}
}
