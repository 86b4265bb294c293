// Package optimize rewrites a frozen graph into one that does the same with less
// work: what depends on constants alone is computed once, per-channel arithmetic goes into the weights
// of the layer before it, and layers with bias and activation become one node. Outputs
// move by rounding only.
package optimize

import (
	"slices"

	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"

	"github.com/gosight/vision/internal/freeze/ir"
)

// Options say what the graph will run on.
type Options struct {
	CPU    bool // a CPU device, for which fused nodes exist
	OneDNN bool // the library uses oneDNN there
}

// Counts say what was done.
type Counts struct {
	Folded int // nodes evaluated
	Fused  int // nodes that do the work of several
}

// Run optimises the scope of b in place. Nodes of protect keep their names and
// stay what they are: they are the inputs. Bodies of functions are not touched.
func Run(b *ir.Body, protect []*ir.Node, o Options) Counts {
	g := &graph{b: b, protect: map[*ir.Node]bool{}, o: o}
	for _, n := range protect {
		g.protect[n] = true
	}
	g.bypass()
	g.fold()
	g.neutral()
	g.activations()
	g.strides()
	g.shapes()
	g.pads()
	g.affine()
	g.shapes()
	g.inputScale()
	g.norms()
	g.shapes()
	g.fuse()
	g.natives()
	return g.Counts
}

type graph struct {
	Counts
	b       *ir.Body
	o       Options
	protect map[*ir.Node]bool

	nodes []*ir.Node              // inputs first
	users map[*ir.Node][]*ir.Node // who reads a node; the node itself stands for a fetch
	shape map[ir.Out][]int64      // NHWC or whatever the node makes; -1 unknown
}

// look brings nodes and users up to date.
func (g *graph) look() {
	var roots []*ir.Node
	for _, r := range g.b.Rets {
		roots = append(roots, r.Node)
	}
	g.nodes = ir.Reach(append(roots, g.b.Effects...)...)
	g.users = ir.Users(g.nodes)
	for _, r := range g.b.Rets {
		g.users[r.Node] = append(g.users[r.Node], r.Node)
	}
}

// only returns the one node that reads n and nothing else of it than its first
// output; nil if there is another reader, or it is fetched.
func (g *graph) only(n *ir.Node) *ir.Node {
	us := g.users[n]
	if len(us) != 1 || us[0] == n || slices.Contains(us[0].Ctrl, n) {
		return nil
	}
	return us[0]
}

// bypass drops nodes that hand their input on.
func (g *graph) bypass() {
	g.look()
	to := map[ir.Out]ir.Out{}
	for _, n := range g.nodes {
		switch n.Op {
		case "Identity", "StopGradient", "PreventGradient", "Snapshot":
			if len(n.In) == 1 && len(n.Ctrl) == 0 && !g.protect[n] && n.In[0].Node.Op != "Switch" {
				to[n.Out(0)] = n.In[0]
			}
		case "IdentityN":
			if len(n.Ctrl) == 0 && !g.protect[n] {
				for i, in := range n.In {
					if in.Node.Op != "Switch" {
						to[n.Out(i)] = in
					}
				}
			}
		}
	}
	ir.Redirect(to, g.nodes, g.b.Rets)
}

// neutral drops multiplications by one and additions of zero.
func (g *graph) neutral() {
	g.look()
	to := map[ir.Out]ir.Out{}
	for _, n := range g.nodes {
		if len(n.In) != 2 || len(n.Ctrl) > 0 || g.protect[n] || n.Type("T") != types.DataType_DT_FLOAT {
			continue
		}
		var unit float32
		left := false // whether the constant may stand on the left too
		switch n.Op {
		case "Mul":
			unit, left = 1, true
		case "RealDiv", "Div":
			unit = 1
		case "Add", "AddV2":
			left = true
		case "Sub":
		default:
			continue
		}
		is := func(o ir.Out) bool {
			v, ok := ir.Scalar(o.Node)
			return ok && v == unit
		}
		switch {
		case is(n.In[1]):
			to[n.Out(0)] = n.In[0]
		case left && is(n.In[0]):
			to[n.Out(0)] = n.In[1]
		}
	}
	ir.Redirect(to, g.nodes, g.b.Rets)
}
