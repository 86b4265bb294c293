package savedmodel

import (
	"strings"

	nodes "github.com/wamuir/graft/tensorflow/core/framework/node_def_go_proto"
)

// assetTables returns which nodes below roots fill a table from a text file whose
// name the loader sets to that of an asset, wherever they are called from.
func (p *program) assetTables(roots []string) map[*nodes.NodeDef]bool {
	assets := p.assetNodes()
	main := p.main()
	fromAsset := func(s *scope, ref string) bool {
		n, _, at := s.origin(ref)
		if n != nil && n.GetOp() == "ReadVariableOp" && len(dataInputs(n)) == 1 {
			n, _, at = at.origin(dataInputs(n)[0])
		}
		return n != nil && at.parent == nil && assets[n.GetName()]
	}
	tables, visits := map[*nodes.NodeDef]bool{}, 0
	var visit func(s *scope, n *nodes.NodeDef)
	visit = func(s *scope, n *nodes.NodeDef) {
		if strings.HasPrefix(n.GetOp(), "InitializeTableFromTextFile") {
			in := dataInputs(n)
			ok := len(in) > 1 && fromAsset(s, in[1])
			if before, seen := tables[n]; seen {
				ok = ok && before
			}
			tables[n] = ok
			return
		}
		if visits > maxVisits {
			return
		}
		if inner := p.call(s, n); inner != nil {
			visits += 1 + len(inner.nodes)
			for _, n := range inner.nodes {
				visit(inner, n)
			}
		}
	}
	for _, n := range p.reachable(roots...).nodes {
		visit(main, n)
	}
	if visits > maxVisits {
		return nil // some call was not looked at
	}
	return tables
}

// assetNodes returns the nodes of the main graph that hold the path of an asset
// while the model is initialised: the tensors that the loader feeds, and the
// variables that hold nothing else, as TensorFlow 2.18 writes them.
func (p *program) assetNodes() map[string]bool {
	assets := map[string]bool{}
	for _, a := range p.meta.GetAssetFileDef() {
		assets[node(a.GetTensorInfo().GetName())] = true
	}
	handles := map[string]int{} // resource -> handles of it anywhere
	for _, n := range p.nodes {
		handles[resourceName(n)]++
	}
	for _, f := range p.functions {
		for _, n := range f.GetNodeDef() {
			handles[resourceName(n)]++
		}
	}
	main := p.main()
	assigned, spoilt := map[string]bool{}, map[string]bool{}
	for _, n := range p.nodes {
		for i, ref := range dataInputs(n) {
			v, _, _ := main.origin(ref)
			if v == nil || v.GetOp() != "VarHandleOp" {
				continue
			}
			switch in := dataInputs(n); {
			case n.GetOp() == "ReadVariableOp", n.GetOp() == "VarIsInitializedOp", n.GetOp() == "Identity":
			case n.GetOp() == "AssignVariableOp" && i == 0 && len(in) == 2:
				value, _, _ := main.origin(in[1])
				if value != nil && assets[value.GetName()] && handles[resourceName(v)] == 1 {
					assigned[v.GetName()] = true
				} else {
					spoilt[v.GetName()] = true
				}
			default: // a function may assign anything
				spoilt[v.GetName()] = true
			}
		}
	}
	for v := range assigned {
		if !spoilt[v] {
			assets[v] = true
		}
	}
	return assets
}

// resourceName is the name by which handles of one variable find each other.
func resourceName(n *nodes.NodeDef) string {
	if n.GetOp() != "VarHandleOp" {
		return ""
	}
	if s := string(n.GetAttr()["shared_name"].GetS()); s != "" {
		return s
	}
	return n.GetName()
}
