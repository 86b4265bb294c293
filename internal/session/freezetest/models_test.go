package freezetest

import (
	"math/rand/v2"
	"testing"

	tf "github.com/wamuir/graft/tensorflow"

	"github.com/gosight/vision/internal/freeze"
	"github.com/gosight/vision/internal/savedmodel"
)

// A model of ../shared/models and what to feed it. mobilenet_v1_075_imagenet is
// not here, as TensorFlow's session loader cannot run it; see TestMobileNetV1.
type model struct {
	name   string
	shape  []int64 // of the only float or byte input; nil: feeds is used
	lo, hi float32
	feeds  func(t *testing.T, rng *rand.Rand) map[string]*tf.Tensor
}

func models() []model {
	return []model{
		{name: "blazeface", shape: []int64{1, 256, 256, 3}, lo: -1, hi: 1},
		{name: "centernet_coco", shape: []int64{1, 512, 512, 3}, lo: 0, hi: 255},
		{name: "emotion", shape: []int64{2, 64, 64, 1}, lo: 0, hi: 1},
		{name: "mobilefacenet", shape: []int64{2, 112, 112, 3}, lo: 0, hi: 255},
		{name: "mobilenet_v2_imagenet", shape: []int64{2, 224, 224, 3}, lo: -1, hi: 1},
		{name: "mtcnn", feeds: func(t *testing.T, rng *rand.Rand) map[string]*tf.Tensor {
			size, err1 := tf.NewTensor(float32(20))
			factor, err2 := tf.NewTensor(float32(0.7))
			limits, err3 := tf.NewTensor([]float32{0.1, 0.1, 0.1}) // low, so that noise has boxes
			for _, err := range []error{err1, err2, err3} {
				if err != nil {
					t.Fatal(err)
				}
			}
			return map[string]*tf.Tensor{"image_bgr": random(t, rng, 1, []int64{60, 80, 3}, 0, 255), "min_size": size, "factor": factor, "thresholds": limits}
		}},
		{name: "ppocr_det", shape: []int64{1, 64, 96, 3}, lo: -2, hi: 2},
		{name: "ppocr_rec", shape: []int64{2, 32, 64, 3}, lo: -1, hi: 1},
		{name: "squeezenet_imagenet", shape: []int64{2, 227, 227, 3}, lo: -120, hi: 130},
		{name: "ssd_mobilenet_v1_coco", shape: []int64{1, 200, 300, 3}, lo: 0, hi: 255},
	}
}

func (m model) inputs(t *testing.T, sig *savedmodel.Signature) map[string]*tf.Tensor {
	rng := rand.New(rand.NewPCG(1, 2))
	if m.feeds != nil {
		return m.feeds(t, rng)
	}
	p := sig.Inputs[0]
	return map[string]*tf.Tensor{p.Key: random(t, rng, p.DType, m.shape, m.lo, m.hi)}
}

// A frozen model must answer as the saved one; TensorFlow itself may round
// differently when its rewriter sees constants.
func TestFrozenEqualsSaved(t *testing.T) {
	for _, m := range models() {
		t.Run(m.name, func(t *testing.T) {
			dir := shared(t, m.name)
			fg := freezeDir(t, dir, freeze.Options{CPU: true})
			saved, sig := plain(t, dir)
			feeds := m.inputs(t, sig)
			compare(t, saved, frozen(t, fg, nil), feeds, 2e-6)
		})
	}
}

func compare(t *testing.T, want, got *runner, feeds map[string]*tf.Tensor, tolerance float64) {
	t.Helper()
	a, b := want.run(t, feeds), got.run(t, feeds)
	for key := range a {
		d := differ(t, a[key], b[key])
		if !(d <= tolerance) {
			t.Errorf("output %s differs by %g, want at most %g", key, d, tolerance)
		} else {
			t.Logf("output %s %v differs by %g", key, a[key].Shape(), d)
		}
	}
}
