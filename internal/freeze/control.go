package freeze

import (
	"slices"

	"github.com/gosight/vision/internal/freeze/ir"
)

// relax drops the control edges of a scope that order nothing: most of them made
// readers wait for variables. Inside V1 control flow they say which frame a node is in and stay.
func (f *freezer) relax(b *ir.Body) {
	nodes := scope(b)
	if hasFrames(nodes) {
		return
	}
	matters := map[*ir.Node]bool{}
	for _, n := range nodes { // inputs come first, and without frames there are no cycles
		m := n.Op != ir.OpArg && f.ops.Stateful(n.Op)
		for _, in := range n.In {
			m = m || matters[in.Node]
		}
		for _, c := range n.Ctrl {
			m = m || matters[c]
		}
		matters[n] = m
	}
	idle := func(n *ir.Node) bool { return !matters[n] }
	for _, n := range nodes {
		n.Ctrl = slices.DeleteFunc(n.Ctrl, idle)
	}
	b.Effects = slices.DeleteFunc(b.Effects, idle)
}
