package nets

import tf "github.com/wamuir/graft/tensorflow"

// lenet5 is LeNet-5 (LeCun et al., 1998) as it is built today: 61,706 parameters with ten classes, rectifiers and
// maxima in place of tanh and means, every map of the second layer seeing all of the first.
func lenet5() *Net {
	return &Net{
		Name: "lenet5", About: "LeNet-5, for digits of 28x28", Size: 28, Least: 16, Rate: 0.05, Channels: "GRAY", Range: []float64{0, 1}, Resize: "squash",
		build: func(b *builder, x tf.Output, classes int64) []tf.Output {
			x = b.relu(b.conv("conv1", x, convolution{filters: 6, size: square(5), bias: true}))
			x = b.maxPool(x, 2, 2, "VALID")
			x = b.relu(b.conv("conv2", x, convolution{filters: 16, size: square(5), valid: true, bias: true}))
			x = b.flatten(b.maxPool(x, 2, 2, "VALID"))
			x = b.relu(b.dense("dense1", x, 120, nil))
			x = b.relu(b.dense("dense2", x, 84, nil))
			return []tf.Output{b.dense("logits", x, classes, nil)}
		},
	}
}
