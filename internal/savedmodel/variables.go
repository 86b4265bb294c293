package savedmodel

import (
	"fmt"
	"maps"
	"slices"

	nodes "github.com/wamuir/graft/tensorflow/core/framework/node_def_go_proto"
	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"

	"github.com/gosight/vision/internal/fault"
)

// anonymous is the shared name of resources that are never shared
// (ResourceHandle::ANONYMOUS_NAME in tensorflow/core/framework/resource_handle.h).
const anonymous = "cd2c89b7-88b7-44c8-ad83-06c2a9158347"

// VariableKeys returns the checkpoint key of every variable of the graph whose
// value can be told: node name of the VarHandleOp, VariableV2 or Variable -> key.
// A graph without variables gives an empty map and needs no checkpoint.
//
// The object graph that TensorFlow 2 writes comes first: what a function
// captures, or else a name that one variable alone has. Then what the restore op
// assigns, which is all that there is in TensorFlow 1. Keras models exist whose
// function captures other handles than the restore op fills, so neither alone is
// enough. Last, in a graph without restore op, a key that equals the name.
//
// A float32 variable may have a float16 entry, if the restore op casts it. A variable whose checkpoint entry is absent or else has another type or shape is a
// *fault.ModelError, one that is a slice of an entry a *fault.UnsupportedError,
// and two sources whose values differ a *fault.FormatError. (Keras 3 stores every
// variable twice, and its sources do name different keys of equal value.)
func (m *Model) VariableKeys(g *Graph) (map[string]string, error) {
	variables := map[string]*nodes.NodeDef{}
	for _, n := range g.Meta.GetGraphDef().GetNode() {
		if isVariable(n) {
			variables[n.GetName()] = n
		}
	}
	if len(variables) == 0 {
		return map[string]string{}, nil
	}
	bundle, err := m.Checkpoint()
	if err != nil {
		return nil, err
	}
	p := newProgram(g.Meta)
	keys, names, err := p.objectKeys(bundle)
	if err != nil {
		return nil, err
	}
	restored, widened, err := p.restoreKeys()
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(restored)) {
		key := restored[name]
		known, ok := keys[name]
		if !ok {
			keys[name] = key
		} else if !bundle.same(known, key) {
			return nil, &fault.FormatError{Format: format, Reason: fmt.Sprintf("variable %s: the object graph says %q, the restore op %q, and their values differ", name, known, key)}
		}
	}
	for name, n := range variables {
		if _, known := keys[name]; known {
			continue
		}
		for _, alias := range []string{string(n.GetAttr()["shared_name"].GetS()), name} {
			if key, ok := names[alias]; ok {
				keys[name] = key
				break
			}
			if _, ok := bundle.Lookup(alias); ok && g.Meta.GetSaverDef().GetRestoreOpName() == "" {
				keys[name] = alias
				break
			}
		}
	}
	share(variables, keys)
	for _, name := range slices.Sorted(maps.Keys(keys)) {
		if err := m.fits(variables[name], keys[name], widened[keys[name]], bundle); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

func isVariable(n *nodes.NodeDef) bool {
	switch n.GetOp() {
	case "VarHandleOp", "VariableV2", "Variable":
		return true
	}
	return false
}

// share gives handles of the same resource the same key.
func share(variables map[string]*nodes.NodeDef, keys map[string]string) {
	resource := func(n *nodes.NodeDef) (string, bool) {
		shared := string(n.GetAttr()["shared_name"].GetS())
		return string(n.GetAttr()["container"].GetS()) + "\x00" + shared, n.GetOp() == "VarHandleOp" && shared != "" && shared != anonymous
	}
	known := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(keys)) {
		if r, ok := resource(variables[name]); ok {
			known[r] = keys[name]
		}
	}
	for name, n := range variables {
		if _, has := keys[name]; has {
			continue
		}
		if r, ok := resource(n); ok && known[r] != "" {
			keys[name] = known[r]
		}
	}
}

// fits compares a variable with the entry that is to be its value; widened: from float16, if that is its type.
func (m *Model) fits(n *nodes.NodeDef, key string, widened bool, bundle *Bundle) error {
	e, ok := bundle.Lookup(key)
	if !ok {
		return &fault.ModelError{Model: called(m.Dir), What: "variables", Want: fmt.Sprintf("%q for variable %s", key, n.GetName()), Have: bundle.some()}
	}
	want := n.GetAttr()["dtype"].GetType()
	shape := n.GetAttr()["shape"].GetShape()
	same := want == e.DType || widened && want == types.DataType_DT_FLOAT && e.DType == types.DataType_DT_HALF
	if shape != nil && !shape.GetUnknownRank() {
		same = same && len(shape.GetDim()) == len(e.Shape)
		for i, d := range shape.GetDim() {
			same = same && (d.GetSize() < 0 || d.GetSize() == e.Shape[i])
		}
	}
	if same {
		return nil
	}
	var dims []int64
	for _, d := range shape.GetDim() {
		dims = append(dims, d.GetSize())
	}
	return &fault.ModelError{
		Model: called(m.Dir), What: "variables",
		Want: fmt.Sprintf("%s %v for variable %s", DTypeName(want), dims, n.GetName()),
		Got:  fmt.Sprintf("%s %v in %q", DTypeName(e.DType), e.Shape, key),
	}
}
