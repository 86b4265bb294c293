package card

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// input completes what the picture's way in needs.
func (s *completion) input() {
	port, ok := s.pictureInput()
	if !ok {
		return
	}
	s.Input.Name = port.Key
	for _, other := range s.inputs {
		if _, said := s.Constants[other.Key]; said || other.Key == port.Key {
			continue
		}
		hint := "the value that it has in use"
		if other.dtype() == "bool" {
			hint = "a value, mostly false outside training"
		}
		s.missing("constants."+other.Key, hint, "the signature wants "+other.String()+" beside the picture")
	}
	if port.dtype() == "string" {
		s.Input.Encoded = true
		return
	}
	if s.Input.Encoded {
		s.p.add("input.encoded", "left out, since the graph takes pixels: "+port.String(), "true")
		return
	}
	if !port.isFloat() && !port.isInteger() {
		s.p.add("input.name", "an input of float32, uint8 or string", port.String())
		return
	}
	s.shape(port)
	s.values(port)
	s.resize(port)
}

// pictureInput returns the input that takes the picture.
func (s *completion) pictureInput() (Port, bool) {
	if s.Input.Name != "" {
		port, ok := find(s.inputs, s.Input.Name)
		if !ok {
			s.choose("input.name", "an input of the signature", quote(s.Input.Name), s.inputs)
		}
		return port, ok
	}
	var sure, maybe []Port
	for _, port := range s.inputs {
		_, constant := s.Constants[port.Key]
		n, pixels := len(port.Shape), port.isFloat() || port.isInteger()
		switch {
		case constant:
		case pixels && (n == 3 || n == 4):
			sure = append(sure, port)
		case pixels && port.Shape == nil, port.dtype() == "string" && n <= 1:
			maybe = append(maybe, port)
		}
	}
	if len(sure) == 0 {
		sure = maybe
	}
	if len(sure) != 1 {
		if s.Task != "other" {
			s.choose("input.name", "the input that takes the picture", fmt.Sprintf("nothing, and %d inputs that could", len(sure)), s.inputs)
		}
		return Port{}, false
	}
	return sure[0], true
}

// shape completes layout, size and grey, and checks them against the graph.
func (s *completion) shape(port Port) {
	in := &s.Input
	if in.Layout == "" {
		in.Layout = layoutOf(port.Shape)
	}
	if in.Layout == "" {
		s.missing("input.layout", "one of "+oneOf(Layouts()), "it cannot be told from "+port.String())
		return
	}
	if port.Shape == nil {
		return
	}
	rank, h, w, ch := 4, 1, 2, 3
	switch in.Layout {
	case "NCHW":
		h, w, ch = 2, 3, 1
	case "HWC":
		rank, h, w, ch = 3, 0, 1, 2
	case "NHW":
		rank, ch = 3, -1
	}
	if len(port.Shape) != rank {
		s.p.add("input.layout", "one that fits "+port.String(), in.Layout)
		return
	}
	channels := int64(1)
	if ch >= 0 {
		channels = port.Shape[ch]
	}
	s.colours = channels == 3
	switch {
	case channels == 1 && in.Channels == "":
		in.Channels = "GRAY"
	case channels == 1 && in.Channels != "GRAY":
		s.p.add("input.channels", "GRAY, for the one channel of "+port.String(), in.Channels)
	case channels == 3 && in.Channels == "GRAY":
		s.p.add("input.channels", "RGB or BGR, for the three channels of "+port.String(), in.Channels)
	case channels >= 0 && channels != 1 && channels != 3:
		s.p.add("input.layout", fmt.Sprintf("one that leaves 1 or 3 channels in %s", port), in.Layout)
	}
	s.side("input.height", &in.Height, port, h)
	s.side("input.width", &in.Width, port, w)
}

// layoutOf returns the layout that a shape can only mean, or "".
func layoutOf(shape []int64) string {
	colour := func(i int) bool { return shape[i] == 1 || shape[i] == 3 }
	switch {
	case len(shape) == 4 && colour(3) && !colour(1):
		return "NHWC"
	case len(shape) == 4 && colour(1) && !colour(3):
		return "NCHW"
	case len(shape) == 3 && colour(2) && !colour(0):
		return "HWC"
	case len(shape) == 3 && shape[0] != 3 && shape[1] > 3 && shape[2] > 3: // 3 may be planes of one picture
		return "NHW"
	}
	return ""
}

