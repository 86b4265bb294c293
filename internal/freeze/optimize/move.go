package optimize

import (
	"slices"

	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"

	"github.com/gosight/vision/internal/freeze/ir"
	"github.com/gosight/vision/internal/savedmodel"
)

// moving lists the ops that only move elements or change their type.
func moving(op string) bool {
	switch op {
	case "Cast", "Pack", "ConcatV2", "Shape", "StridedSlice", "Prod", "GatherV2", "Fill":
		return true
	}
	return false
}

func move(n *ir.Node, in []ir.Value) (ir.Value, bool) {
	fail := ir.Value{}
	switch n.Op {
	case "Cast":
		return cast(in[0], n.Type("DstT"))
	case "Shape":
		v := ir.Value{Type: types.DataType_DT_INT32, Dims: []int64{int64(len(in[0].Dims))}, I: slices.Clone(in[0].Dims)}
		if t := n.Type("out_type"); t != types.DataType_DT_INVALID {
			v.Type = t
		}
		return v, true
	case "Pack": // of scalars, as shapes are made
		out := ir.Value{Type: in[0].Type, Dims: []int64{int64(len(in))}}
		for _, v := range in {
			if len(v.Dims) != 0 {
				return fail, false
			}
			out.F, out.I = append(out.F, v.F...), append(out.I, v.I...)
		}
		return out, true
	case "ConcatV2": // of vectors
		out := ir.Value{Type: in[0].Type}
		for _, v := range in[:len(in)-1] {
			if len(v.Dims) != 1 {
				return fail, false
			}
			out.F, out.I = append(out.F, v.F...), append(out.I, v.I...)
		}
		out.Dims = []int64{int64(len(out.F) + len(out.I))}
		return out, true
	case "Prod": // of a whole vector of integers
		if len(in) != 2 || len(in[0].Dims) != 1 || in[0].I == nil || len(in[1].I) != 1 || n.Attr["keep_dims"].GetB() {
			return fail, false
		}
		p := int64(1)
		for _, d := range in[0].I {
			p *= d
		}
		return ir.Value{Type: in[0].Type, I: []int64{p}}, true
	case "GatherV2": // of a vector
		if len(in) != 3 || len(in[0].Dims) != 1 || in[1].I == nil || len(in[2].I) != 1 || in[2].I[0] != 0 || n.Attr["batch_dims"].GetI() != 0 {
			return fail, false
		}
		out := ir.Value{Type: in[0].Type, Dims: in[1].Dims}
		for _, i := range in[1].I {
			switch {
			case i < 0 || i >= in[0].Dims[0]:
				return fail, false
			case in[0].F != nil:
				out.F = append(out.F, in[0].F[i])
			default:
				out.I = append(out.I, in[0].I[i])
			}
		}
		return out, true
	case "Fill":
		if len(in) != 2 || len(in[1].Dims) != 0 || in[0].I == nil {
			return fail, false
		}
		size := ir.Elements(in[0].I)
		if size < 0 || size > maxGrowth {
			return fail, false
		}
		out := ir.Value{Type: in[1].Type, Dims: in[0].I}
		for range size {
			out.F, out.I = append(out.F, in[1].F...), append(out.I, in[1].I...)
		}
		return out, true
	case "StridedSlice":
		return slice(n, in)
	}
	return fail, false
}

// cast is TensorFlow's conversion between float32, int32, int64 and bool.
func cast(v ir.Value, to types.DataType) (ir.Value, bool) {
	out := ir.Value{Type: to, Dims: v.Dims}
	whole := to == types.DataType_DT_INT32 || to == types.DataType_DT_INT64
	switch {
	case to == v.Type:
		return v, true
	case to == types.DataType_DT_FLOAT && v.I != nil:
		out.F = make([]float32, len(v.I))
		for i, x := range v.I {
			out.F[i] = float32(x)
		}
	case whole && v.F != nil:
		out.I = make([]int64, len(v.F))
		for i, x := range v.F {
			if x != x || x < -1<<31 || x >= 1<<31 {
				return out, false // what comes out depends on the machine
			}
			out.I[i] = int64(x)
		}
	case whole && v.I != nil:
		out.I = slices.Clone(v.I)
		if to == types.DataType_DT_INT32 {
			for i, x := range v.I {
				out.I[i] = int64(int32(x))
			}
		}
	default:
		return out, false
	}
	return out, true
}

// slice takes elements of a vector, with no mask but those that shapes are read with.
func slice(n *ir.Node, in []ir.Value) (ir.Value, bool) {
	fail := ir.Value{}
	if len(in) != 4 || len(in[0].Dims) != 1 || len(in[1].I) != 1 || len(in[2].I) != 1 || len(in[3].I) != 1 || in[3].I[0] != 1 ||
		n.Attr["ellipsis_mask"].GetI() != 0 || n.Attr["new_axis_mask"].GetI() != 0 {
		return fail, false
	}
	size := in[0].Dims[0]
	clamp := func(i int64) int64 {
		if i < 0 {
			i += size
		}
		return min(max(i, 0), size)
	}
	lo, hi := clamp(in[1].I[0]), clamp(in[2].I[0])
	if n.Attr["begin_mask"].GetI() != 0 {
		lo = 0
	}
	if n.Attr["end_mask"].GetI() != 0 {
		hi = size
	}
	out := ir.Value{Type: in[0].Type}
	if n.Attr["shrink_axis_mask"].GetI() != 0 {
		if lo >= size {
			return fail, false
		}
		hi = lo + 1
	} else {
		hi = max(hi, lo)
		out.Dims = []int64{hi - lo}
	}
	if in[0].F != nil {
		out.F = slices.Clone(in[0].F[lo:hi])
	} else {
		out.I = slices.Clone(in[0].I[lo:hi])
	}
	return out, true
}

