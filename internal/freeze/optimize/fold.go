package optimize

import (
	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"

	"github.com/gosight/vision/internal/freeze/ir"
)

// maxGrowth is how many elements a folded constant may have beyond those of its
// inputs: a Fill of a large tensor stays a Fill.
const maxGrowth = 1 << 14

// fold evaluates nodes whose inputs are all constants.
func (g *graph) fold() {
	g.look()
	for _, n := range g.nodes {
		if len(n.In) == 0 || len(n.Ctrl) > 0 || g.protect[n] {
			continue
		}
		if permute(n) {
			g.Folded++
			continue
		}
		in, ok := constants(n)
		if !ok {
			continue
		}
		v, ok := evaluate(n, in)
		if !ok || !written(v.Type) {
			continue
		}
		become(n, ir.Tensor(v.Proto()), v.Type)
		g.Folded++
	}
}

// constants returns the values of all inputs. A constant that waits for
// something runs in a frame or branch and is none.
func constants(n *ir.Node) ([]ir.Value, bool) {
	for _, in := range n.In { // before any is unpacked
		if in.Node.Op != "Const" || len(in.Node.Ctrl) > 0 || !foldable(n.Op) {
			return nil, false
		}
	}
	vs := make([]ir.Value, len(n.In))
	for i, in := range n.In {
		v, ok := ir.Const(in.Node)
		if !ok {
			return nil, false
		}
		vs[i] = v
	}
	return vs, true
}

func become(n *ir.Node, value *attr, t types.DataType) {
	n.Op, n.In = "Const", nil
	n.Attr = ir.Attrs{"dtype": ir.Type(t), "value": value}
}

// written lists the types that ir.Value can be written as.
func written(t types.DataType) bool {
	switch t {
	case types.DataType_DT_FLOAT, types.DataType_DT_INT32, types.DataType_DT_INT64, types.DataType_DT_BOOL:
		return true
	}
	return false
}

func foldable(op string) bool {
	_, one := monadic()[op]
	_, two := dyadic()[op]
	return one || two || moving(op)
}

// evaluate computes a node. ok is false where this package does not know how.
func evaluate(n *ir.Node, in []ir.Value) (v ir.Value, ok bool) {
	if f, known := monadic()[n.Op]; known && len(in) == 1 {
		return elementwise(in[0], f)
	}
	if f, known := dyadic()[n.Op]; known && len(in) == 2 {
		return broadcast(in[0], in[1], f)
	}
	return move(n, in)
}
