package nets

import (
	"fmt"

	tf "github.com/wamuir/graft/tensorflow"

	"github.com/gosight/vision/internal/fault"
)

// What the graph of a Program is fed, gives and does, by name.
const (
	// Images are uint8 [N, H, W, C], in the order of the net's channels.
	Images = "images"
	// Targets are float32 [N, classes], each row summing to 1: one-hot, smoothed or mixed.
	Targets = "targets"
	// Weights are float32 [N], those of the rows' losses, if Training says Weighted.
	Weights = "weights"
	// Rate is the learning rate of the step, float32.
	Rate = "rate"
	// Step is the step's number from 0 and the seed, int64 [2]: dropout draws from them.
	Step = "step"
	// Path is the prefix of the checkpoint's files, a string.
	Path = "path"

	// Whitening is the kernel that Whiten sets, float32, where the net Whitens.
	Whitening = "whitening"

	// Loss is the mean cross-entropy of the batch in training, float32, with that of auxiliary heads and without weight decay.
	Loss = "loss"
	// Scores are the logits in training, float32 [N, classes].
	Scores = "scores"
	// Tested are the logits in inference, of the moving averages if such are kept, float32 [N, classes].
	Tested = "tested"

	// Init gives all variables their first values.
	Init = "init"
	// Whiten sets the kernel of the first layer, after Init.
	Whiten = "whiten_kernel"
	// Train makes one step.
	Train = "train"
	// Save writes all variables, those of the optimizer too.
	Save = "save"
	// Restore reads what Save wrote.
	Restore = "restore"
	// Export writes the variables of the net alone, as Serving reads them.
	Export = "export"
)

// Training says how a net learns.
type Training struct {
	Size, Classes int
	Seed          int64 // of the first weights

	AdamW    bool    // else SGD with momentum
	Momentum float32 // of SGD, Nesterov's
	// Decay is the weight decay of kernels: with SGD Decay*w is added to the gradient, with AdamW Rate*Decay*w taken off
	// the weight.
	Decay   float32
	Clip    float32 // the norm of all gradients together is cut to this; 0: it is not
	Average float32 // of the moving averages of the weights, 0.999 for instance; 0: none are kept

	// Still leaves dropout out, to compare steps with those of another program, which draws otherwise.
	Still bool

	// Devices are TensorFlow's names of those that the batch is split over, each of which computes loss and gradients of
	// its part. The variables are on the first. Nil leaves the choice to TensorFlow. What is fed must have a row at least
	// for each: TensorFlow's convolutions do not take empty batches everywhere.
	Devices []string

	Weighted bool // the loss is the mean over the batch of each row's times its weight, as with Keras' sample_weight
}

// A Program is the graph that trains a net.
type Program struct {
	Graph     *tf.Graph  // for session.NewProgram, which owns it then
	Variables []Variable // of the net
	Kept      []Kept     // all variables, of the optimizer too; those of the net are first
}

// Program builds the graph of a net and its training.
func (n *Net) Program(t Training) (*Program, error) {
	if t.Size < n.Least {
		return nil, &fault.UnsupportedError{Format: "net " + n.Name, Reason: fmt.Sprintf("want pictures of at least %d pixels a side, got %d", n.Least, t.Size)}
	}
	b := newBuilder(t.Seed)
	size, planes, classes := int64(t.Size), int64(n.Planes()), int64(t.Classes)
	images := b.placeholder(Images, tf.Uint8, -1, size, size, planes)
	targets := b.placeholder(Targets, tf.Float, -1, classes)
	rate := b.placeholder(Rate, tf.Float)
	b.step = b.placeholder(Step, tf.Int64, 2)
	var weights tf.Output
	if t.Weighted {
		weights = b.placeholder(Weights, tf.Float, -1)
	}
	b.still = t.Still
	towers := b.towers(len(t.Devices), images, targets, weights)
	for _, w := range towers {
		n.raise(b, w, classes)
	}
	net := b.vars[:len(b.vars):len(b.vars)]
	if b.err == nil {
		b.alias(Loss, b.total(each(towers, func(w *tower) tf.Output { return w.loss })))
		b.alias(Scores, b.joined(each(towers, func(w *tower) tf.Output { return w.heads[0] })))
		b.optimise(towers, rate, net, t)
	}
	b.averages = true
	tested := each(towers, func(w *tower) (scores tf.Output) {
		b.form = w.within("inference")
		if heads := n.build(b, w.pixels, classes); b.err == nil {
			scores = heads[0]
		}
		return scores
	})
	b.form = ""
	b.alias(Tested, b.joined(tested))
	if n.Whitens {
		b.whiten()
	}
	b.saving(net)
	g, err := b.finish()
	if err != nil {
		return nil, err
	}
	p := &Program{Graph: g}
	for _, v := range net {
		p.Variables = append(p.Variables, v.Variable)
	}
	for i, v := range b.vars {
		k := v.kept()
		k.OfNet = i < len(net)
		p.Kept = append(p.Kept, k)
	}
	if len(t.Devices) > 0 { // the graph that b knows is gone then
		if p.Graph, err = placed(g, t.Devices); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// normalise turns bytes into what the net is fed.
func (n *Net) normalise(b *builder, images tf.Output) tf.Output {
	x := b.op("Cast", attrs{"DstT": tf.Float}, images)
	mul, add := make([]float32, n.Planes()), make([]float32, n.Planes())
	for i := range mul {
		m, a := n.scaling(i)
		mul[i], add[i] = float32(m), float32(a)
	}
	shape := []int64{int64(len(mul))}
	return b.op("AddV2", nil, b.op("Mul", nil, x, b.constant(shape, mul)), b.constant(shape, add))
}

// crossEntropy is the mean over the rows; weights may be none. They are not in targets since the gradient of
// TensorFlow's operation takes each row of them to sum to 1.
func (b *builder) crossEntropy(logits, targets, weights tf.Output) tf.Output {
	rows := b.op("SoftmaxCrossEntropyWithLogits", nil, logits, targets)
	if weights.Op != nil {
		rows = b.op("Mul", nil, rows, weights)
	}
	return b.op("Mean", nil, rows, b.ints(0))
}
