package nets

import (
	"fmt"

	tf "github.com/wamuir/graft/tensorflow"
)

// inceptionV3 is the net of Szegedy et al. (2015) as Keras has it, without auxiliary head: 23,851,784 parameters with 1000
// classes. Layers are numbered as Keras makes them.
func inceptionV3() *Net {
	return signed(&Net{
		Name: "inception_v3", About: "Inception v3, for pictures of 299x299", Size: 299, Least: 75, Rate: 0.05,
		build: func(b *builder, x tf.Output, classes int64) []tf.Output {
			v := &inception{builder: b}
			x = v.conv(x, 32, 3, 3, 2, true)
			x = v.conv(x, 32, 3, 3, 1, true)
			x = v.conv(x, 64, 3, 3, 1, false)
			x = b.maxPool(x, 3, 2, "VALID")
			x = v.conv(x, 80, 1, 1, 1, true)
			x = v.conv(x, 192, 3, 3, 1, true)
			x = b.maxPool(x, 3, 2, "VALID")
			for _, pool := range []int64{32, 64, 64} {
				x = v.mixed5(x, pool)
			}
			x = v.reduce35(x)
			for _, c := range []int64{128, 160, 160, 192} {
				x = v.mixed17(x, c)
			}
			x = v.reduce17(x)
			x = v.mixed8(x)
			x = v.mixed8(x)
			return []tf.Output{b.dense("predictions", b.globalMean(x), classes, nil)}
		},
	})
}

// An inception counts its convolutions.
type inception struct {
	*builder
	n int
}

// conv is Keras' conv2d_bn: rows x columns, no bias, batch normalisation without a factor.
func (v *inception) conv(x tf.Output, filters, rows, columns, stride int64, valid bool) tf.Output {
	i := v.n
	v.n++
	x = v.builder.conv(fmt.Sprintf("conv2d_%d", i), x, convolution{filters: filters, size: [2]int64{rows, columns}, stride: stride, valid: valid})
	return v.relu(v.batchNorm(fmt.Sprintf("batch_normalization_%d", i), x, norm{fixed: true}))
}

func (v *inception) same(x tf.Output, filters, rows, columns int64) tf.Output {
	return v.conv(x, filters, rows, columns, 1, false)
}

// averaged leaves out what lies over the edge, as Keras does.
func (v *inception) averaged(x tf.Output, filters int64) tf.Output {
	return v.same(v.avgPool(x, 3, 1, "SAME"), filters, 1, 1)
}

func (v *inception) mixed5(x tf.Output, pool int64) tf.Output {
	a := v.same(x, 64, 1, 1)
	b := v.same(v.same(x, 48, 1, 1), 64, 5, 5)
	c := v.same(v.same(v.same(x, 64, 1, 1), 96, 3, 3), 96, 3, 3)
	return v.concat(a, b, c, v.averaged(x, pool))
}

func (v *inception) reduce35(x tf.Output) tf.Output {
	a := v.conv(x, 384, 3, 3, 2, true)
	b := v.conv(v.same(v.same(x, 64, 1, 1), 96, 3, 3), 96, 3, 3, 2, true)
	return v.concat(a, b, v.maxPool(x, 3, 2, "VALID"))
}

func (v *inception) mixed17(x tf.Output, c int64) tf.Output {
	a := v.same(x, 192, 1, 1)
	b := v.same(v.same(v.same(x, c, 1, 1), c, 1, 7), 192, 7, 1)
	d := v.same(v.same(v.same(x, c, 1, 1), c, 7, 1), c, 1, 7)
	d = v.same(v.same(d, c, 7, 1), 192, 1, 7)
	return v.concat(a, b, d, v.averaged(x, 192))
}

func (v *inception) reduce17(x tf.Output) tf.Output {
	a := v.conv(v.same(x, 192, 1, 1), 320, 3, 3, 2, true)
	b := v.same(v.same(v.same(x, 192, 1, 1), 192, 1, 7), 192, 7, 1)
	b = v.conv(b, 192, 3, 3, 2, true)
	return v.concat(a, b, v.maxPool(x, 3, 2, "VALID"))
}

func (v *inception) mixed8(x tf.Output) tf.Output {
	a := v.same(x, 320, 1, 1)
	b := v.same(x, 384, 1, 1)
	b = v.concat(v.same(b, 384, 1, 3), v.same(b, 384, 3, 1))
	c := v.same(v.same(x, 448, 1, 1), 384, 3, 3)
	c = v.concat(v.same(c, 384, 1, 3), v.same(c, 384, 3, 1))
	return v.concat(a, b, c, v.averaged(x, 192))
}
