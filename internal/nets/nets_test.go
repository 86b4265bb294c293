package nets

import (
	"math"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/gosight/vision/internal/session"
)

func TestParametersAreThoseOfTheVariant(t *testing.T) {
	for _, c := range []struct {
		name           string
		size, classes  int
		total, learned int64 // 0: not compared
		source         string
	}{
		{"lenet5", 28, 10, 61706, 61706, "as counted in many texts: 156 + 2416 + 48120 + 10164 + 850"},
		{"resnet20", 32, 10, 0, 269722, "the 0.27 million of He et al., and PyTorch's count for option A"},
		{"resnet9", 32, 10, 0, 6573120 + 10, "Page's 6.57 million; his last layer has no bias"},
		{"airbench", 32, 10, 0, 1971650 - 288, "Jordan's 1.97 million with 288 that whiten; his last layer has no bias"},
		{"airbench-wide", 32, 10, 0, 4604450, "9 times 24x128, 128x128, 128x384, 3 times 384x384; offsets 24, 2x128, 4x384; 384x10 and 10"},
		{"vgg11", 224, 1000, 132863336, 132863336, "torchvision"},
		{"vgg16", 224, 1000, 138357544, 138357544, "Keras"},
		{"vgg19", 224, 1000, 143667240, 143667240, "Keras"},
		{"resnet18", 224, 1000, 0, 11689512, "torchvision, which counts what learns"},
		{"resnet34", 224, 1000, 0, 21797672, "torchvision"},
		{"resnet50", 224, 1000, 25636712, 0, "Keras"},
		{"resnet101", 224, 1000, 44707176, 0, "Keras"},
		{"resnet152", 224, 1000, 60419944, 0, "Keras"},
		{"googlenet", 224, 1000, 6998552, 6998552, "BVLC's GoogLeNet"},
		{"inception_v3", 299, 1000, 23851784, 0, "Keras"},
		{"mobilenet_v2", 224, 1000, 3538984, 0, "Keras"},
	} {
		n, err := ByName(c.name)
		if err != nil {
			t.Fatal(err)
		}
		vars, total, err := n.Parameters(c.size, c.classes)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		learned := int64(0)
		for _, v := range vars {
			if v.Trainable {
				learned += v.Elements()
			}
		}
		if c.total != 0 && total != c.total || c.learned != 0 && learned != c.learned {
			t.Errorf("%s: %d parameters, %d of them learn; want %d and %d (%s)", c.name, total, learned, c.total, c.learned, c.source)
		}
	}
}

// TestEveryNetHasAGradient builds the training graph and the serving graph of every net: an operation without
// a gradient, a name given twice or a variable that only one form has is found here.
func TestEveryNetHasAGradient(t *testing.T) {
	for _, name := range Names() {
		if name == "resnet101" || name == "resnet152" {
			continue // more of the blocks of resnet50, and building them takes seconds
		}
		n, err := ByName(name)
		if err != nil {
			t.Fatal(err)
		}
		p, err := n.Program(Training{Size: n.Least, Classes: 7, Momentum: 0.9, Decay: 1e-4, Clip: 1})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		session.FreeGraph(p.Graph)
		have := map[string]bool{}
		for _, v := range p.Variables {
			have[v.Name] = true
		}
		meta, err := n.Serving(n.Least, 7, Form{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, node := range meta.GetGraphDef().GetNode() {
			if s := string(node.GetAttr()["shared_name"].GetS()); node.GetOp() == "VarHandleOp" && !have[s] {
				t.Errorf("%s: variable %q is served and not trained", name, s)
			}
		}
		if size := proto.Size(meta); size > 1<<20 {
			t.Errorf("%s: the graph of its SavedModel has %d bytes: it holds what operations could make", name, size)
		}
		if _, err := n.Program(Training{Size: n.Least - 1, Classes: 7}); err == nil {
			t.Errorf("%s: took pictures of %d pixels, said %d is the least", name, n.Least-1, n.Least)
		}
	}
}

// TestAirbenchBeginsByPassingItsInputsOn reads the first weights: each convolution gives its inputs as its first
// outputs, and the rest is uniform.
func TestAirbenchBeginsByPassingItsInputsOn(t *testing.T) {
	n, err := ByName("airbench")
	if err != nil {
		t.Fatal(err)
	}
	p, err := n.Program(Training{Size: 9, Classes: 10, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	g, err := session.NewProgram(p.Graph, session.ProgramConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if _, err := g.Run(nil, nil, []string{Init}); err != nil {
		t.Fatal(err)
	}
	for name, in := range map[string]int{"block1/conv1": 24, "block1/conv2": 64, "block2/conv1": 64} {
		got, err := g.Run(nil, []string{name + "/kernel/read:0"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		shape, k := got[0].Shape, got[0].Data.([]float32)
		out := int(shape[3])
		if shape[0] != 3 || shape[1] != 3 || int(shape[2]) != in {
			t.Fatalf("%s: shape %v", name, shape)
		}
		most := 1 / math.Sqrt(float64(9*in))
		sum := 0.0
		for i, v := range k {
			o, c, at := i%out, i/out%in, i/out/in
			switch {
			case o < in && at == 4 && c == o && v != 1, o < in && (at != 4 || c != o) && v != 0:
				t.Fatalf("%s: row %d, input %d, output %d: %g", name, at, c, o, v)
			case o >= in && math.Abs(float64(v)) > most:
				t.Fatalf("%s: %g, want at most %g", name, v, most)
			case o >= in:
				sum += float64(v) * float64(v)
			}
		}
		if n := float64(9 * in * (out - in)); n > 0 && math.Abs(sum/n/(most*most/3)-1) > 0.05 {
			t.Errorf("%s: variance %g, want %g", name, sum/n, most*most/3)
		}
	}
}
