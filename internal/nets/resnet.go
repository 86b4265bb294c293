package nets

import (
	"fmt"

	tf "github.com/wamuir/graft/tensorflow"
)

// resNets are the nets of He et al. (2015). 50, 101 and 152 are Keras' variant: the first 1x1 convolution of a stage has
// its stride, and convolutions have biases (25,636,712, 44,707,176 and 60,419,944 parameters with 1000 classes). 18 and 34,
// which Keras does not have, are torchvision's, without biases (11,689,512 and 21,797,672 that learn).
func resNets() []*Net {
	return []*Net{
		resNet("resnet18", basic, 2, 2, 2, 2),
		resNet("resnet34", basic, 3, 4, 6, 3),
		resNet("resnet50", bottleneck, 3, 4, 6, 3),
		resNet("resnet101", bottleneck, 3, 4, 23, 3),
		resNet("resnet152", bottleneck, 3, 8, 36, 3),
	}
}

// A residual is a block: filters within, stride of the block, and whether its shortcut is a convolution.
type residual func(b *builder, x tf.Output, filters, stride int64, project bool) tf.Output

func resNet(name string, block residual, stages ...int) *Net {
	keras := stages[0] == 3 && name != "resnet34"
	return caffe(&Net{
		Name: name, About: "ResNet, for pictures of 224x224", Rate: 0.1,
		build: func(b *builder, x tf.Output, classes int64) []tf.Output {
			x = b.relu(b.convNorm("conv1", x, convolution{filters: 64, size: square(7), stride: 2, pad: 3, bias: keras}, !keras))
			x = b.maxPool(b.pad(x, 1, 1), 3, 2, "VALID") // zeros do not win after the rectifier
			for i, n := range stages {
				for j := range n {
					b.in(fmt.Sprintf("conv%d_block%d", i+2, j+1), func() {
						stride := int64(1)
						if i > 0 && j == 0 {
							stride = 2
						}
						x = block(b, x, 64<<i, stride, j == 0)
					})
				}
			}
			return []tf.Output{b.dense("predictions", b.globalMean(x), classes, nil)}
		},
	})
}

// convNorm is a convolution and its batch normalisation, with the constants of Keras' ResNets or of torchvision's.
func (b *builder) convNorm(name string, x tf.Output, c convolution, torch bool) tf.Output {
	c.init = heNormal
	x = b.conv(name+"_conv", x, c)
	if torch {
		return b.batchNorm(name+"_bn", x, norm{epsilon: 1e-5, momentum: 0.9})
	}
	return b.batchNorm(name+"_bn", x, norm{epsilon: 1.001e-5})
}

// bottleneck is Keras' residual_block_v1.
func bottleneck(b *builder, x tf.Output, filters, stride int64, project bool) tf.Output {
	short := x
	if project {
		short = b.convNorm("0", x, convolution{filters: 4 * filters, size: square(1), stride: stride, bias: true}, false)
	}
	y := b.relu(b.convNorm("1", x, convolution{filters: filters, size: square(1), stride: stride, bias: true}, false))
	y = b.relu(b.convNorm("2", y, convolution{filters: filters, size: square(3), bias: true}, false))
	y = b.convNorm("3", y, convolution{filters: 4 * filters, size: square(1), bias: true}, false)
	return b.relu(b.sum(short, y))
}

// basic is torchvision's BasicBlock.
func basic(b *builder, x tf.Output, filters, stride int64, project bool) tf.Output {
	short := x
	if project && (stride > 1 || b.dim(x, 3) != filters) {
		short = b.convNorm("0", x, convolution{filters: filters, size: square(1), stride: stride, valid: true}, true)
	}
	y := b.relu(b.convNorm("1", x, convolution{filters: filters, size: square(3), stride: stride, pad: 1}, true))
	return b.relu(b.sum(short, b.convNorm("2", y, convolution{filters: filters, size: square(3), pad: 1}, true)))
}
