package savedmodel

import (
	"fmt"

	pb "github.com/wamuir/graft/tensorflow/core/protobuf/for_core_protos_go_proto"
	"google.golang.org/protobuf/proto"

	"github.com/gosight/vision/internal/fault"
)

const (
	objectGraphKey = "_CHECKPOINTABLE_OBJECT_GRAPH"
	valueAttribute = "VARIABLE_VALUE"
)

// objectKeys returns what the object graphs tell: node of a variable -> key, for
// the handles that a called function captures, and name of a variable -> key, for
// names that only one variable has. Both are empty without object graphs.
func (p *program) objectKeys(bundle *Bundle) (captured, names map[string]string, err error) {
	captured, names = map[string]string{}, map[string]string{}
	objects := p.meta.GetObjectGraphDef()
	if _, ok := bundle.Lookup(objectGraphKey); !ok || len(objects.GetNodes()) == 0 {
		return captured, names, nil
	}
	keys, err := checkpointKeys(objects, bundle)
	if err != nil {
		return nil, nil, err
	}
	count := map[string]int{}
	for i, o := range objects.GetNodes() {
		if v := o.GetVariable(); v != nil {
			count[v.GetName()]++
			if key, ok := keys[int32(i)]; ok {
				names[v.GetName()] = key
			}
		}
	}
	for name, n := range count {
		if n > 1 {
			delete(names, name)
		}
	}
	main := p.main()
	for _, n := range p.nodes {
		bound := objects.GetConcreteFunctions()[n.GetAttr()["f"].GetFunc().GetName()].GetBoundInputs()
		in := dataInputs(n)
		if len(bound) > len(in) {
			return nil, nil, &fault.FormatError{
				Format: format,
				Reason: fmt.Sprintf("node %s passes %d values to a function that captures %d", n.GetName(), len(in), len(bound)),
			}
		}
		// Captures are the last arguments, in this order.
		for i, ref := range in[len(in)-len(bound):] {
			key, ok := keys[bound[i]]
			variable, _, _ := main.origin(ref)
			if !ok || variable == nil || !isVariable(variable) {
				continue // constants, tables and assets are captured as well
			}
			if known, ok := captured[variable.GetName()]; ok && !bundle.same(known, key) {
				return nil, nil, &fault.FormatError{
					Format: format,
					Reason: fmt.Sprintf("variable %s is captured as %q and as %q", variable.GetName(), known, key),
				}
			}
			captured[variable.GetName()] = key
		}
	}
	return captured, names, nil
}

// checkpointKeys returns the key of each variable by its number in the object
// graph. The checkpoint has an object graph of its own, and the two correspond
// along the names of the children, from the root on.
func checkpointKeys(objects *pb.SavedObjectGraph, bundle *Bundle) (map[int32]string, error) {
	list, err := bundle.ReadStrings(objectGraphKey)
	if err != nil {
		return nil, err
	}
	if len(list) != 1 {
		return nil, &fault.FormatError{Format: formatBundle, Reason: fmt.Sprintf("want one object graph, got %d", len(list))}
	}
	var tracked pb.TrackableObjectGraph
	if err := proto.Unmarshal(list[0], &tracked); err != nil {
		return nil, &fault.FormatError{Format: formatBundle, Reason: "object graph", Err: err}
	}
	keys := map[int32]string{}
	saved, there := objects.GetNodes(), tracked.GetNodes()
	type pair struct{ saved, there int32 }
	seen := map[int32]bool{}
	for todo := []pair{{}}; len(todo) > 0; {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[at.saved] || int(at.saved) >= len(saved) || int(at.there) >= len(there) || at.saved < 0 || at.there < 0 {
			continue
		}
		seen[at.saved] = true
		s, t := saved[at.saved], there[at.there]
		if s.GetVariable() != nil {
			for _, a := range t.GetAttributes() {
				if a.GetName() == valueAttribute {
					keys[at.saved] = a.GetCheckpointKey()
				}
			}
		}
		children := map[string]int32{}
		for _, c := range t.GetChildren() {
			children[c.GetLocalName()] = c.GetNodeId()
		}
		for _, c := range s.GetChildren() {
			if id, ok := children[c.GetLocalName()]; ok {
				todo = append(todo, pair{c.GetNodeId(), id})
			}
		}
	}
	return keys, nil
}