// permute makes a Transpose, Reshape, Squeeze or ExpandDims of a constant of any
// type a constant. It moves bytes, when they are asked for, as weights are large.
func permute(n *ir.Node) bool {
	switch n.Op {
	case "Transpose", "Reshape", "Squeeze", "ExpandDims":
	default:
		return false
	}
	for _, in := range n.In {
		if in.Node.Op != "Const" || len(in.Node.Ctrl) > 0 {
			return false
		}
	}
	from := n.In[0].Node
	t := from.Attr["value"].GetTensor()
	dims, elem := ir.Dims(t.GetTensorShape()), savedmodel.ElementSize(t.GetDtype())
	if dims == nil || elem == 0 {
		return false
	}
	var arg ir.Value
	if len(n.In) > 1 {
		var ok bool
		if arg, ok = ir.Const(n.In[1].Node); !ok || arg.I == nil {
			return false
		}
	}
	to, ok := newDims(n, dims, arg.I)
	if !ok {
		return false
	}
	_, fill, ok := ir.Bytes(from)
	if !ok {
		v, known := ir.Const(from)
		if !known || !written(v.Type) {
			return false
		}
		if n.Op == "Transpose" {
			if v.F == nil {
				return false
			}
			v.F = rearrange(v.F, dims, arg.I)
		}
		v.Dims = to
		become(n, ir.Tensor(v.Proto()), v.Type)
		return true
	}
	if n.Op == "Transpose" {
		straight := fill
		fill = func(dst []byte) error {
			src := make([]byte, len(dst))
			if err := straight(src); err != nil {
				return err
			}
			transpose(dst, src, dims, arg.I, int(elem))
			return nil
		}
	}
	c := ir.Large(n.Name, t.GetDtype(), to, fill)
	n.Op, n.In, n.Attr, n.Fill = c.Op, nil, c.Attr, c.Fill
	return true
}

func newDims(n *ir.Node, dims, arg []int64) ([]int64, bool) {
	switch n.Op {
	case "Transpose":
		to := make([]int64, len(dims))
		seen := map[int64]bool{}
		for i, p := range arg {
			if p < 0 || p >= int64(len(dims)) || seen[p] || len(arg) != len(dims) {
				return nil, false
			}
			seen[p] = true
			to[i] = dims[p]
		}
		return to, len(arg) == len(dims)
	case "Reshape":
		to := slices.Clone(arg)
		if to == nil {
			to = []int64{}
		}
		hole, known := -1, int64(1)
		for i, d := range to {
			if d < 0 {
				if hole >= 0 {
					return nil, false
				}
				hole = i
			} else {
				known *= d
			}
		}
		if hole >= 0 {
			if known == 0 {
				return nil, false
			}
			to[hole] = ir.Elements(dims) / known
		}
		return to, ir.Elements(to) == ir.Elements(dims)
	case "ExpandDims":
		if len(arg) != 1 {
			return nil, false
		}
		at := arg[0]
		if at < 0 {
			at += int64(len(dims)) + 1
		}
		if at < 0 || at > int64(len(dims)) {
			return nil, false
		}
		return slices.Insert(slices.Clone(dims), int(at), 1), true
	}
	axes := n.Ints("squeeze_dims")
	to := []int64{}
	for i, d := range dims {
		drop := len(axes) == 0 && d == 1 || slices.Contains(axes, int64(i)) || slices.Contains(axes, int64(i-len(dims)))
		if drop && d != 1 {
			return nil, false
		}
		if !drop {
			to = append(to, d)
		}
	}
	return to, true
}

// transpose permutes elements of size bytes: dimension i of dst is dimension
// perm[i] of src.
func transpose(dst, src []byte, dims, perm []int64, size int) {
	to := 0
	permutation(dims, perm, func(from int) {
		copy(dst[to:to+size], src[from*size:])
		to += size
	})
}

func rearrange(src []float32, dims, perm []int64) []float32 {
	dst := make([]float32, 0, len(src))
	permutation(dims, perm, func(from int) { dst = append(dst, src[from]) })
	return dst
}

// permutation visits the elements of an array in the order of its transpose.
func permutation(dims, perm []int64, visit func(from int)) {
	stride := make([]int, len(dims))
	total := 1
	for i := len(dims) - 1; i >= 0; i-- {
		stride[i] = total
		total *= int(dims[i])
	}
	at := make([]int64, len(perm))
	from := 0
	for range total {
		visit(from)
		for i := len(perm) - 1; i >= 0; i-- {
			at[i]++
			from += stride[perm[i]]
			if at[i] < dims[perm[i]] {
				break
			}
			from -= stride[perm[i]] * int(at[i])
			at[i] = 0
		}
	}
}
