package savedmodel

import (
	"encoding/binary"
	"fmt"
	"strconv"

	nodes "github.com/wamuir/graft/tensorflow/core/framework/node_def_go_proto"
	shapes "github.com/wamuir/graft/tensorflow/core/framework/tensor_shape_go_proto"
	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"

	"github.com/gosight/vision/internal/fault"
)

// restoreKeys follows the restore op, into functions too, and returns which key
// it assigns to which variable of the main graph, and which keys it makes float32 of a float16.
func (p *program) restoreKeys() (keys map[string]string, widened map[string]bool, err error) {
	w := &restoreWalk{program: p, keys: map[string]string{}, widened: map[string]bool{}}
	restore := p.meta.GetSaverDef().GetRestoreOpName()
	if restore == "" {
		return w.keys, w.widened, nil
	}
	main := p.main()
	for _, n := range p.reachable(restore).nodes {
		if err := w.visit(main, n); err != nil {
			return nil, nil, err
		}
	}
	return w.keys, w.widened, nil
}

type restoreWalk struct {
	*program
	keys    map[string]string
	widened map[string]bool
	visits  int
}

func (w *restoreWalk) visit(s *scope, n *nodes.NodeDef) error {
	switch n.GetOp() {
	case "Assign", "AssignVariableOp":
		return w.assign(s, n)
	}
	inner := w.call(s, n)
	if inner == nil {
		return nil
	}
	if w.visits += 1 + len(inner.nodes); w.visits > maxVisits {
		return &fault.FormatError{Format: format, Reason: fmt.Sprintf("the calls of the restore op run more than %d nodes", maxVisits)}
	}
	for _, n := range inner.nodes {
		if err := w.visit(inner, n); err != nil {
			return err
		}
	}
	return nil
}

// assign notes the key if n gives a variable what RestoreV2 read.
func (w *restoreWalk) assign(s *scope, n *nodes.NodeDef) error {
	in := dataInputs(n)
	if len(in) < 2 {
		return nil
	}
	variable, _, at := s.origin(in[0])
	if variable == nil || at.parent != nil || !isVariable(variable) {
		return nil
	}
	read, output, at := s.origin(in[1])
	widened := widens(read)
	if widened {
		read, output, at = at.origin(dataInputs(read)[0])
	}
	if read == nil || read.GetOp() != "RestoreV2" {
		return nil
	}
	from := dataInputs(read)
	i, err := strconv.Atoi(output)
	if known := err == nil && i >= 0 && len(from) >= 3; !known {
		return nil
	}
	key, ok := at.text(from[1], i)
	if !ok {
		return nil
	}
	if part, _ := at.text(from[2], i); part != "" {
		return &fault.UnsupportedError{
			Format: format,
			Reason: fmt.Sprintf("variable %s is the slice %q of %q", variable.GetName(), part, key),
		}
	}
	if known, ok := w.keys[variable.GetName()]; ok && known != key {
		return &fault.FormatError{
			Format: format,
			Reason: fmt.Sprintf("the restore op gives variable %s both %q and %q", variable.GetName(), known, key),
		}
	}
	w.keys[variable.GetName()] = key
	w.widened[key] = widened
	return nil
}

// widens tells a cast of float16 to float32, which loses nothing.
func widens(n *nodes.NodeDef) bool {
	return n.GetOp() == "Cast" && len(dataInputs(n)) == 1 &&
		n.GetAttr()["SrcT"].GetType() == types.DataType_DT_HALF && n.GetAttr()["DstT"].GetType() == types.DataType_DT_FLOAT
}

// text returns element i of a constant tensor of strings.
func (s *scope) text(ref string, i int) (string, bool) {
	n, _, _ := s.origin(ref)
	if n == nil || n.GetOp() != "Const" {
		return "", false
	}
	value := n.GetAttr()["value"].GetTensor()
	list := value.GetStringVal()
	if content := value.GetTensorContent(); len(list) == 0 && len(content) > 0 {
		return packedText(content, value.GetTensorShape().GetDim(), i)
	}
	// Like every TensorProto it may leave out repetitions of the last element.
	if dims := value.GetTensorShape().GetDim(); len(dims) == 1 && int64(i) < dims[0].GetSize() && len(list) > 0 {
		i = min(i, len(list)-1)
	}
	if i >= len(list) {
		return "", false
	}
	return string(list[i]), true
}

// packedText returns element i of strings in tensor_content, as the C API writes several: the lengths as varints, then
// the bytes one after the other (port::EncodeStringList in tensorflow/core/platform).
func packedText(content []byte, dims []*shapes.TensorShapeProto_Dim, i int) (string, bool) {
	if len(dims) != 1 || int64(i) >= dims[0].GetSize() || dims[0].GetSize() > int64(len(content)) {
		return "", false
	}
	at, size := uint64(0), uint64(0)
	for j := range dims[0].GetSize() {
		n, used := binary.Uvarint(content)
		if used <= 0 || n > 1<<31-1 {
			return "", false
		}
		content = content[used:]
		switch {
		case j < int64(i):
			at += n
		case j == int64(i):
			size = n
		}
	}
	if at > uint64(len(content)) || size > uint64(len(content))-at {
		return "", false
	}
	return string(content[at : at+size]), true
}
