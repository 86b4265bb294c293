package savedmodel

import (
	"slices"
	"strings"

	"github.com/gosight/vision/internal/fault"
)

// Tags and signature keys that TensorFlow's own exporters and loaders use;
// "default" is what the modules of TensorFlow Hub 1 call theirs.
const (
	tagServe = "serve"
	tagTrain = "train"
)

func preferredSignatures() []string { return []string{"serving_default", "serve", "default"} }

// Choose returns the graph with exactly these tags, in any order, and its
// signature with this key.
//
// Nil tags are found: {serve}, else the only graph, else the only one whose
// tags contain serve, else the only one whose tags do not contain train. An empty
// slice that is not nil asks for the graph without tags. An empty signature
// is found: serving_default, else serve, else the only one, else default.
//
// What cannot be found, or names tensors that the graph does not have, is a
// *fault.ModelError that lists what the model has. A signature with sparse or
// composite tensors is a *fault.UnsupportedError.
func (m *Model) Choose(tags []string, signature string) (*Graph, *Signature, error) {
	g, err := m.chooseGraph(tags)
	if err != nil {
		return nil, nil, err
	}
	sig, err := m.chooseSignature(g, signature)
	if err != nil {
		return nil, nil, err
	}
	if err := m.checkPorts(g, sig); err != nil {
		return nil, nil, err
	}
	return g, sig, nil
}

func (m *Model) chooseGraph(tags []string) (*Graph, error) {
	graphs := m.Graphs()
	var have []string
	for _, g := range graphs {
		have = append(have, tagSet(g.Tags))
	}
	if tags != nil {
		want := slices.Clone(tags)
		slices.Sort(want)
		want = slices.Compact(want)
		for i := range graphs {
			if slices.Equal(graphs[i].Tags, want) {
				return &graphs[i], nil
			}
		}
		return nil, &fault.ModelError{Model: called(m.Dir), What: "tags", Want: tagSet(want), Have: have}
	}
	if len(graphs) == 1 {
		return &graphs[0], nil
	}
	rules := []func(Graph) bool{
		func(g Graph) bool { return slices.Equal(g.Tags, []string{tagServe}) },
		func(g Graph) bool { return slices.Contains(g.Tags, tagServe) },
		func(g Graph) bool { return !slices.Contains(g.Tags, tagTrain) },
	}
	for _, rule := range rules {
		var found []int
		for i, g := range graphs {
			if rule(g) {
				found = append(found, i)
			}
		}
		if len(found) == 1 {
			return &graphs[found[0]], nil
		}
	}
	return nil, &fault.ModelError{Model: called(m.Dir), What: "tags", Want: tagSet([]string{tagServe}) + " or tags to choose by", Have: have}
}

func (m *Model) chooseSignature(g *Graph, key string) (*Signature, error) {
	find := func(key string) *Signature {
		for i := range g.Signatures {
			if g.Signatures[i].Key == key {
				return &g.Signatures[i]
			}
		}
		return nil
	}
	e := &fault.ModelError{Model: called(m.Dir), What: "signature", Want: key}
	for _, s := range g.Signatures {
		e.Have = append(e.Have, s.Key)
	}
	if len(g.Signatures) == 0 {
		if key == "" {
			e.Want = "a signature"
		}
		e.Got = "a graph " + tagSet(g.Tags) + " with none"
		return nil, e
	}
	if key != "" {
		if s := find(key); s != nil {
			return s, nil
		}
		return nil, e
	}
	if len(g.Signatures) == 1 {
		return &g.Signatures[0], nil
	}
	for _, key := range preferredSignatures() {
		if s := find(key); s != nil {
			return s, nil
		}
	}
	e.Want = "serving_default or the name of one"
	return nil, e
}

// checkPorts makes sure that every tensor of the signature is in the graph.
func (m *Model) checkPorts(g *Graph, sig *Signature) error {
	ops := make(map[string]bool, len(g.Meta.GetGraphDef().GetNode()))
	for _, n := range g.Meta.GetGraphDef().GetNode() {
		ops[n.GetName()] = true
	}
	if len(sig.Outputs) == 0 {
		return &fault.ModelError{Model: called(m.Dir), What: "signature", Want: "an output of " + sig.Key, Got: "none"}
	}
	for _, p := range slices.Concat(sig.Inputs, sig.Outputs) {
		if p.Tensor == "" {
			return &fault.UnsupportedError{Format: format, Reason: "signature " + sig.Key + ": " + p.Key + " is a sparse or composite tensor"}
		}
		op, index, _ := strings.Cut(p.Tensor, ":")
		if !ops[op] || !isIndex(index) {
			return &fault.ModelError{
				Model: called(m.Dir), What: "signature", Want: "tensor " + p.Tensor + " for " + p.Key + " of " + sig.Key,
				Got: "a graph without it",
			}
		}
	}
	return nil
}

// isIndex reports whether s is a small decimal number.
func isIndex(s string) bool {
	return s != "" && len(s) < 7 && strings.Trim(s, "0123456789") == ""
}

func tagSet(tags []string) string {
	return "{" + strings.Join(tags, ", ") + "}"
}
