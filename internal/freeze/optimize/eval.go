package optimize

import (
	"math"

	attrpb "github.com/wamuir/graft/tensorflow/core/framework/attr_value_go_proto"
	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"

	"github.com/gosight/vision/internal/freeze/ir"
)

type attr = attrpb.AttrValue

// monadic are the functions of one float that are evaluated, in double precision
// and rounded once, which is at least as close as TensorFlow's kernels.
func monadic() map[string]func(float64) float64 {
	return map[string]func(float64) float64{
		"Rsqrt":      func(x float64) float64 { return 1 / math.Sqrt(x) },
		"Sqrt":       math.Sqrt,
		"Square":     func(x float64) float64 { return x * x },
		"Neg":        func(x float64) float64 { return -x },
		"Abs":        math.Abs,
		"Exp":        math.Exp,
		"Log":        math.Log,
		"Reciprocal": func(x float64) float64 { return 1 / x },
		"Inv":        func(x float64) float64 { return 1 / x },
		"Relu":       func(x float64) float64 { return max(x, 0) },
		"Softplus":   func(x float64) float64 { return math.Log1p(math.Exp(x)) },
	}
}

// A pair is one function of two numbers, for floats and for integers; nil where
// integers are not evaluated.
type pair struct {
	f func(a, b float64) float64
	i func(a, b int64) int64
}

func dyadic() map[string]pair {
	add := pair{func(a, b float64) float64 { return a + b }, func(a, b int64) int64 { return a + b }}
	div := pair{f: func(a, b float64) float64 { return a / b }}
	return map[string]pair{
		"Add":               add,
		"AddV2":             add,
		"Sub":               {func(a, b float64) float64 { return a - b }, func(a, b int64) int64 { return a - b }},
		"Mul":               {func(a, b float64) float64 { return a * b }, func(a, b int64) int64 { return a * b }},
		"Maximum":           {func(a, b float64) float64 { return max(a, b) }, func(a, b int64) int64 { return max(a, b) }},
		"Minimum":           {func(a, b float64) float64 { return min(a, b) }, func(a, b int64) int64 { return min(a, b) }},
		"RealDiv":           div,
		"Div":               div,
		"SquaredDifference": {f: func(a, b float64) float64 { return (a - b) * (a - b) }},
	}
}

func elementwise(x ir.Value, f func(float64) float64) (ir.Value, bool) {
	if x.Type != types.DataType_DT_FLOAT {
		return x, false
	}
	out := ir.Value{Type: x.Type, Dims: x.Dims, F: make([]float32, len(x.F))}
	for i, v := range x.F {
		out.F[i] = float32(f(float64(v)))
	}
	return out, true
}

// broadcast applies f as NumPy does: dimensions are matched from the last, and
// one of size 1 is repeated.
func broadcast(a, b ir.Value, f pair) (ir.Value, bool) {
	if a.Type != b.Type {
		return a, false
	}
	dims, ok := joint(a.Dims, b.Dims)
	if !ok {
		return a, false
	}
	n := ir.Elements(dims)
	if n < 0 || n > ir.Elements(a.Dims)+ir.Elements(b.Dims)+maxGrowth {
		return a, false
	}
	out := ir.Value{Type: a.Type, Dims: dims}
	at, bt := walker(a.Dims, dims), walker(b.Dims, dims)
	switch {
	case a.Type == types.DataType_DT_FLOAT:
		out.F = make([]float32, n)
		for i := range out.F {
			out.F[i] = float32(f.f(float64(a.F[at(i)]), float64(b.F[bt(i)])))
		}
	case f.i != nil && (a.Type == types.DataType_DT_INT32 || a.Type == types.DataType_DT_INT64):
		out.I = make([]int64, n)
		for i := range out.I {
			out.I[i] = f.i(a.I[at(i)], b.I[bt(i)])
			if a.Type == types.DataType_DT_INT32 {
				out.I[i] = int64(int32(out.I[i]))
			}
		}
	default:
		return a, false
	}
	return out, true
}

// joint returns the shape of a result of broadcasting.
func joint(a, b []int64) ([]int64, bool) {
	dims := make([]int64, max(len(a), len(b)))
	for i := range dims {
		da, db := fromEnd(a, len(dims)-1-i), fromEnd(b, len(dims)-1-i)
		switch {
		case da == db || db == 1:
			dims[i] = da
		case da == 1:
			dims[i] = db
		default:
			return nil, false
		}
	}
	return dims, true
}

func fromEnd(dims []int64, i int) int64 {
	if i >= len(dims) {
		return 1
	}
	return dims[len(dims)-1-i]
}

// walker maps a position in a result to the position in an operand.
func walker(from, to []int64) func(int) int {
	if ir.Elements(from) == ir.Elements(to) {
		return func(i int) int { return i }
	}
	stride := make([]int, len(to)) // in from, 0 along repeated dimensions
	s := 1
	for i := range to {
		j := len(to) - 1 - i
		if d := fromEnd(from, i); d > 1 {
			stride[j] = s
			s *= int(d)
		}
	}
	return func(i int) int {
		at := 0
		for j := len(to) - 1; j >= 0; j-- {
			d := int(to[j])
			at += i % d * stride[j]
			i /= d
		}
		return at
	}
}
