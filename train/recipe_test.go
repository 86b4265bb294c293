package train

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// recipeGoldens are what reference/train/recipe.py wrote.
type recipeGoldens struct {
	Colours struct {
		W, H  int
		Pix   []byte
		Cases []struct {
			What   string
			By     float64
			Pillow []byte
			Exact  []float64
		}
	}
	Crops []struct {
		W, H, Planes, Size int
		Box                [4]float64
		Pix, Want          []byte
	}
	Drawn []struct {
		W, H                      int
		Least                     float64
		X, Y, Cw, Ch, Area, Ratio [2]float64 // mean and standard deviation
	}
	Mixes struct {
		At   []float64
		Beta []struct {
			Alpha float64
			Below []float64
		}
		CutMix []struct {
			Alpha float64
			Size  int
			Below []float64
		}
	}
	Weights []struct {
		Classes []int
		Want    []float64
	}
	Losses struct {
		Logits, Weights []float32
		Classes         []int
		Cases           []struct{ Smoothing, Loss float64 }
	}
}

func goldens(t *testing.T) *recipeGoldens {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "recipe.json"))
	if err != nil {
		t.Fatal(err)
	}
	g := &recipeGoldens{}
	if err := json.Unmarshal(data, g); err != nil {
		t.Fatal(err)
	}
	return g
}

// Pillow cuts fractions off, takes a whole number for the mean and rounds grey values, which the factor of 2 doubles: two
// levels. The formulas are held to float32.
func TestColoursAreThoseOfPillowAndTensorFlow(t *testing.T) {
	g := goldens(t).Colours
	if len(g.Cases) < 20 {
		t.Fatalf("%d cases", len(g.Cases))
	}
	for _, c := range g.Cases {
		for _, bgr := range []bool{false, true} {
			px := colours{make([]float32, len(g.Pix)), 3, bgr}
			for i, v := range g.Pix {
				px.pix[swapped(i, bgr)] = float32(v)
			}
			f := float32(c.By)
			map[string]func(float32){"brightness": px.brightness, "contrast": px.contrast, "saturation": px.saturation, "hue": px.hue}[c.What](f)
			for i, want := range c.Exact {
				got := float64(px.pix[swapped(i, bgr)])
				if math.Abs(got-want) > 2e-3 || c.Pillow != nil && math.Abs(got-float64(c.Pillow[i])) > 2 {
					t.Errorf("%s by %g, value %d: got %g, want %g (Pillow: %v)", c.What, c.By, i, got, want, c.Pillow)
					break
				}
			}
		}
	}
}

// swapped is where value i of RGB stands in BGR.
func swapped(i int, bgr bool) int {
	if bgr {
		return i - i%3 + 2 - i%3
	}
	return i
}

func TestGreyHasNoHue(t *testing.T) {
	px := colours{[]float32{10, 200, 90}, 1, false}
	px.hue(0.3)
	px.saturation(0)
	if !slices.Equal(px.pix, []float32{10, 200, 90}) {
		t.Errorf("got %v", px.pix)
	}
	if px.contrast(0); px.pix[0] != 100 || px.pix[1] != 100 {
		t.Errorf("without contrast: %v, want the mean, 100", px.pix)
	}
}

// Each change is made within its bounds, and in every order.
func TestJitterDrawsFactorsAndOrder(t *testing.T) {
	a := &augmenter{augment: augment{Jitter: jitter{Brightness: 0.5}}, size: 1, planes: 3}
	lo, hi, sum := 255.0, 0.0, 0.0
	const n = 20000
	for i := range n {
		pix := []uint8{100, 100, 100}
		a.jitter(pix, &scratch{}, rand.New(rand.NewPCG(1, uint64(i))))
		v := float64(pix[1])
		lo, hi, sum = min(lo, v), max(hi, v), sum+v
	}
	// Even in 50 to 150: the mean of n has a standard deviation of 100/sqrt(12 n).
	if lo != 50 || hi != 150 || math.Abs(sum/n-100) > 4*100/math.Sqrt(12*n) {
		t.Errorf("brightness by 0.5: 100 became %g to %g, on average %g", lo, hi, sum/n)
	}
	// Brightness and contrast of a dark and a light pixel do not commute once a value is cut off.
	b := &augmenter{augment: augment{Jitter: jitter{Brightness: 1, Contrast: 1, Saturation: 1, Hue: 0.5}}, size: 2, planes: 3}
	seen := map[string]bool{}
	for i := range 500 {
		pix := []uint8{10, 20, 30, 250, 240, 0, 1, 99, 3, 128, 0, 255}
		b.jitter(pix, &scratch{}, rand.New(rand.NewPCG(1, uint64(i))))
		seen[string(pix)] = true
	}
	if len(seen) < 490 {
		t.Errorf("%d different pictures of 500 draws", len(seen))
	}
}

