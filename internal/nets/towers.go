package nets

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	tf "github.com/wamuir/graft/tensorflow"
)

// Data-parallel training in one graph: each device has a tower, which is the net's training form over the shared
// variables, on a part of the batch. The variables and their updates are on the first device.

// A tower is the net in training on one device.
type tower struct {
	form                     string    // before the names of its operations; empty if there is one alone
	images, targets, weights tf.Output // its part of the batch; weights may be none
	share                    tf.Output // of the batch, 0 to 1; none if there is one tower alone
	pixels                   tf.Output // images, normalised
	heads                    []tf.Output
	loss                     tf.Output
	updates                  []update
}

// feeding is before the names of what splits the batch, which the processor beside the devices does.
const feeding = "feeding"

func towerForm(i int) string { return fmt.Sprintf("tower%d", i) }

// within is a form of the net in the tower.
func (w *tower) within(form string) string {
	if w.form == "" {
		return form
	}
	return w.form + "/" + form
}

// towers splits the batch evenly into n parts, in its order: tower i has the rows from N*i/n up to N*(i+1)/n.
func (b *builder) towers(n int, images, targets, weights tf.Output) []*tower {
	if n <= 1 {
		return []*tower{{images: images, targets: targets, weights: weights}}
	}
	b.form = feeding
	defer func() { b.form = "" }()
	from, to := make([]int32, n), make([]int32, n)
	for i := range n {
		from[i], to[i] = int32(i), int32(i+1)
	}
	zero := b.constant([]int64{}, []int32{0})
	rows := b.op("GatherV2", nil, b.op("Shape", nil, images), zero, zero)
	border := func(i []int32) tf.Output {
		return b.op("FloorDiv", nil, b.op("Mul", nil, b.ints(i...), rows), b.constant([]int64{}, []int32{int32(n)}))
	}
	sizes := b.op("Sub", nil, border(to), border(from))
	parts := func(x tf.Output) []tf.Output {
		op := b.add(tf.OpSpec{Type: "SplitV", Input: []tf.Input{x, sizes, zero}, Attrs: attrs{"num_split": int64(n)}})
		out := make([]tf.Output, n)
		for i := range out {
			if op != nil {
				out[i] = op.Output(i)
			}
		}
		return out
	}
	list := make([]*tower, n)
	for i, part := range parts(images) {
		list[i] = &tower{form: towerForm(i), images: part}
	}
	for i, part := range parts(targets) {
		list[i].targets = part
	}
	if weights.Op != nil {
		for i, part := range parts(weights) {
			list[i].weights = part
		}
	}
	shares := b.add(tf.OpSpec{Type: "Unpack", Attrs: attrs{"num": int64(n), "axis": int64(0)}, Input: []tf.Input{
		b.op("Div", nil, b.op("Cast", attrs{"DstT": tf.Float}, sizes), b.op("Cast", attrs{"DstT": tf.Float}, rows))}})
	for i, w := range list {
		if shares != nil {
			w.share = shares.Output(i)
		}
	}
	return list
}

// raise builds the net's training form in a tower.
func (n *Net) raise(b *builder, w *tower, classes int64) {
	defer func() { b.form, b.training = "", false }()
	b.form = w.form
	w.pixels = n.normalise(b, w.images)
	b.training, b.form, b.updates = true, w.within("training"), nil
	w.heads = n.build(b, w.pixels, classes)
	w.updates, b.updates = b.updates, nil
	b.form = w.form
	w.loss = n.loss(b, w.heads, w.targets, w.weights)
	if w.share.Op != nil && b.err == nil {
		// The sum over the towers is then the mean over the batch, also if the parts are of different sizes.
		w.loss = b.op("Mul", nil, w.loss, w.share)
	}
}

// loss is that of all heads.
func (n *Net) loss(b *builder, heads []tf.Output, targets, weights tf.Output) tf.Output {
	if b.err == nil && len(heads) != 1+len(n.Aux) {
		b.fail(fmt.Errorf("%s: want %d heads, got %d", n.Name, 1+len(n.Aux), len(heads)))
	}
	if b.err != nil {
		return tf.Output{}
	}
	loss := b.crossEntropy(heads[0], targets, weights)
	for i, f := range n.Aux {
		loss = b.sum(loss, b.scale(b.crossEntropy(heads[1+i], targets, weights), f))
	}
	return loss
}

// total adds up what the towers give.
func (b *builder) total(of []tf.Output) tf.Output {
	if len(of) == 1 || b.err != nil {
		return of[0]
	}
	return b.op("AddN", nil, tf.OutputList(of))
}

// joined puts the rows of the towers together again.
func (b *builder) joined(of []tf.Output) tf.Output {
	if len(of) == 1 || b.err != nil {
		return of[0]
	}
	return b.op("ConcatV2", nil, tf.OutputList(of), b.constant([]int64{}, []int32{0}))
}

// each collects what f says of the towers.
func each(list []*tower, f func(*tower) tf.Output) []tf.Output {
	out := make([]tf.Output, len(list))
	for i, w := range list {
		out[i] = f(w)
	}
	return out
}

// gradients returns those of the loss of the whole batch.
func (b *builder) gradients(list []*tower, by []tf.Output) []tf.Output {
	parts := make([][]tf.Output, len(list))
	for i, w := range list {
		if b.err != nil {
			return nil
		}
		b.form = w.form
		grads, err := b.graph.AddGradients(b.name("gradients"), []tf.Output{w.loss}, by, nil)
		b.form = ""
		if b.fail(err); err != nil {
			return nil
		}
		parts[i] = grads
	}
	sums := make([]tf.Output, len(by))
	for v := range by {
		of := make([]tf.Output, len(list))
		for i := range list {
			of[i] = parts[i][v]
		}
		sums[v] = b.total(of)
	}
	return sums
}

// statistics are the updates of the moving statistics: towards the mean of the towers' statistics.
func (b *builder) statistics(list []*tower) []update {
	out := slices.Clone(list[0].updates)
	if len(list) == 1 || b.err != nil {
		return out
	}
	for i := range out {
		out[i].value = b.scale(b.total(each(list, func(w *tower) tf.Output { return w.updates[i].value })), 1/float32(len(list)))
	}
	return out
}

// placed returns g, which it frees, with devices written into its nodes: each tower on its own, what splits the batch on
// the processor beside the first, all else on the first. Gradients are of TensorFlow's making and can be given no device
// before they are there.
func placed(g *tf.Graph, devices []string) (*tf.Graph, error) {
	defer freeGraph(g)
	def, err := definition(g)
	if err != nil {
		return nil, err
	}
	on := map[string]string{feeding: beside(devices[0])}
	if len(devices) > 1 {
		for i, d := range devices {
			on[towerForm(i)] = d
		}
	}
	for _, node := range def.GetNode() {
		first, _, _ := strings.Cut(node.GetName(), "/")
		d, ok := on[first]
		if !ok {
			d = devices[0]
		}
		node.Device = d
	}
	data, err := proto.Marshal(def)
	if err != nil {
		return nil, err
	}
	out := tf.NewGraph()
	if err := out.Import(data, ""); err != nil {
		freeGraph(out)
		return nil, fmt.Errorf("nets: devices %s: %w", strings.Join(devices, ", "), err)
	}
	return out, nil
}

// beside is the processor on the machine of a device.
func beside(device string) string {
	machine, _, ok := strings.Cut(device, "/device:")
	if !ok || strings.Contains(device, "/device:CPU:") {
		return device
	}
	return machine + "/device:CPU:0"
}
