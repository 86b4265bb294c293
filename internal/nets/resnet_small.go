package nets

import (
	"fmt"

	tf "github.com/wamuir/graft/tensorflow"
)

// Mean and deviation of CIFAR-10's training pictures, in parts of 255.
func cifarMean() []float64 { return []float64{0.4914, 0.4822, 0.4465} }
func cifarStd() []float64  { return []float64{0.2470, 0.2435, 0.2616} }

func smallResNets() []*Net {
	small := func(name, about string, build func(*builder, tf.Output, int64) []tf.Output) *Net {
		return &Net{Name: name, About: about, Size: 32, Least: 8, Rate: 0.2, Channels: "RGB", Range: []float64{0, 1}, Mean: cifarMean(), Std: cifarStd(),
			Resize: "squash", build: build}
	}
	list := []*Net{
		small("resnet20", "ResNet-20, for pictures of 32x32", resNet20),
		small("resnet9", "ResNet-9, which learns pictures of 32x32 fast", resNet9(64)),
		small("resnet9-half", "ResNet-9 with half its channels, for two cores", resNet9(32)),
		small("airbench", "Jordan's net, which learns pictures of 32x32 fastest", airbench(64, 256, 256)),
		small("airbench-wide", "airbench with more channels, which learns longer and more", airbench(128, 384, 384)),
	}
	for _, fast := range list[len(list)-2:] {
		fast.Whitens, fast.Least, fast.Rate = true, 9, 0.5
	}
	return list
}

// resNet20 is the net of 6n+2 layers, n = 3, for CIFAR-10 (He et al., 2015, section 4.2): shortcuts without
// parameters (option A), no biases beside batch normalisation. 269,722 trainable parameters with ten classes.
func resNet20(b *builder, x tf.Output, classes int64) []tf.Output {
	conv := func(name string, x tf.Output, filters, stride int64) tf.Output {
		x = b.conv(name, x, convolution{filters: filters, size: square(3), stride: stride, init: heNormal})
		return b.batchNorm(name+"_bn", x, norm{momentum: 0.9, epsilon: 1e-5})
	}
	x = b.relu(conv("conv", x, 16, 1))
	for stage, filters := range []int64{16, 32, 64} {
		for block := range 3 {
			b.in(fmt.Sprintf("stage%d_block%d", stage+1, block+1), func() {
				stride, short := int64(1), x
				if stage > 0 && block == 0 {
					stride = 2
					short = b.maxPool(x, 1, 2, "VALID") // every second pixel
					more := int32(filters / 4)
					short = b.op("Pad", nil, short, b.constant([]int64{4, 2}, []int32{0, 0, 0, 0, 0, 0, more, more}))
				}
				y := b.relu(conv("conv1", x, filters, stride))
				x = b.relu(b.sum(conv("conv2", y, filters, 1), short))
			})
		}
	}
	return []tf.Output{b.dense("logits", b.globalMean(x), classes, heNormal)}
}

// resNet9 is the net of David Page's "How to train your ResNet" (2018): its first layer has w channels, 64 there.
func resNet9(w int64) func(b *builder, x tf.Output, classes int64) []tf.Output {
	return func(b *builder, x tf.Output, classes int64) []tf.Output {
		conv := func(name string, x tf.Output, filters int64) tf.Output {
			x = b.conv(name, x, convolution{filters: filters, size: square(3), init: heNormal})
			return b.relu(b.batchNorm(name+"_bn", x, norm{momentum: 0.9, epsilon: 1e-5}))
		}
		x = conv("prep", x, w)
		for i, filters := range []int64{2 * w, 4 * w, 8 * w} {
			b.in(fmt.Sprintf("layer%d", i+1), func() {
				x = b.maxPool(conv("conv", x, filters), 2, 2, "VALID")
				if i != 1 {
					x = b.sum(x, conv("res2", conv("res1", x, filters), filters))
				}
			})
		}
		return []tf.Output{b.scale(b.dense("logits", b.globalMax(x), classes, nil), 0.125)}
	}
}