// Pillow rounds to whole levels between the two passes.
func TestCropsAreThoseOfPillow(t *testing.T) {
	for _, c := range goldens(t).Crops {
		s, dst := &scratch{}, make([]uint8, c.Size*c.Size*c.Planes)
		s.resample(dst, c.Size, c.Pix, c.W, c.H, c.Planes, region{c.Box[0], c.Box[1], c.Box[2], c.Box[3]})
		if len(dst) != len(c.Want) {
			t.Fatalf("%d values, want %d", len(dst), len(c.Want))
		}
		for i, v := range dst {
			if abs(int(v)-int(c.Want[i])) > 1 {
				t.Errorf("%dx%dx%d, box %v: value %d is %d, want %d", c.W, c.H, c.Planes, c.Box, i, v, c.Want[i])
				break
			}
		}
	}
}

func TestCropsAreDrawnAsByTorchvision(t *testing.T) {
	const n, theirs = 20000, 40000
	for _, c := range goldens(t).Drawn {
		sums := [6]float64{}
		for i := range n {
			at := drawCrop(c.W, c.H, c.Least, rand.New(rand.NewPCG(5, uint64(i))))
			if at.x < 0 || at.y < 0 || at.w < 1 || at.h < 1 || at.x+at.w > float64(c.W) || at.y+at.h > float64(c.H) {
				t.Fatalf("%dx%d: the crop %v is not within", c.W, c.H, at)
			}
			for j, v := range []float64{at.x, at.y, at.w, at.h, at.w * at.h / float64(c.W*c.H), math.Log(at.w / at.h)} {
				sums[j] += v
			}
		}
		for j, want := range [][2]float64{c.X, c.Y, c.Cw, c.Ch, c.Area, c.Ratio} {
			if got, off := sums[j]/n, 4*want[1]*math.Sqrt(1.0/n+1.0/theirs); math.Abs(got-want[0]) > off+1e-9 {
				t.Errorf("%dx%d from %g on: %s is %g on average, want %g within %g", c.W, c.H, c.Least,
					[]string{"x", "y", "width", "height", "area", "log ratio"}[j], got, want[0], off)
			}
		}
	}
}

func TestMixturesAreDrawnAsPublished(t *testing.T) {
	const n = 20000
	g := goldens(t).Mixes
	check := func(what string, own []float64, below []float64, more float64) {
		t.Helper()
		for i, at := range g.At {
			count := 0
			for _, v := range own {
				if v <= at {
					count++
				}
			}
			want := below[i]
			if got := float64(count) / n; math.Abs(got-want) > 4*math.Sqrt(want*(1-want)/n*more) {
				t.Errorf("%s: %g of the parts are up to %g, want %g", what, got, at, want)
			}
		}
	}
	draw := func(m mixing, size int) (own []float64) {
		for i := range n {
			src := rand.NewPCG(3, uint64(i))
			x := m.draw(4, size, rand.New(src), src)
			if own = append(own, x.own); !(x.own >= 0 && x.own <= 1) || len(x.with) != 4 || (x.box == nil) != (m.Cut == 0) {
				t.Fatalf("draw %d: %+v", i, x)
			}
		}
		return own
	}
	for _, c := range g.Beta {
		check("mixup", draw(mixing{Up: c.Alpha}, 8), c.Below, 1)
	}
	for _, c := range g.CutMix {
		check("cutmix", draw(mixing{Cut: c.Alpha}, c.Size), c.Below, 1.1) // the golden is of 200,000 draws
	}
	both, none := 0, 0
	for i := range n {
		src := rand.NewPCG(3, uint64(i))
		switch x := (mixing{Up: 1, Cut: 1, Part: 0.25}).draw(4, 8, rand.New(src), src); {
		case x == nil:
			none++
		case x.box == nil:
			both++
		}
	}
	if math.Abs(float64(none)/n-0.75) > 4*math.Sqrt(0.75*0.25/n) || math.Abs(float64(both)/n-0.125) > 4*math.Sqrt(0.125*0.875/n) {
		t.Errorf("of %d batches %d are not mixed and %d mixed up; want 3/4, and half of the rest", n, none, both)
	}
}

