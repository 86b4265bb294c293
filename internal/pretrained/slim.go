package pretrained

import (
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/savedmodel"
)

// The net that TF-Slim's checkpoints are read for, and the scope that its variables have there.
const (
	slimNet   = "googlenet"
	slimScope = "InceptionV1/"
	slimHead  = slimScope + "Logits/Conv2d_0c_1x1/weights"
)

// A checkpoint is one of TensorFlow, of either version.
type checkpoint interface {
	Keys() []string
	Lookup(key string) (savedmodel.Entry, bool)
	Read(key string) ([]byte, error)
}

// slimName is what TF-Slim calls a variable of the net.
func slimName(variable string) string {
	dir, base := path.Split(variable)
	switch base {
	case "kernel":
		base = "weights"
	case "bias":
		base = "biases"
	}
	return slimScope + dir + base
}

func (f *File) matchSlim(net string) (*Match, error) {
	if net != slimNet {
		return nil, &fault.UnsupportedError{Format: "weights", Reason: fmt.Sprintf(
			"%s is a checkpoint of TensorFlow; such are read for %s (Inception v1 of TF-Slim) only, want %s as HDF5 of Keras", f.path, slimNet, net)}
	}
	head, ok := f.slim.Lookup(slimHead)
	if !ok {
		e := f.mismatch(net, "want %s, got a checkpoint with %s", slimHead, scopes(f.slim.Keys()))
		if slices.ContainsFunc(f.slim.Keys(), func(k string) bool { return strings.HasPrefix(k, slimScope+"Conv2d_1a_7x7/") }) {
			e.Reason = "the file has no " + slimHead + ": it is one without the head, and without it there are no classes"
		}
		return nil, e
	}
	if len(head.Shape) != 4 {
		return nil, f.mismatch(net, "%s: want 1x1x1024 by the classes, got %s", slimHead, shape(head.Shape))
	}
	return &Match{Classes: int(head.Shape[3]), tensor: f.slimTensor}, nil
}

func (f *File) slimTensor(variable string) (Tensor, bool) {
	key := slimName(variable)
	e, ok := f.slim.Lookup(key)
	if !ok {
		return Tensor{Name: key}, false
	}
	return Tensor{Name: key, Shape: e.Shape, write: func(w io.Writer) error {
		if e.DType != types.DataType_DT_FLOAT {
			return &fault.UnsupportedError{Format: "weights", Reason: fmt.Sprintf("%s is %s, want float32", key, savedmodel.DTypeName(e.DType))}
		}
		data, err := f.slim.Read(key)
		if err != nil {
			return err
		}
		_, err = w.Write(data)
		return err
	}}, true
}

// scopes lists what the names of a checkpoint begin with.
func scopes(keys []string) string {
	const shown = 4
	var list []string
	for _, k := range keys {
		scope, _, _ := strings.Cut(k, "/")
		if !slices.Contains(list, scope) {
			list = append(list, scope)
		}
	}
	if len(list) > shown {
		list = append(list[:shown], fmt.Sprintf("and %d more", len(list)-shown))
	}
	if len(list) == 0 {
		return "nothing in it"
	}
	return strings.Join(list, ", ")
}
