package nets

import (
	"fmt"
	"math"

	tf "github.com/wamuir/graft/tensorflow"
)

// A variable is one of a net's, of its optimizer's, or a moving average of one.
type variable struct {
	Variable
	handle  tf.Output
	read    tf.Output
	init    *tf.Operation
	initial tf.Output
	average *variable // nil if none is kept
}

// A Variable is one tensor that a net learns or keeps.
type Variable struct {
	Name      string
	Shape     []int64
	Trainable bool
	Decays    bool    // weight decay applies: kernels, not biases or scales
	Rate      float32 // it learns so many times as fast as others; 0 is 1
}

// Elements returns the number of values.
func (v Variable) Elements() int64 {
	n := int64(1)
	for _, d := range v.Shape {
		n *= d
	}
	return n
}

// variable returns the variable of a name under the layers around, and makes it if it is new. The
// second form of a net in the same graph thus shares the variables of the first.
func (b *builder) variable(name string, trainable, decays bool, init initializer, shape ...int64) tf.Output {
	full := b.full(name)
	v := b.byName[full]
	if v == nil {
		v = b.newVariable(Variable{Name: full, Shape: shape, Trainable: trainable, Decays: decays}, func() tf.Output { return init(b, shape) })
	}
	if b.averages && v.average != nil {
		return v.average.read
	}
	return v.read
}

// newVariable makes a variable by its full name.
func (b *builder) newVariable(def Variable, initial func() tf.Output) *variable {
	path, form := b.path, b.form
	b.path, b.form = nil, ""
	defer func() { b.path, b.form = path, form }()
	v := &variable{Variable: def}
	for _, d := range def.Shape {
		if d < 1 {
			b.fail(fmt.Errorf("variable %s: want a shape, got %v", def.Name, def.Shape))
		}
	}
	b.in(def.Name, func() {
		v.initial = initial()
		h := b.add(tf.OpSpec{Type: "VarHandleOp", Name: "handle", Attrs: attrs{"dtype": tf.Float, "shape": tf.MakeShape(def.Shape...), "shared_name": def.Name}})
		if h == nil {
			return
		}
		v.handle = h.Output(0)
		v.init = b.add(tf.OpSpec{Type: "AssignVariableOp", Name: "assign", Input: []tf.Input{v.handle, v.initial}, Attrs: attrs{"dtype": tf.Float}})
		v.read = b.readVariable(v)
	})
	b.vars = append(b.vars, v)
	b.byName[def.Name] = v
	return v
}

func (b *builder) readVariable(v *variable) tf.Output {
	op := b.add(tf.OpSpec{Type: "ReadVariableOp", Name: "read", Input: []tf.Input{v.handle}, Attrs: attrs{"dtype": tf.Float}})
	if op == nil {
		return tf.Output{}
	}
	return op.Output(0)
}

// An initializer gives a variable its first value. The random ones draw from the seed of the builder and
// the number of the variable, so that a seed means the same weights everywhere.
type initializer func(b *builder, shape []int64) tf.Output

func fill(v float32) initializer {
	return func(b *builder, shape []int64) tf.Output {
		dims := make([]int32, len(shape))
		for i, d := range shape {
			dims[i] = int32(d)
		}
		return b.op("Fill", nil, b.ints(dims...), b.float(v))
	}
}

// fans returns the inputs and outputs of one unit, as Keras counts them.
func fans(shape []int64) (in, out float64) {
	if len(shape) == 1 {
		return float64(shape[0]), float64(shape[0])
	}
	field := 1.0
	for _, d := range shape[:len(shape)-2] {
		field *= float64(d)
	}
	return field * float64(shape[len(shape)-2]), field * float64(shape[len(shape)-1])
}

// glorotUniform is Keras' default: uniform within sqrt(6 / (in + out)) (Glorot and Bengio, 2010).
func glorotUniform(b *builder, shape []int64) tf.Output {
	in, out := fans(shape)
	limit := float32(math.Sqrt(6 / (in + out)))
	u := b.random("StatelessRandomUniform", shape)
	return b.op("Sub", nil, b.op("Mul", nil, u, b.float(2*limit)), b.float(limit))
}

// truncatedDeviation is the deviation of a standard normal distribution that is cut off at 2.
const truncatedDeviation = 0.87962566103423978

// heNormal is normal with variance 2 / in (He et al., 2015), cut off at two deviations as in Keras.
func heNormal(b *builder, shape []int64) tf.Output {
	in, _ := fans(shape)
	return b.op("Mul", nil, b.random("StatelessTruncatedNormal", shape), b.float(float32(math.Sqrt(2/in)/truncatedDeviation)))
}

func (b *builder) random(typ string, shape []int64) tf.Output {
	dims := make([]int32, len(shape))
	for i, d := range shape {
		dims[i] = int32(d)
	}
	return b.op(typ, attrs{"dtype": tf.Float}, b.ints(dims...), b.longs(b.seed, int64(len(b.vars))))
}