// What the targets say of a mixed picture is what can be counted in it.
func TestMixedPicturesHoldWhatTheirTargetsSay(t *testing.T) {
	const n, size, planes = 5, 9, 3
	const row = size * size * planes
	level := func(i int) uint8 { return uint8(20 + 50*i) }
	for i := range 300 {
		m := mixing{Up: 0.5, Cut: 1}
		src := rand.NewPCG(9, uint64(i))
		x := m.draw(n, size, rand.New(src), src)
		images := make([]byte, n*row)
		classes := make([]int, n)
		for p := range n {
			paint(images[p*row:(p+1)*row], []uint8{level(p)})
			classes[p] = p % 3 // pictures of one class are mixed too
		}
		x.pictures(images, row, size)
		targets, weights, right := (&marker{classes: 3}).batch(classes, x)
		if weights != nil {
			t.Fatal("weights that nobody asked for")
		}
		for p := range n {
			mean := 0.0
			for _, v := range images[p*row : (p+1)*row] {
				mean += float64(v) / row
			}
			other := x.with[p]
			if want := x.own*float64(level(p)) + (1-x.own)*float64(level(other)); math.Abs(mean-want) > 0.51 {
				t.Fatalf("draw %d, %+v: picture %d has the mean %g, want %g", i, x, p, mean, want)
			}
			sum := float32(0)
			for c, v := range targets[p*3 : p*3+3] {
				want := 0.0
				if c == classes[p] {
					want += x.own
				}
				if c == classes[other] {
					want += 1 - x.own
				}
				if sum += v; math.Abs(float64(v)-want) > 1e-6 {
					t.Fatalf("draw %d, %+v: picture %d has %g of class %d, want %g", i, x, p, v, c, want)
				}
			}
			if dominant := map[bool]int{true: classes[p], false: classes[other]}[x.own >= 0.5]; right[p] != dominant || math.Abs(float64(sum)-1) > 1e-6 {
				t.Fatalf("draw %d: picture %d counts as class %d, want %d; its targets sum to %g", i, p, right[p], dominant, sum)
			}
		}
	}
}

func TestBalancedWeightsAreThoseOfScikitLearn(t *testing.T) {
	for _, c := range goldens(t).Weights {
		if got := balanced(c.Classes, len(c.Want)); !slices.EqualFunc(got, c.Want, func(a, b float64) bool { return math.Abs(a-b) < 1e-12*b }) {
			t.Errorf("%v: got %v, want %v", c.Classes, got, c.Want)
		}
	}
}

// weighed is the loss of a batch as the graph has it: internal/nets tests that it has.
func weighed(logits, targets, weights []float32, n int) float64 {
	k, sum := len(logits)/n, 0.0
	for i := range n {
		l := 0.0
		for c := range k {
			l += float64(targets[i*k+c]) * crossEntropy(logits[i*k:(i+1)*k], []int{c})
		}
		if weights != nil {
			l *= float64(weights[i])
		}
		sum += l
	}
	return sum / float64(n)
}

func TestWeighedLossIsThatOfKeras(t *testing.T) {
	g := goldens(t).Losses
	for _, c := range g.Cases {
		m := &marker{classes: 3, smoothing: c.Smoothing, weights: g.Weights}
		targets, weights, _ := m.batch(g.Classes, nil)
		if got := weighed(g.Logits, targets, weights, len(g.Classes)); math.Abs(got-c.Loss) > 1e-6*c.Loss {
			t.Errorf("smoothing %g: got %g, want %g", c.Smoothing, got, c.Loss)
		}
	}
	// The loss of mixed pictures is that of both classes, each with its weight.
	x := &mixture{own: 0.3, with: []int{1, 3, 0, 2}}
	other := make([]int, 4)
	for i, j := range x.with {
		other[i] = g.Classes[j]
	}
	m := &marker{classes: 3, smoothing: 0.1, weights: g.Weights}
	loss := func(classes []int, x *mixture) float64 {
		targets, weights, _ := m.batch(classes, x)
		return weighed(g.Logits, targets, weights, 4)
	}
	if got, want := loss(g.Classes, x), 0.3*loss(g.Classes, nil)+0.7*loss(other, nil); math.Abs(got-want) > 1e-6*want {
		t.Errorf("mixed: got %g, want %g", got, want)
	}
}
