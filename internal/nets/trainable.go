package nets

import (
	typespb "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"
	corepb "github.com/wamuir/graft/tensorflow/core/protobuf/for_core_protos_go_proto"

	tf "github.com/wamuir/graft/tensorflow"
)

// TrainSignature is the key of the signature by which a SavedModel goes on learning. It takes Input as serving_default
// does, Targets, Rate, and, where the net has dropout, Step; it gives Loss, and makes one step of gradient descent
// without momentum or weight decay, and of the moving statistics.
const TrainSignature = "train"

// trainable adds what TrainSignature runs. It has no variables beside the net's: slots of an optimizer would have
// to be in the checkpoint, or be made by every program that only serves.
func (n *Net) trainable(b *builder, x tf.Output, size, classes int) *corepb.SignatureDef {
	b.form = TrainSignature
	defer func() { b.form, b.training = "", false }()
	targets := b.placeholder(Targets, tf.Float, -1, int64(classes))
	rate := b.placeholder(Rate, tf.Float)
	b.stepOf = func() tf.Output { return b.placeholder(Step, tf.Int64, 2) }
	b.training = true
	w := &tower{form: b.form, images: x, targets: targets}
	w.heads = n.build(b, x, int64(classes))
	w.loss = n.loss(b, w.heads, targets, tf.Output{})
	w.updates, b.updates = b.updates, nil
	var learn []*variable
	var reads []tf.Output
	for _, v := range b.vars {
		if v.Trainable {
			learn, reads = append(learn, v), append(reads, v.read)
		}
	}
	grads := b.gradients([]*tower{w}, reads)
	b.form = TrainSignature
	if b.err != nil {
		return nil
	}
	steps := b.sgd(learn, grads, rate, Training{})
	for _, u := range w.updates {
		steps = append(steps, b.towards(u))
	}
	if b.err != nil {
		return nil
	}
	loss := b.add(tf.OpSpec{Type: "Identity", Name: Loss, Input: []tf.Input{w.loss}, ControlDependencies: steps})
	if loss == nil {
		return nil
	}
	sig := &corepb.SignatureDef{
		Inputs: map[string]*corepb.TensorInfo{
			Input:   info(x.Op.Name()+":0", -1, int64(size), int64(size), int64(n.Planes())),
			Targets: info(targets.Op.Name()+":0", -1, int64(classes)),
			Rate:    info(rate.Op.Name() + ":0"),
		},
		Outputs:    map[string]*corepb.TensorInfo{Loss: info(loss.Name() + ":0")},
		MethodName: "tensorflow/supervised/training", //nolint:staticcheck // programs of TensorFlow 1 look for it
	}
	if b.step.Op != nil {
		step := info(b.step.Op.Name()+":0", 2)
		step.Dtype = typespb.DataType_DT_INT64
		sig.Inputs[Step] = step
	}
	return sig
}
