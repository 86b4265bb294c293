package nets

import (
	"fmt"

	tf "github.com/wamuir/graft/tensorflow"
)

// slimInceptionV1 is Inception v1 as TF-Slim has it (research/slim/nets/inception_v1.py), whose weights are published: with batch
// normalisation without a factor in place of biases and of local response normalisation, 3x3 kernels where the paper has
// 5x5, and no auxiliary heads. 6,633,209 parameters with 1001 classes. Layers are named as there.
func slimInceptionV1() *Net {
	n := signed(&Net{
		Name: "googlenet", About: "Inception v1 as TF-Slim has it, for pictures of 224x224", Size: 224, Least: 32, Rate: 0.05,
		build: func(b *builder, x tf.Output, classes int64) []tf.Output {
			conv := func(name string, x tf.Output, filters, size, stride int64) (y tf.Output) {
				y = b.conv(name, x, convolution{filters: filters, size: square(size), stride: stride})
				b.in(name, func() { y = b.relu(b.batchNorm("BatchNorm", y, norm{epsilon: 1e-3, momentum: 0.9997, fixed: true})) })
				return y
			}
			x = b.maxPool(conv("Conv2d_1a_7x7", x, 64, 7, 2), 3, 2, "SAME")
			x = conv("Conv2d_2c_3x3", conv("Conv2d_2b_1x1", x, 64, 1, 1), 192, 3, 1)
			x = b.maxPool(x, 3, 2, "SAME")
			mixed := func(name string, n [6]int64) {
				branch := func(i int, f func() tf.Output) (y tf.Output) {
					b.in(fmt.Sprintf("Branch_%d", i), func() { y = f() })
					return y
				}
				last := "Conv2d_0b_3x3"
				if name == "5b" {
					last = "Conv2d_0a_3x3" // a slip of Slim's, which the checkpoint keeps
				}
				b.in("Mixed_"+name, func() {
					x = b.concat(
						branch(0, func() tf.Output { return conv("Conv2d_0a_1x1", x, n[0], 1, 1) }),
						branch(1, func() tf.Output { return conv("Conv2d_0b_3x3", conv("Conv2d_0a_1x1", x, n[1], 1, 1), n[2], 3, 1) }),
						branch(2, func() tf.Output { return conv(last, conv("Conv2d_0a_1x1", x, n[3], 1, 1), n[4], 3, 1) }),
						branch(3, func() tf.Output { return conv("Conv2d_0b_1x1", b.maxPool(x, 3, 1, "SAME"), n[5], 1, 1) }),
					)
				})
			}
			mixed("3b", [6]int64{64, 96, 128, 16, 32, 32})
			mixed("3c", [6]int64{128, 128, 192, 32, 96, 64})
			x = b.maxPool(x, 3, 2, "SAME")
			mixed("4b", [6]int64{192, 96, 208, 16, 48, 64})
			mixed("4c", [6]int64{160, 112, 224, 24, 64, 64})
			mixed("4d", [6]int64{128, 128, 256, 24, 64, 64})
			mixed("4e", [6]int64{112, 144, 288, 32, 64, 64})
			mixed("4f", [6]int64{256, 160, 320, 32, 128, 128})
			x = b.maxPool(x, 2, 2, "SAME")
			mixed("5b", [6]int64{256, 160, 320, 32, 128, 128})
			mixed("5c", [6]int64{384, 192, 384, 48, 128, 128})
			b.in("Logits", func() {
				x = b.dropout(b.avgPool(x, b.dim(x, 1), 1, "VALID"), 0.2)
				x = b.flatten(b.conv("Conv2d_0c_1x1", x, convolution{filters: classes, size: square(1), bias: true}))
			})
			return []tf.Output{x}
		},
	})
	return n
}

// Published returns the net of a name as its published weights want it: the one that ByName gives, but for googlenet,
// whose published weights are those of another Inception v1, TF-Slim's.
func Published(name string) (*Net, error) {
	if name == "googlenet" {
		return slimInceptionV1(), nil
	}
	return ByName(name)
}
