package postprocess

import (
	"math"
	"testing"
)

func TestSoftmax(t *testing.T) {
	for _, c := range []struct {
		why      string
		in, want []float32
	}{
		{"equal logits share", []float32{2, 2}, []float32{.5, .5}},
		{"e:1 by hand", []float32{1, 0}, []float32{0.7310586, 0.26894143}},
		{"huge logits do not overflow", []float32{1e30, 0}, []float32{1, 0}},
		{"very negative logits do not vanish together", []float32{-1e30, -1e30}, []float32{.5, .5}},
		{"nothing", nil, nil},
	} {
		Softmax(c.in)
		for i := range c.want {
			if d := math.Abs(float64(c.in[i] - c.want[i])); d > 1e-7 {
				t.Errorf("%s: got %v, want %v", c.why, c.in, c.want)
			}
		}
	}
}

func TestSigmoid(t *testing.T) {
	row := []float32{0, 1, -1, 200, -200}
	Sigmoid(row)
	for i, want := range []float64{.5, 0.73105858, 0.26894142, 1, 0} {
		if math.Abs(float64(row[i])-want) > 1e-7 {
			t.Errorf("[%d] = %v, want %v", i, row[i], want)
		}
	}
}

func TestL2Normalize(t *testing.T) {
	v := []float32{3, 4}
	L2Normalize(v)
	if v[0] != 0.6 || v[1] != 0.8 {
		t.Errorf("got %v, want 0.6 0.8", v)
	}
	zero := []float32{0, 0}
	L2Normalize(zero)
	if !Finite(zero) {
		t.Errorf("a zero vector became %v", zero)
	}
}

func TestFinite(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	if !Finite([]float32{0, -1, 1e38}) || Finite([]float32{0, inf}) || Finite([]float32{nan}) || Finite([]float32{-inf}) {
		t.Error("Finite is wrong about one of a finite row, infinities, NaN")
	}
}

func TestRank(t *testing.T) {
	nan := float32(math.NaN())
	got := Rank([]float32{.1, nan, .4, .1, .4}, []string{"a", "b", "c", "d", "e"})
	for i, want := range []string{"c", "e", "a", "d", "b"} {
		if got[i].Name != want {
			t.Fatalf("order %v, want c e a d b: ties by index, NaN last", got)
		}
	}
	if got[0].Index != 2 {
		t.Errorf("index %d, want the output row 2", got[0].Index)
	}
}
