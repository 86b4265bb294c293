package nets

import (
	"fmt"

	tf "github.com/wamuir/graft/tensorflow"
)

// Of ImageNet's training pictures, in levels of blue, green and red, as Caffe and Keras take them off.
func caffeMean() []float64 { return []float64{103.939, 116.779, 123.68} }

// caffe is what Keras' VGG and ResNet are fed: BGR, 0..255, less the mean.
func caffe(n *Net) *Net {
	n.Channels, n.Range, n.Mean = "BGR", []float64{0, 255}, caffeMean()
	n.Size, n.Least, n.Resize = 224, 32, "crop"
	return n
}

// vggs are the nets of Simonyan and Zisserman (2014), configurations A, D and E: 132,863,336, 138,357,544 and 143,667,240
// parameters with 1000 classes at 224x224.
func vggs() []*Net {
	return []*Net{
		vgg("vgg11", 1, 1, 2, 2, 2),
		vgg("vgg16", 2, 2, 3, 3, 3),
		vgg("vgg19", 2, 2, 4, 4, 4),
	}
}

// vgg has so many convolutions in each block, between which the sides are halved. Kernels begin
// as Glorot's, which the authors found to do without pre-training: what is fed reaches 150, and shrinks on its way.
func vgg(name string, blocks ...int) *Net {
	return caffe(&Net{
		Name: name, About: "VGG, for pictures of 224x224", Rate: 0.01,
		build: func(b *builder, x tf.Output, classes int64) []tf.Output {
			for i, n := range blocks {
				for j := range n {
					c := convolution{filters: min(int64(64)<<i, 512), size: square(3), bias: true}
					x = b.relu(b.conv(fmt.Sprintf("block%d_conv%d", i+1, j+1), x, c))
				}
				x = b.maxPool(x, 2, 2, "VALID")
			}
			x = b.flatten(x)
			x = b.dropout(b.relu(b.dense("fc1", x, 4096, nil)), 0.5)
			x = b.dropout(b.relu(b.dense("fc2", x, 4096, nil)), 0.5)
			return []tf.Output{b.dense("predictions", x, classes, nil)}
		},
	})
}
