package freezetest

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	tf "github.com/wamuir/graft/tensorflow"

	"github.com/gosight/vision/internal/freeze"
	"github.com/gosight/vision/internal/sharedtest"
)

// The golden numbers are those of tf.saved_model.load in Python; see
// reference/freeze/mobilenet_v1.py, which makes the same input.
func TestMobileNetV1(t *testing.T) {
	dir := sharedtest.Path(t, "models", "mobilenet_v1_075_imagenet")
	data, err := os.ReadFile("testdata/mobilenet_v1.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Top         [][]int
		Probability [][]float64
	}
	if err := json.Unmarshal(data, &golden); err != nil {
		t.Fatal(err)
	}
	const side, row = 224, 224 * 224 * 3
	x := make([]float32, 2*row)
	for i := range x {
		x[i] = float32(float64(uint64(i)*2654435761%(1<<32))/(1<<31) - 1)
	}
	second := make([]float32, row)
	for y := range side {
		for c := range side {
			for k := range 3 {
				second[(y*side+c)*3+k] = x[row+((side-1-y)*side+c)*3+k] * float32(float64(c)/(side-1))
			}
		}
	}
	copy(x[row:], second)
	in := floatTensor(t, []int64{2, side, side, 3}, x)
	for _, optimize := range []bool{false, true} {
		r := frozen(t, freezeDir(t, dir, freeze.Options{CPU: true, OneDNN: oneDNN(), Optimize: optimize}), nil)
		p := floats(t, r.run(t, map[string]*tf.Tensor{"input_1": in})["predictions"])
		for i, top := range golden.Top {
			for j, k := range top {
				if got, want := p[i*1000+k], golden.Probability[i][j]; math.Abs(got-want) > 2e-6 {
					t.Errorf("optimize %v, picture %d, class %d: %g, want %g", optimize, i, k, got, want)
				}
			}
		}
	}
}
