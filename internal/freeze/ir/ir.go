// Package ir is a TensorFlow graph as nodes that point at each other, which is
// easier to change than names in strings. GraphDef and FunctionDef are read into
// it and written from it.
package ir

import (
	attrpb "github.com/wamuir/graft/tensorflow/core/framework/attr_value_go_proto"
	funcpb "github.com/wamuir/graft/tensorflow/core/framework/function_go_proto"
	versionspb "github.com/wamuir/graft/tensorflow/core/framework/versions_go_proto"
)

// Attrs are the attributes of a node, by name.
type Attrs map[string]*attrpb.AttrValue

// A Node is one operation. Nodes of one graph may form cycles (V1 loops).
type Node struct {
	Name   string
	Op     string
	Device string
	In     []Out   // data inputs, in the order of the op
	Ctrl   []*Node // nodes that must have run before
	Attr   Attrs

	// Fill writes the bytes of a large constant, which are then not in the attribute:
	// they are read from the checkpoint straight to where they are needed, over and over if need be.
	Fill func(dst []byte) error
}

// An Out is one output tensor of a node.
type Out struct {
	Node  *Node
	Index int
}

// A Graph is the main graph of a model with the functions it may call.
type Graph struct {
	Nodes    []*Node
	Funcs    map[string]*funcpb.FunctionDef
	Versions *versionspb.VersionDef
}

// A Body is the inside of one function. Args are nodes of op "_Arg".
type Body struct {
	Def     *funcpb.FunctionDef
	Args    []*Node
	Nodes   []*Node // without the Args
	Rets    []Out   // in the order of the signature's outputs
	Effects []*Node // what must run although nothing reads it
}

// OpArg is the op of a function's arguments.
const OpArg = "_Arg"

// New returns a node. The attributes may be nil.
func New(name, op string, attr Attrs, in ...Out) *Node {
	if attr == nil {
		attr = Attrs{}
	}
	return &Node{Name: name, Op: op, Attr: attr, In: in}
}

// Out returns the i-th output of n.
func (n *Node) Out(i int) Out { return Out{n, i} }

// Reach returns every node that roots need through data and control edges, each
// once, inputs before users wherever there is no cycle.
func Reach(roots ...*Node) []*Node {
	type frame struct {
		n *Node
		i int // next edge to follow
	}
	seen := map[*Node]bool{}
	var order []*Node
	var stack []frame
	push := func(n *Node) {
		if n != nil && !seen[n] {
			seen[n] = true
			stack = append(stack, frame{n: n})
		}
	}
	for _, root := range roots {
		push(root)
		for len(stack) > 0 {
			f := &stack[len(stack)-1]
			switch i := f.i; {
			case i < len(f.n.In):
				f.i++
				push(f.n.In[i].Node)
			case i < len(f.n.In)+len(f.n.Ctrl):
				f.i++
				push(f.n.Ctrl[i-len(f.n.In)])
			default:
				order = append(order, f.n)
				stack = stack[:len(stack)-1]
			}
		}
	}
	return order
}

// Cycle returns a node that waits for itself, nil if there is none. The way back
// of a V1 loop, which a NextIteration goes, is no such cycle.
func Cycle(nodes []*Node) *Node {
	waits := make(map[*Node]int, len(nodes))
	for _, n := range nodes {
		if n.Op != "NextIteration" {
			waits[n] = len(n.In) + len(n.Ctrl)
		}
	}
	users := Users(nodes)
	var ready []*Node
	for _, n := range nodes {
		if waits[n] == 0 {
			ready = append(ready, n)
		}
	}
	done := len(ready)
	for len(ready) > 0 {
		n := ready[len(ready)-1]
		ready = ready[:len(ready)-1]
		for _, u := range users[n] {
			if waits[u] == 0 {
				continue
			}
			if waits[u]--; waits[u] == 0 {
				ready = append(ready, u)
				done++
			}
		}
	}
	if done == len(nodes) {
		return nil
	}
	for _, n := range nodes {
		if waits[n] > 0 {
			return n
		}
	}
	return nil
}

// Users returns for each node of nodes those that read it, through data or control edges;
// a node that reads another twice is listed twice.
func Users(nodes []*Node) map[*Node][]*Node {
	users := make(map[*Node][]*Node, len(nodes))
	for _, n := range nodes {
		for _, in := range n.In {
			users[in.Node] = append(users[in.Node], n)
		}
		for _, c := range n.Ctrl {
			users[c] = append(users[c], n)
		}
	}
	return users
}

// Redirect makes every data input among nodes and outs that reads a key of to
// read its value instead, following chains of keys.
func Redirect(to map[Out]Out, nodes []*Node, outs ...[]Out) {
	if len(to) == 0 {
		return
	}
	final := func(o Out) Out {
		for range len(to) + 1 { // a bound, should there be a cycle of keys
			next, ok := to[o]
			if !ok {
				return o
			}
			o = next
		}
		return o
	}
	for _, n := range nodes {
		for i, in := range n.In {
			n.In[i] = final(in)
		}
	}
	for _, list := range outs {
		for i, o := range list {
			list[i] = final(o)
		}
	}
}
