package nets

import (
	tf "github.com/wamuir/graft/tensorflow"
)

// A Head says how classes are made of rows of features.
type Head struct {
	// Features are standardised first: (v - Mean) * Scale, one value a feature.
	Mean, Scale []float32

	Hidden  int     // units of a layer with ReLU before the classes; 0: there is none
	Dropout float32 // of what the layer of the classes reads, in training; 0: none
}

// Rows are what a head's program is fed in place of Images: float32 [N, F].
const Rows = "rows"

// Names of the variables of a head.
const (
	HiddenKernel = "hidden/kernel" // [features, hidden]
	HiddenBias   = "hidden/bias"
	HeadKernel   = "classes/kernel" // [features or hidden, classes]
	HeadBias     = "classes/bias"
)

// Program builds the graph that trains a head: softmax regression, or a perceptron of two layers. Beside what it is fed its names
// are those of a net's. The kernel of the classes begins at zero: without a hidden layer there is one minimum, and every
// seed goes to it if the rate is low enough and falls.
func (h Head) Program(t Training) (*Program, error) {
	b := newBuilder(t.Seed)
	rows := b.placeholder(Rows, tf.Float, -1, int64(len(h.Mean)))
	targets := b.placeholder(Targets, tf.Float, -1, int64(t.Classes))
	var weights tf.Output
	if t.Weighted {
		weights = b.placeholder(Weights, tf.Float, -1)
	}
	rate := b.placeholder(Rate, tf.Float)
	b.step = b.placeholder(Step, tf.Int64, 2)
	shape := []int64{int64(len(h.Mean))}
	x := b.op("Mul", nil, b.op("Sub", nil, rows, b.constant(shape, h.Mean)), b.constant(shape, h.Scale))
	logits := func() tf.Output {
		y := x
		if h.Hidden > 0 {
			y = b.relu(b.dense("hidden", y, int64(h.Hidden), heNormal))
		}
		return b.dense("classes", b.dropout(y, h.Dropout), int64(t.Classes), fill(0))
	}

	b.training, b.form = true, "training"
	scores := logits()
	b.training, b.form = false, ""
	net := b.vars[:len(b.vars):len(b.vars)]
	loss := b.alias(Loss, b.crossEntropy(scores, targets, weights))
	b.alias(Scores, scores)
	if b.err == nil {
		b.optimise([]*tower{{loss: loss}}, rate, net, t)
	}
	b.averages, b.form = true, "inference"
	tested := logits()
	b.form = ""
	b.alias(Tested, tested)
	b.saving(net)
	g, err := b.finish()
	if err != nil {
		return nil, err
	}
	p := &Program{Graph: g}
	for _, v := range net {
		p.Variables = append(p.Variables, v.Variable)
	}
	return p, nil
}