// side completes a side of the picture from dimension dim of port.
func (s *completion) side(field string, v *int, port Port, dim int) {
	n := port.Shape[dim]
	switch {
	case n > most:
		s.misfits = true
		s.p.add(field, fmt.Sprintf("at most %d", most), strconv.FormatInt(n, 10))
	case n > 0 && *v == 0:
		*v = int(n)
	case n > 0 && int64(*v) != n:
		s.misfits = true
		s.p.add(field, fmt.Sprintf("%d, as the graph says: %s", n, port), strconv.Itoa(*v))
	}
}

// values completes channel order and range.
func (s *completion) values(port Port) {
	in := &s.Input
	if in.Channels == "" {
		orders := ChannelOrders()
		if s.colours {
			orders = []string{"RGB", "BGR"}
		}
		s.missing("input.channels", "one of "+oneOf(orders), "the graph does not say in which order it was trained")
	}
	if port.isInteger() {
		plain := in.Range == nil || slices.Equal(in.Range, []float64{0, 255})
		for _, m := range in.Mean {
			plain = plain && m == 0
		}
		for _, d := range in.Std {
			plain = plain && d == 1
		}
		if !plain || in.Standardize {
			s.p.add("input.range", "[0, 255] without mean and std, since fractions would be cut off in "+port.String(), nums(in.Range)+", mean "+nums(in.Mean)+", std "+nums(in.Std))
			return
		}
		in.Range = []float64{0, 255}
		return
	}
	if in.Standardize && in.Range == nil {
		in.Range = []float64{0, 255} // mean and deviation undo any range
	}
	if in.Range == nil {
		s.missing("input.range", "what black and white are fed as, such as [0, 1], [-1, 1] or [0, 255]", "the graph does not say")
	}
}

// resize completes the resize rule.
func (s *completion) resize(port Port) {
	in, r := &s.Input, &s.Input.Resize
	sized := in.Width > 0 && in.Height > 0
	scales := true
	switch r.Mode {
	case "":
		s.missing("input.resize.mode", "one of "+oneOf(ResizeModes()), "the graph does not say how pictures were brought to its size")
		return
	case "crop":
		if r.CropRatio == 0 && r.Shorter == 0 {
			s.missing("input.resize.shorter", "the pixels of the shorter side before cropping, such as 256 for 224, or crop_ratio to be 0.875", "mode crop needs one of them")
		}
		if r.CropRatio > 0 && sized {
			// timm's rule: 224/0.875 = 256, 299/0.875 = 341.
			r.Shorter = int(math.Floor(float64(max(in.Width, in.Height)) / r.CropRatio))
			r.CropRatio = 0
		}
	case "central":
		if r.Fraction == 0 {
			s.missing("input.resize.fraction", "the part of each side that is used, such as 0.875", "mode central needs it")
		}
	case "letterbox":
		if r.Pad == nil {
			s.missing("input.resize.pad", "the fill, such as [0] for black or [114]", "mode letterbox needs it")
		}
	case "height":
		if in.Height == 0 {
			s.missing("input.height", "the height in pixels", "the graph takes any height")
		}
		if r.Pad == nil {
			s.missing("input.resize.pad", "the fill on the right, 0..255; [127.5] is the middle", "mode height needs it")
		}
		if in.Width > 0 {
			s.p.add("input.resize.mode", "letterbox or squash, since the width is fixed", "height")
		}
		sized = true
	case "none":
		if sized && port.Shape != nil && fixedSize(port, in.Layout) {
			s.p.add("input.resize.mode", "one that brings every picture to the size of the graph: "+port.String(), "none")
		}
		sized = true
		scales = r.MaxSide > 0 || r.MinSide > 0 || r.Multiple > 0
	}
	// Only here, where the graph has had its say on the size: else the blame might fall on the wrong of the two.
	if size := max(in.Width, in.Height); r.Shorter > 0 && r.Shorter < size && !s.misfits {
		s.p.add("input.resize.shorter", fmt.Sprintf("at least %d, so that the input can be cut out", size), strconv.Itoa(r.Shorter))
	}
	if !sized {
		s.missing("input.width", "pixels, with input.height", "the graph takes any size, and mode "+r.Mode+" needs one")
	}
	if scales && r.Resampler == "" {
		s.missing("input.resize.resampler", "the one that the model's reference uses, such as pillow-bilinear (torchvision, PIL), tf-bilinear (tf.image.resize, Keras' image_dataset_from_directory) or opencv-linear (cv2.resize)", "answers differ between them and the graph does not say")
	}
}

// fixedSize reports whether the graph itself fixes both sides.
func fixedSize(port Port, layout string) bool {
	h, w := 1, 2
	switch layout {
	case "NCHW":
		h, w = 2, 3
	case "HWC":
		h, w = 0, 1
	}
	return len(port.Shape) > w && port.Shape[h] > 0 && port.Shape[w] > 0
}
