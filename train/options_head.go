package train

// A TuneOption is what FineTune takes: an Option, or a HeadOption.
type TuneOption interface {
	tune(s *settings, h *head) error
}

func (o Option) tune(s *settings, _ *head) error {
	if o == nil {
		return nil
	}
	return o(s)
}

// A HeadOption changes one thing about the head that FineTune puts on a model. Fit and FindRate do not take it: a net has its own.
type HeadOption func(*head) error

func (o HeadOption) tune(_ *settings, h *head) error {
	if o == nil {
		return nil
	}
	return o(h)
}

// head are the settings of FineTune alone.
type head struct {
	layers  *int   // nil: DefaultLayers
	tensor  string // "": found
	hidden  int
	dropout float64
	squash  bool
}

// DefaultLayers is how many earlier layers FineTune reads beside the features, unless Layers says otherwise.
const DefaultLayers = 12

// Layers has FineTune read, beside the features before the model's own head, what the last n convolutions before them read, each
// averaged over its area: the last layers of a network know most of what it was trained for, those before them more of
// everything else. 0 takes the features alone. Default is DefaultLayers.
func Layers(n int) HeadOption {
	return func(h *head) error { h.layers = &n; return atLeast("layers", n, 0) }
}

// FeatureTensor names the features, "op:0" or the key of an output, where the model's card has no output.features and they are not
// found before a dense layer or a 1x1 convolution. Features over an area are averaged.
func FeatureTensor(name string) HeadOption {
	return func(h *head) error { h.tensor = name; return nil }
}

// Hidden puts a layer of n units with ReLU between features and classes; default 0 is none. It pays with many pictures.
func Hidden(n int) HeadOption {
	return func(h *head) error { h.hidden = n; return atLeast("hidden", n, 0) }
}

// Dropout sets a part of what the classes are made of to zero in each step; default 0.
func Dropout(part float64) HeadOption {
	return func(h *head) error { h.dropout = part; return within("dropout", part, 0, 0.95) }
}

// Squash shows the network the whole picture, stretched to its size, where the base's card cuts the sides off: what classes are
// told by may lie there. The card that FineTune writes says so.
func Squash() HeadOption {
	return func(h *head) error { h.squash = true; return nil }
}

// tuningOf are the settings of FineTune.
func tuningOf(opts []TuneOption) (s settings, h head, err error) {
	s = defaults()
	s.Epochs, s.Batch, s.Rate, s.Decay = 40, 64, 0.05, 5e-3
	for _, o := range opts {
		if o == nil {
			continue
		}
		if err := o.tune(&s, &h); err != nil {
			return s, h, err
		}
	}
	return s, h, nil
}
