// Package nets builds networks as TensorFlow graphs, for training and for inference.
//
// A Net is a table of layers as in its paper, or in Keras where Keras has it. Training makes a
// Program of it: one graph with the net in both forms, loss, optimizer, and what saves and restores. Serving makes
// the graph of a SavedModel. Nothing runs here: internal/session does that.
package nets

import (
	"fmt"
	"slices"
	"strings"

	tf "github.com/wamuir/graft/tensorflow"

	"github.com/gosight/vision/internal/fault"
)

// A Net is an architecture.
type Net struct {
	Name     string
	About    string  // one line, for people
	Size     int     // pixels a side
	Least    int     // the smallest side that it takes
	Rate     float64 // highest learning rate of SGD with one cycle that suits it, for batches of 128
	Channels string  // RGB, BGR, GRAY: order of what it is fed

	// A channel value p in 0..255 is fed as (lo + p/255*(hi-lo) - mean) / std, as in a card.
	Range, Mean, Std []float64

	Resize string    // mode of the card: squash, or crop with 256 for 224
	Aux    []float32 // weight of the loss of each auxiliary head

	// Whitens says that the kernel of the first layer, 2x2 pixels, comes from the pictures: see Whiten.
	Whitens bool

	build func(b *builder, x tf.Output, classes int64) []tf.Output // logits, then those of the auxiliary heads in training
}

// Planes returns the number of channels.
func (n *Net) Planes() int {
	if n.Channels == "GRAY" {
		return 1
	}
	return 3
}

// Fed is what the net is fed for a channel value of 0..255.
func (n *Net) Fed(v float64, channel int) float64 {
	mul, add := n.scaling(channel)
	return v*mul + add
}

// scaling turns a channel value of 0..255 into what the net is fed: times mul, plus add.
func (n *Net) scaling(channel int) (mul, add float64) {
	mean, std := 0.0, 1.0
	if n.Mean != nil {
		mean = n.Mean[channel]
	}
	if n.Std != nil {
		std = n.Std[channel]
	}
	return (n.Range[1] - n.Range[0]) / 255 / std, (n.Range[0] - mean) / std
}

// Names returns the names of all nets.
func Names() []string {
	var names []string
	for _, n := range all() {
		names = append(names, n.Name)
	}
	return names
}

// ByName returns the net of a name.
func ByName(name string) (*Net, error) {
	list := all()
	i := slices.IndexFunc(list, func(n *Net) bool { return n.Name == name })
	if i < 0 {
		return nil, &fault.UnsupportedError{Format: "net " + fmt.Sprintf("%q", name), Reason: "there are " + strings.Join(Names(), ", ")}
	}
	return list[i], nil
}

func all() []*Net {
	return slices.Concat([]*Net{lenet5()}, smallResNets(), vggs(), resNets(), []*Net{googLeNet(), inceptionV3(), mobileNetV2()})
}

// Parameters returns the variables of the net's inference form and their number of values, what moves with batches
// included, as Keras counts.
func (n *Net) Parameters(size, classes int) (vars []Variable, total int64, err error) {
	b := newBuilder(0)
	b.form = "serve"
	n.build(b, b.placeholder("input", tf.Float, -1, int64(size), int64(size), int64(n.Planes())), int64(classes))
	for _, v := range b.vars {
		vars = append(vars, v.Variable)
		total += v.Elements()
	}
	g, err := b.finish()
	if err != nil {
		return nil, 0, err
	}
	freeGraph(g)
	return vars, total, nil
}
