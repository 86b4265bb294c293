package nets

import (
	tf "github.com/wamuir/graft/tensorflow"
)

// The layers. Pictures are NHWC, float32; kernels HWIO, as in Keras.

// A convolution is the settings of one; zero values are the usual ones.
type convolution struct {
	filters  int64
	size     [2]int64 // rows, columns
	stride   int64    // 0 is 1
	valid    bool     // no padding
	pad      int64    // so many zeros on each side, then valid
	bias     bool
	init     initializer // of the kernel; nil is glorotUniform
	biasInit initializer // nil is zero
}

func square(n int64) [2]int64 { return [2]int64{n, n} }

func (b *builder) conv(name string, x tf.Output, c convolution) (y tf.Output) {
	b.in(name, func() {
		x, padding := b.padding(x, c)
		k := b.variable("kernel", true, true, orGlorot(c.init), c.size[0], c.size[1], b.dim(x, 3), c.filters)
		y = b.op("Conv2D", attrs{"strides": strides(c.stride), "padding": padding}, x, k)
		if c.bias {
			y = b.bias(y, c.filters, c.biasInit)
		}
	})
	return y
}

// depthwise is a convolution of each channel with a kernel of its own; c.filters is not looked at.
func (b *builder) depthwise(name string, x tf.Output, c convolution) (y tf.Output) {
	b.in(name, func() {
		x, padding := b.padding(x, c)
		k := b.variable("depthwise_kernel", true, true, orGlorot(c.init), c.size[0], c.size[1], b.dim(x, 3), 1)
		y = b.op("DepthwiseConv2dNative", attrs{"strides": strides(c.stride), "padding": padding}, x, k)
		if c.bias {
			y = b.bias(y, b.dim(x, 3), c.biasInit)
		}
	})
	return y
}

func (b *builder) padding(x tf.Output, c convolution) (tf.Output, string) {
	switch {
	case c.pad > 0:
		return b.pad(x, c.pad, c.pad), "VALID"
	case c.valid:
		return x, "VALID"
	}
	return x, "SAME"
}

// pad adds zeros: before to the top and left, after to the bottom and right.
func (b *builder) pad(x tf.Output, before, after int64) tf.Output {
	p, q := int32(before), int32(after)
	return b.op("Pad", nil, x, b.constant([]int64{4, 2}, []int32{0, 0, p, q, p, q, 0, 0}))
}

func orGlorot(i initializer) initializer {
	if i == nil {
		return glorotUniform
	}
	return i
}

func strides(n int64) []int64 {
	n = max(n, 1)
	return []int64{1, n, n, 1}
}

func (b *builder) bias(x tf.Output, n int64, init initializer) tf.Output {
	if init == nil {
		init = fill(0)
	}
	return b.op("BiasAdd", nil, x, b.variable("bias", true, false, init, n))
}

// dense is a layer of units that each see all of x, [N, features].
func (b *builder) dense(name string, x tf.Output, units int64, init initializer) (y tf.Output) {
	b.in(name, func() {
		k := b.variable("kernel", true, true, orGlorot(init), b.dim(x, 1), units)
		y = b.bias(b.op("MatMul", nil, x, k), units, nil)
	})
	return y
}

// A norm is the settings of a batch normalisation.
type norm struct {
	epsilon  float32 // 0 is 1e-3, Keras' default
	momentum float32 // of the moving statistics; 0 is 0.99, Keras' default
	fixed    bool    // no factor, only an offset
	zero     bool    // the factor begins at 0, for the last one of a residual branch
	rate     float32 // the offset learns so many times as fast; 0 is 1
}

