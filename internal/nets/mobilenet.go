package nets

import (
	"fmt"

	tf "github.com/wamuir/graft/tensorflow"
)

// signed is what Keras' MobileNetV2 and InceptionV3 are fed: RGB, -1..1.
func signed(n *Net) *Net {
	n.Channels, n.Range, n.Resize = "RGB", []float64{-1, 1}, "crop"
	return n
}

// mobileNetV2 is the net of Sandler et al. (2018) as Keras has it, of width 1: 3,538,984 parameters with 1000 classes.
func mobileNetV2() *Net {
	return signed(&Net{
		Name: "mobilenet_v2", About: "MobileNetV2, small and fast, for pictures of 224x224", Size: 224, Least: 32, Rate: 0.05,
		build: func(b *builder, x tf.Output, classes int64) []tf.Output {
			bn := norm{epsilon: 1e-3, momentum: 0.999}
			x = b.conv("Conv1", x, convolution{filters: 32, size: square(3), stride: 2})
			x = b.relu6(b.batchNorm("bn_Conv1", x, bn))
			id := int64(0)
			for _, s := range []struct{ expand, filters, stride, n int64 }{
				{1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 2, 3}, {6, 64, 2, 4}, {6, 96, 1, 3}, {6, 160, 2, 3}, {6, 320, 1, 1},
			} {
				for i := range s.n {
					stride := int64(1)
					if i == 0 {
						stride = s.stride
					}
					b.in(blockName(id), func() { x = invertedResidual(b, x, s.expand, s.filters, stride, bn) })
					id++
				}
			}
			x = b.conv("Conv_1", x, convolution{filters: 1280, size: square(1)})
			x = b.relu6(b.batchNorm("Conv_1_bn", x, bn))
			return []tf.Output{b.dense("predictions", b.globalMean(x), classes, nil)}
		},
	})
}

func blockName(id int64) string {
	if id == 0 {
		return "expanded_conv"
	}
	return fmt.Sprintf("block_%d", id)
}

// invertedResidual widens, looks at each channel, and narrows without a rectifier.
func invertedResidual(b *builder, x tf.Output, expand, filters, stride int64, bn norm) tf.Output {
	in, y := b.dim(x, 3), x
	if expand > 1 {
		y = b.relu6(b.batchNorm("expand_BN", b.conv("expand", y, convolution{filters: expand * in, size: square(1)}), bn))
	}
	c := convolution{size: square(3), stride: stride}
	if stride == 2 { // Keras pads as much as halving needs, on the right and bottom first
		odd := func(i int) int64 { return b.dim(y, i) % 2 }
		y = b.padEach(y, [2]int64{odd(1), 1}, [2]int64{odd(2), 1})
		c.valid = true
	}
	y = b.relu6(b.batchNorm("depthwise_BN", b.depthwise("depthwise", y, c), bn))
	y = b.batchNorm("project_BN", b.conv("project", y, convolution{filters: filters, size: square(1)}), bn)
	if in == filters && stride == 1 {
		y = b.sum(x, y)
	}
	return y
}

// padEach adds zeros before and after the rows and the columns.
func (b *builder) padEach(x tf.Output, rows, columns [2]int64) tf.Output {
	p := []int32{0, 0, int32(rows[0]), int32(rows[1]), int32(columns[0]), int32(columns[1]), 0, 0}
	return b.op("Pad", nil, x, b.constant([]int64{4, 2}, p))
}
