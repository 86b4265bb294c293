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
	b.restore(Restore, path, b.vars)
}

// save writes values under the names of variables to the checkpoint at path.
func (b *builder) save(name string, path tf.Output, vars []*variable, values []tf.Output) *tf.Operation {
	names, whole := make([]string, len(vars)), make([]string, len(vars))
	for i, v := range vars {
		names[i] = v.Name
	}
	return b.add(tf.OpSpec{Type: "SaveV2", Name: name, Input: []tf.Input{path, b.texts(names), b.texts(whole), tf.OutputList(values)}})
}

// reader reads what save wrote.
func (b *builder) reader(name string, path tf.Output, vars []*variable) *tf.Operation {
	names, whole, types := make([]string, len(vars)), make([]string, len(vars)), make([]tf.DataType, len(vars))
	for i, v := range vars {
		names[i], types[i] = v.Name, tf.Float
	}
	return b.add(tf.OpSpec{Type: "RestoreV2", Name: name, Input: []tf.Input{path, b.texts(names), b.texts(whole)}, Attrs: attrs{"dtypes": types}})
}

// restore gives variables what save wrote.
func (b *builder) restore(name string, path tf.Output, vars []*variable) {
	read := b.reader(name+"_read", path, vars)
	if read == nil {
		return
	}
	assigns := make([]*tf.Operation, len(vars))
	for i, v := range vars {
		assigns[i] = b.add(tf.OpSpec{Type: "AssignVariableOp", Name: name + "_assign", Input: []tf.Input{v.handle, read.Output(i)}, Attrs: attrs{"dtype": tf.Float}})
	}
	b.group(name, assigns...)
}