// batchNorm subtracts each channel's mean and divides by its deviation: over the batch in training, over
// what was seen before in inference.
func (b *builder) batchNorm(name string, x tf.Output, n norm) (y tf.Output) {
	if n.epsilon == 0 {
		n.epsilon = 1e-3
	}
	if n.momentum == 0 {
		n.momentum = 0.99
	}
	b.in(name, func() {
		c := b.dim(x, 3)
		var gamma tf.Output
		switch {
		case n.fixed:
			gamma = fill(1)(b, []int64{c})
		case n.zero:
			gamma = b.variable("gamma", true, false, fill(0), c)
		default:
			gamma = b.variable("gamma", true, false, fill(1), c)
		}
		beta := b.variable("beta", true, false, fill(0), c)
		if v := b.byName[b.full("beta")]; v != nil {
			v.Rate = n.rate
		}
		mean := b.variable("moving_mean", false, false, fill(0), c)
		variance := b.variable("moving_variance", false, false, fill(1), c)
		in := []tf.Input{x, gamma, beta, mean, variance}
		if b.training {
			empty := b.constant([]int64{0}, []float32{})
			in[3], in[4] = empty, empty
		}
		op := b.add(tf.OpSpec{Type: "FusedBatchNormV3", Input: in, Attrs: attrs{"epsilon": n.epsilon, "is_training": b.training}})
		if op == nil {
			return
		}
		y = op.Output(0)
		if b.training {
			b.updates = append(b.updates, update{b.byName[b.full("moving_mean")], op.Output(1), 1 - n.momentum},
				update{b.byName[b.full("moving_variance")], op.Output(2), 1 - n.momentum})
		}
	})
	return y
}

func (b *builder) relu(x tf.Output) tf.Output { return b.op("Relu", nil, x) }

func (b *builder) relu6(x tf.Output) tf.Output { return b.op("Relu6", nil, x) }

func (b *builder) maxPool(x tf.Output, size, stride int64, padding string) tf.Output {
	return b.op("MaxPool", attrs{"ksize": []int64{1, size, size, 1}, "strides": strides(stride), "padding": padding}, x)
}

func (b *builder) avgPool(x tf.Output, size, stride int64, padding string) tf.Output {
	return b.op("AvgPool", attrs{"ksize": []int64{1, size, size, 1}, "strides": strides(stride), "padding": padding}, x)
}

// globalMean is the mean of each channel, [N, C].
func (b *builder) globalMean(x tf.Output) tf.Output { return b.op("Mean", nil, x, b.ints(1, 2)) }

// globalMax is the largest value of each channel, [N, C].
func (b *builder) globalMax(x tf.Output) tf.Output {
	size := []int64{1, b.dim(x, 1), b.dim(x, 2), 1}
	return b.flatten(b.op("MaxPool", attrs{"ksize": size, "strides": size, "padding": "VALID"}, x))
}

func (b *builder) flatten(x tf.Output) tf.Output {
	n := b.dim(x, 1) * b.dim(x, 2) * b.dim(x, 3)
	return b.op("Reshape", nil, x, b.ints(-1, int32(n)))
}

func (b *builder) sum(x, y tf.Output) tf.Output { return b.op("AddV2", nil, x, y) }

func (b *builder) concat(xs ...tf.Output) tf.Output {
	return b.op("ConcatV2", nil, tf.OutputList(xs), b.constant([]int64{}, []int32{3}))
}

func (b *builder) scale(x tf.Output, by float32) tf.Output { return b.op("Mul", nil, x, b.float(by)) }

// dropout sets a part of the values to 0 in training and scales the rest up. What it draws is a function
// of the step's seed and the number of the layer, so that a resumed run draws what the first one would have.
func (b *builder) dropout(x tf.Output, rate float32) tf.Output {
	if !b.training || b.still || rate == 0 {
		return x
	}
	if b.step.Op == nil && b.stepOf != nil {
		b.step = b.stepOf()
	}
	b.draws++
	seed := b.op("AddV2", nil, b.step, b.longs(0, b.draws<<32))
	u := b.op("StatelessRandomUniform", attrs{"dtype": tf.Float}, b.op("Shape", nil, x), seed)
	keep := b.op("Cast", attrs{"DstT": tf.Float}, b.op("GreaterEqual", nil, u, b.float(rate)))
	return b.op("Mul", nil, x, b.scale(keep, 1/(1-rate)))
}
