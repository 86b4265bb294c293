package nets

import (
	tf "github.com/wamuir/graft/tensorflow"
)

// googLeNet is the net of Szegedy et al. (2014), table 1, with local response normalisation and both auxiliary heads in
// training, whose losses count 0.3: 6,998,552 parameters with 1000 classes, 13,378,280 with the heads. The paper
// does not say how kernels begin; Glorot's, with biases of 0.2, are those of BVLC's published training.
func googLeNet() *Net {
	n := caffe(&Net{
		Name: "googlenet", About: "GoogLeNet (Inception v1), for pictures of 224x224", Rate: 0.01, Aux: []float32{0.3, 0.3},
		build: func(b *builder, x tf.Output, classes int64) []tf.Output {
			conv := func(name string, x tf.Output, filters, size, stride int64) tf.Output {
				return b.relu(b.conv(name, x, convolution{filters: filters, size: square(size), stride: stride, bias: true, biasInit: fill(0.2)}))
			}
			x = b.maxPool(conv("conv1", x, 64, 7, 2), 3, 2, "SAME")
			x = conv("conv2_reduce", b.responseNorm(x), 64, 1, 1)
			x = b.maxPool(b.responseNorm(conv("conv2", x, 192, 3, 1)), 3, 2, "SAME")
			inception := func(name string, x tf.Output, n [6]int64) (y tf.Output) {
				b.in("inception_"+name, func() {
					y = b.concat(
						conv("1x1", x, n[0], 1, 1),
						conv("3x3", conv("3x3_reduce", x, n[1], 1, 1), n[2], 3, 1),
						conv("5x5", conv("5x5_reduce", x, n[3], 1, 1), n[4], 5, 1),
						conv("pool", b.maxPool(x, 3, 1, "SAME"), n[5], 1, 1),
					)
				})
				return y
			}
			var heads []tf.Output
			aux := func(name string, x tf.Output) {
				if !b.training {
					return
				}
				b.in(name, func() {
					x = conv("conv", b.avgPool(x, 5, 3, "VALID"), 128, 1, 1)
					x = b.dropout(b.relu(b.dense("fc", b.flatten(x), 1024, nil)), 0.7)
					heads = append(heads, b.dense("classifier", x, classes, nil))
				})
			}
			x = inception("3a", x, [6]int64{64, 96, 128, 16, 32, 32})
			x = b.maxPool(inception("3b", x, [6]int64{128, 128, 192, 32, 96, 64}), 3, 2, "SAME")
			x = inception("4a", x, [6]int64{192, 96, 208, 16, 48, 64})
			aux("aux1", x)
			x = inception("4b", x, [6]int64{160, 112, 224, 24, 64, 64})
			x = inception("4c", x, [6]int64{128, 128, 256, 24, 64, 64})
			x = inception("4d", x, [6]int64{112, 144, 288, 32, 64, 64})
			aux("aux2", x)
			x = b.maxPool(inception("4e", x, [6]int64{256, 160, 320, 32, 128, 128}), 3, 2, "SAME")
			x = inception("5a", x, [6]int64{256, 160, 320, 32, 128, 128})
			x = inception("5b", x, [6]int64{384, 192, 384, 48, 128, 128})
			x = b.dropout(b.globalMean(x), 0.4)
			return append([]tf.Output{b.dense("classifier", x, classes, nil)}, heads...)
		},
	})
	n.Least = 80 // for the auxiliary heads
	return n
}

// responseNorm is local response normalisation over 5 channels, with the constants of the published model: each value by
// (1 + alpha/5 * the sum of squares of the channels around it)^0.75. In training it is spelt out, since the gradient
// of LRN in TensorFlow's C++ (LRNGradHelper, in 2.18) forgets the attributes and takes their defaults.
func (b *builder) responseNorm(x tf.Output) tf.Output {
	const radius, alpha = 2, float32(1e-4) / 5
	if !b.training {
		return b.op("LRN", attrs{"depth_radius": int64(radius), "bias": float32(1), "alpha": alpha, "beta": float32(0.75)}, x)
	}
	n := b.dim(x, 3)
	band := make([]float32, n*n)
	for i := range n {
		for j := max(i-radius, 0); j <= min(i+radius, n-1); j++ {
			band[i*n+j] = alpha
		}
	}
	around := b.op("Conv2D", attrs{"strides": strides(1), "padding": "SAME"}, b.op("Square", nil, x), b.constant([]int64{1, 1, n, n}, band))
	root := b.op("Rsqrt", nil, b.op("AddV2", nil, around, b.float(1)))
	return b.op("Mul", nil, x, b.op("Mul", nil, root, b.op("Sqrt", nil, root))) // z^-0.5 * z^-0.25
}
