package freeze

import (
	"errors"
	"slices"
	"testing"

	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"

	"github.com/gosight/vision/internal/freeze/ir"
)

func handle(dtype types.DataType) ir.Out {
	return ir.New("v", "VarHandleOp", ir.Attrs{"dtype": ir.Type(dtype)}).Out(0)
}

// rewrite makes the readers of v, which is two floats, read its value.
func rewrite(t *testing.T, v ir.Out, framed bool, nodes ...*ir.Node) error {
	t.Helper()
	h := handles{v: {dtype: float, shape: []int64{2}}}
	all := append([]*ir.Node{v.Node}, nodes...)
	h.spread(all)
	for _, n := range nodes {
		if err := h.read(n, framed); err != nil {
			return err
		}
	}
	return nil
}

func TestReaders(t *testing.T) {
	v := handle(float)
	index := ir.New("i", "Placeholder", nil).Out(0)
	res := ir.Type(types.DataType_DT_RESOURCE)
	read := ir.New("r", "ReadVariableOp", ir.Attrs{"dtype": ir.Type(float)}, v)
	gather := ir.New("g", "ResourceGather", ir.Attrs{"dtype": ir.Type(float), "Tindices": ir.Type(types.DataType_DT_INT64), "batch_dims": ir.Int(0)}, v, index)
	shape := ir.New("s", "VariableShape", ir.Attrs{"out_type": ir.Type(types.DataType_DT_INT64)}, v)
	pass := ir.New("p", "Switch", ir.Attrs{"T": res}, v, index)
	after := ir.New("a", "ReadVariableOp", ir.Attrs{"dtype": ir.Type(float)}, pass.Out(1))
	list := ir.New("l", "IdentityN", ir.Attrs{"T": ir.Types([]types.DataType{float, types.DataType_DT_RESOURCE})}, index, v)
	drop := ir.New("d", "DisableCopyOnRead", nil, v)
	if err := rewrite(t, v, true, read, gather, shape, pass, after, list, drop); err != nil {
		t.Fatal(err)
	}
	if read.Op != "Identity" || read.Type("T") != float || after.Op != "Identity" {
		t.Errorf("reads became %s and %s", read.Op, after.Op)
	}
	if gather.Op != "GatherV2" || len(gather.In) != 3 || gather.In[2].Node.Op != "Const" || gather.Type("Taxis") != types.DataType_DT_INT32 {
		t.Errorf("the gather became %s of %d", gather.Op, len(gather.In))
	}
	if axis := gather.In[2].Node; len(axis.Ctrl) != 1 || axis.Ctrl[0] != index.Node {
		t.Error("inside a loop the axis must stand in the loop")
	}
	if shape.Op != "Shape" || shape.Type("T") != float || shape.Type("out_type") != types.DataType_DT_INT64 {
		t.Errorf("the shape became %s %v", shape.Op, shape.Attr)
	}
	if pass.Type("T") != float || !slices.Equal(list.Attr["T"].GetList().GetType(), []types.DataType{float, float}) || drop.Op != "NoOp" {
		t.Error("what passes handles on still does")
	}
}

func TestReaderErrors(t *testing.T) {
	v := handle(float)
	for name, n := range map[string]*ir.Node{
		"a read of another type":  ir.New("n", "ReadVariableOp", ir.Attrs{"dtype": ir.Type(types.DataType_DT_HALF)}, v),
		"a gather without index":  ir.New("n", "ResourceGather", ir.Attrs{"dtype": ir.Type(float)}, v),
		"an op that is not known": ir.New("n", "ResourceApplyAdam", nil, v),
	} {
		var not *NotFreezableError
		if err := rewrite(t, v, false, n); !errors.As(err, &not) {
			t.Errorf("%s: %v, want a NotFreezableError", name, err)
		}
	}
}

// A handle that goes round a loop is found although the loop's end comes first.
func TestHandleInLoop(t *testing.T) {
	v := handle(float)
	enter := ir.New("enter", "Enter", nil, v)
	merge := ir.New("merge", "Merge", nil, enter.Out(0))
	next := ir.New("next", "NextIteration", nil, merge.Out(0))
	merge.In = append(merge.In, next.Out(0))
	h := handles{v: {dtype: float}}
	h.spread([]*ir.Node{next, merge, enter, v.Node})
	if h[next.Out(0)] == nil || h[merge.Out(0)] == nil {
		t.Error("the handle was lost in the loop")
	}
}

func TestRelax(t *testing.T) {
	f := &freezer{ops: ir.Ops{"Relu": nil}}
	f.ops, _ = ir.ParseOps(ops(t))
	x := ir.New("x", "Placeholder", nil)
	read := ir.New("read", "Identity", nil, x.Out(0))
	print := ir.New("print", "Print", nil)
	wait := ir.New("wait", "NoOp", nil)
	wait.Ctrl = []*ir.Node{print}
	y := ir.New("y", "Relu", nil, x.Out(0))
	y.Ctrl = []*ir.Node{read, wait}
	b := &ir.Body{Rets: []ir.Out{y.Out(0)}, Effects: []*ir.Node{read, wait}}
	f.relax(b)
	if len(y.Ctrl) != 1 || y.Ctrl[0] != wait || len(b.Effects) != 1 {
		t.Errorf("waits for %d nodes, %d effects; want what leads to the Print", len(y.Ctrl), len(b.Effects))
	}
	// In V1 control flow a control edge says which branch a constant is in.
	s := ir.New("s", "Switch", nil, x.Out(0), x.Out(0))
	c := ir.New("c", "Const", nil)
	c.Ctrl = []*ir.Node{read}
	merge := ir.New("m", "Merge", nil, s.Out(0), c.Out(0))
	f.relax(&ir.Body{Rets: []ir.Out{merge.Out(0)}})
	if len(c.Ctrl) != 1 {
		t.Error("a constant left its branch")
	}
}

func TestExtract(t *testing.T) {
	big := ir.Large("big", float, []int64{large / 4}, func(dst []byte) error { dst[0] = 7; return nil })
	small := ir.Large("small", float, []int64{2}, func([]byte) error { return nil })
	waits := ir.Large("waits", float, []int64{large}, func([]byte) error { return nil })
	waits.Ctrl = []*ir.Node{small}
	weights, assigns := extract([]*ir.Node{big, small, waits})
	if len(weights) != 1 || len(assigns) != 1 || big.Op != "ReadVariableOp" || small.Op != "Const" || waits.Op != "Const" {
		t.Fatalf("%d weights; %s, %s, %s", len(weights), big.Op, small.Op, waits.Op)
	}
	dst := make([]byte, weights[0].Size)
	if err := weights[0].Fill(dst); err != nil || dst[0] != 7 || weights[0].Size != large {
		t.Errorf("filled with %d of %d bytes, %v", dst[0], weights[0].Size, err)
	}
	if a := assigns[0]; a.In[0] != big.In[0] || a.In[1].Node.Op != "Placeholder" {
		t.Error("the assignment goes elsewhere")
	}
}
