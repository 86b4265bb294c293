package optimize

import (
	"math"

	"github.com/gosight/vision/internal/freeze/ir"
)

// swish finds x * sigmoid(x), where nothing else reads x and the sigmoid.
func (g *graph) swish(x *ir.Node) (mul, sigmoid *ir.Node) {
	us := g.users[x]
	if len(us) != 2 || us[0] == x || us[1] == x {
		return nil, nil
	}
	for i, s := range us {
		m := us[1-i]
		if s.Op == "Sigmoid" && m.Op == "Mul" && len(s.Ctrl)+len(m.Ctrl) == 0 && !g.protect[s] && !g.protect[m] && g.only(s) == m && len(m.In) == 2 {
			return m, s
		}
	}
	return nil, nil
}

// hardSwish finds x * relu6(x+3) / 6, the factors in any order, where nothing
// else reads x and what lies between.
func (g *graph) hardSwish(x *ir.Node) (last *ir.Node, parts []*ir.Node) {
	if len(g.users[x]) != 2 {
		return nil, nil
	}
	for _, add := range g.users[x] {
		relu := g.only(add)
		if relu == nil || relu.Op != "Relu6" || add.Op != "Add" && add.Op != "AddV2" {
			continue
		}
		if c, ok := scalarBeside(add, x); !ok || c != 3 {
			continue
		}
		for top := g.only(relu); top != nil; top = g.only(top) {
			p := product{g: g, x: x, relu: relu, factor: 1}
			if !p.flatten(top) {
				break
			}
			if p.xs == 1 && p.relus == 1 && math.Abs(p.factor-1.0/6) < 1e-6 {
				parts = append(p.parts, add, relu)
				for _, n := range parts {
					if g.protect[n] || len(n.Ctrl) > 0 {
						return nil, nil
					}
				}
				return top, parts
			}
		}
	}
	return nil, nil
}

// A product is a tree of multiplications taken apart.
type product struct {
	g         *graph
	x, relu   *ir.Node
	factor    float64
	xs, relus int // how often each is a factor
	parts     []*ir.Node
}

// flatten multiplies n into p. It is false where n holds anything else.
func (p *product) flatten(n *ir.Node) bool {
	if len(n.In) != 2 || n.Op != "Mul" && n.Op != "RealDiv" || len(p.parts) > 3 {
		return false
	}
	p.parts = append(p.parts, n)
	for i, in := range n.In {
		inverse := n.Op == "RealDiv" && i == 1
		v, constant := ir.Scalar(in.Node)
		switch {
		case constant && inverse:
			p.factor /= float64(v)
		case constant:
			p.factor *= float64(v)
		case inverse:
			return false
		case in.Node == p.x:
			p.xs++
		case in.Node == p.relu:
			p.relus++
		case p.g.only(in.Node) != n || !p.flatten(in.Node):
			return false
		}
	}
	return true
}

// scalarBeside returns the constant that a commutative n joins with x.
func scalarBeside(n, x *ir.Node) (float32, bool) {
	if len(n.In) != 2 {
		return 0, false
	}
	for i, in := range n.In {
		if in.Node == x {
			return ir.Scalar(n.In[1-i].Node)
		}
	}
	return 0, false
}
