package savedmodel

import (
	"slices"
	"strings"

	attrs "github.com/wamuir/graft/tensorflow/core/framework/attr_value_go_proto"
	functions "github.com/wamuir/graft/tensorflow/core/framework/function_go_proto"
	nodes "github.com/wamuir/graft/tensorflow/core/framework/node_def_go_proto"
	pb "github.com/wamuir/graft/tensorflow/core/protobuf/for_core_protos_go_proto"
)

// Bounds on walks through a graph that somebody else wrote: functions may call
// themselves, or each other so that their calls double with every level.
const (
	maxDepth  = 32
	maxVisits = 1 << 20 // nodes of called functions, once for each call; a restore op of 1,000 variables needs 3,000
	maxHops   = 1_000   // Identities in a row
)

// A program is a MetaGraph indexed by name. It is for one goroutine.
type program struct {
	meta      *pb.MetaGraphDef
	nodes     map[string]*nodes.NodeDef
	functions map[string]*functions.FunctionDef
	bodies    map[*functions.FunctionDef]map[string]*nodes.NodeDef // those called so far
}

func newProgram(meta *pb.MetaGraphDef) *program {
	p := &program{
		meta:      meta,
		nodes:     index(meta.GetGraphDef().GetNode()),
		functions: map[string]*functions.FunctionDef{},
		bodies:    map[*functions.FunctionDef]map[string]*nodes.NodeDef{},
	}
	for _, f := range meta.GetGraphDef().GetLibrary().GetFunction() {
		p.functions[f.GetSignature().GetName()] = f
	}
	return p
}

func index(list []*nodes.NodeDef) map[string]*nodes.NodeDef {
	m := make(map[string]*nodes.NodeDef, len(list))
	for _, n := range list {
		m[n.GetName()] = n
	}
	return m
}

// A scope is the main graph, or a function as called from one place.
type scope struct {
	nodes  map[string]*nodes.NodeDef
	args   map[string]string // argument -> what the caller passes, a reference in parent
	parent *scope            // nil for the main graph
	depth  int
}

func (p *program) main() *scope { return &scope{nodes: p.nodes} }

// call opens the scope of the function that node n calls in s, nil if n calls none.
func (p *program) call(s *scope, n *nodes.NodeDef) *scope {
	f := p.functions[n.GetAttr()["f"].GetFunc().GetName()]
	if f == nil {
		f = p.functions[n.GetOp()] // a function may be called by its own name
	}
	if f == nil || s.depth >= maxDepth {
		return nil
	}
	body, ok := p.bodies[f]
	if !ok {
		body = index(f.GetNodeDef())
		p.bodies[f] = body
	}
	inner := &scope{nodes: body, args: map[string]string{}, parent: s, depth: s.depth + 1}
	in := dataInputs(n)
	for i, arg := range f.GetSignature().GetInputArg() {
		if i < len(in) {
			inner.args[arg.GetName()] = in[i]
		}
	}
	return inner
}

// origin follows a reference through Identities and arguments to the node that
// makes the value, with the index of the output. It returns a nil node where
// that cannot be told.
func (s *scope) origin(ref string) (n *nodes.NodeDef, output string, at *scope) {
	for range maxHops {
		op, out, _ := strings.Cut(ref, ":")
		if n = s.nodes[op]; n == nil {
			outer, ok := s.args[ref]
			if !ok {
				return nil, "", nil
			}
			ref, s = outer, s.parent
			continue
		}
		in := dataInputs(n)
		if n.GetOp() == "Identity" && len(in) == 1 {
			ref = in[0]
			continue
		}
		// "name:output:index" inside functions, "name:index" or "name" outside.
		if i := strings.LastIndexByte(out, ':'); i >= 0 {
			out = out[i+1:]
		}
		if out == "" {
			out = "0"
		}
		return n, out, s
	}
	return nil, "", nil
}

// dataInputs returns the inputs of n that carry values.
func dataInputs(n *nodes.NodeDef) []string {
	in := n.GetInput()
	for i, ref := range in {
		if strings.HasPrefix(ref, "^") {
			return in[:i] // control inputs come last
		}
	}
	return in
}

// node returns the name of the node that a reference in the main graph is about.
func node(ref string) string {
	op, _, _ := strings.Cut(strings.TrimPrefix(ref, "^"), ":")
	return op
}

// A reach is what runs when some nodes are asked for.
type reach struct {
	nodes     map[string]*nodes.NodeDef // of the main graph
	functions map[string]*functions.FunctionDef
}

// reachable returns all that may run for roots, references in the main graph: the
// nodes they need, and the functions called by these.
func (p *program) reachable(roots ...string) reach {
	r := reach{nodes: map[string]*nodes.NodeDef{}, functions: map[string]*functions.FunctionDef{}}
	for todo := slices.Clone(roots); len(todo) > 0; {
		name := node(todo[len(todo)-1])
		todo = todo[:len(todo)-1]
		n := p.nodes[name]
		if n == nil || r.nodes[name] != nil {
			continue
		}
		r.nodes[name] = n
		todo = append(todo, n.GetInput()...)
	}
	var todo []*functions.FunctionDef
	enter := func(name string) {
		if f := p.functions[name]; f != nil && r.functions[name] == nil {
			r.functions[name] = f
			todo = append(todo, f)
		}
	}
	for _, n := range r.nodes {
		callees(n, enter)
	}
	for len(todo) > 0 {
		f := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, n := range f.GetNodeDef() {
			callees(n, enter)
		}
		// The optimiser may put one implementation of an interface in place of another.
		if api := f.GetAttr()["api_implements"].GetS(); len(api) > 0 {
			for name, other := range p.functions {
				if string(other.GetAttr()["api_implements"].GetS()) == string(api) {
					enter(name)
				}
			}
		}
	}
	return r
}

// callees calls enter with every name by which n may call a function.
func callees(n *nodes.NodeDef, enter func(name string)) {
	enter(n.GetOp())
	for _, a := range n.GetAttr() {
		functionNames(a, enter, 0)
	}
}

func functionNames(a *attrs.AttrValue, enter func(name string), depth int) {
	if depth > maxDepth {
		return
	}
	inner := func(f *attrs.NameAttrList) {
		enter(f.GetName())
		for _, a := range f.GetAttr() {
			functionNames(a, enter, depth+1)
		}
	}
	switch v := a.GetValue().(type) {
	case *attrs.AttrValue_Func:
		inner(v.Func)
	case *attrs.AttrValue_S:
		enter(string(v.S)) // some ops name a function by a string
	case *attrs.AttrValue_List:
		for _, f := range v.List.GetFunc() {
			inner(f)
		}
		for _, s := range v.List.GetS() {
			enter(string(s))
		}
	}
}
