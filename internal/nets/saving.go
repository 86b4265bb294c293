package nets

import (
	tf "github.com/wamuir/graft/tensorflow"

	"github.com/gosight/vision/internal/session"
)

func freeGraph(g *tf.Graph) { session.FreeGraph(g) }

// saving adds Init, Save, Restore and Export, when all variables are there.
func (b *builder) saving(net []*variable) {
	inits := make([]*tf.Operation, len(b.vars))
	for i, v := range b.vars {
		inits[i] = v.init
	}
	b.group(Init, inits...)
	path := b.placeholder(Path, tf.String)
	all, own := make([]tf.Output, len(b.vars)), make([]tf.Output, len(net))
	for i, v := range b.vars {
		all[i] = v.read
	}
	for i, v := range net {
		own[i] = v.read
		if v.average != nil {
			own[i] = v.average.read
		}
	}
	b.save(Save, path, b.vars, all)
	b.save(Export, path, net, own)
	b.restore(Restore, path, b.vars, false)
}

// StoredHalf tells which variables are float16 in the checkpoint of a model whose weights are stored so: kernels. What has one dimension
// takes no room, and variances may be too small or too large.
func StoredHalf(shape []int64) bool { return len(shape) > 1 }

// save writes values under the names of variables to the checkpoint at path.
func (b *builder) save(name string, path tf.Output, vars []*variable, values []tf.Output) *tf.Operation {
	names, whole := make([]string, len(vars)), make([]string, len(vars))
	for i, v := range vars {
		names[i] = v.Name
	}
	return b.add(tf.OpSpec{Type: "SaveV2", Name: name, Input: []tf.Input{path, b.texts(names), b.texts(whole), tf.OutputList(values)}})
}

// reader reads what save wrote.
func (b *builder) reader(name string, path tf.Output, vars []*variable, half bool) *tf.Operation {
	names, whole, types := make([]string, len(vars)), make([]string, len(vars)), make([]tf.DataType, len(vars))
	for i, v := range vars {
		if names[i], types[i] = v.Name, tf.Float; half && StoredHalf(v.Shape) {
			types[i] = tf.Half
		}
	}
	return b.add(tf.OpSpec{Type: "RestoreV2", Name: name, Input: []tf.Input{path, b.texts(names), b.texts(whole)}, Attrs: attrs{"dtypes": types}})
}

// restore gives variables what save wrote.
func (b *builder) restore(name string, path tf.Output, vars []*variable, half bool) {
	read := b.reader(name+"_read", path, vars, half)
	if read == nil {
		return
	}
	assigns := make([]*tf.Operation, len(vars))
	for i, v := range vars {
		value := read.Output(i)
		if half && StoredHalf(v.Shape) {
			value = b.op("Cast", attrs{"DstT": tf.Float}, value)
		}
		assigns[i] = b.add(tf.OpSpec{Type: "AssignVariableOp", Name: name + "_assign", Input: []tf.Input{v.handle, value}, Attrs: attrs{"dtype": tf.Float}})
	}
	b.group(name, assigns...)
}
