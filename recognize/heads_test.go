package recognize_test

import (
	"image"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gosight/vision"
	"github.com/gosight/vision/recognize"
)

// softmaxOf is exp(x) / sum of exp(x), in float64.
func softmaxOf(x ...float64) []float64 {
	sum := 0.0
	for _, v := range x {
		sum += math.Exp(v)
	}
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = math.Exp(v) / sum
	}
	return out
}

func sigmoidOf(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// ranked puts rows in the order that an answer has.
func ranked(names []string, p ...float64) []score {
	out := make([]score, len(p))
	for i := range p {
		out[i] = score{names[i], i, p[i]}
	}
	slices.SortStableFunc(out, func(a, b score) int {
		switch {
		case a.p > b.p:
			return -1
		case a.p < b.p:
			return 1
		}
		return 0
	})
	return out
}

// Every kind of way in and out, on models whose answer is worked out here by hand.
func TestAnswersByHand(t *testing.T) {
	rgb, bgr := []string{"red", "green", "blue"}, []string{"blue", "green", "red"}
	orange := plain(255, 51, 0) // 1, 0.2, 0
	luma := 76.0 / 255          // 0.299 of red alone, rounded as Pillow does
	for _, c := range []struct {
		why, model, card string
		opts             []vision.Option
		img              image.Image
		want             []score
	}{
		{"logits become probabilities by softmax", "mean_rgb", "mean_rgb", nil, orange, ranked(rgb, softmaxOf(1, .2, 0)...)},
		{"BGR feeds blue first", "mean_rgb", "bgr", nil, orange, ranked(bgr, softmaxOf(0, .2, 1)...)},
		{"mean and deviation, one a channel", "mean_rgb", "scaled", nil, orange, ranked(rgb, softmaxOf((1-.5)/.5, (.2-.25)/.25, 0)...)},
		{"row 0 is background, the list begins at row 1", "mean_rgb", "background", nil, orange, ranked([]string{"background", "green", "blue"}, softmaxOf(1, .2, 0)...)},
		{"rows without a name are called by their number", "mean_rgb", "unnamed", nil, orange, ranked([]string{"0", "1", "2"}, softmaxOf(1, .2, 0)...)},
		{"several tags a picture: sigmoid, each on its own", "mean_rgb", "tags", nil, orange, ranked(rgb, sigmoidOf(1), sigmoidOf(.2), .5)},
		{"equal scores stand in the order of their rows", "mean_rgb", "mean_rgb", nil, plain(9, 9, 9), ranked(rgb, 1./3, 1./3, 1./3)},
		{"names in a file beside the card", "mean_rgb", "labels_file", nil, orange, ranked(rgb, softmaxOf(1, .2, 0)...)},
		{"one channel, planes first", "mean_grey_nchw", "mean_grey_nchw", nil, plain(255, 0, 0), ranked([]string{"light", "dark"}, softmaxOf(luma, 1-luma)...)},
		{"a multi-label head with its sigmoid inside", "sigmoid_rgb", "sigmoid_rgb", nil, orange, ranked(rgb, sigmoidOf(4), sigmoidOf(8*-.3), sigmoidOf(-4))},
		{"two outputs, the card names one", "softmax_features", "softmax_features", nil, orange, ranked([]string{"red", "green"}, softmaxOf(1, .2)...)},
		{"bytes in, of any size", "mean_uint8", "mean_uint8", nil, orange, ranked(rgb, softmaxOf(1, .2, 0)...)},
		{"a batch that is always one", "fixed_batch", "mean_rgb", nil, orange, ranked(rgb, softmaxOf(1, .2, 0)...)},
		{"the graph decodes: pixels come as PNG", "jpeg_mean", "jpeg_mean", nil, orange, ranked(rgb, softmaxOf(1, .2, 0)...)},
		{"the signature is chosen by option", "two_signatures", "mean_rgb", []vision.Option{vision.Signature("classify")}, orange, ranked(rgb, softmaxOf(1, .2, 0)...)},
		{"Keras 3, one dense layer", "keras_dense", "keras_dense", nil, orange, ranked(bgr, softmaxOf(0, .2, 2)...)},
		{"TensorFlow 1, its only tags are found", "tf1_resource", "mean_rgb", nil, orange, ranked(rgb, softmaxOf(1, .2, 1)...)},
		{"TensorFlow 1, reference variables", "tf1_ref", "mean_rgb", nil, orange, ranked(rgb, softmaxOf(1, .2, 1)...)},
		{"a variable in slices, which runs as it was saved", "tf1_partitioned", "mean_rgb", nil, orange, ranked(rgb, softmaxOf(1.2, 1.2, 2.2)...)},
		{"tags are chosen by option", "tf1_two_graphs", "mean_rgb", []vision.Option{vision.Tags("single")}, orange, ranked(rgb, softmaxOf(1, .2, 1)...)},
		{"two tags, in any order", "tf1_two_graphs", "mean_rgb", []vision.Option{vision.Tags("gpu", "double")}, orange, ranked(rgb, softmaxOf(2, .4, 2)...)},
	} {
		for mode, more := range map[string]vision.Option{"fast": nil, "exact": vision.Exact(), "as saved": vision.NoFreeze(), "cold": vision.NoWarmUp()} {
			t.Run(c.why+"/"+mode, func(t *testing.T) {
				m := open(t, c.model, c.card, append(c.opts, more)...)
				if got := classify(t, m, c.img); !same(got, c.want, 1e-5) {
					t.Errorf("got %v\nwant %v", got, c.want)
				}
			})
		}
	}
}

func TestAnswersOfBuiltGraphsByHand(t *testing.T) {
	rgb := []string{"red", "green", "blue"}
	orange := plain(255, 51, 0)
	for _, c := range []struct {
		why  string
		g    *graph
		want []score
	}{
		{"a batch of four, three of them padding", fixed4(), ranked(rgb, softmaxOf(1, .2, 0)...)},
		{"no batch dimension", unbatched(), ranked(rgb, softmaxOf(1, .2, 0)...)},
		{"the number of classes is known from the answer alone", manyClasses(), ranked(rgb, softmaxOf(1, .2, 0)...)},
		{"a class may be impossible", logMean(), ranked(rgb, 1/1.2, .2/1.2, 0)},
		{"a head over an area", convHead(), ranked(rgb, softmaxOf(1, .2, 0)...)},
		{"the model that other tests wait for", slow(1), ranked(rgb, softmaxOf(1, .2, 0)...)},
	} {
		for _, opt := range []vision.Option{nil, vision.NoFreeze()} {
			m := c.g.open(t, colours, opt)
			if got := classify(t, m, orange); !same(got, c.want, 1e-5) {
				t.Errorf("%s (frozen %v): got %v\nwant %v", c.why, m.Info().Frozen, got, c.want)
			}
		}
	}
}

func TestInfoSaysWhatIsInForce(t *testing.T) {
	m := open(t, "mean_rgb", "mean_rgb", vision.Exact(), vision.OnDevice("cpu:1"), vision.Batch(8, 0))
	i := m.Info()
	if i.Signature != "serving_default" || !slices.Equal(i.Tags, []string{"serve"}) || !i.Frozen || i.Why != "" || !i.Exact ||
		!slices.Equal(i.Devices, []string{"/device:CPU:1"}) || i.MaxBatch != 8 || i.Precision != "float32" || i.Task != "recognize" ||
		i.Card != "testdata/cards/mean_rgb.json" || i.Preprocess == "" || i.Name != filepath.ToSlash(filepath.Join(models, "mean_rgb")) {
		t.Errorf("%+v", i)
	}
	if !slices.Equal(m.Names(), []string{"red", "green", "blue"}) {
		t.Errorf("names %v", m.Names())
	}
	for _, c := range []struct {
		why   string
		m     *recognize.Model
		batch int
	}{
		{"the graph's own batch", fixed4().open(t, colours), 4},
		{"the graph's own batch, whatever was asked for", fixed4().open(t, colours, vision.Batch(16, 0)), 4},
		{"no batch dimension", unbatched().open(t, colours), 1},
		{"pictures of any size do not stack", open(t, "mean_uint8", "mean_uint8"), 1},
		{"files do", open(t, "jpeg_mean", "jpeg_mean"), 32},
	} {
		if got := c.m.Info().MaxBatch; got != c.batch {
			t.Errorf("%s: batches of %d, want %d", c.why, got, c.batch)
		}
	}
	if i := open(t, "tf1_partitioned", "mean_rgb").Info(); i.Frozen || i.Why == "" {
		t.Errorf("frozen %v, why %q: want a reason why it is not", i.Frozen, i.Why)
	}
	if i := open(t, "mean_rgb", "mean_rgb", vision.NoFreeze()).Info(); i.Frozen || i.Why != "asked not to" {
		t.Errorf("frozen %v, why %q", i.Frozen, i.Why)
	}
	if names := manyClasses().open(t, colours).Names(); names != nil {
		t.Errorf("names %v of a graph that does not say how many there are", names)
	}
}
