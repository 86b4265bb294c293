package optimize

import (
	"math"

	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"

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

// respell writes x * clip(x/6 + 1/2, 0, 1), as PaddlePaddle's and PyTorch's exports have it, as
// x * (relu6(x+3) / 6), which hardSwish finds. clip is the node that clips, over sum to [0, 1].
func (g *graph) respell(clip *ir.Node, sum ir.Out) bool {
	add := sum.Node
	if len(add.In) != 2 || add.Op != "Add" && add.Op != "AddV2" || len(add.Ctrl) > 0 || g.protect[add] {
		return false
	}
	for i, in := range add.In {
		mul := in.Node
		if c, ok := ir.Scalar(add.In[1-i].Node); !ok || c != 0.5 || len(mul.In) != 2 || len(mul.Ctrl) > 0 || g.protect[mul] || g.only(mul) != add {
			continue
		}
		x, factor, ok := timesConstant(mul)
		if !ok || math.Abs(factor-1.0/6) > 1e-6 {
			continue
		}
		last := g.only(clip)
		if last == nil || last.Op != "Mul" || len(last.In) != 2 || last.In[0] != x && last.In[1] != x {
			continue
		}
		float := types.DataType_DT_FLOAT
		number := func(name string, v float32) ir.Out {
			return ir.NewConst(clip.Name+name, ir.Value{Type: float, F: []float32{v}}).Out(0)
		}
		t := ir.Attrs{"T": ir.Type(float)}
		plus := ir.New(clip.Name+"/plus", "AddV2", t, x, number("/three", 3))
		relu := ir.New(clip.Name+"/relu", "Relu6", t, plus.Out(0))
		clip.Op, clip.Attr, clip.In = "Mul", t, []ir.Out{relu.Out(0), number("/sixth", 1.0/6)}
		return true
	}
	return false
}

// timesConstant reads n as x times a constant.
func timesConstant(n *ir.Node) (x ir.Out, factor float64, ok bool) {
	for i, in := range n.In {
		v, constant := ir.Scalar(in.Node)
		switch {
		case !constant:
		case n.Op == "Mul":
			return n.In[1-i], float64(v), true
		case n.Op == "RealDiv" && i == 1:
			return n.In[0], 1 / float64(v), true
		}
	}
	return x, 0, false
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
