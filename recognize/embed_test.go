package recognize_test

import (
	"context"
	"errors"
	"image"
	"math"
	"strings"
	"testing"

	"github.com/gosight/vision"
	"github.com/gosight/vision/recognize"
)

func TestEmbedByHand(t *testing.T) {
	orange := plain(255, 51, 0)
	half := plain(0, 0, 0) // the left half is white
	for y := range 8 {
		for i := range 4 * 4 {
			half.Pix[y*half.Stride+i] = 255
		}
	}
	for _, c := range []struct {
		why  string
		m    func() *recognize.Model
		img  image.Image
		want []float32
	}{
		{"before the dense layer, found", func() *recognize.Model { return open(t, "softmax_features", "softmax_features") }, orange, []float32{1, .2, 0}},
		{"named by key", func() *recognize.Model { return open(t, "softmax_features", "features_by_key") }, orange, []float32{1, .2, 0}},
		{"before a dense layer of Keras", func() *recognize.Model { return open(t, "keras_dense", "keras_dense") }, orange, []float32{1, .2, 0}},
		{"before a kernel and a bias", func() *recognize.Model { return open(t, "mean_rgb", "mean_rgb") }, orange, []float32{1, .2, 0}},
		{"padding of the batch is not averaged in", func() *recognize.Model {
			g := fixed4()
			g.op("classes", "MatMul", []string{"logits", g.floats("eye", []int64{3, 3}, 1, 0, 0, 0, 1, 0, 0, 0, 1)}, "T", floatType)
			return g.out("logits", "classes", 4, 3).open(t, colours)
		}, orange, []float32{1, .2, 0}},
		{"over an area: averaged", func() *recognize.Model { return convHead().open(t, colours) }, half, []float32{.5, .5, .5}},
		{"named by tensor", func() *recognize.Model {
			return logMean().open(t, strings.Replace(colours, `"scores"`, `"features": "mean:0", "scores"`, 1))
		}, orange, []float32{1, .2, 0}},
		{"named by tensor, over an area", func() *recognize.Model {
			return corner().open(t, strings.Replace(colours, `"scores"`, `"features": "part:0", "scores"`, 1))
		}, half, []float32{2. / 3, 2. / 3, 2. / 3}},
		{"planes first, over an area", func() *recognize.Model {
			g := newGraph(-1, 3, 4, 4)
			g.op("same", "Relu", []string{"image"}, "T", floatType)
			g.out("logits", g.mean("logits", "same", 2, 3), -1, 3)
			return g.open(t, strings.Replace(colours, `"scores"`, `"features": "same:0", "scores"`, 1))
		}, half, []float32{.5, .5, .5}},
		{"as it was saved, named by key", func() *recognize.Model { return open(t, "softmax_features", "features_by_key", vision.NoFreeze()) }, orange, []float32{1, .2, 0}},
	} {
		m := c.m()
		got, err := m.Embed(context.Background(), c.img)
		if err != nil || !near(got, c.want) {
			t.Errorf("%s: got %v, %v, want %v", c.why, got, err, c.want)
		}
		// The answer is not spoilt by its neighbours in a batch, nor they by it.
		all, err := m.EmbedAll(context.Background(), []image.Image{c.img, plain(0, 0, 0), c.img})
		if err != nil || !near(all[0], c.want) || !near(all[2], c.want) || !near(all[1], make([]float32, len(c.want))) {
			t.Errorf("%s: a batch gave %v, %v", c.why, all, err)
		}
	}
}

func near(a, b []float32) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !(math.Abs(float64(a[i]-b[i])) < 1e-5) {
			return false
		}
	}
	return true
}

func TestEmbedWhereNothingIsKnown(t *testing.T) {
	for _, c := range []struct {
		why  string
		m    *recognize.Model
		says []string
	}{
		{"no head: the scores are means", open(t, "mean_uint8", "mean_uint8"), []string{"logits"}},
		{"a graph that runs as it was saved", open(t, "tf1_partitioned", "mean_rgb"), []string{"unfrozen", "output.features"}},
		{"frozen was not wanted", open(t, "mean_rgb", "mean_rgb", vision.NoFreeze()), []string{"asked not to", "output.features"}},
	} {
		_, err := c.m.Embed(context.Background(), plain(1, 2, 3))
		if !is[*vision.ModelError](err) {
			t.Errorf("%s: %v, want a ModelError", c.why, err)
			continue
		}
		for _, s := range c.says {
			if !strings.Contains(err.Error(), s) {
				t.Errorf("%s: %q does not say %q", c.why, err, s)
			}
		}
		classify(t, c.m, plain(1, 2, 3)) // and the model works on
	}
}

// What is fetched keeps its value, whatever the optimiser folds around it: here a
// product whose columns are scaled by 2, 4 and 8 afterwards.
func TestEmbedOfAnInnerTensorFrozenOrNot(t *testing.T) {
	inner := func() *graph {
		g := newGraph(-1, 4, 4, 3)
		f := g.op("feat", "MatMul", []string{g.mean("mean", "image", 1, 2), g.floats("w", []int64{3, 3}, 1, 0, 0, 0, 1, 0, 0, 0, 1)}, "T", floatType)
		f = g.op("scaled", "Mul", []string{f, g.floats("by", []int64{3}, 2, 4, 8)}, "T", floatType)
		f = g.op("relu", "Relu", []string{f}, "T", floatType)
		return g.out("logits", g.op("logits", "MatMul", []string{f, g.floats("head", []int64{3, 3}, 1, 0, 0, 0, 1, 0, 0, 0, 1)}, "T", floatType), -1, 3)
	}
	card := func(f string) string { return strings.Replace(colours, `"scores"`, `"features": "`+f+`", "scores"`, 1) }
	for _, opts := range [][]vision.Option{nil, {vision.NoFreeze()}} {
		for name, want := range map[string][]float32{"feat:0": {1, .2, 0}, "scaled:0": {2, .8, 0}, "feat": {1, .2, 0}} {
			got, err := inner().open(t, card(name), opts...).Embed(context.Background(), plain(255, 51, 0))
			if err != nil || !near(got, want) {
				t.Errorf("%s, %d options: %v, %v, want %v", name, len(opts), got, err, want)
			}
		}
	}
	head, err := inner().open(t, colours).Embed(context.Background(), plain(255, 51, 0))
	if err != nil || !near(head, []float32{2, .8, 0}) {
		t.Errorf("before the head: %v, %v", head, err)
	}
	if m, err := recognize.OpenFS(inner().files(t, card("nothing:0")), "m"); !is[*vision.ModelError](err) || !strings.Contains(err.Error(), "nothing:0") {
		t.Errorf("features that are not there: %v, %v, want a ModelError at Open", m, err)
	}
}

func TestEmbedAllWithBadPicturesAmongGood(t *testing.T) {
	m := open(t, "mean_rgb", "mean_rgb")
	all, err := m.EmbedAll(context.Background(), []image.Image{plain(255, 0, 0), nil, plain(0, 0, 255)})
	var be *vision.BatchError
	if !errors.As(err, &be) || be.At(1) == nil || all[1] != nil || !near(all[0], []float32{1, 0, 0}) || !near(all[2], []float32{0, 0, 1}) {
		t.Errorf("%v, %v", all, err)
	}
}
