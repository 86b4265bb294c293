package train

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gosight/vision/internal/nets"
)

// TestWhitening filters the patches that the filters came from: what comes out has no correlation and the
// variance 1, but where the pictures have nearly none.
func TestWhitening(t *testing.T) {
	const size, n = 8, 12
	n2, err := nets.ByName("airbench")
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	p := &pictures{row: size * size * 3}
	for range 40 { // colours that go together, and neighbours too
		base := 60 + 120*r.Float64()
		for range size {
			row := base + 40*r.Float64()
			for range size {
				row = 0.6*row + 0.4*(60+120*r.Float64())
				for range 3 {
					p.memory = append(p.memory, byte(row+30*r.Float64()))
				}
			}
		}
		p.classes = append(p.classes, 0)
	}
	cov, err := patchCovariance(n2, p, size)
	if err != nil {
		t.Fatal(err)
	}
	if c := cov.At(0, 1); c < 0.1*cov.At(0, 0) {
		t.Fatalf("the pictures of the test are white already: %g", c)
	}
	kernel, err := whitening(cov)
	if err != nil {
		t.Fatal(err)
	}
	// The covariance of F'x is F' C F.
	f := mat.NewDense(n, 2*n, nil)
	for i := range n {
		for j := range 2 * n {
			f.Set(i, j, float64(kernel[i*2*n+j]))
		}
	}
	var half, out mat.Dense
	half.Mul(f.T(), cov)
	out.Mul(&half, f)
	var eigen mat.EigenSym
	eigen.Factorize(cov, false)
	values := eigen.Values(nil)
	for i := range n {
		for j := range 2 * n {
			want := 0.0
			if j%n == i {
				want = values[i] / (values[i] + whitenFloor)
				if j >= n {
					want = -want
				}
			}
			if got := out.At(i, j); math.Abs(got-want) > 1e-5 {
				t.Errorf("filters %d and %d: covariance %g, want %g", i, j, got, want)
			}
		}
	}
	// By hand: the covariance of the first pixel's red with itself and its right neighbour's.
	var a, b []float64
	for i := range p.len() {
		for y := range size - 1 {
			for x := range size - 1 {
				at := i*p.row + (y*size+x)*3
				a = append(a, n2.Fed(float64(p.memory[at]), 0))
				b = append(b, n2.Fed(float64(p.memory[at+3]), 0))
			}
		}
	}
	if got, want := cov.At(0, 3), covariance(a, b); math.Abs(got-want) > 1e-9 {
		t.Errorf("neighbours: covariance %g, want %g", got, want)
	}
}

// TestWhiteningOfWholePictures compares with what comes of the same pixels at other places: a picture that is kept whole has
// rows of its own length.
func TestWhiteningOfWholePictures(t *testing.T) {
	n, err := nets.ByName("airbench")
	if err != nil {
		t.Fatal(err)
	}
	const w = 5
	plain, whole := &pictures{row: w * w * 3}, &pictures{row: 200}
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 6 {
		square := make([]byte, w*w*3)
		for j := range square {
			square[j] = byte(40*i + r.IntN(50))
		}
		plain.memory, plain.classes = append(plain.memory, square...), append(plain.classes, 0)
		whole.kept = append(whole.kept, kept{w: w, h: w, at: int64(len(whole.memory))})
		whole.memory, whole.classes = append(whole.memory, square...), append(whole.classes, 0)
	}
	whole.planes = 3
	want, err := patchCovariance(n, plain, w)
	if err != nil {
		t.Fatal(err)
	}
	got, err := patchCovariance(n, whole, 32) // the size of the net is not that of the pictures
	if err != nil {
		t.Fatal(err)
	}
	if !mat.EqualApprox(got, want, 1e-12) {
		t.Errorf("got %v, want %v", mat.Formatted(got), mat.Formatted(want))
	}
}

func covariance(a, b []float64) float64 {
	ma, mb, sum := 0.0, 0.0, 0.0
	for i := range a {
		ma, mb = ma+a[i]/float64(len(a)), mb+b[i]/float64(len(b))
	}
	for i := range a {
		sum += (a[i] - ma) * (b[i] - mb)
	}
	return sum / float64(len(a))
}
