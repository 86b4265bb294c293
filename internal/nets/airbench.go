package nets

import (
	"fmt"
	"math"

	tf "github.com/wamuir/graft/tensorflow"
)

// whitened is the layer whose kernel comes from the pictures.
const whitened = "whiten"

// airbench is the net of Jordan, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU" (arXiv:2404.00498): filters
// of 2x2 pixels that whiten their patches, then three blocks of two convolutions. ReLU takes the place of
// GELU, so that inference can fuse it. As there, norms have no factor, and their offsets learn 64 times as fast.
// The blocks have 64, 256 and 256 channels where he means to reach 94 %, and 128, 384 and 384 where 95 %.
func airbench(blocks ...int64) func(b *builder, x tf.Output, classes int64) []tf.Output {
	return func(b *builder, x tf.Output, classes int64) []tf.Output {
		filters := 8 * b.dim(x, 3) // the eigenvectors of patches of 4 pixels, with both signs
		b.in(whitened, func() {
			k := b.variable("kernel", false, false, fill(0), 2, 2, b.dim(x, 3), filters)
			x = b.relu(b.bias(b.op("Conv2D", attrs{"strides": strides(1), "padding": "VALID"}, x, k), filters, nil))
		})
		for i, filters := range blocks {
			b.in(fmt.Sprintf("block%d", i+1), func() {
				conv := func(name string, x tf.Output) tf.Output {
					return b.conv(name, x, convolution{filters: filters, size: square(3), init: diracUniform})
				}
				norm := func(name string, x tf.Output) tf.Output {
					return b.relu(b.batchNorm(name, x, norm{momentum: 0.8, epsilon: 1e-5, fixed: true, rate: 64}))
				}
				x = norm("norm1", b.maxPool(conv("conv1", x), 2, 2, "VALID"))
				x = norm("norm2", conv("conv2", x))
			})
		}
		return []tf.Output{b.scale(b.dense("logits", b.globalMax(x), classes, uniformIn), 1.0/9)}
	}
}

// whiten adds the target Whiten.
func (b *builder) whiten() {
	v := b.byName[whitened+"/kernel"]
	if b.err != nil {
		return
	}
	value := b.placeholder(Whitening, tf.Float, v.Shape...)
	b.add(tf.OpSpec{Type: "AssignVariableOp", Name: Whiten, Input: []tf.Input{v.handle, value}, Attrs: attrs{"dtype": tf.Float}})
}

// uniformIn is uniform within 1 / sqrt(in), as PyTorch begins its layers.
func uniformIn(b *builder, shape []int64) tf.Output {
	in, _ := fans(shape)
	limit := float32(1 / math.Sqrt(in))
	return b.op("Sub", nil, b.op("Mul", nil, b.random("StatelessRandomUniform", shape), b.float(2*limit)), b.float(limit))
}

// diracUniform is uniformIn, but the first outputs of the convolution are its inputs.
func diracUniform(b *builder, shape []int64) tf.Output {
	h, w, in, out := shape[0], shape[1], shape[2], shape[3]
	same := min(in, out)
	which := make([]int32, same)
	for i := range which {
		which[i] = int32(i)
	}
	// Made by operations: as a constant it would fill the SavedModel's graph.
	eye := b.op("OneHot", attrs{"axis": int64(0)}, b.ints(which...), b.constant([]int64{}, []int32{int32(in)}), b.float(1), b.float(0))
	eye = b.op("Reshape", nil, eye, b.ints(1, 1, int32(in), int32(same)))
	top, left := int32(h/2), int32(w/2)
	first := b.op("Pad", nil, eye, b.constant([]int64{4, 2}, []int32{top, int32(h) - 1 - top, left, int32(w) - 1 - left, 0, 0, 0, 0}))
	if same == out {
		return first
	}
	rest := b.op("Slice", nil, uniformIn(b, shape), b.ints(0, 0, 0, int32(same)), b.ints(-1, -1, -1, -1))
	return b.concat(first, rest)
}
