package nets

import (
	tf "github.com/wamuir/graft/tensorflow"
)

// Adam's constants, as in Keras.
const (
	beta1   = 0.9
	beta2   = 0.999
	epsilon = 1e-7
)

// optimise adds the gradients of the loss, and the step that all updates are parts of. Gradients refuses
// scopes with control dependencies, so the updates come after.
func (b *builder) optimise(towers []*tower, rate tf.Output, net []*variable, t Training) {
	var learn []*variable
	var reads []tf.Output
	for _, v := range net {
		if v.Trainable {
			learn = append(learn, v)
			reads = append(reads, v.read)
		}
	}
	grads := b.clip(b.gradients(towers, reads), t.Clip)
	if b.err != nil {
		return
	}
	var steps []*tf.Operation
	if t.AdamW {
		steps = b.adamW(learn, grads, rate, t.Decay)
	} else {
		steps = b.sgd(learn, grads, rate, t)
	}
	for _, u := range b.statistics(towers) {
		steps = append(steps, b.towards(u))
	}
	if t.Average > 0 && b.err == nil {
		steps = append(steps, b.average(learn, steps, t.Average)...)
	}
	b.group(Train, steps...)
}

// clip cuts the norm of all gradients together to most.
func (b *builder) clip(grads []tf.Output, most float32) []tf.Output {
	if most <= 0 || b.err != nil {
		return grads
	}
	squares := make([]tf.Output, len(grads))
	for i, g := range grads {
		squares[i] = b.op("L2Loss", nil, g)
	}
	length := b.op("Sqrt", nil, b.scale(b.op("AddN", nil, tf.OutputList(squares)), 2))
	factor := b.op("Div", nil, b.float(most), b.op("Maximum", nil, length, b.float(most)))
	out := make([]tf.Output, len(grads))
	for i, g := range grads {
		out[i] = b.op("Mul", nil, g, factor)
	}
	return out
}

// rateOf is the learning rate of one variable.
func (b *builder) rateOf(v *variable, rate tf.Output) tf.Output {
	if v.Rate == 0 || v.Rate == 1 {
		return rate
	}
	return b.scale(rate, v.Rate)
}

// slot makes a variable of the optimizer for v.
func (b *builder) slot(kind string, v *variable) *variable {
	return b.newVariable(Variable{Name: "optimizer/" + kind + "/" + v.Name, Shape: v.Shape}, func() tf.Output { return fill(0)(b, v.Shape) })
}

// sgd is stochastic gradient descent with Nesterov momentum in Keras' form: m = momentum*m - rate*g; v += momentum*m - rate*g.
func (b *builder) sgd(learn []*variable, grads []tf.Output, rate tf.Output, t Training) []*tf.Operation {
	var steps []*tf.Operation
	momentum := b.float(t.Momentum)
	for i, v := range learn {
		g, rate := grads[i], b.rateOf(v, rate)
		if t.Decay > 0 && v.Decays {
			g = b.sum(g, b.scale(v.read, t.Decay))
		}
		if t.Momentum == 0 {
			steps = append(steps, b.add(tf.OpSpec{Type: "ResourceApplyGradientDescent", Input: []tf.Input{v.handle, rate, g}}))
			continue
		}
		steps = append(steps, b.add(tf.OpSpec{Type: "ResourceApplyKerasMomentum",
			Input: []tf.Input{v.handle, b.slot("momentum", v).handle, rate, g, momentum}, Attrs: attrs{"use_nesterov": true}}))
	}
	return steps
}

// adamW is Adam (Kingma and Ba, 2014) with decoupled weight decay (Loshchilov and Hutter, 2017).
func (b *builder) adamW(learn []*variable, grads []tf.Output, rate tf.Output, decay float32) []*tf.Operation {
	one := b.float(1)
	number := b.op("AddV2", nil, b.op("Cast", attrs{"DstT": tf.Float}, b.op("GatherV2", nil, b.step, b.constant([]int64{}, []int32{0}), b.constant([]int64{}, []int32{0}))), one)
	b1, b2 := b.float(beta1), b.float(beta2)
	power1, power2 := b.op("Pow", nil, b1, number), b.op("Pow", nil, b2, number)
	var steps []*tf.Operation
	for i, v := range learn {
		rate := b.rateOf(v, rate)
		var before []*tf.Operation
		if decay > 0 && v.Decays {
			off := b.op("Mul", nil, v.read, b.op("Mul", nil, rate, b.float(decay)))
			// The gradient is of the weight as it was.
			d := b.add(tf.OpSpec{Type: "AssignSubVariableOp", Input: []tf.Input{v.handle, off}, Attrs: attrs{"dtype": tf.Float},
				ControlDependencies: []*tf.Operation{grads[i].Op}})
			before = append(before, d)
		}
		if b.err != nil {
			return nil
		}
		steps = append(steps, b.add(tf.OpSpec{Type: "ResourceApplyAdam",
			Input:               []tf.Input{v.handle, b.slot("m", v).handle, b.slot("v", v).handle, power1, power2, rate, b1, b2, b.float(epsilon), grads[i]},
			ControlDependencies: before}))
	}
	return steps
}

// towards adds v -= (v - value) * rate.
func (b *builder) towards(u update) *tf.Operation {
	if b.err != nil {
		return nil
	}
	off := b.scale(b.op("Sub", nil, u.v.read, u.value), u.rate)
	return b.add(tf.OpSpec{Type: "AssignSubVariableOp", Input: []tf.Input{u.v.handle, off}, Attrs: attrs{"dtype": tf.Float}})
}

// average keeps a moving average of each weight as it is after the step. It begins at the first weights.
func (b *builder) average(learn []*variable, after []*tf.Operation, decay float32) []*tf.Operation {
	var steps []*tf.Operation
	for _, v := range learn {
		v.average = b.newVariable(Variable{Name: "average/" + v.Name, Shape: v.Shape}, func() tf.Output { return b.op("Identity", nil, v.initial) })
		if b.err != nil {
			return nil
		}
		now := b.add(tf.OpSpec{Type: "ReadVariableOp", Input: []tf.Input{v.handle}, Attrs: attrs{"dtype": tf.Float}, ControlDependencies: after})
		if now == nil {
			return nil
		}
		steps = append(steps, b.towards(update{v.average, now.Output(0), 1 - decay}))
	}
	return steps
}
