package pretrained

import (
	"fmt"
	"io"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/hdf5"
)

// A layer is one that has weights, in the order of the file.
type layer struct {
	name    string
	weights []Tensor
}

// readKeras lists the layers of a file that Keras' save_weights or save wrote before version 3
// (keras/src/legacy/saving/legacy_h5_format.py): attribute layer_names, and in the group of each its weight_names.
func readKeras(h *hdf5.File) ([]layer, error) {
	root, err := h.Root()
	if err != nil {
		return nil, err
	}
	top, err := root.Find("model_weights")
	if err != nil {
		return nil, err
	}
	if top == nil {
		top = root
	}
	names, ok, err := texts(top, "layer_names")
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, unlike(root)
	}
	var layers []layer
	for _, name := range names {
		group, err := top.Find(name)
		if err != nil {
			return nil, err
		}
		if group == nil {
			return nil, missing("layer %s, which layer_names lists, is not in the file", name)
		}
		l, err := readLayer(group, name)
		if err != nil {
			return nil, err
		}
		if len(l.weights) > 0 {
			layers = append(layers, l)
		}
	}
	return layers, nil
}

func readLayer(group *hdf5.Object, name string) (layer, error) {
	l := layer{name: name}
	names, ok, err := texts(group, "weight_names")
	if err != nil {
		return l, err
	}
	if !ok {
		return l, missing("layer %s has no attribute weight_names", name)
	}
	for _, w := range names {
		o, err := group.Find(w)
		if err != nil {
			return l, err
		}
		if o == nil {
			return l, missing("%s, which weight_names of layer %s lists, is not in the file", w, name)
		}
		a, err := o.Array()
		if err != nil {
			return l, err
		}
		l.weights = append(l.weights, Tensor{Name: name + "/" + w, Shape: a.Shape, write: func(out io.Writer) error {
			_, err := a.WriteTo(out)
			return err
		}})
	}
	return l, nil
}

// texts returns an attribute that is cut into numbered ones where it is larger than a header.
func texts(o *hdf5.Object, name string) ([]string, bool, error) {
	list, ok, err := o.Texts(name)
	if ok || err != nil {
		return list, ok, err
	}
	for i := 0; ; i++ {
		part, more, err := o.Texts(fmt.Sprintf("%s%d", name, i))
		if err != nil || !more {
			return list, i > 0, err
		}
		list = append(list, part...)
	}
}

func missing(text string, args ...any) error {
	return &fault.FormatError{Format: "weights", Reason: fmt.Sprintf(text, args...)}
}

// unlike says what an HDF5 file without layer_names is.
func unlike(root *hdf5.Object) error {
	members, err := root.Names()
	if err != nil {
		return err
	}
	for _, m := range members {
		if m == "layers" || m == "vars" || m == "_layer_checkpoint_dependencies" {
			return &fault.UnsupportedError{Format: "weights", Reason: "it is a .weights.h5 file of Keras 3. " + convert}
		}
	}
	return missing("want the attribute layer_names, as files of Keras have it; the file holds %d other members", len(members))
}
