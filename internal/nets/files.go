package nets

import (
	"fmt"

	tf "github.com/wamuir/graft/tensorflow"
)

// A Kept is one variable of a Program, with what reads and sets it by itself.
type Kept struct {
	Variable
	Read    string // tensor with its value
	Initial string // tensor with its first value: what is fed in its place becomes the value when Assign runs
	Assign  string // operation
	Average string // tensor with its moving average, which Export writes in its place; empty if none is kept
	OfNet   bool   // Export writes it
}

func (v *variable) kept() Kept {
	tensor := func(x tf.Output) string { return x.Op.Name() + ":0" }
	k := Kept{Variable: v.Variable, Read: tensor(v.read), Initial: tensor(v.initial), Assign: v.init.Name()}
	if v.average != nil {
		k.Average = tensor(v.average.read)
	}
	return k
}

// Files makes the graph that writes and reads the checkpoints of a Program whose variables live on another machine: Save,
// Export and Path as there, but the values are fed, as Value(i) for variable i of list, and fetched, as ValueRead(i).
func Files(list []Kept) (*tf.Graph, error) {
	b := newBuilder(0)
	path := b.placeholder(Path, tf.String)
	var all, own []*variable
	var values, ownValues []tf.Output
	for i, k := range list {
		v, value := &variable{Variable: k.Variable}, b.placeholder(Value(i), tf.Float, k.Shape...)
		all, values = append(all, v), append(values, value)
		if k.OfNet {
			own, ownValues = append(own, v), append(ownValues, value)
		}
	}
	b.save(Save, path, all, values)
	b.save(Export, path, own, ownValues)
	b.reader(Restore, path, all, false)
	return b.finish()
}

// Value is what variable i of those of Files is fed as.
func Value(i int) string { return fmt.Sprintf("value_%d", i) }

// ValueRead is what the value of variable i in the files is fetched as.
func ValueRead(i int) string { return fmt.Sprintf("%s:%d", Restore, i) }
