package freezetest

import (
	"image/jpeg"
	"math/rand/v2"
	"os"
	"testing"

	tf "github.com/wamuir/graft/tensorflow"
	pb "github.com/wamuir/graft/tensorflow/core/protobuf/for_core_protos_go_proto"
	"google.golang.org/protobuf/proto"

	"github.com/gosight/vision/internal/freeze"
	"github.com/gosight/vision/internal/savedmodel"
	"github.com/gosight/vision/internal/sharedtest"
)

// A model of ../shared/models and what to feed it. mobilenet_v1_075_imagenet is
// not here, as TensorFlow's session loader cannot run it; see TestMobileNetV1.
type model struct {
	name   string
	shape  []int64 // of the only float or byte input; nil: feeds is used
	lo, hi float32
	feeds  func(t *testing.T, rng *rand.Rand) map[string]*tf.Tensor
}

// unmapped turns the remapper of TensorFlow's rewriter off. It fuses layers inside the functions of a
// saved model, even where the rewriter is off, and on CPUs with AVX512 crashes the process on
// BlazeFace and moves CenterNet's scores by a thousandth.
func unmapped(t testing.TB) []byte {
	t.Helper()
	c := &pb.ConfigProto{GraphOptions: &pb.GraphOptions{RewriteOptions: &pb.RewriterConfig{Remapping: pb.RewriterConfig_OFF}}}
	b, err := proto.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return b
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
			limits, err3 := tf.NewTensor([]float32{0.6, 0.7, 0.7})
			for _, err := range []error{err1, err2, err3} {
				if err != nil {
					t.Fatal(err)
				}
			}
			return map[string]*tf.Tensor{"image_bgr": people(t), "min_size": size, "factor": factor, "thresholds": limits}
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

// A frozen model must answer as the saved one: no arithmetic was touched. TensorFlow's
// rewriter is off, as it rounds differently when it sees constants.
func TestFrozenEqualsSaved(t *testing.T) {
	for _, m := range models() {
		t.Run(m.name, func(t *testing.T) {
			dir := sharedtest.Path(t, "models", m.name)
			fg := freezeDir(t, dir, freeze.Options{CPU: true})
			saved, sig := plain(t, dir, unmapped(t))
			feeds := m.inputs(t, sig)
			compare(t, saved, frozen(t, fg, asWritten(t)), feeds, 2e-6)
		})
	}
}

// Folding and fusing may move outputs by rounding. Where a model ends in a decision
// (which box, which class) that could tip, its raw outputs are among those compared.
func TestOptimizedEqualsFrozen(t *testing.T) {
	for _, m := range models() {
		t.Run(m.name, func(t *testing.T) {
			dir := sharedtest.Path(t, "models", m.name)
			_, _, sig := read(t, dir)
			feeds := m.inputs(t, sig)
			plain := freezeDir(t, dir, freeze.Options{CPU: true})
			best := freezeDir(t, dir, best())
			t.Logf("%+v to %+v", plain.Report, best.Report)
			for name, config := range map[string][]byte{"as written": asWritten(t), "rewritten by TensorFlow": nil} {
				t.Log(name)
				compare(t, frozen(t, plain, asWritten(t)), frozen(t, best, config), feeds, 1e-5)
			}
		})
	}
}

// people returns a photo with faces as a BGR tensor, every third pixel of it.
func people(t *testing.T) *tf.Tensor {
	t.Helper()
	f, err := os.Open(sharedtest.Path(t, "data", "photos", "people_sample1.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := jpeg.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	const step = 3
	b := img.Bounds()
	var pix []float32
	for y := b.Min.Y; y < b.Max.Y; y += step {
		for x := b.Min.X; x < b.Max.X; x += step {
			r, g, bl, _ := img.At(x, y).RGBA()
			pix = append(pix, float32(bl>>8), float32(g>>8), float32(r>>8))
		}
	}
	h, w := int64((b.Dy()+step-1)/step), int64((b.Dx()+step-1)/step)
	return floatTensor(t, []int64{h, w, 3}, pix)
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
