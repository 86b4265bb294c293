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

// maxNames bounds the bytes of a file's names, those of layers counted again for each weight. A net of a thousand weights has about 100 KB.
const maxNames = 4 << 20

// A kerasReader holds a file to what a sound one has: each layer and each weight once, and names that are not endless.
type kerasReader struct {
	kept *hdf5.Kept // weights
	most int        // bytes of names
	left int
}

// readKeras lists the layers of a file that Keras' save_weights or save wrote before version 3
// (keras/src/legacy/saving/legacy_h5_format.py): attribute layer_names, and in the group of each its weight_names. A file whose names have more bytes than
// most is broken.
func readKeras(h *hdf5.File, most int) ([]layer, error) {
	r := &kerasReader{kept: h.Kept(), most: most, left: most}
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
	names, ok, err := r.texts(top, "layer_names")
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, unlike(root)
	}
	var layers []layer
	listed := map[string]bool{}
	for _, name := range names {
		if listed[name] {
			return nil, missing("layer %s is listed twice in layer_names", name)
		}
		listed[name] = true
		group, err := top.Find(name)
		if err != nil {
			return nil, err
		}
		if group == nil {
			return nil, missing("layer %s, which layer_names lists, is not in the file", name)
		}
		l, err := r.layer(group, name)
		if err != nil {
			return nil, err
		}
		if len(l.weights) > 0 {
			layers = append(layers, l)
		}
	}
	return layers, nil
}

func (r *kerasReader) layer(group *hdf5.Object, name string) (layer, error) {
	l := layer{name: name}
	names, ok, err := r.texts(group, "weight_names")
	if err != nil {
		return l, err
	}
	if !ok {
		return l, missing("layer %s has no attribute weight_names", name)
	}
	listed := map[string]bool{}
	for _, w := range names {
		if listed[w] {
			return l, missing("weight %s of layer %s is listed twice in weight_names", w, name)
		}
		listed[w] = true
		if r.left -= len(name) + len(w); r.left < 0 {
			return l, missing("want names of all weights of at most %d bytes, got more at layer %.80q", r.most, name)
		}
		o, err := group.Find(w)
		if err != nil {
			return l, err
		}
		if o == nil {
			return l, missing("%s, which weight_names of layer %s lists, is not in the file", w, name)
		}
		if err := r.kept.Add(o); err != nil {
			return l, err
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
func (r *kerasReader) texts(o *hdf5.Object, name string) ([]string, bool, error) {
	left := r.most // of each attribute for itself: the parts of one may all be of one heap
	fits := func(part []string) error {
		for _, text := range part {
			if left -= len(text); left < 0 {
				return missing("%s: want %s of at most %d bytes, got more", o.Path(), name, r.most)
			}
		}
		return nil
	}
	list, ok, err := o.Texts(name)
	if err == nil && ok {
		return list, true, fits(list)
	}
	if err != nil {
		return nil, false, err
	}
	for i := 0; ; i++ {
		part, more, err := o.Texts(fmt.Sprintf("%s%d", name, i))
		if err == nil {
			err = fits(part)
		}
		if err != nil || !more {
			return list, i > 0, err
		}
		list = append(list, part...)
	}
}

// missing is the error of a file that lacks what it should have, or has too much of it.
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
